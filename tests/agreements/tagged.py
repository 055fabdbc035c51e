"""What a PDF says to a screen reader: its tags, its text in their order, and what is wrong with either.

A check of our own, not a validator: the rules of PDF/UA-1 and PDF/A-3a that can be told from the structure are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf

GROUPS = {"Document", "Art", "Sect", "Div", "NonStruct", "Part"}
BLOCKS = {"P", "H1", "H2", "H3", "H4", "H5", "H6", "Caption", "Form", "BlockQuote", "Figure"}
TABLES = {"Table", "THead", "TBody", "TFoot", "TR", "TH", "TD"}
LISTS = {"L", "LI", "Lbl", "LBody"}
INLINE = {"Span", "Link", "Code", "Quote", "Reference"}
STANDARD = GROUPS | BLOCKS | TABLES | LISTS | INLINE
CHILDREN = {
    "Table": {"Caption", "THead", "TBody", "TFoot", "TR"}, "THead": {"TR"}, "TBody": {"TR"}, "TFoot": {"TR"},
    "TR": {"TH", "TD"}, "L": {"LI", "Caption"}, "LI": {"Lbl", "LBody"},
}  # fmt: skip
PARENTS = {"TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}, "LBody": {"LI"},
           "THead": {"Table"}, "TBody": {"Table"}}  # fmt: skip
SHOWS = {"Tj", "TJ", "'", '"'}


@dataclass
class Element:
    """One element of the structure tree; `marks` are its pieces of content: page and number."""

    kind: str
    at: pikepdf.Dictionary
    inside: list[Element] = field(default_factory=list)
    content: list[Element | tuple[int, int]] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in reading order."""
        yield self
        for one in self.inside:
            yield from one.walk()

    def marks(self) -> Iterator[tuple[int, int]]:
        """Its pieces of content and those of what is below, in reading order; without the marks of lists."""
        for one in self.content:
            if isinstance(one, tuple):
                yield one
            elif one.kind != "Lbl":
                yield from one.marks()


@dataclass
class Paper:
    """A PDF taken apart."""

    pdf: pikepdf.Pdf
    root: Element
    pieces: dict[tuple[int, int], str]
    loose: list[str]

    def text(self, under: Element | None = None) -> str:
        """The text in the order of the tags."""
        return " ".join(self.pieces.get(mark, "") for mark in (under or self.root).marks())

    def once(self) -> str:
        """The text without the heads that a table repeats on its next page."""
        heads = [one for one in self.root.walk() if one.kind == "THead"]
        captioned = {id(one) for table in self.root.walk() if table.kind == "Table" for one in table.inside
                     if table.inside[0].kind == "Caption"}  # fmt: skip
        again = {
            mark for above, one in pairwise(heads) for mark in one.marks()
            if id(one) not in captioned and self.text(one) == self.text(above)
        }  # fmt: skip
        return " ".join(self.pieces.get(mark, "") for mark in self.root.marks() if mark not in again)


def read(content: bytes) -> Paper:
    """Take a PDF apart."""
    pdf = pikepdf.open(BytesIO(content))
    places = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    pieces: dict[tuple[int, int], str] = {}
    loose: list[str] = []
    for number, page in enumerate(pdf.pages):
        _read_page(page, number, pieces, loose)
    top = pdf.Root.StructTreeRoot.K
    roots = list(top) if isinstance(top, pikepdf.Array) else [top]
    tree = Element("Root", pdf.Root.StructTreeRoot)
    for one in roots:
        tree.inside.append(_element(one, places))
    tree.content = list(tree.inside)
    return Paper(pdf, tree, pieces, loose)


def _element(at: Any, places: dict[Any, int], page: int = 0) -> Element:
    made = Element(str(at.S).lstrip("/"), at)
    page = places[at.Pg.objgen] if "/Pg" in at else page
    inside = at.get("/K", [])
    for one in inside if isinstance(inside, pikepdf.Array) else [inside]:
        if isinstance(one, int):
            made.content.append((page, one))
        elif one.get("/Type") == "/MCR":
            made.content.append((places[one.Pg.objgen] if "/Pg" in one else page, int(one.MCID)))
        elif one.get("/Type") != "/OBJR":
            below = _element(one, places, page)
            made.inside.append(below)
            made.content.append(below)
    return made


