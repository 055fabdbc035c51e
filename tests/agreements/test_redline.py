"""Redlines: exact, quick, moves as moves, terms as terms; the same as tracked changes in Word."""

from __future__ import annotations

import copy
import io
import time
from datetime import UTC, datetime
from random import Random
from typing import Any

import docx as word
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements import document, docx
from agreements.matching import moved, pairs, said
from agreements.redline import compare
from agreements.worddiff import rising, words
from tests.agreements.contents import complete
from tests.agreements.tracked import ACCEPTED, REJECTED, marks, paragraphs

AT = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
PROSE = st.lists(
    st.sampled_from(["the", "a", "data", "party", "30", "days,", ".", "\n\n", "(b)", "é", "shall—may"]),
    max_size=60,
).map(" ".join)


@given(PROSE | st.text(max_size=80), PROSE | st.text(max_size=80))
@settings(max_examples=300)
def test_a_redline_holds_both_texts_exactly(old: str, new: str) -> None:
    found = words(old, new)
    assert "".join(piece.text for piece in found if piece.kind != "inserted") == old
    assert "".join(piece.text for piece in found if piece.kind != "deleted") == new
    assert all(piece.text for piece in found)


def test_only_the_words_that_differ_are_marked() -> None:
    found = words(
        "Either party may end it with 30 days' notice.",
        "Either party may end it with 60 days' written notice.",
    )
    assert [(p.kind, p.text.strip()) for p in found if p.kind != "same"] == [
        ("deleted", "30"), ("inserted", "60"), ("inserted", "written")]  # fmt: skip


def test_words_equal_by_chance_do_not_chop_up_a_rewritten_sentence() -> None:
    found = words("Sheriff keeps records of every single access", "Nobody forwards a of Linden's bulletins")
    assert len(found) == 2


@given(st.lists(st.integers(0, 30), unique=True, max_size=9))
@settings(max_examples=100)
def test_the_longest_rising_run_is_the_longest(numbers: list[int]) -> None:
    found = [numbers[place] for place in sorted(rising(numbers))]
    assert found == sorted(found)
    subsets = (
        [n for place, n in enumerate(numbers) if bits >> place & 1] for bits in range(1 << len(numbers))
    )
    assert len(found) == max(len(run) for run in subsets if run == sorted(run))


def _changed(content: dict[str, Any]) -> dict[str, Any]:
    """One of everything: words, a paragraph more, one out, one in, one moved, one moved and edited, terms."""
    new = copy.deepcopy(content)
    rows = new["provisions"]
    rows[3]["text"] = rows[3]["text"].replace("the", "each", 1) + "\n\nA new paragraph."
    del rows[5]
    rows.insert(8, {**rows[2], "id": "fresh", "heading": "Fresh", "text": "Quite new.\n\n- one\n- two"})
    rows.insert(2, rows.pop(9))
    late = rows.pop(12)
    late["text"] += " And more words."
    rows.insert(20, late)
    new["title"], new["term"]["review_months"] = "Another title", 18
    new["measures"][0]["target"] = "99"
    return new


def test_every_kind_of_change_is_named_once() -> None:
    old = complete()
    new = _changed(old)
    found = compare(old, new)
    labels = document.structure(new).labels()
    kinds = {row.id: row for row in found.provisions}
    assert sorted(row.kind for row in kinds.values()) == ["added", "changed", "moved", "moved", "removed"]
    assert kinds["fresh"].kind == "added"
    assert kinds["fresh"].label == labels["fresh"]
    edited = [row for row in kinds.values() if row.kind == "moved" and row.edited]
    assert len(edited) == 1
    assert edited[0].says == f"Moved from {document.structure(old).labels()[edited[0].id]}, and changed"
    left = [row for row in found.rows if row.kind == "left"]
    assert {row.says for row in left} == {f"Moved to {labels[row.id]}" for row in left}
    assert found.summary == "5 provisions changed, 3 terms changed"
    assert ("Term and dates", "Review", "Every 12 months", "Every 18 months") in {
        (f.where, f.name, f.old, f.new) for f in found.facts}  # fmt: skip
    assert [row.id for row in found.rows if row.kind not in {"left", "removed"}] == [
        row["id"] for row in new["provisions"]]  # fmt: skip


def test_nothing_changed_is_nothing() -> None:
    found = compare(complete(), complete())
    assert (found.summary, found.provisions, found.facts) == ("Nothing", (), ())


