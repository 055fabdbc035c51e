"""The marks of tracked changes (ISO/IEC 29500-1, 17.13.5) around runs, paragraphs, rows of tables."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from agreements.worddiff import words

INSERTED, DELETED, MOVED_HERE, MOVED_AWAY = "w:ins", "w:del", "w:moveTo", "w:moveFrom"
RUNS = (qn("w:r"), qn("w:fldSimple"), qn("w:hyperlink"))
Letter = tuple[str, Any]
"""A character with the formatting of its run; a line break is "\\n"."""


@dataclass
class Pen:
    """Marks in one person's name at one time, each with a number of its own."""

    author: str
    at: datetime
    numbers: Iterator[int] = field(default_factory=lambda: count(1_000))

    def mark(self, tag: str, **more: str) -> Any:
        """A mark with its number, author and date."""
        element = OxmlElement(tag)
        facts = {
            "id": str(next(self.numbers)),
            "author": self.author,
            "date": f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        for name, value in (facts | more).items():
            element.set(qn(f"w:{name}"), value)
        return element

    def whole(self, element: Any, tag: str) -> Any:
        """A copy of a paragraph or table that came, went or moved as a whole."""
        made = copy.deepcopy(element)
        if made.tag == qn("w:tbl"):
            for row in made.iter(qn("w:tr")):
                self.row(row, DELETED if tag in {DELETED, MOVED_AWAY} else INSERTED)
            return made
        self._paragraph(made, tag)
        return made

    def row(self, row: Any, tag: str) -> None:
        """A row of a table, with what stands in it."""
        settings = row.get_or_add_trPr()
        settings.append(self.mark(tag))
        for paragraph in row.iter(qn("w:p")):
            self._paragraph(paragraph, tag)

    def _paragraph(self, paragraph: Any, tag: str) -> None:
        marks = OxmlElement("w:rPr")
        marks.append(self.mark(tag))
        paragraph.get_or_add_pPr().append(marks)
        for run in [child for child in paragraph if child.tag in RUNS]:
            around = self.mark(tag)
            run.addprevious(around)
            around.append(run)
            if tag == DELETED:
                for text in list(run.iter(qn("w:t"))):
                    text.tag = qn("w:delText")

    def words(self, old: Any, new: Any, *, moved: bool = False) -> Any:
        """A copy of the new paragraph with the words marked by which it differs from the old one.

        What moved here is marked as moved, with what came anew as inserted; what the old one had more stays with it.
        """
        was, now = list(letters(old)), list(letters(new))
        made = copy.deepcopy(new)
        for child in [child for child in made if child.tag != qn("w:pPr")]:
            made.remove(child)
        if moved:
            marks = OxmlElement("w:rPr")
            marks.append(self.mark(MOVED_HERE))
            made.get_or_add_pPr().append(marks)
        i = j = 0
        for piece in words(_text(was), _text(now)):
            size = len(piece.text)
            if piece.kind == "deleted":
                if not moved:
                    made.append(self._around(DELETED, was[i : i + size]))
                i += size
                continue
            if piece.kind == "same":
                i += size
            tag = INSERTED if piece.kind == "inserted" else MOVED_HERE if moved else ""
            for run in [self._around(tag, now[j : j + size])] if tag else list(runs(now[j : j + size])):
                made.append(run)
            j += size
        return made

    def _around(self, tag: str, text: Iterable[Letter]) -> Any:
        around = self.mark(tag)
        for run in runs(text, "w:delText" if tag == DELETED else "w:t"):
            around.append(run)
        return around


def letters(paragraph: Any) -> Iterator[Letter]:
    """The characters of a paragraph with their formatting."""
    for run in paragraph.iter(qn("w:r")):
        for child in run:
            if child.tag == qn("w:t"):
                yield from ((letter, run.rPr) for letter in child.text or "")
            elif child.tag == qn("w:br"):
                yield "\n", run.rPr


def runs(text: Iterable[Letter], tag: str = "w:t") -> Iterator[Any]:
    """Runs of the same formatting, made anew."""
    run, last, words_ = None, object(), None
    for letter, formatting in text:
        if run is None or formatting is not last:
            if run is not None:
                yield run
            run, last, words_ = OxmlElement("w:r"), formatting, None
            if formatting is not None:
                run.append(copy.deepcopy(formatting))
        if letter == "\n":
            run.append(OxmlElement("w:br"))
            words_ = None
            continue
        if words_ is None:
            words_ = OxmlElement(tag)
            words_.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            words_.text = ""
            run.append(words_)
        words_.text += letter
    if run is not None:
        yield run


def _text(text: Iterable[Letter]) -> str:
    return "".join(letter for letter, _ in text)
