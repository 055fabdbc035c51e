"""Checks a dossier: that its documents, its entries and their order are those that the log's signed heads commit to.

    python3 -I -S verify.py DOSSIER.zip|FOLDER [--key KEY|FILE] [--head FILE]... [--proof FILE]

Ends with 0: verified; 1: altered (and says where); 2: cannot tell (and says why). Python 3.9 or later, nothing else.
Everything is read in the one form it is written in, and as a stream; what does not fit is altered. The tree is that
of RFC 6962, signatures are those of RFC 8032 (Ed25519), heads are signed notes (c2sp.org/signed-note).
"""

from __future__ import annotations

import binascii
import hashlib
import io
import json
import os
import re
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, BinaryIO, NamedTuple

LONGEST_LINE = 1 << 24
LONGEST_READ = 1 << 20  # of what is not only hashed but understood
MOST_FILES, MOST_STREAMS, MOST_HEADS = 65_535, 250_000, 5_000
HURRIED = timedelta(minutes=5)  # between the clocks of two machines
LATE = timedelta(days=1)  # between the hour an event says and its place in the log
LOG_STREAM = b"00000000-0000-0000-0000-000000006962"
OURS = ["log/checkpoint", "log/entries", "log/heads", "log/key", "log/others"]
ALWAYS = {"MANIFEST", "README.txt", "verify.py", *OURS}
NAME = re.compile(r"(documents|history)(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,12}")
UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NUMBER = rb"[1-9][0-9]{0,17}"
TIME = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
HOST = rb"[a-z0-9][a-z0-9.:_-]{0,252}"
SHOWN = re.compile(
    rb'(%b) b (\{"action":"([a-z][a-z0-9_.]{0,79})","actor":\{"agency":(?:null|"%b"),"id":(?:null|"%b"),'
    rb'"label":"[ !#-\[\]-~]*(?:\\[ -~][ !#-\[\]-~]*){0,9999}"\},"at":"(%b\.[0-9]{6}Z)",[ -~]*)\n'
    % (NUMBER, UUID, UUID, TIME)
)
END = re.compile(
    rb',"salt":"[0-9a-f]{32}","stream":"(%b)","stream_number":(%b),"stream_prev":"([0-9a-f]{64})","v":1\}\n'
    % (UUID, NUMBER)
)
END_LENGTH = 245  # with a number of 18 digits
HIDDEN = re.compile(rb"(%b) h ([0-9a-f]{64}) (%b) (%b)\n" % (NUMBER, UUID, NUMBER))
HASH = re.compile(rb"[0-9a-f]{64}\n")
NOTE = re.compile(
    rb"((%b)/audit/([1-9][0-9]{0,8})\n(%b)\n([A-Za-z0-9+/]{43}=)\nat (%bZ)\n)\n"
    rb"\xe2\x80\x94 \2/audit ([A-Za-z0-9+/]{91}=)\n" % (HOST, NUMBER, TIME)
)
KEY = re.compile(rb"((%b)/audit)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})" % HOST)
PROOF = re.compile(rb"proof (0|[1-9][0-9]{0,2})\n")


class Altered(Exception):
    """This is not what was logged and signed."""


class Untold(Exception):
    """Neither can be said."""


class Key(NamedTuple):
    """The log's public key."""

    name: bytes
    id: bytes
    public: bytes


class Head(NamedTuple):
    """A signed head: the log had `size` entries with this `root`."""

    text: bytes
    host: bytes
    epoch: int
    size: int
    root: bytes
    at: datetime
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"the head of {self.size} entries of {self.at.isoformat()[:19]}Z (epoch {self.epoch})"


class Loss(NamedTuple):
    """A restore that was declared: epoch `old` ended, and of it the first `kept` entries were kept."""

    old: int
    size: int
    root: Any
    kept: int
    words: str


# Signatures: RFC 8032, Ed25519. Strict: S < L, one encoding of each point, no multiplication by the cofactor.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def added(a: Any, b: Any) -> Any:
    """The sum of two points (X, Y, Z, T)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def times(number: int, point: Any) -> Any:
    """The point added to itself."""
    found = (0, 1, 1, 0)
    for bit in bin(number)[2:]:
        found = added(found, found)
        if bit == "1":
            found = added(found, point)
    return found


def point(text: bytes) -> Any:
    """A point from its one encoding; None if this is none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point(bytes([0x58]) + bytes([0x66]) * 31)


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is this key's over the message."""
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    one, other = times(s, BASE), added(r, times(k, a))
    differing = (one[0] * other[2] - other[0] * one[2]) % P or (one[1] * other[2] - other[1] * one[2]) % P
    return not differing


