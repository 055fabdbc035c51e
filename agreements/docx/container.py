"""The ZIP around a Word document, looked through before anything in it is parsed."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from docx.opc.exceptions import PackageNotFoundError
from lxml import etree  # type: ignore[import-untyped]

from agreements.assembly import UnreadableText
from agreements.unpacking import COMPOUND_FILE, opened, survey

MAX_BYTES = 25_000_000
SAVE_AGAIN = "Open it in Word, save it again as .docx and import that."
DAMAGED = f"The Word file is damaged. {SAVE_AGAIN}"


@contextmanager
def inspected(content: bytes) -> Iterator[None]:
    """For parsing what was looked through first. Raises UnreadableText, with what to do, for what is broken inside."""
    inspect(content)
    try:
        yield
    except (
        PackageNotFoundError,
        KeyError,
        ValueError,
        AttributeError,
        zipfile.BadZipFile,
        etree.XMLSyntaxError,
    ) as broken:
        raise UnreadableText(DAMAGED) from broken


def inspect(content: bytes) -> None:
    """Refuse what is not a sound, plain .docx before anything of it is parsed."""
    if len(content) > MAX_BYTES:
        raise UnreadableText(
            "The file is larger than 25 MB. Remove pictures and attachments and import the text."
        )
    if content.startswith(COMPOUND_FILE):
        raise UnreadableText(
            "The file is protected by a password or in the old .doc format. Save it as a plain .docx."
        )
    if not content.startswith(b"PK\x03\x04"):
        raise UnreadableText("This is not a Word document. Import a .docx, .pdf, .txt or .md file.")
    with opened(content, damaged=DAMAGED) as archive:
        names = survey(
            archive, len(content), damaged=f"The Word file is put together in an unusual way. {SAVE_AGAIN}"
        )
        if "[Content_Types].xml" not in names or "word/document.xml" not in names:
            raise UnreadableText(
                "This is a ZIP file but not a Word document. Import a .docx, .txt or .md file."
            )