def test_a_text_imported_anew_is_matched_by_its_words() -> None:
    old = complete()
    new = copy.deepcopy(old)
    for place, row in enumerate(new["provisions"]):
        row["id"] = f"anew{place}"
    new["provisions"][4]["text"] += " At once."
    first = new["provisions"].pop(0)
    new["provisions"].insert(6, first)
    found = compare(old, new)
    assert [(row.kind, row.id) for row in found.provisions] == [("changed", "anew4"), ("moved", first["id"])]


def test_a_term_that_the_text_shows_by_itself_still_counts_as_a_term() -> None:
    old = complete()
    assert old["commitments"]
    new = copy.deepcopy(old)
    new["commitments"][0]["resource"] = "Two analysts"
    assert [(f.name, f.new) for f in compare(old, new).facts] == [("Resource", "Two analysts")]


def test_what_stays_is_the_most_that_keeps_its_order() -> None:
    old = [said(str(n), "", f"text {n}") for n in range(6)]
    new = [old[5], *old[:5]]
    assert moved(pairs(old, new)) == {0}


@pytest.mark.slow
def test_forty_thousand_words_redline_in_three_seconds() -> None:
    draw, content = Random(3), complete()
    rows = [{**content["provisions"][0], "id": f"r{n}", "text": " ".join(draw.choices(["data", "party", "shall", "it", str(n)], k=400))}
            for n in range(100)]  # fmt: skip
    old = content | {"provisions": rows}
    new = content | {
        "provisions": [
            {**row, "id": f"x{row['id']}", "text": row["text"].replace("shall", "may", 40)} for row in rows
        ]
    }
    began = time.perf_counter()
    assert len(compare(old, new).provisions) == 100
    assert time.perf_counter() - began < 3


def test_tracked_changes_accepted_are_the_new_text_and_rejected_the_old_one() -> None:
    old = complete()
    new = _changed(old)
    data = docx.write_changes(old, new, note="n", author="Riverbend", made_at=AT)
    for dropped, content in ((ACCEPTED, new), (REJECTED, old)):
        assert paragraphs(data, dropped) == paragraphs(docx.write(content, note="n", made_at=AT))
    found = marks(data)
    assert {kind for kind, _, _ in found} == {"ins", "del", "moveFrom", "moveTo"}
    assert {(author, at) for _, author, at in found} == {("Riverbend", "2026-03-02T15:04:00Z")}


@pytest.mark.parametrize("seed", range(12))
def test_tracked_changes_of_random_edits_are_exact(seed: int) -> None:
    draw, old = Random(seed), complete(["cjis-iea", "alpr", "sro", "research"][seed % 4])
    new = copy.deepcopy(old)
    rows = new["provisions"]
    for _ in range(draw.randrange(1, 9)):
        place = draw.randrange(len(rows))
        act = draw.choice(["words", "out", "in", "move", "heading", "list"])
        if act == "words":
            said_ = rows[place]["text"].split(" ")
            said_[draw.randrange(len(said_))] = draw.choice(["", "**bold**", "quickly", "within 3 days"])
            rows[place]["text"] = " ".join(said_)
        elif act == "out" and len(rows) > 3:
            rows.pop(place)
        elif act == "in":
            rows.insert(
                place, {**rows[place], "id": f"n{draw.random()}", "heading": "", "text": "Some *new* words."}
            )
        elif act == "move":
            rows.insert(draw.randrange(len(rows)), rows.pop(place))
        elif act == "heading":
            rows[place]["heading"] += " and more"
        else:
            rows[place]["text"] += "\n\n- first\n- second\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    data = docx.write_changes(old, new, note="n", author="A", made_at=AT)
    assert paragraphs(data, ACCEPTED) == paragraphs(docx.write(new, note="n", made_at=AT))
    assert paragraphs(data, REJECTED) == paragraphs(docx.write(old, note="n", made_at=AT))
    assert docx.read(data)


def test_a_program_that_opens_and_saves_it_keeps_the_tracked_changes() -> None:
    """python-docx; what LibreOffice does with it is in test_libreoffice.py."""
    old = complete()
    new = _changed(old)
    kept = io.BytesIO()
    word.Document(io.BytesIO(docx.write_changes(old, new, note="n", author="Riverbend", made_at=AT))).save(
        kept
    )
    saved = kept.getvalue()
    assert {"ins", "del"} <= {kind for kind, _, _ in marks(saved)}
    assert {author for _, author, _ in marks(saved)} == {"Riverbend"}
    for dropped, content in ((ACCEPTED, new), (REJECTED, old)):
        written = paragraphs(docx.write(content, note="n", made_at=AT))
        assert sorted(filter(None, paragraphs(saved, dropped))) == sorted(filter(None, written))
