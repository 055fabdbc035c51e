"""LibreOffice opens every kind of Word file that we write, keeps all of it, and what it saves comes back to us.

One test, so that LibreOffice starts twice in a run of the suite and not once for each worker.
"""

from __future__ import annotations

import copy
import io
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import docx as python_docx
import pytest
from docx.oxml.ns import qn
from lxml import etree  # type: ignore[import-untyped]

from agreements import docx
from agreements.docx.edited import changes, read_edited
from tests.agreements import office
from tests.agreements.contents import complete
from tests.agreements.test_word_edits import NOTE, said
from tests.agreements.tracked import ACCEPTED, REJECTED, marks, paragraphs
from tests.agreements.wordedits import applied, edited

AT = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
AUTHOR = "Mesa County District Attorney"
RICH = (
    "A **bold** and *slanted* word.\n\n- one\n- two\n    - deeper\n\n1. first\n2. second\n\n"
    "| Kind | Days |\n| --- | --- |\n| Reports | 30 |\n| Images | 60 |\n"
)
SEEDS = (1, 5, 11)
"""Of random edits with and without tracking (tests/agreements/wordedits.py)."""


def contents() -> tuple[dict[str, Any], dict[str, Any]]:
    """A text with lists and a table, and one that differs in words, a row of the table, a place and the title."""
    old = complete("cjis-iea")
    old["provisions"][0]["text"] = RICH
    new = copy.deepcopy(old)
    rows = new["provisions"]
    rows[0]["text"] = RICH.replace("two", "two or more").replace("| Images | 60 |", "| Sound | 90 |")
    rows[1]["text"] = f"Entirely new: {rows[1]['text']}"
    rows.pop(3)
    rows.insert(5, rows.pop(9))
    new["title"] = "Another title"
    return old, new


def written() -> dict[str, bytes]:
    """One file of each kind, and files that people edited outside."""
    old, new = contents()
    plain = docx.write(old, note=NOTE, made_at=AT, version=1)
    return {
        "version.docx": plain,
        "final.docx": docx.write(complete("sro"), note=NOTE, made_at=AT),
        "changes.docx": docx.write_changes(old, new, note="Changes", author=AUTHOR, made_at=AT),
        **{f"edited{seed}.docx": edited(plain, Random(seed)) for seed in SEEDS},
    }


def headings(data: bytes) -> list[tuple[str, str, str]]:
    """Each heading: its style, the pattern by which it is counted, its words."""
    file = python_docx.Document(io.BytesIO(data))
    numbering = file.part.numbering_part.element
    outline = {
        num.get(qn("w:numId")): num.find(qn("w:abstractNumId")).get(qn("w:val"))
        for num in numbering.iter(qn("w:num"))
    }
    patterns = {
        (kind.get(qn("w:abstractNumId")), level.get(qn("w:ilvl"))): level.find(qn("w:lvlText")).get(qn("w:val"))
        for kind in numbering.iter(qn("w:abstractNum")) for level in kind.iter(qn("w:lvl"))
    }  # fmt: skip
    found = []
    for paragraph in file.paragraphs:
        if paragraph.style is not None and paragraph.style.name.startswith("Heading"):
            settings = paragraph._p.pPr.numPr
            number, level = (settings.numId, settings.ilvl) if settings is not None else (None, None)
            counted = number is not None and number.val
            key = (outline[str(number.val)], str(level.val if level is not None else 0)) if counted else None
            found.append((paragraph.style.name, patterns[key] if key else "", paragraph.text))
    return found


def counted(found: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """How each heading that says something is counted. (LibreOffice lays the style of a heading that was tracked as
    removed on what follows it; how that is counted stays.)"""
    return [(pattern, text) for _, pattern, text in found if text]


def looks(data: bytes) -> dict[str, Any]:
    """Lists, tables, emphasis, header and footer."""
    file = python_docx.Document(io.BytesIO(data))
    runs = [run for paragraph in file.paragraphs for run in paragraph.runs]
    return {
        "lists": Counter(p.style.name for p in file.paragraphs if p.style is not None and p.style.name.startswith("List")),
        "tables": [[[cell.text for cell in row.cells] for row in table.rows] for table in file.tables],
        "bold": " ".join(run.text for run in runs if run.bold).split(),
        "slanted": " ".join(run.text for run in runs if run.italic).split(),
        "header": file.sections[0].header.paragraphs[0].text,
        "footer": file.sections[0].footer.paragraphs[0].text.split("\t")[0],
    }  # fmt: skip


def words(data: bytes, dropped: tuple[str, ...] = ()) -> Counter[str]:
    return Counter(" ".join(paragraphs(data, dropped)).split())


def told_in_odf(data: bytes) -> set[tuple[str, str]]:
    """The tracked changes of an OpenDocument text: kind and author."""
    tree = etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("content.xml"))
    regions = tree.iter("{*}changed-region")
    return {(region[0].tag.rpartition("}")[2], next(region.iter("{*}creator")).text) for region in regions}


def same(ours: bytes, theirs: bytes) -> None:
    """No word of our file is lost in theirs, and every mark has its author and time."""
    for dropped in (ACCEPTED, REJECTED):
        assert words(theirs, dropped) == words(ours, dropped)
    assert {mark[1:] for mark in marks(theirs)} == {mark[1:] for mark in marks(ours)}


def looks_same(ours: bytes, theirs: bytes) -> None:
    """Headings with their styles and numbers, lists, tables, emphasis, header and footer."""
    found, want = headings(theirs), headings(ours)
    assert counted(found) == counted(want)
    assert looks(theirs) == looks(ours)
    if not marks(ours):
        assert found == want


def comes_back(ours: bytes, saved: list[bytes]) -> None:
    """What LibreOffice saved is taken in as the file itself would be."""
    old, _ = contents()
    want, shown = changes(old, read_edited(ours)), said(ours)
    for theirs in saved:
        file = read_edited(theirs)
        assert (file.version, file.reference) == (1, old["reference"])
        found = changes(old, file)
        assert said(docx.write(applied(old, found), note=NOTE, made_at=AT)) == shown
        assert found.unplaced == []
        assert {who for edit in found.edits for who in edit.authors} == {
            who for edit in want.edits for who in edit.authors
        }


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_libreoffice_keeps_what_we_write_and_what_it_saves_comes_back(tmp_path: Path) -> None:
    given = written()
    odf = office.converted(given, "odt", tmp_path)
    again = {f"{name}-odf.odt": data for name, data in odf.items()}
    saved = office.converted(given | again, "docx", tmp_path)
    for name, ours in given.items():
        stem = name.removesuffix(".docx")
        looks_same(ours, saved[stem])
        both = [saved[stem], saved[f"{stem}-odf"]]
        for theirs in both:
            same(ours, theirs)
        if name.startswith(("version", "edited")):
            comes_back(ours, both)
    assert told_in_odf(odf["changes"]) == {("insertion", AUTHOR), ("deletion", AUTHOR)}
    assert {mark for mark, _, _ in marks(saved["changes"])} == {"ins", "del", "moveFrom", "moveTo"}
