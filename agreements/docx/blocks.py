"""A Word document as headings with paragraphs, list items and tables under them, as it reads once every tracked
change is accepted. For files that we wrote and people edited; what Word counts by itself is not text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import docx
from docx import oxml
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE
from docx.opc.coreprops import CoreProperties
from docx.oxml.coreprops import CT_CoreProperties
from docx.oxml.ns import qn
from lxml import etree  # type: ignore[import-untyped]

from agreements.docx.reading import (
    PARSER,
    Reader,
    boxes,
    cell_text,
    left_out,
    notes,
    numbered,
    reader_of,
    runs,
    value,
)
from agreements.docx.writing import BOOKMARK
from agreements.sourcelines import clean

Kind = Literal["p", "bullet", "number", "table"]
Run = tuple[str, str]
"""Words and the Markdown mark of their emphasis: '', '*' or '**'."""
GONE = ("w:del", "w:moveFrom")
CAME = ("w:ins", "w:moveTo", *GONE)
OUR_FOOTER = re.compile(r"Version (\d{1,8}), text hash [0-9a-f]+ Page \d+ of \d+")


@dataclass(frozen=True)
class Block:
    """A paragraph, a list item at a depth, or a table."""

    kind: Kind
    runs: tuple[Run, ...] = ()
    depth: int = 0
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """Its words."""
        return "\n".join("\t".join(row) for row in self.rows) or "".join(text for text, _ in self.runs)

    @property
    def said(self) -> str:
        """What it is and its words; two that say the same are equal in this."""
        return f"{self.kind} {self.text}"

    @property
    def looks(self) -> str:
        """The same with its emphasis."""
        return f"{self.said} {self.runs if any(mark for _, mark in self.runs) else ''}"


@dataclass
class Piece:
    """What stands under one heading; `key` is the bookmark we put there, `level` 0 before the first heading."""

    key: str = ""
    level: int = 0
    heading: str = ""
    blocks: list[Block] = field(default_factory=list)
    authors: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """All its words."""
        return "\n".join(block.text for block in self.blocks)


@dataclass(frozen=True)
class Edited:
    """A document read: its pieces in order, the version it says it was made from, and what stands beside the text."""

    pieces: tuple[Piece, ...]
    version: int | None
    beside: tuple[str, ...]
    reference: str = ""


def read_pieces(content: bytes) -> Edited:
    """The pieces of a .docx file that has been looked through (container.inspect)."""
    word = docx.Document(io.BytesIO(content))
    beside, facts = tuple(_beside(word)), _facts(word)
    version = _version(facts.version, beside)
    return Edited(tuple(pieces(word)), version, beside, facts.subject if version is not None else "")


def _facts(word: WordDocument) -> CoreProperties:
    """The file's properties. Some programs relate them to the file under a name of their own: found by what they are."""
    for part in word.part.package.iter_parts():
        if part.content_type == CONTENT_TYPE.OPC_CORE_PROPERTIES:
            return CoreProperties(oxml.parse_xml(part.blob))
    return CoreProperties(CT_CoreProperties.new())


def _version(stated: str, beside: Iterable[str]) -> int | None:
    """The version it was made from: as its properties say, or its footer where a program kept only that."""
    if stated.isascii() and stated.isdigit() and len(stated) < 9:
        return int(stated)
    footers = (OUR_FOOTER.fullmatch(words) for words in beside)
    return next((int(footer[1]) for footer in footers if footer), None)


def pieces(word: WordDocument) -> list[Piece]:
    """The body's pieces, in order."""
    walk = _Walk(reader_of(word))
    walk.body(word.element.body)
    walk.end()
    return walk.found


