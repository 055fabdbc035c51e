"""Seals for tests: a key of the tests' own, and what people do to sealed files."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from agreements.pdf import keys, layout, sealing

NOW = datetime(2026, 10, 2, 20, 3, 11, tzinfo=UTC)
WORDS = sealing.Words("Concordat", "All parties have signed.", "concordat.example")
PAGE = "<h1>An agreement</h1><table><thead><tr><th scope=col>Party</th></tr></thead><tbody><tr><td>Riverton</td></tr></tbody></table>"


@cache
def place() -> keys.Place:
    """Where the tests' own authority is."""
    return keys.Place(Path(mkdtemp(prefix="seal-")), "Tests")


@cache
def plain() -> bytes:
    """A page with the field for the seal."""
    return layout.lay_out(f"<html lang=en><title>T</title>{PAGE}", "", [], [(sealing.FIELD, "The seal")])


@cache
def sealed() -> bytes:
    """The page, sealed."""
    return sealing.sealed(plain(), keys.installed(place(), now=NOW)[0], WORDS, now=NOW)


def pem() -> str:
    """The certificates of the tests' seal."""
    return keys.installed(place(), now=NOW)[1].pem


def turned(content: bytes) -> bytes:
    """The file with its first page turned, by an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    return _written(writer)


def noted(content: bytes) -> bytes:
    """The file with a note on its first page, by an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    name, text = generic.NameObject, generic.TextStringObject("All of this is void.")
    note = writer.add_object(
        generic.DictionaryObject(
            {
                name("/Type"): name("/Annot"),
                name("/Subtype"): name("/FreeText"),
                name("/Contents"): text,
                name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 50, 300, 300))),
            }
        )
    )
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Annots"] = generic.ArrayObject([note])
    writer.update_container(page)
    return _written(writer)


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
