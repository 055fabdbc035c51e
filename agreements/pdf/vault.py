"""Finished documents on disk, each under the SHA-256 of its bytes."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple


class Stored(NamedTuple):
    """Where a document is: its SHA-256 in hexadecimal and its path below the root."""

    sha256: str
    path: str


class DocumentMissing(Exception):
    """A document that was stored is gone or its bytes have changed."""


def store(content: bytes, root: Path, *, suffix: str = ".pdf") -> Stored:
    """Keep `content` durably below `root`; storing the same bytes twice keeps one file.

    The file appears under its name only when complete and flushed, so a kill leaves at most a temporary file.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    stored = Stored(sha256, _path(sha256, suffix))
    target = root / stored.path
    if _matches(target, sha256):
        return stored
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o440)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for folder in (target.parent, target.parent.parent, root):
        _flush(folder)
    return stored


def keep(made: Path, sha256: str, root: Path, *, suffix: str) -> Stored:
    """Move a file that was made below `root` to its place under its hash, durably; for what is too big to hold.

    `sha256` is of its bytes, as reckoned while it was written and flushed.
    """
    stored = Stored(sha256, _path(sha256, suffix))
    target = root / stored.path
    target.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(made, 0o440)
    os.replace(made, target)
    for folder in (target.parent, target.parent.parent, root):
        _flush(folder)
    return stored


def drop(sha256: str, root: Path, *, suffix: str = ".pdf") -> None:
    """Delete what nobody refers to any more; gone already is as good."""
    if re.fullmatch(r"[0-9a-f]{64}", sha256):
        (root / _path(sha256, suffix)).unlink(missing_ok=True)


def load(sha256: str, root: Path, *, suffix: str = ".pdf") -> bytes:
    """The bytes stored under `sha256`, checked against it."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise DocumentMissing("This is not the SHA-256 of a document.")
    try:
        content = (root / _path(sha256, suffix)).read_bytes()
    except FileNotFoundError as missing:
        raise DocumentMissing(f"The document {sha256[:12]}… is not in the store.") from missing
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DocumentMissing(f"The document {sha256[:12]}… was changed on disk; restore it from a backup.")
    return content


def _path(sha256: str, suffix: str = ".pdf") -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}{suffix}"


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
