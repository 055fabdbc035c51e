"""Tables of key terms: .csv and .xlsx read as rows of text, under limits, formulas never computed."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from agreements.assembly import UnreadableText
from agreements.outline import decode
from agreements.unpacking import COMPOUND_FILE, opened, survey

MAX_BYTES = 10_000_000
MAX_ROWS = 5_000
MAX_LINES = 100_000
"""Lines of a sheet, empty ones counted: a row far down may be claimed by a few bytes."""
MAX_COLUMNS = 60
MAX_CELL = 2_000
DAMAGED = "The table is damaged. Open it in your spreadsheet program, save it again as .xlsx or .csv and choose that."
TOO_LONG = (
    "The sheet goes on for more than 100,000 lines. Delete the empty lines below the table and save it again."
)
NOT_A_TABLE = "Choose a table as .csv or .xlsx."


@dataclass(frozen=True)
class Sheet:
    """A table: the names of its columns, and each row with its number in the file (the header is row 1)."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read(content: bytes, name: str) -> Sheet:
    """The first sheet of a .csv or .xlsx file. Raises UnreadableText with what to do."""
    if len(content) > MAX_BYTES:
        raise UnreadableText("The table is larger than 10 MB. Divide it into several.")
    suffix = PurePath(name).suffix.lower()
    if suffix == ".csv":
        return _sheet(_csv(content))
    if suffix == ".xlsx":
        return _sheet(_xlsx(content))
    raise UnreadableText(NOT_A_TABLE)


def _csv(content: bytes) -> Iterator[list[str]]:
    text = decode(content)
    head = text[:8192]
    mark = max(",;\t", key=lambda mark: head.split("\n", 1)[0].count(mark))
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=False)
    except csv.Error as broken:
        raise UnreadableText(DAMAGED) from broken


def _xlsx(content: bytes) -> Iterator[list[str]]:
    if content.startswith(COMPOUND_FILE):
        raise UnreadableText(
            "The table is protected by a password or in the old .xls format. Save it as plain .xlsx."
        )
    if not content.startswith(b"PK\x03\x04"):
        raise UnreadableText(NOT_A_TABLE)
    with opened(content, damaged=DAMAGED) as archive:
        if "xl/workbook.xml" not in survey(archive, len(content), damaged=DAMAGED):
            raise UnreadableText(NOT_A_TABLE)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True)):
                if number >= MAX_LINES:
                    raise UnreadableText(TOO_LONG)
                yield [_said(value) for value in row]
        finally:
            book.close()
    except UnreadableText:
        raise
    except (InvalidFileException, KeyError, ValueError, TypeError, IndexError, AttributeError, SyntaxError, OSError,
            OverflowError) as broken:  # fmt: skip
        raise UnreadableText(DAMAGED) from broken


def _said(value: Any) -> str:
    """A cell as text: days as 2026-07-01, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _sheet(rows: Iterable[list[str]]) -> Sheet:
    """The header is the first row that says something; empty rows are passed over."""
    header: tuple[str, ...] = ()
    found: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in enumerate(rows, start=1):
        said = tuple(" ".join(cell.replace("\x00", "").split())[:MAX_CELL] for cell in cells)
        if not any(said):
            continue
        if not header:
            header = said
            continue
        if len(found) >= MAX_ROWS:
            raise UnreadableText(f"The table has more than {MAX_ROWS:,} rows. Divide it into several.")
        found.append((number, (*said[: len(header)], *[""] * (len(header) - len(said)))))
    while header and not header[-1]:
        header = header[:-1]
    if not header or len(header) > MAX_COLUMNS:
        raise UnreadableText(
            f"Give the table one row of column names, at most {MAX_COLUMNS}, and the rows below it."
        )
    if not found:
        raise UnreadableText("The table has no rows below its column names.")
    return Sheet(tuple(name[:200] for name in header), tuple((n, row[: len(header)]) for n, row in found))
