"""An agreement's content as a Word document that people can work on: styles, automatic numbers, tables, page numbers.

Everything comes from the same structure as the page and the PDF (agreements.document). Numbers are Word's own where
the document counts by itself; a heading that brings its own label keeps it as text.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import docx
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from lxml import html as markup  # type: ignore[import-untyped]

from agreements import schedules
from agreements.document import Document, Provision, Section, SignatureLine, structure
from agreements.docx import elements
from agreements.wording import Content

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every part in the ZIP, so that one content makes one file."""
HEADINGS = {1: "Heading 1", 2: "Heading 2", 3: "Heading 3"}
LEVELS = (("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"))
BOOKMARK = "cc_"
EMPHASIS = {"strong": "b", "em": "i"}


def write(content: Content, *, note: str, made_at: datetime, version: int | None = None) -> bytes:
    """The .docx of a content; `note` stands in the footer and says which version it is.

    With `version` the file can be read back (docx.edited): each provision is bookmarked, and the file's properties
    say which version it was.
    """
    writer = build(content, note=note, made_at=made_at)
    if version is not None:
        writer.word.core_properties.version = str(version)
        chunks = writer.chunks()
        for number, (chunk, name) in enumerate(zip(chunks, bookmarks(chunks), strict=True)):
            _bookmark(chunk, number, name)
    return settled(writer.word)


def build(content: Content, *, note: str, made_at: datetime) -> Writer:
    """The document of a content, still open, with what knows its chunks."""
    document = structure(content)
    word = docx.Document()
    writer = Writer(word, _numbering(word))
    _dress(word, document, note, made_at)
    writer.front(document)
    for section in document.sections:
        writer.section(section)
    writer.signatures(document.signatures)
    for schedule in document.schedules:
        writer.schedule(schedule)
    return writer


@dataclass(frozen=True)
class Chunk:
    """What stands under one key: "front", "signatures", "section:…", "schedule:…" or a provision's id."""

    key: str
    elements: tuple[Any, ...]

    @property
    def provision(self) -> bool:
        """Whether it is a provision."""
        return self.key not in {"front", "signatures"} and ":" not in self.key

    @property
    def heading(self) -> str:
        """The words of its first paragraph that is a heading."""
        for element in self.elements:
            if element.tag == qn("w:p") and str(element.style or "").startswith("Heading"):
                return "".join(text.text or "" for text in element.iter(qn("w:t")))
        return ""


def bookmarks(chunks: Sequence[Chunk]) -> list[str]:
    """The name under which each chunk is found again: at most forty characters, as Word takes them."""
    return [
        f"{BOOKMARK}{chunk.key.replace('-', '')}" if chunk.provision else f"{BOOKMARK}{number}_other"
        for number, chunk in enumerate(chunks)
    ]


def _bookmark(chunk: Chunk, number: int, name: str) -> None:
    """Name the chunk where it begins; Word keeps the name while people edit around it."""
    first = next((element for element in chunk.elements if element.tag == qn("w:p")), None)
    if first is None:
        return
    start = parse_xml(f'<w:bookmarkStart {nsdecls("w")} w:id="{number}" w:name="{name}"/>')
    end = parse_xml(f'<w:bookmarkEnd {nsdecls("w")} w:id="{number}"/>')
    first.insert(1 if first.pPr is not None else 0, start)
    first.append(end)


def _dress(word: WordDocument, document: Document, note: str, made_at: datetime) -> None:
    """Fonts, properties, header and footer."""
    word.styles["Normal"].font.name = "Georgia"
    word.styles["Normal"].font.size = Pt(10.5)
    facts = word.core_properties
    facts.title, facts.author, facts.subject = document.title, "Concordat", document.reference
    facts.created = facts.modified = made_at.astimezone(UTC).replace(tzinfo=None)
    facts.last_modified_by, facts.revision = "Concordat", 1
    word.sections[0].header.paragraphs[0].text = f"{document.reference}  {document.title}"
    footer = word.sections[0].footer.paragraphs[0]
    footer.add_run(f"{note}\tPage ")
    _field(footer, "PAGE")
    footer.add_run(" of ")
    _field(footer, "NUMPAGES")


