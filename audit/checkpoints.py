"""Signed heads of the log: C2SP checkpoints inside C2SP signed notes (c2sp.org/tlog-checkpoint, signed-note). Pure.

Reading is strict: what is read is written again and must come out the same, byte for byte, so a head has one form.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
"""The note format's byte for the kind of signature; others may follow."""
LONGEST = 2_000
HOST = r"[a-z0-9:][a-z0-9.:_-]{0,252}"
_TEXT = re.compile(
    rf"({HOST})/audit/([1-9][0-9]{{0,8}})\n([1-9][0-9]{{0,17}})\n([A-Za-z0-9+/]{{43}}=)\n"
    r"at ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n"
)
_NOTE = re.compile(rf"((?:[^\n]*\n){{4}})\n— ({HOST}/audit) ([A-Za-z0-9+/=]{{92}})\n")
_VKEY = re.compile(rf"({HOST}/audit)\+([0-9a-f]{{8}})\+([A-Za-z0-9+/=]{{44}})")


class Malformed(ValueError):
    """This is not a head in the one form we write; the message says it in words."""


class NotOurs(ValueError):
    """The head is well formed, but the key did not sign it."""


@dataclass(frozen=True)
class Head:
    """What is signed: the log of `host` in its `epoch` had `size` entries with this `root` at this time."""

    host: str
    epoch: int
    size: int
    root: bytes
    at: datetime

    @property
    def origin(self) -> str:
        """The log's name in this epoch."""
        return f"{self.host}/audit/{self.epoch}"

    @property
    def name(self) -> str:
        """The name of the key that signs."""
        return f"{self.host}/audit"

    def text(self) -> str:
        """The exact text that is signed."""
        at = f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\nat {at}\n"


@dataclass(frozen=True)
class Key:
    """A public key by its name."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature says which key made it."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def vkey(self) -> str:
        """The key as people exchange it: name+id+key."""
        return f"{self.name}+{self.id.hex()}+{b64encode(ED25519 + self.public).decode()}"


@dataclass(frozen=True)
class Note:
    """A head with its signature."""

    head: Head
    key_id: bytes
    signature: bytes

    def text(self) -> str:
        """The whole note, as it is published."""
        return f"{self.head.text()}\n— {self.head.name} {b64encode(self.key_id + self.signature).decode()}\n"


def parse(note: str) -> Note:
    """A note from its text. Raises Malformed; says nothing about the signature."""
    found = _NOTE.fullmatch(note) if len(note) <= LONGEST else None
    if found is None:
        raise Malformed("This is not a signed head: it has five lines of text, the last one a signature.")
    text, _, signed = found.groups()
    signature = _unbased(signed)
    made = Note(parse_text(text), signature[:4], signature[4:])
    if len(signature) != 68 or made.text() != note:
        raise Malformed("The signature's line is not in its one form.")
    return made


def parse_text(text: str) -> Head:
    """A head from the text that is signed. Raises Malformed."""
    found = _TEXT.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise Malformed("The text is not a head: origin, size, root and time, each on its line.")
    host, epoch, size, root, at = found.groups()
    try:
        when = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("The head's time is none.") from None
    made = Head(host, int(epoch), int(size), _unbased(root), when)
    if made.text() != text:
        raise Malformed("The head is not in its one form.")
    return made


def parse_vkey(vkey: str) -> Key:
    """A public key from its text. Raises Malformed."""
    found = _VKEY.fullmatch(vkey)
    kind_and_key = _unbased(found[3]) if found else b""
    if found is None or kind_and_key[:1] != ED25519:
        raise Malformed("This is not a log's public key: name+id+key, of the kind Ed25519.")
    made = Key(found[1], kind_and_key[1:])
    if made.vkey() != vkey:
        raise Malformed("The public key's id or form is wrong.")
    return made


def key_of(host: str, private: Ed25519PrivateKey) -> Key:
    """The public key of a notary's private one."""
    return Key(f"{host}/audit", private.public_key().public_bytes_raw())


def sign(head: Head, private: Ed25519PrivateKey) -> Note:
    """The head, signed. Raises Malformed if the head could not be read back as it is."""
    if parse_text(head.text()).text() != head.text():
        raise Malformed("The head cannot be written.")
    return Note(head, key_of(head.host, private).id, private.sign(head.text().encode()))


def verify(note: str, vkey: str) -> Head:
    """The head that this key signed. Raises Malformed or NotOurs."""
    read, key = parse(note), parse_vkey(vkey)
    if (read.head.name, read.key_id) != (key.name, key.id):
        raise NotOurs("The head names another key.")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(read.signature, read.head.text().encode())
    except (InvalidSignature, ValueError):
        raise NotOurs("The signature is not this key's over this head.") from None
    return read.head


def _unbased(text: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except (Error, ValueError):
        raise Malformed("Base64 that is none.") from None
    if b64encode(found).decode() != text:
        raise Malformed("Base64 with spare bits.")
    return found