def unbased(text: bytes) -> bytes:
    """Base64 in its one form."""
    found = binascii.a2b_base64(text)
    if binascii.b2a_base64(found, newline=False) != text:
        raise Altered("Base64 with spare bits or characters.")
    return found


def key_in(text: bytes) -> Key:
    """A public key: name+id+key."""
    found = KEY.fullmatch(text)
    public = unbased(found[4]) if found else b""
    if not found or public[:1] != b"\x01":
        raise Altered("A public key of the log is not in its form.")
    made = Key(found[1], hashlib.sha256(found[1] + b"\n" + public).digest()[:4], public[1:])
    if made.id.hex().encode() != found[3]:
        raise Altered("The log's public key does not have the id it names.")
    return made


def head_in(found: re.Match[bytes] | None) -> Head:
    """A head from a signed note; the signature is not yet checked."""
    if not found:
        raise Altered("A signed head is not in its form.")
    at = moment(found[6])
    said = unbased(found[7])
    return Head(found[1], found[2], int(found[3]), int(found[4]), unbased(found[5]), at, said[:4], said[4:])


def moment(text: bytes) -> datetime:
    """A time in UTC that ends with Z."""
    try:
        found = datetime.fromisoformat(text[:-1].decode() + "+00:00")
        if found.year >= 1970:
            return found
    except ValueError:
        pass
    raise Altered(f"A time is none: {safe(text.decode())}")


def signed_by(key: Key, head: Head) -> bool:
    """Whether the log's key signed this head."""
    ours = (head.host + b"/audit", head.key_id) == (key.name, key.id)
    return ours and signed(key.public, head.text, head.signature)


# The tree: RFC 6962, section 2.1.


