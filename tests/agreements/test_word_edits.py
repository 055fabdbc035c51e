"""A Word file that goes out, is edited at random and comes back: its changes applied give exactly the edited text."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from agreements import docx
from agreements.docx.edited import changes, read_edited
from tests.agreements.contents import complete
from tests.agreements.tracked import ACCEPTED, paragraphs
from tests.agreements.wordedits import FEW, applied, edited

AT = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
NOTE = "Version 1, text hash 0123456789abcdef"
CASES = int(os.environ.get("CASES") or FEW)
TEMPLATES = ("cjis-iea", "alpr", "sro", "research", "task-force", "uk-dsa")


def said(data: bytes) -> list[str]:
    """Every paragraph up to the signatures with its words, changes accepted, blank ones left out.

    The schedules behind them follow from the terms: a table leaves the text and becomes a schedule again.
    """
    found = [" ".join(text.split()) for text in paragraphs(data, ACCEPTED)]
    return [text for text in found[: found.index("Signature page")] if text]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_file_that_nobody_edited_changes_nothing(template: str) -> None:
    content = complete(template)
    found = changes(content, read_edited(docx.write(content, note=NOTE, made_at=AT, version=1)))
    assert (found.edits, found.unplaced) == ([], [])


@pytest.mark.parametrize("seed", range(CASES))
def test_all_changes_applied_are_exactly_the_edited_text(seed: int) -> None:
    draw = Random(seed)
    content = complete(TEMPLATES[seed % len(TEMPLATES)])
    data = edited(docx.write(content, note=NOTE, made_at=AT, version=1), draw)
    found = changes(content, read_edited(data))
    result = docx.write(applied(content, found), note=NOTE, made_at=AT)
    assert said(result) == said(data)
    assert found.unplaced == []
    assert Counter(edit.kind for edit in found.edits) or said(data) == said(
        docx.write(content, note=NOTE, made_at=AT)
    )