def _read_page(page: pikepdf.Page, number: int, pieces: dict[tuple[int, int], str], loose: list[str]) -> None:
    """The text of each marked piece of a page; text that is neither marked nor an artifact is `loose`."""
    fonts = {name: _decoder(font) for name, font in page.obj.Resources.get("/Font", {}).items()}
    decode, within = (lambda data: data.hex()), list[int | None]()
    for given, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name == "Tf":
            decode = fonts[str(given[0])]
        elif name in {"BMC", "BDC"}:
            within.append(_mark(given))
        elif name == "EMC":
            within.pop()
        elif name in SHOWS:
            said = "".join(decode(bytes(part)) for part in _strings(given))
            mark = -1 if -1 in within else next((one for one in reversed(within) if one is not None), None)
            if mark is None:
                loose.append(f"page {number + 1}: {said!r}")
            elif mark >= 0:
                pieces[number, mark] = pieces.get((number, mark), "") + said


def _mark(given: Any) -> int | None:
    """The number of a marked piece; -1 for an artifact; None for a mark that says nothing of either."""
    if str(given[0]) == "/Artifact":
        return -1
    known = given[1] if len(given) > 1 and isinstance(given[1], pikepdf.Dictionary) else {}
    return int(known["/MCID"]) if "/MCID" in known else None


def _strings(given: Any) -> Iterator[Any]:
    for one in given:
        if isinstance(one, pikepdf.Array):
            yield from (part for part in one if isinstance(part, pikepdf.String))
        elif isinstance(one, pikepdf.String):
            yield one