def leaf(body: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + body).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows from left to right, of single entries and of whole subtrees; remembers the roots it is asked for."""

    def __init__(self, wanted: list[int]) -> None:
        self.size = 0
        self.edge: list[tuple[int, bytes]] = []
        self.wanted = sorted(wanted, reverse=True)
        self.roots: dict[int, bytes] = {}

    def add(self, size: int, digest: bytes) -> None:
        """The next `size` entries."""
        self.size += size
        edge = self.edge
        while edge and edge[-1][0] == size:
            digest = node(edge.pop()[1], digest)
            size *= 2
        edge.append((size, digest))
        while self.wanted and self.wanted[-1] <= self.size:
            if self.wanted.pop() == self.size:
                self.roots[self.size] = self.root()

    def root(self) -> bytes:
        """The root of what was added."""
        found = self.edge[-1][1]
        for _, digest in self.edge[-2::-1]:
            found = node(digest, found)
        return found

    def skip(self, to: int, last: int, others: Iterator[bytes]) -> None:
        """Entries that are not shown, up to `to`: the largest subtrees of a log of `last` without a shown one."""
        while self.size < to:
            step = self.size & -self.size or 1 << 60
            while min(self.size + step, last) > to:
                step >>= 1
            digest = next(others, None)
            if digest is None:
                raise Altered("log/others ends too early.")
            self.add(min(step, last - self.size), digest)


def continued(old: Head, new: Head, proof: list[bytes]) -> bool:
    """Whether the hashes show that the log of `new` begins with that of `old` (RFC 6962, section 2.1.2)."""
    left = iter(proof)

    def walk(known: int, size: int, whole: bool) -> tuple[bytes, bytes]:
        if known == size:
            digest = old.root if whole else next(left)
            return digest, digest
        half = 1 << (size - 1).bit_length() - 1
        if known <= half:
            before, after = walk(known, half, whole)
            return before, node(after, next(left))
        before, after = walk(known - half, size - half, False)
        digest = next(left)
        return node(digest, before), node(digest, after)

    try:
        return walk(old.size, new.size, True) == (old.root, new.root) and next(left, None) is None
    except StopIteration:
        return False


# The container: a ZIP in which every byte follows from names and contents, or the folder unpacked from it.

LOCAL, CENTRAL, LAST = struct.Struct("<4s5H3I2H"), struct.Struct("<4s4B4H3I5H2I"), struct.Struct("<4s4H2IH")


class Part(io.RawIOBase):
    """One member as a stream, which checks its sum where it ends."""

    def __init__(self, file: Any, name: str, at: int, size: int, crc: int) -> None:
        self.file, self.name, self.at, self.left, self.wanted, self.crc = file, name, at, size, crc, 0
        self.checked()

    def checked(self) -> None:
        """At the end, the sum is the one the container names."""
        if not self.left and self.crc != self.wanted:
            raise Altered(f"{self.name} is not what was put into the container.")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.left:
            return 0
        self.file.seek(self.at)
        view = memoryview(buffer)[: self.left]
        read: int = self.file.readinto(view)
        if not read:
            raise Altered(f"The container ends within {self.name}.")
        self.crc = binascii.crc32(view[:read], self.crc)
        self.at, self.left = self.at + read, self.left - read
        self.checked()
        return read


class Zip:
    """The container as one file."""

    def __init__(self, file: Any) -> None:
        self.file, self.at = file, 0
        self.parts: dict[str, tuple[int, int, int]] = {}
        if file.seek(0, 2) >= 1 << 32:
            raise Untold("The file is larger than 4 GB, and this program reads smaller ones.")
        self.buffered = io.BufferedReader(file, 1 << 16)
        if self.peek() != b"PK\x03\x04":
            raise Untold("The file is no dossier, or its first bytes were altered.")
        self.walk()

    def walk(self) -> None:
        """Every member, and then the directory, byte for byte as they must be."""
        central, last = [], ""
        while self.peek() == b"PK\x03\x04":
            if len(self.parts) == MOST_FILES:
                raise Altered("The container has too many members.")
            start, head = self.at, LOCAL.unpack(self.read(LOCAL.size))
            name, crc, size = self.read(head[9]).decode("latin-1"), head[6], head[8]
            if head != (b"PK\x03\x04", 20, 0, 0, 0, 33, crc, size, size, len(name), 0):
                raise Altered(f"The container is altered at byte {start}.")
            if name <= last or not allowed(name):
                raise Altered(f"The container has a member of a wrong name: {safe(name)}")
            self.parts[name] = self.at, size, crc
            self.at, last = self.at + size, name
            central.append((start, name, crc, size))
        began = self.at
        for start, name, crc, size in central:
            self.expect(
                CENTRAL.pack(b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 33, crc, size, size, len(name), 0, 0, 0, 0,
                             0o100644 << 16, start) + name.encode("latin-1")
            )  # fmt: skip
        count = len(central)
        self.expect(LAST.pack(b"PK\x05\x06", 0, 0, count, count, self.at - began, began, 0))
        if self.buffered.read(1):
            raise Altered("Something follows the end of the container.")

    def peek(self) -> bytes:
        self.buffered.seek(self.at)
        return self.buffered.read(4)

    def read(self, size: int) -> bytes:
        self.buffered.seek(self.at)
        found = self.buffered.read(size)
        self.at += size
        if len(found) < size:
            raise Altered("The container ends too early.")
        return found

    def expect(self, wanted: bytes) -> None:
        if self.read(len(wanted)) != wanted:
            raise Altered(f"The container is altered between bytes {self.at - len(wanted)} and {self.at}.")

    def open(self, name: str) -> BinaryIO:
        return io.BufferedReader(Part(self.file, name, *self.parts[name]), 1 << 18)


class Folder:
    """The container unpacked: nothing but regular files in real folders, as many as were packed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.parts: dict[str, int] = {}
        waiting = [""]
        while waiting:
            with os.scandir(os.path.join(path, waiting[-1])) as found:
                at = waiting.pop()
                for each in found:
                    name = at + each.name
                    if each.is_dir(follow_symlinks=False) and name.count("/") < 12:
                        waiting.append(name + "/")
                    elif each.is_file(follow_symlinks=False) and allowed(name):
                        self.parts[name] = each.stat(follow_symlinks=False).st_size
                    else:
                        raise Altered(f"The folder holds what a dossier does not: {safe(name)}")
                    if len(self.parts) + len(waiting) > MOST_FILES:
                        raise Altered("The folder holds too many files.")
        self.parts = dict(sorted(self.parts.items()))

    def open(self, name: str) -> BinaryIO:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(os.path.join(self.path, *name.split("/")), flags), "rb", 1 << 18)


def allowed(name: str) -> bool:
    """Whether a member may have this name."""
    return name in ALWAYS or (bool(NAME.fullmatch(name)) and len(name) <= 240 and "./" not in name + "/")


def opened(path: str) -> Any:
    """The dossier at this path."""
    mode = os.stat(path).st_mode
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise Untold("The dossier is neither a file nor a folder.")
    return complete(Folder(path) if stat.S_ISDIR(mode) else Zip(open(path, "rb", buffering=0)))


def complete(found: Any) -> Any:
    """The dossier, if it has every member that each has."""
    missing = sorted(ALWAYS - found.parts.keys())
    if missing:
        raise Altered(f"{missing[0]} is missing.")
    return found


def lines(stream: BinaryIO, name: str, longest: int) -> Iterator[bytes]:
    """Line by line; each ends where a line ends."""
    with stream:
        while True:
            line = stream.readline(longest + 1)
            if line[-1:] != b"\n":
                if line:
                    raise Altered(f"{name} has a line that is too long or does not end.")
                return
            yield line


