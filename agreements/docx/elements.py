"""Paragraphs, runs and tables as python-docx makes them, in one go: it looks for the place of every element anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml.etree import SubElement  # type: ignore[import-untyped]

P, PPR, STYLE, R, RPR, T = (qn(f"w:{name}") for name in ("p", "pPr", "pStyle", "r", "rPr", "t"))
NUMBER, LEVEL, OUTLINE = (qn(f"w:{name}") for name in ("numPr", "ilvl", "numId"))
BREAKS = {"\t": qn("w:tab"), "\n": qn("w:br"), "\r": qn("w:br")}
VALUE, SPACE = qn("w:val"), qn("xml:space")
PARTS = re.compile(r"[\t\n\r]|[^\t\n\r]+")


def paragraph(text: str, style: str) -> Any:
    """A paragraph of one run, in the style of this id."""
    made = OxmlElement("w:p")
    if style:
        SubElement(SubElement(made, PPR), STYLE).set(VALUE, style)
    if text:
        run(made, text)
    return made


def number(paragraph: Any, level: int, outline: int) -> None:
    """Let Word count a paragraph that has a style."""
    made = SubElement(paragraph.pPr, NUMBER)
    SubElement(made, LEVEL).set(VALUE, str(level))
    SubElement(made, OUTLINE).set(VALUE, str(outline))


def run(paragraph: Any, text: str, marks: Iterable[str] | None = None) -> None:
    """A run at the end of the paragraph; `marks` are what its properties hold, if it has any: "b", "i"."""
    made = SubElement(paragraph, R)
    if marks is not None:
        properties = SubElement(made, RPR)
        for mark in marks:
            SubElement(properties, qn(f"w:{mark}"))
    for part in PARTS.findall(text):
        if part in BREAKS:
            SubElement(made, BREAKS[part])
        else:
            _words(made, part)


def _words(run: Any, text: str) -> None:
    made = SubElement(run, T)
    made.text = text
    if text.strip() != text:
        made.set(SPACE, "preserve")


def fill(table: Any, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A new table's one row becomes its heading, which repeats on each page; the others follow."""
    heading = table.tr_lst[0]
    blank = deepcopy(heading)
    for cell, text in zip(heading.tc_lst, columns, strict=True):
        run(cell[-1], text, "b")
    heading.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in rows:
        made = deepcopy(blank)
        table.append(made)
        for cell, text in zip(made.tc_lst, row, strict=False):
            run(cell[-1], text)