_PAIRS = re.compile(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_RANGES = re.compile(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")


def _decoder(font: Any) -> Any:
    """From the codes of a font to text, by its own table; a code without an entry is shown as a replacement."""
    table = font.ToUnicode.read_bytes().decode("latin-1")
    known: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        known |= {
            int(code, 16): bytes.fromhex(said).decode("utf-16-be") for code, said in _PAIRS.findall(block)
        }
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, said in _RANGES.findall(block):
            begin = int(said, 16)
            known |= {
                code: chr(begin + code - int(first, 16)) for code in range(int(first, 16), int(last, 16) + 1)
            }
    return lambda data: "".join(
        known.get(int.from_bytes(data[at : at + 2]), "\ufffd") for at in range(0, len(data), 2)
    )


def problems(content: bytes) -> list[str]:
    """What is wrong with the tags of a document, in words."""
    paper = read(content)
    return [
        *_catalog(paper),
        *_tree(paper),
        *_headings(paper),
        *_tables(paper),
        *_marks(paper),
        *_fonts(paper),
    ]


def _catalog(paper: Paper) -> Iterator[str]:
    root = paper.pdf.Root
    xmp = root.Metadata.read_bytes().decode()
    wanted = {
        "is not marked as tagged": bool(root.get("/MarkInfo", {}).get("/Marked")),
        "names no language": str(root.get("/Lang", "")) == "en",
        "does not show its title": bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")),
        "has no title": "<dc:title" in xmp and bool(str(paper.pdf.docinfo.get("/Title", ""))),
        "does not say PDF/A-3a": 'pdfaid:part="3"' in xmp and 'pdfaid:conformance="A"' in xmp,
        "does not say PDF/UA-1": 'pdfuaid:part="1"' in xmp and "pdfaExtension:schemas" in xmp,
        "has no bookmarks": "/Outlines" in root,
        "has no colour profile": len(root.get("/OutputIntents", [])) == 1,
        "is encrypted": not paper.pdf.is_encrypted,
        "acts when it is opened": "/OpenAction" not in root
        and "/AA" not in root
        and "/JavaScript" not in root.get("/Names", {}),
    }
    yield from (f"the document {words}" for words, fine in wanted.items() if not fine)
    for page in paper.pdf.pages:
        if page.obj.get("/Tabs") != "/S":
            yield "a page is not walked in the order of its tags"
    named = [str(file.F) for file in root.get("/AF", [])]
    if len(named) != len(set(named)):
        yield "a file is attached twice"
    for place in root.get("/AcroForm", {}).get("/Fields", []):
        if not str(place.get("/TU", "")):
            yield "a field has no name for a screen reader"


def _tree(paper: Paper) -> Iterator[str]:
    if [one.kind for one in paper.root.inside] != ["Document"]:
        yield "the tags have not one document at their root"
    for one in paper.root.walk():
        if one.kind not in STANDARD | {"Root"}:
            yield f"{one.kind} is no standard tag"
        for below in one.inside:
            allowed, above = CHILDREN.get(one.kind), PARENTS.get(below.kind)
            if (allowed and below.kind not in allowed) or (above and one.kind not in above):
                yield f"{below.kind} inside {one.kind}"
        if one.kind in {"Figure", "Form"} and not str(one.at.get("/Alt", "")):
            yield f"a {one.kind} has no alternative text"
        if one.kind == "LI" and "LBody" not in {row.kind for row in one.inside}:
            yield "an item of a list has no body"


def _headings(paper: Paper) -> Iterator[str]:
    found = [
        (int(one.kind[1]), paper.text(one)) for one in paper.root.walk() if re.fullmatch(r"H\d", one.kind)
    ]
    levels = [level for level, _ in found]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"the headings begin with {levels[:1]}, and {levels.count(1)} are of the first level"
    for (above, _), (level, words) in pairwise(found):
        if level > above + 1:
            yield f"the heading {words!r} skips a level"
    yield from (f"an empty heading of level {level}" for level, words in found if not words.strip())


def _tables(paper: Paper) -> Iterator[str]:
    for table in (one for one in paper.root.walk() if one.kind == "Table"):
        rows = [row for row in table.walk() if row.kind == "TR"]
        ids = {str(cell.at.ID) for cell in table.walk() if cell.kind == "TH" and "/ID" in cell.at}
        if len({len(row.inside) for row in rows}) != 1:
            yield "a table has rows of different lengths"
        if [one.kind for one in table.inside][:1] == ["Caption"] and not paper.text(table.inside[0]).strip():
            yield "an empty caption of a table"
        for cell in (cell for row in rows for cell in row.inside):
            said = cell.at.get("/A", {})
            if cell.kind == "TH" and str(said.get("/Scope", "")) not in {"/Row", "/Column"}:
                yield "a header of a table does not say what it heads"
            heads = {str(head) for head in said.get("/Headers", [])}
            if cell.kind == "TD" and (not heads or not heads <= ids):
                yield "a cell of a table has no header"


def _marks(paper: Paper) -> Iterator[str]:
    yield from (f"text outside the tags: {said}" for said in paper.loose)
    every = [mark for one in paper.root.walk() for mark in one.content if isinstance(mark, tuple)]
    if len(every) != len(set(every)):
        yield "a piece of content stands twice in the tags"
    lost = [said for mark, said in paper.pieces.items() if mark not in set(every) and said.strip()]
    yield from (f"text that no tag holds: {said!r}" for said in lost)
    table = paper.pdf.Root.StructTreeRoot.ParentTree.Nums
    back = {int(table[at]): table[at + 1] for at in range(0, len(table), 2)}
    for number, page in enumerate(paper.pdf.pages):
        owners = back.get(int(page.obj.StructParents))
        held = {mark for page_at, mark in every if page_at == number}
        if owners is None or any(mark >= len(owners) or owners[mark] is None for mark in held):
            yield f"page {number + 1} does not lead back to its tags"


def _fonts(paper: Paper) -> Iterator[str]:
    for page in paper.pdf.pages:
        for name, font in page.obj.Resources.get("/Font", {}).items():
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            described = inner.FontDescriptor
            if not {"/FontFile2", "/FontFile3", "/FontFile"} & set(described.keys()):
                yield f"the font {name} is not embedded"
            if "/ToUnicode" not in font:
                yield f"the font {name} has no table to text"
    if any("\ufffd" in said for said in paper.pieces.values()):
        yield "a letter has no text"
