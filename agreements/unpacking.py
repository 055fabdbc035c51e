"""ZIP files from outside, looked through before anything in them is parsed: true sizes counted, declarations refused."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from agreements.assembly import UnreadableText

MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
SMALL = 2_000_000
MAX_XML = 40_000_000
MAX_PARTS = 5_000
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file begins that is protected by a password or of the days before ZIP."""
TOO_BIG = "The file unpacks to far more than a document holds and was refused."
DECLARED = "The file contains declarations that a Word document never has and was refused."
MACROS = "The file contains macros (programs) and was refused. Save it without macros and import that."
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error, ValueError)


@contextmanager
def opened(content: bytes | IO[bytes], *, damaged: str) -> Iterator[zipfile.ZipFile]:
    """The archive in `content`; whatever is broken about it is said in the words `damaged`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
            yield archive
    except _BROKEN as broken:
        raise UnreadableText(damaged) from broken


def survey(archive: zipfile.ZipFile, packed: int, *, damaged: str) -> set[str]:
    """The names of an office file's parts, after each was unpacked once under limits and nothing hostile was found."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS or len(names) != len(parts):
        raise UnreadableText(damaged)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UnreadableText(MACROS)
    total = 0
    for part in parts:
        total += _size(archive, part, MAX_UNPACKED - total)
        if total > MAX_UNPACKED or total > max(MAX_RATIO * packed, SMALL):
            raise UnreadableText(TOO_BIG)
    return names


def _size(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """The true unpacked size of a part, counted while streaming: the size a ZIP states may lie."""
    size, tail = 0, b""
    xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    with archive.open(part) as stream:
        while piece := stream.read(1 << 16):
            if xml and not size and piece[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"):
                raise UnreadableText(DECLARED)  # UTF-16, in which declarations would pass unseen
            size += len(piece)
            if size > left or (xml and size > MAX_XML):
                raise UnreadableText(TOO_BIG)
            seen = tail + piece
            if xml and b"<!DOCTYPE" in seen.upper():
                raise UnreadableText(DECLARED)
            tail = seen[-16:]
    return size


def member(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, most: int, damaged: str) -> bytes:
    """One part's bytes, at most `most` of them."""
    try:
        with archive.open(part) as stream:
            content = stream.read(most + 1)
    except _BROKEN as broken:
        raise UnreadableText(damaged) from broken
    if len(content) > most:
        raise UnreadableText(f"“{part.filename[-80:]}” is larger than {most // 1_000_000} MB.")
    return content
