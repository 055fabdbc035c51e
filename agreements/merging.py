"""Two people's changes of one thing put together, from what both began with. Pure.

A text is merged word by word. What only one of the two changed is taken as changed; what both changed, or what they
changed within a few words of each other, is a conflict for a person to decide. Nothing is lost on the way: the parts
of a merge, read on one side, are exactly that side's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agreements.worddiff import matches

TOKENS = re.compile(r"\{[^{}\n]*\}|\|[^\n]*|\s+|\w+|[^\s\w]")
"""Words; a placeholder and a row of a table are one each, so that no half of them is ever taken."""
NEAR = 3
"""Changes of two people with fewer unchanged words than this between them are looked at together."""
MINE, THEIRS, BOTH = "mine", "theirs", "both"
CHOICES = (MINE, THEIRS, BOTH)


@dataclass(frozen=True)
class Part:
    """A run of the text as it was and as each side has it.

    `kind` says who changed it: "same" nobody, "mine", "theirs", "agreed" both alike, "conflict" both differently.
    """

    kind: str
    base: str
    mine: str
    theirs: str

    @property
    def settled(self) -> str:
        """What the merge says here, where it needs no decision."""
        return self.theirs if self.kind == "theirs" else self.mine

    def chosen(self, choice: str) -> str:
        """What it says with a conflict decided: one side, or theirs followed by mine."""
        if self.kind != "conflict":
            return self.settled
        if choice == MINE:
            return self.mine
        return self.theirs if choice == THEIRS else _beside(self.theirs, self.mine)


Tokens = Sequence[str]


@dataclass(frozen=True)
class _Run:
    """A part in words; `stable` when neither side changed it."""

    base: Tokens
    mine: Tokens
    theirs: Tokens
    stable: bool = False

    @property
    def kind(self) -> str:
        if self.stable or (self.mine == self.base and self.theirs == self.base):
            return "same"
        if self.mine == self.theirs:
            return "agreed"
        if self.theirs == self.base:
            return "mine"
        return "theirs" if self.mine == self.base else "conflict"

    def __add__(self, other: _Run) -> _Run:
        return _Run(
            [*self.base, *other.base], [*self.mine, *other.mine], [*self.theirs, *other.theirs],
            self.stable and other.stable,
        )  # fmt: skip


def merge(base: str, mine: str, theirs: str) -> tuple[Part, ...]:
    """Both changes of `base` put together, in the order of the text."""
    runs = _together(_runs(*(TOKENS.findall(text) for text in (base, mine, theirs))))
    return tuple(Part(run.kind, "".join(run.base), "".join(run.mine), "".join(run.theirs)) for run in runs)


def conflicts(parts: Iterable[Part]) -> list[Part]:
    """The parts that wait for a decision."""
    return [part for part in parts if part.kind == "conflict"]


def settled(parts: Iterable[Part], choices: Mapping[int, str] | None = None) -> str:
    """The merged text; `choices` decides conflicts by their place among them, the others keep both sides."""
    said, place = [], 0
    for part in parts:
        said.append(part.chosen((choices or {}).get(place, BOTH)))
        place += part.kind == "conflict"
    return "".join(said)


def merge_lists(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """What either side added is in, what either side took out is out; in their order, mine after its neighbour."""
    found = [item for item in theirs if item in mine or item not in base]
    for place, item in enumerate(mine):
        if item in base or item in found:
            continue
        before = next((found.index(one) for one in reversed(mine[:place]) if one in found), -1)
        found.insert(before + 1, item)
    return found


def _beside(first: str, second: str) -> str:
    """One after the other, apart as words, rows of a table or paragraphs are."""
    if not first.strip() or not second.strip():
        return first + second
    if first.rsplit("\n", 1)[-1].startswith("|") or second.startswith("|"):
        gap = "" if first.endswith("\n") or second.startswith("\n") else "\n"
    elif "\n" in first.strip() + second.strip():
        gap = "" if first.endswith("\n\n") or second.startswith("\n\n") else "\n\n"
    else:
        gap = "" if first[-1].isspace() or second[0].isspace() else " "
    return first + gap + second


def _runs(base: Tokens, mine: Tokens, theirs: Tokens) -> Iterator[_Run]:
    """Alternately what both sides still have, and what one of them changed."""
    ours, others = _places(base, mine), _places(base, theirs)
    since = b = m = t = 0
    for place in [*(i for i in range(len(base)) if i in ours and i in others), len(base)]:
        i, j = ours.get(place, len(mine)), others.get(place, len(theirs))
        if (place, i, j) != (b, m, t) or place == len(base):
            if b > since:
                yield _Run(base[since:b], base[since:b], base[since:b], stable=True)
            if (place, i, j) != (b, m, t):
                yield _Run(base[b:place], mine[m:i], theirs[t:j])
            since = place
        b, m, t = place + 1, i + 1, j + 1


def _places(before: Tokens, after: Tokens) -> dict[int, int]:
    """Where each word that stayed is now."""
    return {i + n: j + n for i, j, length in matches(before, after) for n in range(length)}


def _together(runs: Iterable[_Run]) -> list[_Run]:
    """The runs, with changes of both sides too near each other as one conflict."""
    kept: list[_Run] = []
    for run in runs:
        kept.append(run)
        while len(kept) >= 3 and _too_near(*kept[-3:]):
            kept[-3:] = [kept[-3] + kept[-2] + kept[-1]]
    return kept


def _too_near(first: _Run, between: _Run, last: _Run) -> bool:
    if not between.stable or first.stable or last.stable:
        return False
    sides = {first.kind, last.kind} - {"same", "agreed"}
    words = [word for word in between.base if not word.isspace()]
    return len(sides) > 1 and len(words) < NEAR and "\n\n" not in "".join(between.base)