def whole(dossier: Any, name: str) -> bytes:
    """A small member."""
    with dossier.open(name) as stream:
        found: bytes = stream.read(LONGEST_READ + 1)
    if len(found) > LONGEST_READ:
        raise Altered(f"{name} is too long.")
    return found


def manifest(dossier: Any) -> str:
    """Every document is the one that MANIFEST lists, and no other is listed; returns the list's own SHA-256."""
    total, listed = hashlib.sha256(), lines(dossier.open("MANIFEST"), "MANIFEST", 400)
    for name in dossier.parts:
        if name == "MANIFEST" or name in OURS:
            continue
        digest = hashlib.sha256()
        with dossier.open(name) as stream:
            for block in iter(lambda: stream.read(1 << 18), b""):
                digest.update(block)
        line = next(listed, b"")
        if line != b"%s  %s\n" % (digest.hexdigest().encode(), name.encode()):
            raise Altered(f"{name} is not the file that MANIFEST lists.")
        total.update(line)
    if next(listed, b""):
        raise Altered("MANIFEST lists a file that is missing.")
    return total.hexdigest()


# The entries: hashed into the tree, chained in their streams.


def safe(text: Any) -> str:
    """Text from the dossier that may go to a terminal: printable, and not long."""
    said = "".join(char if char.isprintable() else "?" for char in str(text)[:300])
    return said + ("..." if len(str(text)) > 300 else "")


def short(digits: str) -> int:
    """Whole numbers in JSON; nobody counts further."""
    if len(digits) > 19:
        raise ValueError("A number of too many digits.")
    return int(digits)


def refused(text: str) -> Any:
    raise ValueError("Numbers that are not whole have no one form.")


def facts(body: bytes, seq: int) -> dict[str, Any]:
    """What an entry states, from a body in its one form."""
    try:
        text = body[: LONGEST_READ + 1].decode("ascii")
        found = json.loads(text, parse_int=short, parse_float=refused, parse_constant=refused)
        if json.dumps(found, sort_keys=True, separators=(",", ":")) == text and isinstance(
            found["facts"], dict
        ):
            stated: dict[str, Any] = found["facts"]
            return stated
    except (ValueError, RecursionError):
        pass
    raise Altered(f"Entry {seq}: its body is not in its one form.")


Shown = tuple[bytes, bytes, bytes, bytes]
"""Of an entry that is shown: the hash of the event before it, what was done, when, and its body."""


def entry_in(line: bytes) -> tuple[int, bytes, int, bytes, Shown | None] | None:
    """Its place in the log, its stream, its place there and its hash; None if the line is not in its form."""
    found = SHOWN.fullmatch(line)
    if found:
        end = END.search(line, max(found.end(4), len(line) - END_LENGTH))
        if not end:
            return None
        body = line[found.start(2) : -1]
        return int(found[1]), end[1], int(end[2]), leaf(body), (end[3], found[3], found[4], body)
    end = HIDDEN.fullmatch(line)
    return (int(end[1]), end[3], int(end[4]), bytes.fromhex(end[2].decode()), None) if end else None