def _field(paragraph: Any, name: str) -> None:
    field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    paragraph._p.append(field)


def _numbering(word: WordDocument) -> int:
    """A numbered outline of three levels tied to the heading styles; returns its number."""
    part = word.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:pStyle w:val="Heading{place + 1}"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{360 + 360 * place}" w:hanging="{360 + 90 * place}"/>'
        "</w:pPr></w:lvl>"
        for place, (form, text) in enumerate(LEVELS)
    )
    outline = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    part.insert(0, outline)
    part.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    return 90


@dataclass
class Writer:
    """Puts one thing after the other into the document; knows what Word will count by itself."""

    word: WordDocument
    outline: int
    counted: int = 0
    sub: int = 0
    letter: int = 0
    begun: list[tuple[str, int]] = field(default_factory=list)

    def begin(self, key: str) -> None:
        """What is put into the document from here on stands under `key`."""
        self.begun.append((key, len(self.word.element.body) - 1))

    def chunks(self) -> list[Chunk]:
        """The document's parts by their keys, in order."""
        elements = self._body()
        ends = [*(start for _, start in self.begun[1:]), len(elements)]
        return [
            Chunk(key, tuple(elements[start:end])) for (key, start), end in zip(self.begun, ends, strict=True)
        ]

    def _body(self) -> list[Any]:
        """What is in the document, but for the last, which says what its pages are like."""
        return list(self.word.element.body)[:-1]

    def front(self, document: Document) -> None:
        """Kind, title, parties, reference."""
        self.begin("front")
        self._centred(document.kind)
        self.word.add_heading(document.title, 0).alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._centred(f"between {document.between}")
        self._centred(f"Reference {document.reference}")
        self.table(document.parties.columns, document.parties.rows, document.parties.caption)
        if document.binding:
            self._paragraph(document.binding)

    def section(self, section: Section) -> None:
        """A numbered heading and its provisions; a heading that is the first provision's own belongs to it."""
        own = section.provisions[0].id if section.provisions and section.provisions[0].opens else ""
        self.begin(own or f"section:{section.heading}")
        if section.heading or section.number:
            self._heading(1, section.number, section.heading)
        for provision in section.provisions:
            if provision.id != own:
                self.begin(provision.id)
            self.provision(provision)

    def provision(self, row: Provision) -> None:
        """A numbered heading, or a number before the text where there is none."""
        level = min(max(row.level, 2), 3)
        if row.heading or row.number:
            self._heading(level, row.number, row.heading)
        self.prose(row.html)

    def _heading(self, level: int, number: str, text: str) -> None:
        """Let Word count where it would come to the same number; else the number is text."""
        if self._counts_to(level, number):
            elements.number(self._paragraph(text, HEADINGS[level])._p, level - 1, self.outline)
        else:
            self._paragraph(" ".join(part for part in (number, text) if part), HEADINGS[level])

    def _counts_to(self, level: int, number: str) -> bool:
        section, sub, letter = self.counted, self.sub, self.letter
        if level == 1:
            found, state = str(section + 1), (section + 1, 0, 0)
        elif level == 2:
            found, state = f"{section}.{sub + 1}", (section, sub + 1, 0)
        else:
            found, state = f"({chr(ord('a') + letter)})", (section, sub, letter + 1)
        if number != found or letter > 24:
            return False
        self.counted, self.sub, self.letter = state
        return True

    def prose(self, safe: str) -> None:
        """The paragraphs, lists and tables of a rendered text."""
        for element in markup.fragments_fromstring(str(safe)) if str(safe).strip() else []:
            if isinstance(element, str):
                self._paragraph(element.strip())
            else:
                self._block(element, 0)

    def _block(self, element: Any, depth: int) -> None:
        if element.tag in {"ul", "ol"}:
            for item in element:
                self._item(item, "List Bullet" if element.tag == "ul" else "List Number", depth)
        elif element.tag == "table":
            rows = [[" ".join(cell.text_content().split()) for cell in row] for row in element.iter("tr")]
            self.table(rows[0], rows[1:])
        else:
            _runs(self._paragraph(), element, frozenset())

    def _item(self, item: Any, style: str, depth: int) -> None:
        inner = [child for child in item if child.tag in {"ul", "ol", "table"}]
        for child in inner:
            item.remove(child)
        _runs(
            self._paragraph(style=style if not depth else f"{style} {min(depth + 1, 3)}"), item, frozenset()
        )
        for child in inner:
            self._block(child, depth + 1)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> None:
        """A table whose heading row repeats on each page."""
        if caption:
            self._paragraph(caption, "Caption")
        made = self.word.add_table(rows=1, cols=len(columns))
        made._tbl.tblStyle_val = self._styles["Table Grid"]
        elements.fill(made._tbl, columns, rows)
        self._paragraph()

    def signatures(self, lines: Iterable[SignatureLine]) -> None:
        """A block for each party."""
        self.begin("signatures")
        self._paragraph("Signature page", HEADINGS[1])
        for line in lines:
            self._paragraph(line.legal_name).runs[0].bold = True
            rows = [
                ("Signature", ""),
                ("Name", line.signatory_name),
                ("Title", line.signatory_title),
                *(
                    [("Deputy", ", ".join(filter(None, (line.deputy_name, line.deputy_title))))]
                    if line.deputy_name
                    else []
                ),
                ("Date", ""),
            ]
            for label, value in rows:
                self._paragraph(f"{label}: {value or '_' * 40}")

    def schedule(self, schedule: schedules.Schedule) -> None:
        """A schedule on a page of its own: tables, facts, datasets."""
        self.begin(f"schedule:{schedule.key}")
        self.word.add_page_break()  # type: ignore[no-untyped-call]
        self._paragraph(f"{schedule.label}  {schedule.heading}", HEADINGS[1])
        for table in schedule.tables:
            self.table(table.columns, table.rows, table.caption)
        for facts in schedule.facts:
            self._facts(facts)
        for dataset in schedule.datasets:
            self._paragraph(f"{dataset.number} {dataset.name}", HEADINGS[2])
            if dataset.description:
                self._paragraph(dataset.description)
            for facts in (dataset.facts, *dataset.flows):
                self._facts(facts)

    def _facts(self, facts: schedules.Facts) -> None:
        self.table(
            ("Term", "What is agreed"), [(name, "; ".join(said)) for name, said in facts.rows], facts.caption
        )

    def _paragraph(self, text: str = "", style: str = "") -> Any:
        """A new paragraph at the end."""
        made = elements.paragraph(text, self._styles[style] if style else "")
        self.word.element.body.sectPr.addprevious(made)
        return Paragraph(made, self.word._body)

    @cached_property
    def _styles(self) -> dict[str | None, str]:
        return {style.name: style.style_id for style in self.word.styles}

    def _centred(self, text: str) -> None:
        self._paragraph(text).alignment = WD_ALIGN_PARAGRAPH.CENTER


def _runs(paragraph: Any, element: Any, marks: frozenset[str]) -> None:
    """The words of an element as runs, with their emphasis."""
    _run(paragraph, element.text, marks)
    for child in element:
        if child.tag == "br":
            paragraph.add_run().add_break()
        else:
            _runs(paragraph, child, marks | {EMPHASIS[child.tag]} if child.tag in EMPHASIS else marks)
        _run(paragraph, child.tail, marks)


def _run(paragraph: Any, text: str | None, marks: frozenset[str]) -> None:
    if text and (said := " ".join(text.split())):
        before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
        elements.run(paragraph._p, f"{before}{said}{after}", sorted(marks))


def settled(word: WordDocument) -> bytes:
    """The file, with a fixed time on each part."""
    loose, kept = io.BytesIO(), io.BytesIO()
    word.save(loose)
    with zipfile.ZipFile(loose) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(zipfile.ZipInfo(part.filename, EARLIEST), old.read(part), zipfile.ZIP_DEFLATED)
    return kept.getvalue()
