"""Word documents read as blocks: headings, automatic numbers, tables, emphasis, tracked insertions, notes.

Deleted text of tracked changes is left out, inserted text kept. Headers, footers, foot- and endnotes are appended
under "Notes from the original" so that nothing is lost. The file is unpacked under limits and parsed without
entities or any fetching.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from agreements.assembly import Block, UnreadableText, assemble
from agreements.markers import to_roman
from agreements.prose import bold, escape_markdown, literal, shows
from agreements.sourcelines import Line, clean, table

MAX_BYTES = 25_000_000
MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
MAX_XML = 40_000_000
NOTES = "Notes from the original"
_ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_SAVE_AGAIN = "Open it in Word, save it again as .docx and import that."


def read(content: bytes) -> list[Block]:
    """The provisions of a .docx file, in order. Raises UnreadableText with what to do."""
    inspect(content)
    try:
        word = docx.Document(io.BytesIO(content))
        lines = list(_lines(word))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, zipfile.BadZipFile, etree.XMLSyntaxError) as broken:
        raise UnreadableText(f"The Word file is damaged. {_SAVE_AGAIN}") from broken
    return assemble(lines)


def inspect(content: bytes) -> None:
    """Refuse what is not a sound, plain .docx before anything of it is parsed."""
    if len(content) > MAX_BYTES:
        raise UnreadableText("The file is larger than 25 MB. Remove pictures and attachments and import the text.")
    if content.startswith(_ENCRYPTED):
        raise UnreadableText("The file is protected by a password or in the old .doc format. Save it as a plain .docx.")
    if not content.startswith(b"PK\x03\x04"):
        raise UnreadableText("This is not a Word document. Import a .docx, .txt or .md file.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _inspect_parts(archive, len(content))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as broken:
        raise UnreadableText(f"The Word file is damaged. {_SAVE_AGAIN}") from broken


def _inspect_parts(archive: zipfile.ZipFile, packed: int) -> None:
    names = [part.filename for part in archive.infolist()]
    if len(names) > 5_000 or len(set(names)) != len(names):
        raise UnreadableText(f"The Word file is put together in an unusual way. {_SAVE_AGAIN}")
    if "[Content_Types].xml" not in names or "word/document.xml" not in names:
        raise UnreadableText("This is a ZIP file but not a Word document. Import a .docx, .txt or .md file.")
    total = 0
    for part in archive.infolist():
        total += _unpacked(archive, part, MAX_UNPACKED - total)
        if total > MAX_UNPACKED or total > max(MAX_RATIO * packed, 2_000_000):
            raise UnreadableText("The file unpacks to far more than a document holds and was refused.")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """The true unpacked size of a part, counted while streaming: the size a ZIP states may lie."""
    size, head = 0, b""
    with archive.open(part) as stream:
        while piece := stream.read(1 << 16):
            head = head or piece
            size += len(piece)
            if size > left or (size > MAX_XML and part.filename.endswith(".xml")):
                raise UnreadableText("The file unpacks to far more than a document holds and was refused.")
            if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in piece.upper():
                raise UnreadableText("The file contains declarations that a Word document never has and was refused.")
    return size
