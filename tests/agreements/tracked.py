"""What a reader of Word sees who accepts, or rejects, every tracked change: read from the file, apart from our code."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ACCEPTED, REJECTED = ("del", "moveFrom"), ("ins", "moveTo")


def body(data: bytes) -> Any:
    """The body of a Word file."""
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml"))[0]


def paragraphs(data: bytes, dropped: tuple[str, ...] = ()) -> list[str]:
    """The text of each paragraph without what these marks hold."""
    tags = {W + name for name in dropped}
    found = []
    for paragraph in body(data).iter(W + "p"):
        rows = list(paragraph.iterancestors(W + "tr"))
        if any(row.find(f"{W}trPr/{tag}") is not None for row in rows for tag in tags):
            continue
        text = "".join(
            "\n" if child.tag == W + "br" else child.text or ""
            for child in paragraph.iter(W + "t", W + "delText", W + "br")
            if not any(up.tag in tags for up in child.iterancestors())
        )
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        if text or mark is None or all(mark.find(tag) is None for tag in tags):
            found.append(text)
    return found


def marks(data: bytes) -> list[tuple[str, str, str]]:
    """Each mark around words: what, by whom, when."""
    names = {W + name: name for name in (*ACCEPTED, *REJECTED)}
    return [
        (names[element.tag], element.get(W + "author"), element.get(W + "date"))
        for element in body(data).iter(*names)
    ]
