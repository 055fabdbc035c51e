"""Word documents read as blocks: headings, automatic numbers, tables, emphasis, tracked insertions, notes.

Deleted text of tracked changes is left out, inserted text kept. Headers, footers, foot- and endnotes are appended
under "Notes from the original" so that nothing is lost. The file is unpacked under limits and parsed without
entities or any fetching.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

import docx
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from lxml import etree  # type: ignore[import-untyped]

from agreements.assembly import Block, assemble
from agreements.docx.container import inspected
from agreements.headings import is_title, split_heading
from agreements.markers import to_roman
from agreements.prose import escape_markdown, literal, shows, table
from agreements.sourcelines import Line, clean

NOTES = "Notes from the original"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
_BACKSLASH = r"\\\1"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = {
    _FALLBACK,
    *(qn(tag) for tag in ("w:del", "w:moveFrom", "w:txbxContent", "w:pPr", "w:rPr", "w:sdtPr")),
}


def read(content: bytes) -> list[Block]:
    """The provisions of a .docx file, in order. Raises UnreadableText with what to do."""
    with inspected(content):
        word = docx.Document(io.BytesIO(content))
        lines = list(_lines(word))
    return assemble(lines)


@dataclass
class _Counter:
    """Automatic numbers as Word counts them: per list, a higher level starts the lower ones again."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def next(self, key: str, level: int, start: int) -> int:
        """The next number of a list at a level."""
        for other in [k for k in self.counts if k[0] == key and k[1] > level]:
            del self.counts[other]
        self.counts[key, level] = self.counts.get((key, level), start - 1) + 1
        return self.counts[key, level]


@dataclass(frozen=True)
class _Level:
    """How one level of a list is numbered: format, pattern such as '%1.%2', first number."""

    format: str
    pattern: str
    start: int


@dataclass
class Reader:
    """What is needed to read a paragraph: styles' ranks and lists, and the counters."""

    ranks: dict[str, int]
    style_lists: dict[str, tuple[str, int]]
    lists: dict[str, tuple[str, dict[int, _Level]]]
    counter: _Counter = field(default_factory=_Counter)


def reader_of(word: WordDocument) -> Reader:
    """What reading this document's paragraphs takes."""
    return Reader(_ranks(word), _style_lists(word), _lists(word))


def left_out(element: etree._Element) -> bool:
    """Whether it is no text of the document as it reads with its changes accepted."""
    return element.tag in _LEFT_OUT


def numbered(element: etree._Element, reader: Reader) -> tuple[str, bool, int]:
    """A list item's number, whether it has a bullet instead, and how deep it stands."""
    number, _, bullet = _number(element, reader)
    style = value(element, "w:pPr/w:pStyle")
    level = value(element, "w:pPr/w:numPr/w:ilvl")
    named = re.search(r"(\d)$", style)
    return number, bullet, int(level) if level.isdigit() else int(named[1]) - 1 if named else 0


def notes(word: WordDocument) -> Iterator[str]:
    """The words of headers, footers and notes, each once."""
    return (line.text for line in _notes(word))


def _lines(word: WordDocument) -> Iterator[Line]:
    reader = reader_of(word)
    yield from _body(word.element.body, reader)
    found = list(_notes(word))
    if found:
        yield Line(NOTES, rank=1)
        yield from found


def _body(parent: etree._Element, reader: Reader) -> Iterator[Line]:
    """Paragraphs and tables in order, through content controls and other wrappers."""
    for child in parent:
        if child.tag == qn("w:p"):
            yield from _paragraph(child, reader)
            for box in boxes(child):
                yield from _body(box, reader)
        elif child.tag == qn("w:tbl"):
            yield from _table(child, reader)
        elif child.tag not in _LEFT_OUT:
            yield from _body(child, reader)