class Entries:
    """What log/entries tells while it is read once."""

    def __init__(self, dossier: Any, head: Head, known: list[Head]) -> None:
        self.dossier, self.head, self.known = dossier, head, known
        self.tree = Tree([each.size for each in known])
        self.others = (
            bytes.fromhex(hash_in(line).decode())
            for line in lines(dossier.open("log/others"), "log/others", 65)
        )
        self.floors = sorted(
            ((each.size, (each.at - LATE).isoformat()[:19].encode(), each) for each in known), reverse=True
        )
        self.floor: tuple[int, bytes, Any] = (0, b"", None)
        self.streams: dict[bytes, tuple[int, bytes, bool]] = {}
        self.gaps: dict[bytes, str] = {}
        self.erasures: dict[tuple[bytes, int], tuple[int, Any]] = {}
        self.losses: list[Loss] = []
        self.shown, self.hidden, self.proved = 0, 0, 0
        self.last: tuple[int, bytes, bytes, bytes, bytes] | None = None

    def read(self) -> None:
        """Every line, and then that they lead to the root that was signed."""
        tree, size = self.tree, self.head.size
        for line in lines(self.dossier.open("log/entries"), "log/entries", LONGEST_LINE):
            entry = entry_in(line)
            if not entry:
                raise Altered(f"log/entries: the line after entry {tree.size} is not in its form.")
            seq, stream, number, digest, shown = entry
            if not tree.size < seq <= size:
                raise Altered(f"Entry {seq}: entries are shown in their order, each once, up to the head's.")
            tree.skip(seq - 1, size, self.others)
            if shown:
                before, action, at, body = shown
                self.dated(seq, at)
                self.linked(seq, stream, number, digest, before)
                self.last = seq, action, at, stream, body
                if action in MEANT:
                    MEANT[action](self, *self.last)
                self.shown += 1
            else:
                self.linked(seq, stream, number, digest, None)
                self.last = None
                self.hidden += 1
            tree.add(1, digest)
        self.finish()

    def linked(self, seq: int, stream: bytes, number: int, digest: bytes, before: bytes | None) -> None:
        """An event follows the event before it in its stream."""
        last, its_leaf, hidden = self.streams.get(stream) or (0, bytes(32), False)
        if number <= last:
            raise Altered(
                f"Entry {seq}: event {number} of stream {stream.decode()} comes after event {last}."
            )
        if number > last + 1:
            self.gaps.setdefault(
                stream,
                f"Entry {seq}: event {last + 1} of stream {stream.decode()} is missing before it.",
            )
        elif before is not None and before.decode() != its_leaf.hex():
            raise Altered(
                f"Entry {seq} does not follow from event {last} of stream {stream.decode()} as it is shown."
            )
        elif before is not None:
            self.proved += hidden
        self.streams[stream] = number, digest, before is None
        if len(self.streams) > MOST_STREAMS:
            raise Untold("The dossier has more streams than this program holds in memory.")

    def dated(self, seq: int, at: bytes) -> None:
        """An entry that a signed head does not yet have is not from long before that head."""
        while self.floors and self.floors[-1][0] < seq:
            self.floor = max(self.floor, self.floors.pop(), key=lambda each: each[1])
        if at < self.floor[1]:
            raise Altered(
                f"Entry {seq} says {at.decode()}, but came after {self.floor[2]}: its time is false."
            )

    def finish(self) -> None:
        self.tree.skip(self.head.size, self.head.size, self.others)
        if next(self.others, None) is not None:
            raise Altered("log/others has too many lines.")
        if self.tree.root() != self.head.root:
            raise Altered(f"The entries do not lead to the root that was signed{self.between()}.")

    def between(self) -> str:
        """Where: after the last head that still fits, up to the first that does not."""
        roots = sorted(
            (each for each in self.known if each.size in self.tree.roots), key=lambda each: each.size
        )
        fits, until = 0, self.head.size
        for each in roots:
            if self.tree.roots[each.size] != each.root:
                until = each.size
                break
            fits = each.size
        return f"; the first wrong one is among entries {fits + 1} to {until}"

    def declared(self, seq: int, action: bytes, at: bytes, stream: bytes, body: bytes) -> None:
        """The beginning of an epoch: what a restore lost."""
        said = facts(body, seq)
        names = ("old_epoch", "old_size", "kept", "lost_first", "lost_last")
        old, size, kept, first, last = (said.get(name, -1) for name in names)
        numbers = all(type(said.get(name)) is int for name in names)
        if stream != LOG_STREAM or not numbers or (first, last) != (kept + 1, size):
            raise Altered(f"Entry {seq}: the declaration of an epoch contradicts itself.")
        lost = (
            f"entries {first} to {last} of epoch {old} were lost"
            if kept < size
            else f"nothing of epoch {old} was lost"
        )
        words = f"{lost} in a restore, declared at {at.decode()}: {safe(said.get('reason'))}"
        self.losses.append(Loss(old, size, said.get("old_root"), kept, words))

    def redacted(self, seq: int, action: bytes, at: bytes, stream: bytes, body: bytes) -> None:
        """A lawful erasure: which event lost its body."""
        said = facts(body, seq)
        number = said.get("number")
        if type(number) is int:
            self.erasures[stream, number] = seq, said.get("leaf")


MEANT = {b"log.epoch_declared": Entries.declared, b"history.redacted": Entries.redacted}


def hash_in(line: bytes) -> bytes:
    """The hex digits of a hash that stands alone on its line."""
    if not HASH.fullmatch(line):
        raise Altered("A hash is not in its form.")
    return line[:64]


def bound(entries: Entries, listed: str) -> None:
    """The last entry is the dossier's own: it names the list of its documents, and how far each stream goes."""
    if not entries.last or entries.last[1] != b"dossier.made":
        raise Altered("The last entry shown is not that of the making of a dossier.")
    seq, _, _, _, body = entries.last
    said = facts(body, seq)
    if said.get("manifest") != listed:
        raise Altered(f"Entry {seq} was logged for other documents than those of MANIFEST.")
    streams = said.get("streams")
    for stream, number in (
        from_file(entries.dossier, streams) if isinstance(streams, str) else in_facts(streams)
    ):
        if stream in entries.gaps:
            raise Altered(entries.gaps[stream])
        last = entries.streams.get(stream, (0, b"", False))[0]
        if last < number:
            raise Altered(f"Event {last + 1} of stream {stream.decode()} is missing.")


