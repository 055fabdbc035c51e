"""Which provision of one text is which of another: by its key, then by its words. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from agreements.numbering import explicit_label
from agreements.worddiff import rising

WORD = re.compile(r"\w+")
LIKE, HARDLY_LIKE = 0.5, 0.25
"""How much of their words two provisions share to be taken for one; with the same heading or neighbours less will do."""
COMMON = 12
"""A word that stands in more provisions than this names none of them."""


@dataclass(frozen=True)
class Said:
    """A provision as it is compared."""

    key: str
    heading: str
    text: str
    bag: Counter[str] = field(default_factory=Counter, compare=False)


def said(key: str, heading: str, text: str) -> Said:
    """A provision with its words counted."""
    return Said(key, heading, text, Counter(WORD.findall(f"{heading} {text}".lower())))


def pairs(old: Sequence[Said], new: Sequence[Said]) -> dict[int, int]:
    """For places of `new` the place in `old` of the same provision; each old one is given once."""
    found: dict[int, int] = {}
    _by(lambda row: row.key, old, new, found)
    _by(lambda row: f"{_plain(row.heading)}\n{_squeezed(row.text)}", old, new, found)
    _by_heading(old, new, found)
    _by_words(old, new, found)
    _by_neighbours(old, new, found)
    return found


def moved(found: dict[int, int]) -> set[int]:
    """The places of `new` whose provisions are out of the longest run that kept its order."""
    order = sorted(found)
    stayed = rising([found[place] for place in order])
    return {place for number, place in enumerate(order) if number not in stayed}


def likeness(first: Counter[str], second: Counter[str]) -> float:
    """How much of their words two texts share, from 0 to 1."""
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 1.0


def _by(key: Callable[[Said], str], old: Sequence[Said], new: Sequence[Said], found: dict[int, int]) -> None:
    places: dict[str, list[int]] = defaultdict(list)
    for place in reversed(_left(old, found.values())):
        places[key(old[place])].append(place)
    for place in _left(new, found):
        name = key(new[place])
        if name.strip() and places.get(name):
            found[place] = places[name].pop()


def _by_heading(old: Sequence[Said], new: Sequence[Said], found: dict[int, int]) -> None:
    places: dict[str, list[int]] = defaultdict(list)
    for place in _left(old, found.values()):
        places[_plain(old[place].heading)].append(place)
    candidates = (
        (likeness(old[before].bag, new[place].bag), before, place)
        for place in _left(new, found)
        if _plain(new[place].heading)
        for before in places.get(_plain(new[place].heading), ())
    )
    _best((row for row in candidates if row[0] >= HARDLY_LIKE), found)


def _by_words(old: Sequence[Said], new: Sequence[Said], found: dict[int, int]) -> None:
    """Only provisions that share an uncommon word are compared."""
    holding: dict[str, list[int]] = defaultdict(list)
    for place in _left(old, found.values()):
        for word in old[place].bag:
            holding[word].append(place)
    _best(_alike(old, new, found, holding), found)


def _alike(
    old: Sequence[Said], new: Sequence[Said], found: dict[int, int], holding: dict[str, list[int]]
) -> Iterator[tuple[float, int, int]]:
    for place in _left(new, found):
        lists = (holding.get(word, ()) for word in new[place].bag)
        near = Counter(before for rows in lists if len(rows) <= COMMON for before in rows)
        for before, _ in near.most_common(5):
            like = likeness(old[before].bag, new[place].bag)
            if like >= LIKE:
                yield like, before, place


def _by_neighbours(old: Sequence[Said], new: Sequence[Said], found: dict[int, int]) -> None:
    """One that stands alone between the same two provisions here and there."""
    taken = set(found.values())
    for place in _left(new, found):
        before = found.get(place - 1, -1 if place == 0 else None)
        after = found.get(place + 1, len(old) if place == len(new) - 1 else None)
        if before is None or after is None or after - before != 2 or before + 1 in taken:
            continue
        if likeness(old[before + 1].bag, new[place].bag) >= HARDLY_LIKE:
            found[place] = before + 1
            taken.add(before + 1)


def _best(candidates: Iterable[tuple[float, int, int]], found: dict[int, int]) -> None:
    taken = set(found.values())
    for _, before, place in sorted(candidates, key=lambda row: (-row[0], abs(row[1] - row[2]), row[2])):
        if place not in found and before not in taken:
            found[place] = before
            taken.add(before)


def _left(rows: Sequence[Said], given: Iterable[int]) -> list[int]:
    known = set(given)
    return [place for place in range(len(rows)) if place not in known]


def _plain(heading: str) -> str:
    return _squeezed(explicit_label(heading)[2]).casefold()


def _squeezed(text: str) -> str:
    return " ".join(text.split())
