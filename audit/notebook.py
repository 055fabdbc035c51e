"""The notary's directory: its key, what it has followed of the log so far, and every head it ever signed.

It lies outside the database, and is all that the notary believes. Whatever is written is on the disk (fsync of the
file and of the directory) before anybody is told of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audit import merkle
from audit.checkpoints import Note, parse

HASH = 32
LINES = 6
"""A note's lines, the empty one among them."""


class Damaged(Exception):
    """The directory does not hold what it should; put it back from its backup."""


class Busy(Exception):
    """Another process works in the directory."""


@dataclass(frozen=True)
class State:
    """How far the log was followed: its right edge there, the last head signed, and whether it is refused."""

    epoch: int = 1
    edge: tuple[tuple[int, bytes], ...] = ()
    note: str = ""
    refused: str = ""
    refused_at: str = ""
    checked_at: str = ""
    declared: tuple[Mapping[str, Any], ...] = ()

    @property
    def size(self) -> int:
        """How many entries were followed."""
        return sum(size for size, _ in self.edge)

    @property
    def root(self) -> bytes:
        """The root over them."""
        return merkle.root_of(self.edge)

    @property
    def signed(self) -> Note | None:
        """The last head of this epoch."""
        return parse(self.note) if self.note else None

    @property
    def signed_size(self) -> int:
        """How many entries the last head of this epoch covers."""
        return self.signed.head.size if self.signed else 0

    def refuse(self, why: str, now: datetime) -> State:
        """The same, refusing; when it began is kept."""
        began = self.refused_at if self.refused else now.isoformat(timespec="seconds")
        return replace(self, refused=why, refused_at=began)


class Notebook:
    """The directory's files; every use is inside `alone`."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read or made yet."""
        self.directory = directory

    @contextmanager
    def alone(self, *, patience: float = 30.0) -> Iterator[None]:
        """Nobody else works in the directory meanwhile. Raises Busy when somebody does for too long."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + patience
        try:
            while not _locked(lock):
                if time.monotonic() > deadline:
                    raise Busy(f"Another process works in {self.directory}.")
                time.sleep(0.05)
            yield
        finally:
            os.close(lock)

    # The key ------------------------------------------------------------------------------------------------
    def has_key(self) -> bool:
        """Whether there is a key."""
        return self._path("key").is_file()

    def key(self) -> Ed25519PrivateKey:
        """The notary's key. Raises Damaged without one."""
        try:
            found = load_pem_private_key(self._path("key").read_bytes(), None)
        except (OSError, ValueError, TypeError):
            raise Damaged(f"The notary's key is missing or unreadable in {self.directory}.") from None
        if not isinstance(found, Ed25519PrivateKey):
            raise Damaged("The notary's key is of another kind.")
        return found

    def make_key(self) -> None:
        """A new key, readable by its owner alone; an existing one is never replaced."""
        if self.has_key():
            raise Damaged("There is a key already.")
        made = Ed25519PrivateKey.generate()
        self._write("key", made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    # What was followed --------------------------------------------------------------------------------------
    def load(self) -> State | None:
        """What was saved; None before the first time. Raises Damaged."""
        try:
            text = self._path("state.json").read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        try:
            return _state(json.loads(text))
        except (ValueError, KeyError, TypeError):
            raise Damaged(f"{self._path('state.json')} is damaged; put it back from its backup.") from None

    def save(self, state: State) -> None:
        """Keep it: whole or not at all, and on the disk when this returns."""
        said = asdict(state) | {
            "edge": [[size, digest.hex()] for size, digest in state.edge],
            "size": state.size,
            "root": state.root.hex(),
        }
        self._write("state.json", json.dumps(said, indent=1, sort_keys=True).encode("ascii"))

    def keep_leaves(self, epoch: int, begun: int, leaves: Sequence[bytes]) -> None:
        """Keep the leaf hashes that follow the first `begun`; what a crash left behind those is overwritten."""
        if self.kept(epoch) < begun:
            raise Damaged(f"{self._leaves(epoch)} is too short; put it back from its backup.")
        with os.fdopen(os.open(self._leaves(epoch), os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(begun * HASH)
            file.seek(begun * HASH)
            file.write(b"".join(leaves))
            file.flush()
            os.fsync(file.fileno())
        _sync(self.directory)

    def leaves(self, epoch: int, lo: int, hi: int) -> list[bytes]:
        """The leaf hashes lo <= i < hi, counted from 0, as they were followed; fewer if there are fewer."""
        try:
            with self._leaves(epoch).open("rb") as file:
                file.seek(lo * HASH)
                found = file.read((hi - lo) * HASH)
        except FileNotFoundError:
            return []
        return [found[at : at + HASH] for at in range(0, len(found) - HASH + 1, HASH)]

    def kept(self, epoch: int) -> int:
        """How many leaf hashes are kept of an epoch."""
        path = self._leaves(epoch)
        return path.stat().st_size // HASH if path.is_file() else 0

    # Heads --------------------------------------------------------------------------------------------------
    def publish(self, note: Note) -> None:
        """Add a head to its day's file, once; what a crash left there half written is cut off."""
        directory = self.directory / "heads"
        directory.mkdir(mode=0o755, exist_ok=True)
        path = directory / f"{note.head.at:%Y-%m-%d}.txt"
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        lines = text.splitlines(keepends=True)
        whole = "".join(lines[: len([line for line in lines if line.endswith("\n")]) // LINES * LINES])
        if note.text() in whole:
            return
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
            file.truncate(len(whole.encode()))
            file.seek(0, os.SEEK_END)
            file.write(note.text().encode())
            file.flush()
            os.fsync(file.fileno())
        _sync(directory)
        _sync(self.directory)

    def _path(self, name: str) -> Path:
        return self.directory / name

    def _leaves(self, epoch: int) -> Path:
        return self._path(f"leaves-{epoch}")

    def _write(self, name: str, content: bytes) -> None:
        fresh = self._path(f"{name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._path(name))
        _sync(self.directory)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _state(said: dict[str, Any]) -> State:
    """The state from its file; what it says twice must agree."""
    size, root = said.pop("size"), said.pop("root")
    edge = tuple((count, bytes.fromhex(digest)) for count, digest in said.pop("edge"))
    made = State(**said | {"edge": edge, "declared": tuple(said["declared"])})
    counts = [count for count, _ in edge]
    if counts != [1 << bit for bit in reversed(range(64)) if size >> bit & 1] or made.root.hex() != root:
        raise ValueError("The edge is not that of its size and root.")
    if made.signed_size > made.size:
        raise ValueError("More was signed than followed.")
    return made