def in_facts(streams: Any) -> Iterator[tuple[bytes, int]]:
    if not isinstance(streams, dict):
        raise Altered("The dossier's entry does not say which streams it shows.")
    for stream, number in streams.items():
        if not re.fullmatch(UUID, stream.encode()) or type(number) is not int:
            raise Altered(f"The dossier's entry names a stream that is none: {safe(stream)}")
        yield stream.encode(), number


def from_file(dossier: Any, digest: str) -> Iterator[tuple[bytes, int]]:
    """The same from history/streams.txt."""
    name, total = "history/streams.txt", hashlib.sha256()
    if name not in dossier.parts:
        raise Altered(f"{name} is missing.")
    for line in lines(dossier.open(name), name, 60):
        total.update(line)
        if not re.fullmatch(rb"%b %b\n" % (UUID, NUMBER), line):
            raise Altered(f"{name} is not in its form.")
        yield line[:36], int(line[37:])
    if total.hexdigest() != digest:
        raise Altered(f"{name} is not the list that was logged.")


def erased(entries: Entries) -> int:
    """How many of the entries that show a hash alone were erased by an event that says so."""
    count = 0
    if entries.erasures and entries.hidden:
        for line in lines(entries.dossier.open("log/entries"), "log/entries", LONGEST_LINE):
            found = HIDDEN.fullmatch(line)
            by = found and entries.erasures.get((found[3], int(found[4])))
            if found and by and int(found[1]) < by[0]:
                if by[1] not in (None, found[2].decode()):
                    raise Altered(f"Entry {int(found[1])} is not the one that entry {by[0]} erased.")
                count += 1
    return count


# Heads: those in the dossier, and those held outside.


def earlier_heads(dossier: Any, key: Key, last: Head) -> tuple[list[Head], list[Head]]:
    """The heads of log/heads: those that the log is shown to continue, and those that a restore lost."""
    shown: list[Head] = []
    lost: list[Head] = []
    told = lines(dossier.open("log/heads"), "log/heads", 400)
    before = (0, 0)
    for line in iter(lambda: next(told, b""), b"end\n"):
        if line != b"head\n" or len(shown) + len(lost) == MOST_HEADS:
            raise Altered("log/heads is not in its form.")
        head, proof = proved(told)
        if not before < (head.epoch, head.size) < (last.epoch, last.size) or head.host != last.host:
            raise Altered("log/heads: heads come in their order, before the one of log/checkpoint.")
        if not signed_by(key, head):
            raise Altered(f"log/heads: the log's key did not sign {head}.")
        before = head.epoch, head.size
        same = (head.size, head.root) == (last.size, last.root)
        if not proof and not same and head.epoch < last.epoch:
            lost.append(head)
        elif (same and not proof) or (head.size < last.size and continued(head, last, proof)):
            shown.append(head)
        else:
            raise Altered(f"log/heads: the log does not continue {head}.")
    if next(told, b""):
        raise Altered("log/heads goes on after its end.")
    return shown, lost


def proved(told: Iterator[bytes]) -> tuple[Head, list[bytes]]:
    """A head and the hashes after it."""
    head = head_in(NOTE.fullmatch(b"".join(next(told, b"") for _ in range(6))))
    return head, hashes(told)


def hashes(told: Iterator[bytes]) -> list[bytes]:
    count = PROOF.fullmatch(next(told, b""))
    if not count or int(count[1]) > 130:
        raise Altered("A proof is not in its form.")
    return [bytes.fromhex(hash_in(next(told, b"")).decode()) for _ in range(int(count[1]))]


class Proof(NamedTuple):
    """A proof from outside the dossier, that the log of `new` continues that of `old`."""

    old: Head
    new: Head
    hashes: list[bytes]


def proof_in(path: str) -> Proof:
    """A proof as the page "check a head you hold" gives it."""
    told = iter(given(path).splitlines(keepends=True))
    try:
        if next(told, b"") != b"concordat-consistency/1\n":
            raise Altered("")
        old = head_in(NOTE.fullmatch(b"".join(next(told, b"") for _ in range(6))))
        new, rest = proved(told)
    except Altered:
        raise Untold(f"{safe(path)} is not a proof in its form.") from None
    if next(told, b"") or not old.size < new.size:
        raise Untold(f"{safe(path)} is not a proof in its form.")
    return Proof(old, new, rest)


