"""What changed between two contents: provisions word by word, structured terms as "30 days → 60 days". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from agreements.document import structure

Content = Mapping[str, Any]
WORDS = re.compile(r"\s+|[^\s\w]|\w+")
LONG = 20_000


@dataclass(frozen=True)
class Piece:
    """A run of words: "same", "inserted" or "deleted"."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One provision that differs: "added", "removed", "changed" or "moved"."""

    id: str
    kind: str
    label: str
    heading: tuple[Piece, ...]
    text: tuple[Piece, ...]


@dataclass(frozen=True)
class Fact:
    """One structured term that differs, in words."""

    where: str
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Redline:
    """Everything that differs between two contents."""

    provisions: tuple[Change, ...]
    facts: tuple[Fact, ...]

    @property
    def summary(self) -> str:
        """ "3 provisions changed, 1 term"; "Nothing" when nothing did."""
        said = []
        if self.provisions:
            said.append(f"{len(self.provisions)} provision{'s' * (len(self.provisions) != 1)} changed")
        if self.facts:
            said.append(f"{len(self.facts)} term{'s' * (len(self.facts) != 1)} changed")
        return ", ".join(said) or "Nothing"


def compare(old: Content, new: Content) -> Redline:
    """What differs in `new` from `old`, in the order of `new`; removed provisions come last."""
    return Redline(tuple(_provisions(old, new)), tuple(_facts(old, new)))


def words(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts as one, word by word."""
    if old == new:
        return (Piece("same", new),) if new else ()
    if len(old) + len(new) > LONG:
        return tuple(piece for piece in (Piece("deleted", old), Piece("inserted", new)) if piece.text)
    before, after = WORDS.findall(old), WORDS.findall(new)
    found: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(after[b1:b2])))
            continue
        if a2 > a1:
            found.append(Piece("deleted", "".join(before[a1:a2])))
        if b2 > b1:
            found.append(Piece("inserted", "".join(after[b1:b2])))
    return tuple(found)


def _provisions(old: Content, new: Content) -> Iterator[Change]:
    before = {row["id"]: row for row in old["provisions"]}
    after = {row["id"] for row in new["provisions"]}
    labels, moved = structure(new).labels(), _moved(old, new)
    for row in new["provisions"]:
        known = before.get(row["id"])
        if known is None:
            yield _change(row["id"], "added", labels, {}, row)
        elif (known["heading"], known["text"]) != (row["heading"], row["text"]):
            yield _change(row["id"], "changed", labels, known, row)
        elif row["id"] in moved:
            yield _change(row["id"], "moved", labels, known, row)
    gone = structure(old).labels()
    for row in old["provisions"]:
        if row["id"] not in after:
            yield _change(row["id"], "removed", gone, row, {})


def _change(
    key: str, kind: str, labels: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Change:
    return Change(
        key,
        kind,
        labels.get(key, ""),
        words(old.get("heading", ""), new.get("heading", "")),
        words(old.get("text", ""), new.get("text", "")),
    )


def _moved(old: Content, new: Content) -> set[str]:
    """Provisions out of the longest run that kept its order."""
    before, after = [row["id"] for row in old["provisions"]], [row["id"] for row in new["provisions"]]
    kept = set(before) & set(after)
    first, second = [key for key in before if key in kept], [key for key in after if key in kept]
    if first == second:
        return set()
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    stayed = {key for block in blocks for key in second[block.b : block.b + block.size]}
    return kept - stayed


def _facts(old: Content, new: Content) -> Iterator[Fact]:
    """The schedules and the table of parties, compared row by row as they are printed."""
    before, after = dict(_printed(old)), dict(_printed(new))
    for key in {**after, **before}:
        if before.get(key) != after.get(key):
            where, name = key
            yield Fact(where, name, before.get(key, ""), after.get(key, ""))


def _printed(content: Content) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("The agreement", "Title"), content["title"]
    document = structure(content)
    yield ("The agreement", "Legal effect"), document.binding
    for row in document.parties.rows:
        yield ("Parties", row[0]), " · ".join(cell for cell in row[1:] if cell)
    for schedule in document.schedules:
        for table in schedule.tables:
            for row in table.rows:
                yield (schedule.heading, " ".join(row[:2])[:120]), " · ".join(cell for cell in row if cell)
        for facts in schedule.facts:
            for name, cell in facts.rows:
                yield (schedule.heading, name), ", ".join(cell)
        for dataset in schedule.datasets:
            yield (dataset.name, "Description"), dataset.description
            for facts in (dataset.facts, *dataset.flows):
                for name, cell in facts.rows:
                    yield (f"{dataset.name}: {facts.caption.partition(chr(32))[2]}", name), ", ".join(cell)
