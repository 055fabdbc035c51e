"""Two people's changes of one text: both are in what comes out, or both are shown; no word of either is lost."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.merging import BOTH, CHOICES, MINE, THEIRS, conflicts, merge, merge_lists, settled

WORDS = st.sampled_from(
    [
        "the",
        "agency",
        "shall",
        "give",
        "may",
        "thirty",
        "sixty",
        "days",
        "records",
        "{term.last_day}",
        "**and**",
        "of,",
        "notice.",
    ]
)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
TEXTS = st.lists(PARAGRAPHS, max_size=6).map("\n\n".join)
ANY = st.text(alphabet="ab |{}\n*1.,", max_size=40)


@given(TEXTS | ANY, TEXTS | ANY, TEXTS | ANY)
def test_the_parts_read_on_one_side_are_that_sides_text(base: str, mine: str, theirs: str) -> None:
    parts = merge(base, mine, theirs)
    assert "".join(part.base for part in parts) == base
    assert "".join(part.mine for part in parts) == mine
    assert "".join(part.theirs for part in parts) == theirs


@given(st.lists(PARAGRAPHS, min_size=2, max_size=6, unique=True), st.data())
def test_changes_in_different_paragraphs_are_both_in(rows: list[str], data: st.DataObject) -> None:
    one, two = data.draw(st.permutations(range(len(rows))))[:2]
    fresh = data.draw(st.lists(st.sampled_from(["kestrel", "osprey", "merlin"]), max_size=3).map(" ".join))
    mine, theirs = [*rows], [*rows]
    mine[one] += f" {fresh} heron"
    theirs[two] = f"egret {fresh} " + theirs[two]
    both = [*mine]
    both[two] = f"egret {fresh} " + both[two]
    parts = merge(*("\n\n".join(text) for text in (rows, mine, theirs)))
    assert conflicts(parts) == []
    assert settled(parts) == "\n\n".join(both)


@given(TEXTS, TEXTS)
def test_the_same_change_is_in_once(base: str, changed: str) -> None:
    parts = merge(base, changed, changed)
    assert conflicts(parts) == []
    assert settled(parts) == changed


@given(TEXTS | ANY, TEXTS | ANY)
def test_a_side_that_changed_nothing_gives_way(base: str, changed: str) -> None:
    for parts in (merge(base, changed, base), merge(base, base, changed)):
        assert conflicts(parts) == []
        assert settled(parts) == changed


@given(TEXTS | ANY, TEXTS | ANY, TEXTS | ANY)
def test_a_conflict_drops_no_word_of_either_side(base: str, mine: str, theirs: str) -> None:
    for part in conflicts(merge(base, mine, theirs)):
        assert part.chosen(MINE) == part.mine
        assert part.chosen(THEIRS) == part.theirs
        kept = part.chosen(BOTH)
        assert kept.startswith(part.theirs)
        assert kept.endswith(part.mine)
        assert Counter(kept.split()) == Counter(part.theirs.split()) + Counter(part.mine.split())


@given(TEXTS, TEXTS, TEXTS, st.lists(st.sampled_from(CHOICES), max_size=8))
def test_choices_decide_conflicts_in_their_order(base: str, mine: str, theirs: str, picks: list[str]) -> None:
    parts = merge(base, mine, theirs)
    waiting = conflicts(parts)
    text = settled(parts, dict(enumerate(picks)))
    at = 0
    for place, part in enumerate(waiting):
        said = part.chosen(picks[place] if place < len(picks) else BOTH)
        at = text.index(said, at) + len(said)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("Riverton shall give notice within thirty days of the request.", "Riverton shall promptly give notice within thirty days of the request.",
         "Riverton shall give notice within thirty days of the written request.", "Riverton shall promptly give notice within thirty days of the written request."),
        ("One.\n\nTwo.", "One.\n\nTwo.\n\nThree.", "Zero.\n\nOne.\n\nTwo.", "Zero.\n\nOne.\n\nTwo.\n\nThree."),
        ("It ends on {term.last_day}. Data is destroyed.", "It ends on {term.last_day}.", "It ends on {term.last_day}. Data is destroyed.", "It ends on {term.last_day}."),
        ("| a | b |\n| c | d |\n\nAfter.", "| a | B |\n| c | d |\n\nAfter.", "| a | b |\n| c | d |\n\nAfter all.", "| a | B |\n| c | d |\n\nAfter all."),
    ],
)  # fmt: skip
def test_changes_apart_from_each_other_need_no_decision(
    base: str, mine: str, theirs: str, merged: str
) -> None:
    parts = merge(base, mine, theirs)
    assert conflicts(parts) == []
    assert settled(parts) == merged


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "kept"),
    [
        ("Within thirty days.", "Within sixty days.", "Within ninety days.", "Within ninety sixty days."),
        (
            "Give written notice.",
            "Send written notice.",
            "Give oral notice.",
            "Give oral Send written notice.",
        ),
        ("| a | b |", "| a | c |", "| a | d |", "| a | d |\n| a | c |"),
        ("", "Mine.\n\nMore.", "Theirs.", "Theirs.\n\nMine.\n\nMore."),
    ],
)
def test_changes_of_the_same_words_wait_for_a_decision(base: str, mine: str, theirs: str, kept: str) -> None:
    parts = merge(base, mine, theirs)
    assert len(conflicts(parts)) == 1
    assert settled(parts) == kept
    assert settled(parts, {0: MINE}) == mine
    assert settled(parts, {0: THEIRS}) == theirs


def test_a_long_text_is_merged_quickly_and_wholly() -> None:
    rows = [f"{number} The agency shall keep record {number} for {number} days." for number in range(2000)]
    mine, theirs = [*rows], [*rows]
    mine[100] = theirs[1900] = "Replaced."
    parts = merge(*("\n\n".join(text) for text in (rows, mine, theirs)))
    assert conflicts(parts) == []
    assert settled(parts).count("Replaced.") == 2


@given(*[st.lists(st.sampled_from("abcdef"), unique=True)] * 3)
def test_lists_keep_what_either_added_and_drop_what_either_took_out(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    found = merge_lists(base, mine, theirs)
    assert len(found) == len(set(found))
    added, gone = {*mine, *theirs} - {*base}, {*base} - ({*mine} & {*theirs})
    assert {*found} == ({*base} | added) - gone
    assert merge_lists(base, mine, base) == mine or {*merge_lists(base, mine, base)} == {*mine}
    assert merge_lists(base, base, theirs) == theirs