def given(path: str) -> bytes:
    """A small file given beside the dossier."""
    with open(path, "rb") as stream:
        found = stream.read(LONGEST_READ + 1)
    if len(found) > LONGEST_READ:
        raise Untold(f"{safe(path)} is too long.")
    return found


def heads_in(path: str) -> list[Head]:
    """Every signed head in a file, whatever stands around them."""
    text = given(path).replace(b"\r\n", b"\n")
    try:
        found = [head_in(each) for each in NOTE.finditer(text)]
    except Altered as altered:
        raise Untold(f"{safe(path)}: {altered}") from None
    if not 0 < len(found) <= MOST_HEADS:
        raise Untold(f"{safe(path)} has no signed head in it.")
    return found


class Judge:
    """What the dossier says about heads held outside."""

    def __init__(
        self, key: Key, trusted: bool, last: Head, shown: list[Head], entries: Entries, proof: Proof | None
    ):
        self.key, self.trusted, self.last, self.entries, self.proof = key, trusted, last, entries, proof
        self.roots = {size: [root] for size, root in entries.tree.roots.items()}
        for each in shown:
            self.roots.setdefault(each.size, []).append(each.root)
        self.made = moment(entries.last[2] if entries.last else b"")

    def ours(self, held: Head) -> None:
        """The head is one of this log, by this key."""
        if held.host != self.last.host:
            raise Untold(f"{held} is of another log: {safe(held.host.decode())}.")
        if signed_by(self.key, held):
            return
        if held.key_id != self.key.id and not self.trusted:
            raise Altered(f"{held} is signed with another key than this dossier: the log's key was replaced.")
        raise Untold(
            f"{held} does not bear the signature of the log's key: it is damaged, or not of this log."
        )

    def of(self, held: Head) -> str:
        """One sentence if the dossier continues what this head signed; otherwise raises."""
        self.ours(held)
        if held.epoch < self.last.epoch:
            self.restored(held)
        if held.epoch > self.last.epoch or held.size > self.last.size:
            return self.beyond(held)
        if self.joined(held, self.last):
            self.roots.setdefault(held.size, []).append(held.root)
        roots = [self.last.root] if held.size == self.last.size else self.roots.get(held.size, [])
        if not roots:
            raise Untold(
                f"the dossier holds no proof for {held}. Ask for one on the page where a held head is checked, and give it "
                "with --proof; if none can be given, the log does not continue this head."
            )
        if any(root != held.root for root in roots):
            raise Altered(f"The first {held.size} entries are not those of {held}.")
        return f"The log continues {held}: its {held.size} first entries are as they were."

    def restored(self, held: Head) -> None:
        """A head of an earlier epoch: what came between must be declared."""
        for loss in self.entries.losses:
            if loss.old == held.epoch and loss.size == held.size and loss.root != held.root.hex():
                raise Altered(f"{held} is not the head that the declared restore names.")
            if held.epoch <= loss.old and loss.kept < held.size:
                raise Untold(f"{held} cannot be compared: {loss.words}")

    def joined(self, old: Head, new: Head) -> bool:
        """Whether there is a proof about these two, which must then be a good one."""
        given = self.proof
        if not given or [(each.size, each.root) for each in given[:2]] != [
            (each.size, each.root) for each in (old, new)
        ]:
            return False
        if not continued(old, new, given.hashes):
            raise Altered(f"The proof does not show that {new} continues {old}.")
        return True

    def beyond(self, held: Head) -> str:
        """A head of more entries than the dossier's."""
        if self.made > held.at + HURRIED:
            raise Altered(
                f"{held} had more entries than the log when this dossier was made: entries were removed."
            )
        if self.joined(self.last, held):
            return f"The log is continued by {held}."
        raise Untold(f"the dossier is older than {held}. Give a newer dossier, or a proof with --proof.")