def boxes(paragraph: etree._Element) -> list[etree._Element]:
    """Text boxes anchored in a paragraph, once: the fallback drawing repeats them."""
    found = []
    for box in paragraph.iter(qn("w:txbxContent")):
        between = list(takewhile(lambda up: up is not paragraph, box.iterancestors()))
        if not any(up.tag in (_FALLBACK, qn("w:txbxContent")) for up in between):
            found.append(box)
    return found


def _paragraph(element: etree._Element, reader: Reader) -> Iterator[Line]:
    pieces = [(clean(text), style) for text, style in runs(element)]
    text = "".join(text for text, _ in pieces)
    number, series, bullet = _number(element, reader)
    style = value(element, "w:pPr/w:pStyle")
    rows = [" ".join(row.split()) for row in text.split("\n")]
    full = " ".join(row for row in rows if row)
    if not full:
        return
    rank = reader.ranks.get(style, 0) or (2 if _looks_like_heading(element, full) else 0)
    heading = rank if len(full) <= 200 else 0
    if bullet:
        yield Line("\u2022 " + full, ended=True)
        return
    lead, rest = split_heading(full, alone=False) if rank and full.endswith(".") else _bold_lead(pieces, full)
    rank = rank or 2
    if lead and rest:
        yield Line(lead, rank=rank, number=number, series=series, ended=True)
        yield Line(rest, ended=True)
    else:
        yield Line(
            full, rank=heading, number=number, series=series, markdown=_emphasised(pieces, full), ended=True
        )


def _bold_lead(pieces: list[tuple[str, str]], full: str) -> tuple[str, str]:
    """The words in bold with which a paragraph begins, as its heading, and what follows; nothing otherwise."""
    kept = [(text, style) for text, style in pieces if text.strip()]
    marked = "".join(text for text, _ in takewhile(lambda piece: piece[1] == "**", kept))
    lead = " ".join(marked.split()).rstrip(" :.-–—")
    rest = full[len(lead) :].lstrip()
    if (
        not lead
        or rest[:1] not in ":.-–—"
        or len(lead) > 80
        or not is_title(lead)
        or not full.startswith(lead)
    ):
        return "", ""
    return lead, rest.lstrip(" :.-–—")


def _emphasised(pieces: list[tuple[str, str]], full: str) -> str:
    """The paragraph with its bold and italic runs marked; nothing when there is no mixture worth keeping."""
    if len({style for text, style in pieces if text.strip()}) < 2:
        rows = "".join(text for text, _ in pieces).split("\n")
        kept = [" ".join(row.split()) for row in rows if row.strip()]
        return "\\\n".join(literal(row) for row in kept) if len(kept) > 1 else ""
    out, last = "", ""
    merged: list[tuple[str, str]] = []
    for text, style in pieces:
        if merged and (style == last or not text.strip()):
            merged[-1] = (merged[-1][0] + text, merged[-1][1])
        else:
            merged.append((text, style))
            last = style
    for text, style in merged:
        core = text.strip()
        lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        out += f"{lead}{style}{escape_markdown(core)}{style}{tail}" if style and core else _plain(text)
    marked = " ".join(out.split())
    return marked if shows(marked, full) else ""


def _plain(text: str) -> str:
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return (
        f"{lead}{re.sub(r'([*_|]|[{}])', _BACKSLASH, ' '.join(text.split()))}{tail}" if text.strip() else text
    )


