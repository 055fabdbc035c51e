"""What changed between two contents: provisions word by word, structured terms as "30 days → 60 days". Pure.

Provisions are matched by their ids; where a text was brought in anew and has other ids, by their words. Texts are
compared as they read: with their placeholders filled from the terms of their own time. A provision that only says
something else because a term changed is not counted as changed; the term is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agreements import placeholders, prose, schedules, wording
from agreements.matching import moved, pairs, said
from agreements.numbering import labels_of
from agreements.worddiff import Piece, words

__all__ = ["Change", "Fact", "Piece", "Redline", "compare", "facts", "words"]

Content = Mapping[str, Any]
Row = Mapping[str, Any]
COUNTED = ("added", "removed", "changed", "moved")
NAMES = {
    "part": "Part",
    "level": "Level",
    "withheld": "Withheld from the public register",
    "position": "How far it may be negotiated",
}


@dataclass(frozen=True)
class Fact:
    """One structured term that differs, in words."""

    where: str
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """One provision: "added", "removed", "changed", "moved", "same", or "left" where one that moved stood before.

    `label` cites it as the new text does (a removed one as the old text did), `was` as the old text did.
    """

    id: str
    kind: str
    label: str
    heading: tuple[Piece, ...]
    text: tuple[Piece, ...]
    was: str = ""
    notes: tuple[Fact, ...] = ()

    @property
    def edited(self) -> bool:
        """Whether its words differ."""
        return any(piece.kind != "same" for piece in (*self.heading, *self.text))

    @property
    def name(self) -> str:
        """How it is called in lists: its heading as it is now."""
        return "".join(piece.text for piece in self.heading if piece.kind != "deleted")

    @property
    def says(self) -> str:
        """What happened to it: "Moved from 3.1, and changed"."""
        if self.kind == "moved":
            return f"Moved from {self.was}" + (", and changed" if self.edited else "")
        if self.kind == "left":
            return f"Moved to {self.label}"
        return {"added": "Added", "removed": "Removed", "changed": "Changed", "same": "Unchanged"}[self.kind]


@dataclass(frozen=True)
class Redline:
    """Everything that differs between two contents; `rows` are all provisions in their order, the same ones too."""

    rows: tuple[Change, ...]
    facts: tuple[Fact, ...]

    @property
    def provisions(self) -> tuple[Change, ...]:
        """The provisions that differ, each once."""
        return tuple(row for row in self.rows if row.kind in COUNTED)

    @property
    def shown(self) -> tuple[Change, ...]:
        """The provisions that differ, and the places from which some moved."""
        return tuple(row for row in self.rows if row.kind != "same")

    @property
    def summary(self) -> str:
        """ "3 provisions changed, 1 term changed"; "Nothing" when nothing did."""
        found = []
        if self.provisions:
            found.append(f"{len(self.provisions)} provision{'s' * (len(self.provisions) != 1)} changed")
        if self.facts:
            found.append(f"{len(self.facts)} term{'s' * (len(self.facts) != 1)} changed")
        return ", ".join(found) or "Nothing"


def compare(old: Content, new: Content) -> Redline:
    """What differs in `new` from `old`: in the order of `new`, a removed provision where it stood."""
    return Redline(tuple(_provisions(old, new)), tuple(facts(old, new)))


@dataclass(frozen=True)
class _Side:
    """One of the two contents, with its numbers and the words its placeholders stand for."""

    rows: Sequence[Row]
    labels: Mapping[str, str]
    values: prose.Values

    def label(self, row: Row) -> str:
        return self.labels.get(row["id"], "")

    def text(self, row: Row) -> str:
        return prose.readable(row["text"], self.values)


def _side(content: Content) -> _Side:
    return _Side(content["provisions"], labels_of(content), placeholders.values(content))


def _provisions(old: Content, new: Content) -> Iterator[Change]:
    before, after = _side(old), _side(new)
    found = pairs(*([said(r["id"], r["heading"], r["text"]) for r in side.rows] for side in (before, after)))
    away = moved(found)
    targets = {found[place]: place for place in found}
    done = 0
    for place, row in enumerate(after.rows):
        known = found.get(place)
        if known is not None and place not in away:
            yield from _gone(before, after, targets, away, done, known)
            done = known + 1
        yield _present(before, after, row, known, place in away)
    yield from _gone(before, after, targets, away, done, len(before.rows))


def _gone(
    before: _Side, after: _Side, targets: Mapping[int, int], away: set[int], start: int, stop: int
) -> Iterator[Change]:
    """What stood between two places of the old text and is not there any more."""
    for place in range(start, stop):
        row, target = before.rows[place], targets.get(place)
        if target is None:
            text = before.text(row)
            yield Change(row["id"], "removed", before.label(row), words(row["heading"], ""), words(text, ""),
                         before.label(row))  # fmt: skip
        elif target in away:
            label = after.label(after.rows[target])
            heading = words(row["heading"], row["heading"])
            yield Change(after.rows[target]["id"], "left", label, heading, (), before.label(row))


def _present(before: _Side, after: _Side, row: Row, known: int | None, away: bool) -> Change:
    if known is None:
        text = words("", after.text(row))
        return Change(row["id"], "added", after.label(row), words("", row["heading"]), text)
    was = before.rows[known]
    notes = tuple(_notes(was, row))
    same = (was["heading"], was["text"]) == (row["heading"], row["text"]) and not notes
    return Change(
        row["id"],
        "moved" if away else "same" if same else "changed",
        after.label(row),
        words(was["heading"], row["heading"]),
        words(before.text(was), after.text(row)),
        before.label(was),
        notes,
    )


def _notes(was: Row, row: Row) -> Iterator[Fact]:
    """What else of a provision differs than its words."""
    for key, name in NAMES.items():
        old, new = was.get(key), row.get(key)
        if (old or "") != (new or "") and not (key == "level" and old is None):
            yield Fact("", name, _word(key, old), _word(key, new))


def _word(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return wording.spoken(str(value or "")) if key in {"part", "position"} else str(value or "")


def facts(old: Content, new: Content) -> Iterator[Fact]:
    """The schedules and the table of parties, compared row by row as they are printed."""
    before, after = _printed(old), _printed(new)
    for key in {**after, **before}:
        was, now = before.get(key), after.get(key)
        if (was[2] if was else "") != (now[2] if now else ""):
            where, name, _ = now or was or ("", "", "")
            yield Fact(where, name, was[2] if was else "", now[2] if now else "")


Printed = dict[tuple[str, str, str], tuple[str, str, str]]
"""By kind of row, row and column: where it stands, what it is called, what it says."""


def _printed(content: Content) -> Printed:
    found: Printed = {
        ("", "", "title"): ("The agreement", "Title", content["title"]),
        ("", "", "binding"): ("The agreement", "Legal effect", wording.BINDING.get(content["binding"], "")),
        ("", "", "annexes"): ("The agreement", "Annexes", "; ".join(content.get("annexes") or ())),
    }
    parties = [str(row.get("agency") or row["id"]) for row in content["parties"]]
    found |= _table("party", schedules.parties(content), parties)
    keys = {
        "commitments": [row["id"] for row in content["commitments"]],
        "measures": [row["id"] for row in content["measures"]],
        "contacts": parties,
    }
    for schedule in schedules.everything(content):
        for table in schedule.tables:
            found |= _table(schedule.heading, table, keys[schedule.key])
        for facts in schedule.facts:
            found |= _rows(schedule.heading, facts.caption, schedule.heading, facts)
        for dataset, row in zip(schedule.datasets, content["datasets"], strict=False):
            found |= _dataset(dataset, row)
    return found


def _dataset(dataset: schedules.Dataset, row: Row) -> Printed:
    found: Printed = {(row["id"], "", "description"): (dataset.name, "Description", dataset.description)}
    found |= _rows(row["id"], "facts", dataset.name, dataset.facts)
    for facts, flow in zip(dataset.flows, row["flows"], strict=False):
        found |= _rows(
            row["id"], flow["id"], f"{dataset.name}, {facts.caption.partition(' ')[2].lower()}", facts
        )
    return found


def _rows(kind: str, key: str, where: str, facts: schedules.Facts) -> Printed:
    return {(kind, key, name): (where, name, ", ".join(cell)) for name, cell in facts.rows}


def _table(kind: str, table: schedules.Table, keys: Sequence[str]) -> Printed:
    """Cell by cell; a row is called by its first cell, or by its second where the first names a party."""
    found: Printed = {}
    for key, cells in zip(keys, table.rows, strict=False):
        called = " ".join(dict.fromkeys(cells[: 2 if kind == "Commitments" else 1]))[:120]
        for column, cell in zip(table.columns, cells, strict=True):
            found[kind, key, column] = (f"{table.caption}: {called}", column, cell)
    return found