def examine(dossier: Any, key_given: bytes | None, held: list[Head], proof: Proof | None) -> Iterator[str]:
    """Sentences about what was found, as it is found. Raises Altered, or Untold."""
    listed = manifest(dossier)
    yield "%s files are those that MANIFEST lists." % (len(dossier.parts) - len(OURS) - 1)
    key = the_key(dossier, key_given)
    last = head_in(NOTE.fullmatch(whole(dossier, "log/checkpoint")))
    if not signed_by(key, last):
        raise Altered("log/checkpoint is not signed by the log's key.")
    yield f"The log is {safe(last.host.decode())}, its key {key.id.hex()}; it signed {last}."
    shown, lost = earlier_heads(dossier, key, last)
    entries = Entries(dossier, last, shown + [each for each in held if signed_by(key, each)])
    entries.read()
    bound(entries, listed)
    if last.epoch > 1 and not any(loss.old == last.epoch - 1 for loss in entries.losses):
        raise Altered(
            f"Epoch {last.epoch} of the log was begun, and no entry declares the restore before it."
        )
    for each in lost:
        if not any(each.epoch <= loss.old and loss.kept < each.size for loss in entries.losses):
            raise Altered(f"log/heads: no declared restore explains why the log does not continue {each}.")
    yield from told(entries, len(shown))
    judge = Judge(key, key_given is not None, last, shown, entries, proof)
    doubts = []
    for each in held:
        try:
            yield judge.of(each)
        except Untold as untold:
            doubts.append(str(untold))
    if doubts:
        raise Untold(" ".join(doubts))
    if not held:
        by = " and signed with the key you gave" if key_given else ""
        raise Untold(
            "the dossier is internally consistent{}; not checked against any outside head{}. Give a head that you or "
            "somebody else received from this log earlier with --head FILE.".format(
                by, "" if key_given else " or key"
            )
        )
    newest = max(each.size for each in held)
    yield f"What was added after entry {min(newest, last.size)} rests on the log's own signature alone."


def the_key(dossier: Any, key_given: bytes | None) -> Key:
    """The log's key, which is the one given if one is given."""
    text = whole(dossier, "log/key")
    key = key_in(text[:-1])
    if text[-1:] != b"\n":
        raise Altered("log/key is not in its form.")
    if key_given is not None:
        try:
            wanted = key_in(key_given)
        except Altered:
            raise Untold("the key given with --key is not in its form.") from None
        if wanted.name != key.name:
            raise Untold(f"the key given is that of another log, {safe(wanted.name.decode())}.")
        if wanted != key:
            raise Altered("The dossier is signed with another key than the one you gave.")
    return key


def told(entries: Entries, heads: int) -> Iterator[str]:
    """What the entries and the heads in the dossier came to."""
    count = erased(entries)
    yield f"{entries.shown} entries are in the log as shown, in {len(entries.streams)} streams."
    if entries.hidden:
        yield f"{entries.hidden} more are shown by their hash alone: {entries.hidden - count} withheld, {count} lawfully erased (an entry says so)."  # fmt: skip
        if entries.hidden > entries.proved:
            yield "Of %s of these, only the dossier's maker says to which stream they belong." % (
                entries.hidden - entries.proved)  # fmt: skip
    if heads:
        yield f"The log continues the {heads} earlier heads in the dossier."
    for loss in entries.losses:
        yield f"A restore was declared: {loss.words}"


def arguments(words: list[str]) -> tuple[str, bytes | None, list[Head], Proof | None]:
    """The dossier's path and what was given beside it."""
    paths: list[str] = []
    key: bytes | None = None
    held: list[Head] = []
    proof: Proof | None = None
    left = iter(words)
    for word in left:
        value = next(left, None) if word in ("--key", "--head", "--proof") else None
        if word == "--key" and value:
            key = (given(value) if os.path.exists(value) else os.fsencode(value)).strip()
        elif word == "--head" and value:
            held += heads_in(value)
        elif word == "--proof" and value:
            proof = proof_in(value)
        elif word.startswith("-") or paths:
            paths = []
            break
        else:
            paths.append(word)
    if not paths:
        raise Untold(
            "usage: python3 -I -S verify.py DOSSIER.zip|FOLDER [--key KEY|FILE] [--head FILE]... [--proof FILE]"
        )
    return paths[0], key, held, proof


def judged(work: Callable[[], Iterator[str]], say: Callable[[str], Any]) -> int:
    """Says what is found, the verdict last; returns the exit code."""
    try:
        for sentence in work():
            say(sentence)
        said, code = "VERIFIED.", 0
    except Altered as altered:
        said, code = f"TAMPERED WITH OR DAMAGED: {altered}", 1
    except Untold as untold:
        said, code = f"CANNOT TELL: {untold}", 2
    except BaseException as fault:  # whatever a dossier may still do to this program, it gets a verdict
        said, code = (
            f"CANNOT TELL: the check could not be finished ({type(fault).__name__}: {safe(fault)}).",
            2,
        )
    say(said)
    return code


def asked(words: list[str]) -> Iterator[str]:
    """What the command line asks for."""
    path, key, held, proof = arguments(words)
    yield from examine(opened(path), key, held, proof)


if __name__ == "__main__":
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        code = judged(lambda: asked(sys.argv[1:]), print)
        sys.stdout.flush()
    except BaseException:
        code = 2
    os._exit(code)