def runs(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Text and emphasis of each run; deletions, moved-away text and text boxes are left out."""
    for child in element:
        if child.tag == qn("w:r"):
            yield _run_text(child), _emphasis(child)
        elif child.tag == qn("m:t"):
            yield child.text or "", ""
        elif child.tag not in _LEFT_OUT:
            yield from runs(child)


def _run_text(run: etree._Element) -> str:
    parts = []
    for child in run:
        if child.tag == qn("w:t"):
            parts.append(child.text or "")
        elif child.tag in (qn("w:tab"), qn("w:ptab")):
            parts.append(" ")
        elif child.tag in (qn("w:br"), qn("w:cr")):
            parts.append("\n")
        elif child.tag == qn("w:noBreakHyphen"):
            parts.append("\u2011")
        elif child.tag == qn("w:sym"):
            parts.append(_symbol(child))
        elif child.tag in (qn("w:footnoteReference"), qn("w:endnoteReference")):
            parts.append(f" [note {child.get(qn('w:id'))}]")
    return "".join(parts)


def _symbol(element: etree._Element) -> str:
    code = int(element.get(qn("w:char"), "0"), 16)
    return chr(code) if 0x20 <= code < 0xD800 else "\u2022"


def _emphasis(run: etree._Element) -> str:
    marks = {"w:b": "**", "w:i": "*"}
    found = [mark for tag, mark in marks.items() if _on(run.find(f"{qn('w:rPr')}/{qn(tag)}"))]
    return found[0] if found else ""


def _on(element: etree._Element | None) -> bool:
    return element is not None and element.get(qn("w:val"), "true") not in ("0", "false", "off", "none")


def _table(element: etree._Element, reader: Reader) -> Iterator[Line]:
    """A table as Markdown; one with a single column as its paragraphs."""
    rows = [
        [cell_text(cell) for cell in row.iter(qn("w:tc")) if _row_of(cell) is row]
        for row in _own_rows(element)
    ]
    rows = [row for row in rows if any(row)]
    if rows and max(len(row) for row in rows) > 1:
        yield Line(table([[clean(cell) for cell in row] for row in rows]), raw=True)
        return
    for row in _own_rows(element):
        for cell in row.iter(qn("w:tc")):
            if _row_of(cell) is row:
                yield from _body(cell, reader)


def _own_rows(element: etree._Element) -> list[etree._Element]:
    return [row for row in element.iter(qn("w:tr")) if next(row.iterancestors(qn("w:tbl"))) is element]


def _row_of(cell: etree._Element) -> etree._Element:
    return next(cell.iterancestors(qn("w:tr")))


def cell_text(cell: etree._Element) -> str:
    """All text of a cell, nested tables and boxes too."""
    paragraphs = (("".join(text for text, _ in runs(p))) for p in cell.iter(qn("w:p")) if not _repeated(p))
    return " ".join(" ".join(paragraphs).split())


def _repeated(element: etree._Element) -> bool:
    return any(up.tag == _FALLBACK for up in element.iterancestors())


def _looks_like_heading(element: etree._Element, full: str) -> bool:
    """A short paragraph wholly in bold or underlined, not centred: what people use in place of heading styles."""
    if len(full) > 100 or full.endswith((".", ",", ";")) or not is_title(full.rstrip(" :")):
        return False
    marked = [_on(run.find(f"{qn('w:rPr')}/{qn('w:b')}")) or _on(run.find(f"{qn('w:rPr')}/{qn('w:u')}"))
              for run in element.iter(qn("w:r")) if _run_text(run).strip()]  # fmt: skip
    return all(marked) and value(element, "w:pPr/w:jc") != "center"


def value(element: etree._Element, path: str) -> str:
    found = element.find("/".join(qn(step) for step in path.split("/")))
    return str(found.get(qn("w:val"), "")) if found is not None else ""


def _ranks(word: WordDocument) -> dict[str, int]:
    """Rank of each heading style by its id; a style inherits the rank of the one it is based on."""
    ranks: dict[str, int] = {}
    bases: dict[str, str] = {}
    for style in word.styles.element.iter(qn("w:style")):
        key, name = str(style.get(qn("w:styleId"), "")), value(style, "w:name").lower()
        match = re.fullmatch(r"heading (\d)", name)
        level = value(style, "w:pPr/w:outlineLvl")
        bases[key] = value(style, "w:basedOn")
        ranks[key] = (
            int(match[1]) if match else 1 if name == "title" else int(level) + 1 if level.isdigit() else 0
        )
    for key in ranks:
        base, steps = bases[key], 0
        while not ranks[key] and base and steps < 10:
            ranks[key], base, steps = ranks.get(base, 0), bases.get(base, ""), steps + 1
    return {key: rank for key, rank in ranks.items() if 0 < rank < 10}


def _style_lists(word: WordDocument) -> dict[str, tuple[str, int]]:
    found = {}
    for style in word.styles.element.iter(qn("w:style")):
        number = value(style, "w:pPr/w:numPr/w:numId")
        if number:
            level = value(style, "w:pPr/w:numPr/w:ilvl")
            found[str(style.get(qn("w:styleId"), ""))] = (number, int(level or 0))
    return found


def _lists(word: WordDocument) -> dict[str, tuple[str, dict[int, _Level]]]:
    """Each list's counting key and levels, by its number id."""
    try:
        root = word.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return {}
    patterns = {
        str(item.get(qn("w:abstractNumId"))): {
            int(level.get(qn("w:ilvl"), "0")): _Level(
                value(level, "w:numFmt") or "decimal",
                value(level, "w:lvlText"),
                int(value(level, "w:start") or 1),
            )
            for level in item.iter(qn("w:lvl"))
        }
        for item in root.iter(qn("w:abstractNum"))
    }
    found = {}
    for item in root.iter(qn("w:num")):
        number, abstract = str(item.get(qn("w:numId"))), value(item, "w:abstractNumId")
        own = any(True for _ in item.iter(qn("w:startOverride")))
        found[number] = (f"list:{number}" if own else f"list:a{abstract}", patterns.get(abstract, {}))
    return found


def _number(element: etree._Element, reader: Reader) -> tuple[str, str, bool]:
    """The automatic number Word shows before a paragraph, the series it counts in, and whether it is a bullet."""
    style = value(element, "w:pPr/w:pStyle")
    number, depth = reader.style_lists.get(style, ("", 0))
    own = value(element, "w:pPr/w:numPr/w:numId")
    if own:
        number, depth = own, int(value(element, "w:pPr/w:numPr/w:ilvl") or 0)
    key, levels = reader.lists.get(number, ("", {}))
    level = levels.get(depth)
    if level is None or number == "0" or not "".join(_runs_text(element)).strip():
        return "", "", False
    if level.format in ("bullet", "none") or not level.pattern:
        return "", "", level.format == "bullet"
    reader.counter.next(key, depth, level.start)
    shown = re.sub(r"%(\d)", lambda m: _shown(reader, key, levels, int(m[1]) - 1), level.pattern)
    lower = ":lower" if level.format.startswith("lower") else ""
    return shown.strip(), f"{key}:{depth}{lower}", False


def _runs_text(element: etree._Element) -> Iterator[str]:
    return (text for text, _ in runs(element))


def _shown(reader: Reader, key: str, levels: dict[int, _Level], depth: int) -> str:
    level = levels.get(depth, _Level("decimal", "", 1))
    number = reader.counter.counts.get((key, depth), level.start)
    if level.format.endswith("Letter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if level.format.startswith("upper") else letter
    if level.format.endswith("Roman"):
        return to_roman(number).upper() if level.format.startswith("upper") else to_roman(number)
    return str(number)


def _notes(word: WordDocument) -> Iterator[Line]:
    """Text of footnotes, endnotes, headers, footers and nothing twice."""
    seen: set[str] = set()
    for relation in word.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if relation.is_external or kind not in ("footnotes", "endnotes", "header", "footer"):
            continue
        root = etree.fromstring(relation.target_part.blob, PARSER)
        for note in [root] if kind in ("header", "footer") else list(root):
            text = " ".join(clean(cell_text(note)).split())
            mark = f"Note {note.get(qn('w:id'))}: " if kind.endswith("notes") else ""
            if text and text not in seen:
                seen.add(text)
                yield Line(f"{mark}{text}", ended=True)
