"""A signed head has one form, and whatever differs from it by a bit is refused."""

from __future__ import annotations

import subprocess
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from audit import checkpoints
from audit.checkpoints import Head, Malformed, NotOurs

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = Head("agreements.example.gov", 2, 1234, bytes(range(32)), datetime(2026, 11, 21, 9, 12, tzinfo=UTC))
VKEY = checkpoints.key_of(HEAD.host, PRIVATE).vkey()
NOTE = checkpoints.sign(HEAD, PRIVATE).text()


def test_a_head_reads_as_c2sp_writes_it() -> None:
    lines = NOTE.split("\n")
    assert lines[:5] == [
        "agreements.example.gov/audit/2", "1234", b64encode(HEAD.root).decode(), "at 2026-11-21T09:12:00Z", "",
    ]  # fmt: skip
    assert lines[5].startswith("— agreements.example.gov/audit ") and lines[6:] == [""]
    name, key_id, key = VKEY.split("+", 2)
    assert name == "agreements.example.gov/audit" and b64decode(lines[5].split(" ")[2])[:4].hex() == key_id
    assert b64decode(key) == b"\x01" + PRIVATE.public_key().public_bytes_raw()


@given(
    st.integers(1, 10**9 - 1), st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32),
    st.integers(946_684_800, 253_402_300_799).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.sampled_from(["localhost", "a.example", "10.0.0.1", "::1", "a-b.example"]),
)  # fmt: skip
def test_what_is_signed_is_read_back(epoch: int, size: int, root: bytes, at: datetime, host: str) -> None:
    head = Head(host, epoch, size, root, at)
    note = checkpoints.sign(head, PRIVATE).text()
    assert checkpoints.verify(note, checkpoints.key_of(host, PRIVATE).vkey()) == head


def test_openssl_agrees(tmp_path: Path) -> None:
    pem = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    note = checkpoints.parse(NOTE)
    for name, content in {"pub": pem, "text": note.head.text().encode(), "sig": note.signature}.items():
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "pub", "-rawin", "-in", "text", "-sigfile", "sig"]  # fmt: skip
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "text").write_bytes(note.head.text().encode().replace(b"1234", b"1235"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def _refused(note: str, vkey: str = VKEY) -> bool:
    try:
        checkpoints.verify(note, vkey)
    except (Malformed, NotOurs):
        return True
    return False


def test_every_bit_flip_and_every_truncation_is_refused() -> None:
    exact = NOTE.encode()
    assert not _refused(NOTE)
    for place in range(len(exact)):
        for bit in range(8):
            changed = bytearray(exact)
            changed[place] ^= 1 << bit
            assert _refused(changed.decode("utf-8", "surrogateescape")), (place, bit)
        assert _refused(exact[:place].decode("utf-8", "surrogateescape"))


def test_every_bit_of_the_key_counts() -> None:
    exact = VKEY.encode()
    for place in range(len(exact)):
        for bit in range(8):
            changed = bytearray(exact)
            changed[place] ^= 1 << bit
            assert _refused(NOTE, changed.decode("latin-1")), (place, bit)


@pytest.mark.parametrize(
    "note",
    [
        "",
        NOTE + "\n",
        "\n" + NOTE,
        NOTE + NOTE,
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("1234", "01234"),
        NOTE.replace("1234", "+1234"),
        NOTE.replace("1234", "1_234"),
        NOTE.replace("1234", "１２３４"),
        NOTE.replace("1234", "0"),
        NOTE.replace("audit/2", "audit/02"),
        NOTE.replace("agreements.", "Agreements."),
        NOTE.replace("at 2026-11-21", "at 2026-02-30"),
        NOTE.replace("T09:12:00Z", "T09:12:00+00:00"),
        NOTE.replace("at 2026", "extra\nat 2026"),
        NOTE.replace("— ", "- "),
        NOTE + NOTE.split("\n\n")[1],
        "x" * 10**6,
    ],
)
def test_what_only_looks_like_a_head_is_refused(note: str) -> None:
    with pytest.raises(Malformed):
        checkpoints.verify(note, VKEY)


def test_another_key_and_another_name_are_refused() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(NotOurs):
        checkpoints.verify(NOTE, checkpoints.key_of(HEAD.host, other).vkey())
    with pytest.raises(NotOurs):
        checkpoints.verify(NOTE, checkpoints.key_of("other.example", PRIVATE).vkey())


def test_what_could_not_be_read_back_is_not_signed() -> None:
    for host, size in (("Upper.example", 1), ("a b", 1), ("a.example", 0)):
        with pytest.raises(Malformed):
            checkpoints.sign(Head(host, 1, size, HEAD.root, HEAD.at), PRIVATE)
