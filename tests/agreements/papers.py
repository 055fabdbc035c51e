"""Files to bring in: PDFs with and without a text layer, Word files, tables, ZIPs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import docx
import openpyxl
import pikepdf
from pikepdf import Dictionary, Name


def written(text: str) -> bytes:
    """A PDF whose one page says `text`."""
    lines = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in text.split("\n")]
    shown = "BT /F1 10 Tf 12 TL 40 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    return _page(shown.encode("latin-1"))


def scanned() -> bytes:
    """A PDF of one page without a word."""
    return _page(b"0 0 100 100 re f")


def _page(shown: bytes) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(612, 792))
    page = pdf.pages[0]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
    page.Contents = pdf.make_stream(shown)
    return saved(pdf)


def saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    """A PDF as bytes."""
    out = io.BytesIO()
    pdf.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def word(text: str) -> bytes:
    """A Word file, one paragraph a line."""
    document = docx.Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def table(rows: Sequence[Sequence[object]]) -> bytes:
    """A spreadsheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Agreements")
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