@dataclass
class _Walk:
    reader: Reader
    found: list[Piece] = field(default_factory=lambda: [Piece()])
    carried: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def body(self, parent: Any) -> None:
        for child in parent:
            if child.tag == qn("w:p"):
                self.paragraph(child)
                for box in boxes(child):
                    self.body(box)
            elif child.tag == qn("w:tbl"):
                self.table(child)
            elif child.tag == qn("w:bookmarkStart"):
                self._mark(child)
            elif not left_out(child):
                self.body(child)

    def paragraph(self, element: Any) -> None:
        for mark in element.iter(qn("w:bookmarkStart")):
            self._mark(mark)
        if not self.carried and not any(words.strip() for words, _ in runs(element)) and _ends(element):
            self.keys = []  # the whole paragraph was deleted, with the name it bore
            return
        text = self.carried + [(clean(words), style) for words, style in runs(element)]
        self.carried = []
        if _ends(element):
            self.carried = text  # the paragraph's end was deleted: it reads on in the next one
            return
        rank = self.reader.ranks.get(value(element, "w:pPr/w:pStyle"), 0)
        if 0 < rank < 4 and value(element, "w:pPr/w:pStyle") != "Title":
            self._heading(element, rank, text)
            return
        if len(self.found) == 1 and self.keys:
            self.found[0].key = self.keys[0]
        self.keys = []
        number, bullet, depth = numbered(element, self.reader)
        kind: Kind = "bullet" if bullet else "number" if number else "p"
        said = _tidy(text)
        if said:
            self._add(Block(kind, said, depth), element)

    def _heading(self, element: Any, rank: int, text: list[Run]) -> None:
        heading = " ".join("".join(words for words, _ in text).split())
        self.found.append(Piece(self.keys[-1] if self.keys else "", rank, heading))
        self.keys = []
        self._authors(element)

    def table(self, element: Any) -> None:
        self.end()
        rows = []
        for row in element.iter(qn("w:tr")):
            own = next(row.iterancestors(qn("w:tbl"))) is element
            if own and not any(row.find(f"{qn('w:trPr')}/{qn(tag)}") is not None for tag in GONE):
                cells = [cell for cell in row.iter(qn("w:tc")) if next(cell.iterancestors(qn("w:tr"))) is row]
                rows.append(tuple(clean(cell_text(cell)) for cell in cells))
        rows = [row for row in rows if any(row)]
        if rows:
            self._add(Block("table", rows=tuple(rows)), element)

    def end(self) -> None:
        """Text whose paragraph's end was deleted and that nothing follows."""
        said = _tidy(self.carried)
        self.carried = []
        if said:
            self.found[-1].blocks.append(Block("p", said))

    def _add(self, block: Block, element: Any) -> None:
        self.found[-1].blocks.append(block)
        self._authors(element)

    def _authors(self, element: Any) -> None:
        for tag in CAME:
            for mark in element.iter(qn(tag)):
                self.found[-1].authors.add(str(mark.get(qn("w:author"), ""))[:80])

    def _mark(self, element: Any) -> None:
        name = str(element.get(qn("w:name"), ""))
        if name.startswith(BOOKMARK):
            self.keys.append(name)


def _ends(paragraph: Any) -> bool:
    """Whether the end of the paragraph was deleted or moved away."""
    marks = paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}")
    return marks is not None and any(marks.find(qn(tag)) is not None for tag in GONE)


def _tidy(text: list[Run]) -> tuple[Run, ...]:
    """The runs with single spaces, none at an end of a line, equal neighbours joined, spaces between in plain."""
    letters = [
        (letter, mark) for words, mark in text for letter in words.replace("\t", " ").replace("\u00a0", " ")
    ]
    kept: list[tuple[str, str]] = []
    for place, (letter, mark) in enumerate(letters):
        if letter == "\n":
            while kept and kept[-1][0] == " ":
                kept.pop()
            kept += [] if not kept or kept[-1][0] == "\n" else [("\n", "")]
        elif letter.isspace():
            if kept and kept[-1][0] not in " \n":
                after = next((m for c, m in letters[place:] if not c.isspace()), "")
                kept.append((" ", mark if kept[-1][1] == after else ""))
        else:
            kept.append((letter, mark))
    while kept and kept[-1][0].isspace():
        kept.pop()
    return tuple(
        ("".join(c for c, _ in group), mark) for mark, group in groupby(kept, key=lambda pair: pair[1])
    )


def _beside(word: WordDocument) -> Iterator[str]:
    """Headers, footers, notes and comments: what an import must not lose silently."""
    yield from notes(word)
    for relation in word.part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] == "comments":
            for remark in etree.fromstring(relation.target_part.blob, PARSER).iter(qn("w:comment")):
                said = " ".join(clean(cell_text(remark)).split())
                who = re.sub(r"\s+", " ", str(remark.get(qn("w:author"), "")))[:80]
                if said:
                    yield f"Comment by {who or 'somebody'}: {said}"
