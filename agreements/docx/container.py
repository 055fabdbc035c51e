"""The ZIP around a Word document, looked through before anything in it is parsed."""

import io
import zipfile
import zlib

from agreements.assembly import UnreadableText

MAX_BYTES = 25_000_000
MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
MAX_XML = 40_000_000
SAVE_AGAIN = "Open it in Word, save it again as .docx and import that."
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def inspect(content: bytes) -> None:
    """Refuse what is not a sound, plain .docx before anything of it is parsed."""
    if len(content) > MAX_BYTES:
        raise UnreadableText(
            "The file is larger than 25 MB. Remove pictures and attachments and import the text."
        )
    if content.startswith(_COMPOUND_FILE):
        raise UnreadableText(
            "The file is protected by a password or in the old .doc format. Save it as a plain .docx."
        )
    if not content.startswith(b"PK\x03\x04"):
        raise UnreadableText("This is not a Word document. Import a .docx, .txt or .md file.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _inspect_parts(archive, len(content))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as broken:
        raise UnreadableText(f"The Word file is damaged. {SAVE_AGAIN}") from broken


def _inspect_parts(archive: zipfile.ZipFile, packed: int) -> None:
    names = [part.filename for part in archive.infolist()]
    if len(names) > 5_000 or len(set(names)) != len(names):
        raise UnreadableText(f"The Word file is put together in an unusual way. {SAVE_AGAIN}")
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
                raise UnreadableText(
                    "The file contains declarations that a Word document never has and was refused."
                )
    return size
