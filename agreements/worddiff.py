"""Two texts as one, word by word. Pure, exact and quick: what is the same and deleted is the old text, what is the
same and inserted the new one.

Words that occur once in both texts anchor the comparison; between anchors it is asked again, and small remainders are
compared in full. A few words that happen to be equal between longer changes count as changed, so that people can read
the result.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

TOKENS = re.compile(r"\s+|\w+|[^\s\w]")
IN_FULL = 40_000
"""Up to this product of lengths (in words) a remainder without an anchor is compared in full."""

Match = tuple[int, int, int]
"""Where a run of equal words begins in the old and in the new text, and how many words it has."""


@dataclass(frozen=True)
class Piece:
    """A run of words: "same", "inserted" or "deleted"."""

    kind: str
    text: str


def words(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts as one."""
    if old == new:
        return (Piece("same", new),) if new else ()
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    return tuple(_joined(_readable(_runs(before, after, matches(before, after)))))


def matches(before: Sequence[str], after: Sequence[str]) -> list[Match]:
    """Runs of equal words, in order, none crossing another."""
    found: list[Match] = []
    waiting = [(0, len(before), 0, len(after))]
    while waiting:
        a1, a2, b1, b2 = waiting.pop()
        lead = _equal_ahead(before, after, a1, a2, b1, b2)
        tail = _equal_behind(before, after, a1 + lead, a2, b1 + lead, b2)
        found += [(a1, b1, lead), (a2 - tail, b2 - tail, tail)]
        a1, b1, a2, b2 = a1 + lead, b1 + lead, a2 - tail, b2 - tail
        if a1 == a2 or b1 == b2:
            continue
        anchors = _anchors(before, after, a1, a2, b1, b2)
        if anchors:
            for i, j in [*anchors, (a2, b2)]:
                waiting.append((a1, i, b1, j))
                found.append((i, j, 1 if i < a2 else 0))
                a1, b1 = i + 1, j + 1
        elif (a2 - a1) * (b2 - b1) <= IN_FULL:
            blocks = SequenceMatcher(None, before[a1:a2], after[b1:b2], autojunk=False).get_matching_blocks()
            found += [(a1 + i, b1 + j, n) for i, j, n in blocks]
    return sorted(match for match in found if match[2])


def rising(numbers: Sequence[int]) -> set[int]:
    """The places of a longest rising run within `numbers` (not necessarily neighbours)."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        at = bisect_left(ends, number)
        before.append(places[at - 1] if at else -1)
        ends[at : at + 1], places[at : at + 1] = [number], [place]
    found, place = set[int](), places[-1] if places else -1
    while place >= 0:
        found.add(place)
        place = before[place]
    return found


def _equal_ahead(before: Sequence[str], after: Sequence[str], a1: int, a2: int, b1: int, b2: int) -> int:
    most = min(a2 - a1, b2 - b1)
    return next((n for n in range(most) if before[a1 + n] != after[b1 + n]), most)


def _equal_behind(before: Sequence[str], after: Sequence[str], a1: int, a2: int, b1: int, b2: int) -> int:
    most = min(a2 - a1, b2 - b1)
    return next((n for n in range(most) if before[a2 - 1 - n] != after[b2 - 1 - n]), most)


def _anchors(
    before: Sequence[str], after: Sequence[str], a1: int, a2: int, b1: int, b2: int
) -> list[tuple[int, int]]:
    """Words that occur once here and once there, as far as they keep their order."""
    ours, theirs = Counter(before[a1:a2]), Counter(after[b1:b2])
    there = {word: j for j, word in enumerate(after[b1:b2], b1) if theirs[word] == 1}
    both = [(i, there[w]) for i, w in enumerate(before[a1:a2], a1) if ours[w] == 1 and w in there]
    both = [(i, j) for i, j in both if before[i][:1].isalnum()]
    kept = rising([j for _, j in both])
    return [pair for place, pair in enumerate(both) if place in kept]


def _runs(
    before: Sequence[str], after: Sequence[str], found: Iterable[Match]
) -> Iterator[tuple[str, str, str]]:
    """Alternately what is equal and what was replaced: (equal, deleted, inserted), one of them each time."""
    i = j = 0
    for a, b, n in [*found, (len(before), len(after), 0)]:
        if a > i or b > j:
            yield "", "".join(before[i:a]), "".join(after[j:b])
        if n:
            yield "".join(after[b : b + n]), "", ""
        i, j = a + n, b + n


def _readable(runs: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The runs without equal words that only interrupt a longer change."""
    kept: list[tuple[str, str, str]] = []
    for run in _merged(runs):
        kept.append(run)
        while len(kept) >= 3 and kept[-2][0] and not kept[-1][0] and _interrupts(*kept[-3:]):
            (_, d1, i1), (same, _, _), (_, d2, i2) = kept[-3:]
            kept[-3:] = [("", d1 + same + d2, i1 + same + i2)]
    return kept


def _merged(runs: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    last: tuple[str, str, str] | None = None
    for run in runs:
        if last is not None and bool(last[0]) == bool(run[0]):
            last = (last[0] + run[0], last[1] + run[1], last[2] + run[2])
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def _interrupts(
    first: tuple[str, str, str], middle: tuple[str, str, str], last: tuple[str, str, str]
) -> bool:
    """Whether the equal words are no longer than the change on either side, or no words at all."""
    size, said = len(middle[0]), middle[0].strip()
    if "\n\n" in middle[0]:
        return False
    return len(said) <= 1 or (size <= max(map(len, first[1:])) and size <= max(map(len, last[1:])))


def _joined(runs: Iterable[tuple[str, str, str]]) -> Iterator[Piece]:
    for same, deleted, inserted in runs:
        for kind, text in (("same", same), ("deleted", deleted), ("inserted", inserted)):
            if text:
                yield Piece(kind, text)
