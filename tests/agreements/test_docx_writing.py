"""A content written as a Word file: the words of the page, Word's own numbers, and nothing lost on the way back."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import Any

import docx as python_docx
import pytest
from docx.oxml.ns import qn

from agreements import docx
from agreements.catalog import load
from agreements.document import structure
from tests.agreements.test_requirements import complete
from tests.builders import NOW


def written(content: Any) -> Any:
    return python_docx.Document(io.BytesIO(docx.write(content, note="Version 1", made_at=NOW)))


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def shown(file: Any) -> str:
    """Every word of the body, tables included."""
    return " ".join(node.text or "" for node in file.element.body.iter(qn("w:t")))


@pytest.mark.parametrize("template", sorted(load().templates))
def test_every_word_of_the_document_is_in_the_file(template: str) -> None:
    content = complete(template)
    document = structure(content)
    there = words(shown(written(content)))
    for section in document.sections:
        for row in section.provisions:
            said = words(f"{row.heading} " + re.sub(r"<[^>]+>", " ", row.html).replace("&amp;", "&"))
            assert not said - there, (row.label, said - there)


def test_headings_are_counted_by_word_itself_and_come_back_with_their_numbers() -> None:
    content = complete("cjis-iea")
    file = written(content)
    counted = [
        p
        for p in file.paragraphs
        if p._p.pPr is not None and p._p.pPr.numPr is not None and p.style.name.startswith("Heading")
    ]
    assert len(counted) == sum(1 + len(section.provisions) for section in structure(content).sections)
    assert not any(re.match(r"\d", p.text) for p in counted)
    blocks = docx.read(docx.write(content, note="Version 1", made_at=NOW))
    assert len(blocks) >= len(content["provisions"])
    headings = {block.heading.split(" ", 1)[-1] for block in blocks} | {block.heading for block in blocks}
    assert {row["heading"] for row in content["provisions"]} <= headings


def test_the_same_content_makes_the_same_bytes_and_says_which_version_it_is() -> None:
    content = complete("alpr")
    first = docx.write(content, note="Version 3, 0123abcd", made_at=NOW)
    assert first == docx.write(content, note="Version 3, 0123abcd", made_at=NOW)
    file = python_docx.Document(io.BytesIO(first))
    assert "Version 3, 0123abcd" in file.sections[0].footer.paragraphs[0].text
    assert file.core_properties.created.date() == NOW.date()
    assert content["reference"] in file.sections[0].header.paragraphs[0].text


def test_emphasis_lists_and_tables_stay_what_they_are() -> None:
    content = complete("sro")
    content["provisions"][0]["text"] = (
        "A **bold** and *slanted* word.\n\n- one\n- two\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n"
    )
    file = written(content)
    runs = [run for p in file.paragraphs for run in p.runs]
    assert [run.text for run in runs if run.bold and run.text == "bold"] and [
        run.text for run in runs if run.italic
    ]
    assert [p.text for p in file.paragraphs if p.style.name == "List Bullet"][:2] == ["one", "two"]
    assert any([cell.text for cell in table.rows[-1].cells] == ["1", "2"] for table in file.tables)


def test_a_heading_with_its_own_label_keeps_it_as_text() -> None:
    content = complete("sro")
    row = dict(content["provisions"][0]) | {"heading": "ARTICLE IV. SCOPE", "part": "", "level": 1}
    content["provisions"] = [row]
    assert "ARTICLE IV SCOPE" in [p.text for p in written(content).paragraphs]
