"""Lines of a source text with what matters about each for finding its provisions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from typing import Literal

from agreements.markers import candidates
from agreements.prose import table

Format = Literal["txt", "md"]
_COLUMNS = re.compile(r" {4,}")
_BULLETED = re.compile(r"^\s*[-*+]\s+(\S.*)$")
_HTML_HEADING = re.compile(r"^\s*<h([1-6])(?:\s[^<>]*)?>(.*?)</h\1>\s*$", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_RULE = re.compile(r"^\s*([=_-])\1{2,}\s*$")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u202d\u202e\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# U+202D and U+202E make text be shown in another order than it is stored in; no agreement needs them.


@dataclass(frozen=True)
class Line:
    """One line, or one paragraph of a word processor.

    `fresh`: it begins a paragraph. `ended`: the line break after it was meant. `rank`: marked as a heading of that
    rank. `number` and `series`: its automatic number and the list it counts in. `markdown`: the same text with
    emphasis; `indent` is its indentation in characters; `raw` text is Markdown already (a table).
    """

    text: str
    fresh: bool = True
    ended: bool = False
    rank: int = 0
    number: str = ""
    series: str = ""
    markdown: str = ""
    indent: int = 0
    raw: bool = False


def clean(text: str) -> str:
    """Line ends made equal; characters that cannot be stored or printed replaced."""
    text = re.sub(r"\r\n?|\u2028", "\n", text)
    return _CONTROL.sub("\ufffd", re.sub(r"[\f\v\x85\u2029]", "\n\n", text)).expandtabs(8)


def lines_of(text: str, fmt: Format) -> Iterator[Line]:
    """The lines of a plain or Markdown text."""
    rows = text.split("\n")
    return _markdown(rows) if fmt == "md" else _plain(rows)


def _plain(rows: list[str]) -> Iterator[Line]:
    lengths = sorted(len(row.rstrip()) for row in rows if row.strip())
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    fresh = True
    for columned, group in groupby(rows, _columned):
        if columned:
            yield from _columns(list(group))
            fresh = True
            continue
        for row in group:
            if row.strip():
                ended = len(row.rstrip()) < 0.65 * width
                yield Line(" ".join(row.split()), fresh=fresh, ended=ended, indent=_indent(row))
            fresh = not row.strip()


def _columned(row: str) -> bool:
    text = row.strip()
    return bool(_COLUMNS.search(text)) and not candidates(text) and not text.startswith(("•", "-", "*"))


def _columns(rows: list[str]) -> Iterator[Line]:
    """Rows of columns: a table where two rows or more have the same number of cells, else one line each."""
    for count, group in groupby([_COLUMNS.split(row.strip()) for row in rows], len):
        cells = list(group)
        if len(cells) > 1:
            yield Line(table(cells), raw=True)
        else:
            yield from (Line(" · ".join(row), ended=True) for row in cells[:1] if count)


def _markdown(rows: list[str]) -> Iterator[Line]:
    fresh, place = True, 0
    while place < len(rows):
        row = unescape(rows[place]).replace("\ufdd0", "\ufffd")
        under = rows[place + 1] if place + 1 < len(rows) else ""
        if place + 1 < len(rows) and _delimiter(under) and "|" in row:
            end = next((n for n in range(place, len(rows)) if "|" not in rows[n]), len(rows))
            yield Line("\n".join(unescape(r).strip() for r in rows[place:end]), raw=True)
            fresh, place = True, end
            continue
        if match := _HTML_HEADING.match(row):
            yield Line(_flat(_TAG.sub(" ", match[2])), rank=int(match[1]))
            fresh = True
        elif match := re.match(r"^ {0,3}(#{1,6})\s*(.*?)\s*#*\s*$", row):
            yield Line(_flat(match[2]), rank=len(match[1]))
            fresh = True
        elif fresh and row.strip() and (under_rule := _setext(under)):
            yield Line(_flat(row), rank=under_rule)
            place, fresh = place + 1, True
        else:
            if row.strip() and not (fresh and _RULE.match(row)):
                yield _markdown_line(row, fresh=fresh)
            fresh = not row.strip()
        place += 1


def _markdown_line(row: str, *, fresh: bool) -> Line:
    boldly = re.match(r"^\s*(\*\*|__)(?=\S)(.+?)(?<=\S)\1\s*$", row) if fresh else None
    text = _flat(boldly[2]) if boldly else row.strip()
    if boldly and candidates(text) and len(text) <= 120:
        return Line(text, rank=3, indent=_indent(row))
    bullet = _BULLETED.match(row)
    if bullet and candidates(bullet[1]):  # "- 1.01 Contractor": the dash stands before a number of its own
        return Line(bullet[1].strip(), ended=row.endswith(("  ", "\\")), indent=_indent(row))
    ended = row.endswith(("  ", "\\"))
    return Line(text, fresh=fresh, ended=ended, markdown=row.rstrip("\\").rstrip(), indent=_indent(row))


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _flat(text: str) -> str:
    """A heading without Markdown's marks."""
    text = re.sub(r"(\*\*|__|(?<!\w)[*_]|[*_](?!\w))(?=\S)|(?<=\S)(\*\*|__)", "", text)
    return " ".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).split())


def _delimiter(row: str) -> bool:
    return bool(re.match(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$", row)) and "|" in row


def _setext(row: str) -> int:
    return 1 if re.match(r"^={3,}\s*$", row) else 2 if re.match(r"^-{3,}\s*$", row) else 0
