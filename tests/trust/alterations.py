"""Every alteration of a dossier is seen: `python -m tests.trust.alterations` tries all of them at full size.

Every bit of every byte and every truncation, of the container and of each member by itself (where no sum of the
container helps), and deletion, duplication and swap of every line of log/entries. The dossier is checked with a head
held outside, so the unaltered one is VERIFIED and every other must not be.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

os.environ.setdefault("CONCORDAT_ENV", "embedded")

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from audit import bundle, verify
from tests.trust.paper import AGENCY, AGREEMENT, Paper, packed, unpacked, verdict

ENTRIES = 200
REMEMBERED = ("signed", "entry_in", "hash_in", "unbased", "node")
UNFINISHED = "could not be finished"


def specimen(*, compact: bool) -> tuple[bytes, str]:
    """A dossier with withheld entries, others' entries left out, and earlier heads; and the head held outside."""
    shipped = dict.fromkeys(bundle.SHIPPED, Path(bundle.__file__).with_name("__init__.py"))
    with mock.patch.object(bundle, "SHIPPED", shipped if compact else bundle.SHIPPED):
        paper = Paper()
        paper.fill(2 * ENTRIES - 2, [AGREEMENT] * 20 + [AGENCY] * 20 if compact else [AGREEMENT, AGENCY])
        paper.conclude()
        shown = [event for event in paper.events if event.stream == AGREEMENT]
        heads = [paper.head(size) for size in (100, 300)]
        often = 2 if compact else 10
        made = paper.dossier(
            events=shown,
            withheld=lambda event: event is not shown[-1] and event.number % often == 1,
            heads=heads,
        )
    return made, heads[1]


def seen(given: bytes | dict[str, bytes], note: str) -> bool:
    """Whether the verifier refuses it, and with words of its own."""
    code, said = verdict(given, note)
    return code in (1, 2) and UNFINISHED not in said and "Give a newer" not in said


Place = tuple[str, int]
"""A member ("" for the container) and a byte in it."""


class Trial:
    """One specimen, altered in one place after another. What follows from some bytes alone is remembered (whether they
    are signed, what a line says, the hash over two others), which hides nothing: the same bytes have the same answer.
    """

    def __init__(self, *, compact: bool) -> None:
        self.container, self.note = specimen(compact=compact)
        self.members = unpacked(self.container)
        for name in REMEMBERED:
            setattr(verify, name, functools.lru_cache(1 << 12)(getattr(verify, name)))
        for given in (self.container, self.members):
            if verdict(given, self.note)[0] != 0:
                raise RuntimeError("The specimen itself is not verified.")

    def places(self) -> list[Place]:
        """Every byte of the container, and of each member."""
        named = [("", self.container), *self.members.items()]
        return [(name, at) for name, content in named for at in range(len(content))]

    def altered(self, name: str, content: bytes) -> bytes | dict[str, bytes]:
        """The dossier with another member, or another container."""
        return content if not name else self.members | {name: content}

    def content(self, name: str) -> bytes:
        """What is altered."""
        return self.members[name] if name else self.container

    def flipped(self, place: Place, bits: Iterable[int]) -> Iterator[str]:
        """Which of these bits can be flipped unseen."""
        name, at = place
        content = bytearray(self.content(name))
        for bit in bits:
            content[at] ^= 1 << bit
            if not seen(self.altered(name, bytes(content)), self.note):
                yield f"{name or 'container'}, byte {at}, bit {bit}"
            content[at] ^= 1 << bit

    def cut(self, place: Place) -> Iterator[str]:
        """Whether it can end here unseen."""
        name, at = place
        if not seen(self.altered(name, self.content(name)[:at]), self.note):
            yield f"{name or 'container'}, cut at {at}"

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """log/entries with a row deleted, doubled, or in the place of another."""
        lines = self.members["log/entries"].splitlines(keepends=True)
        for at, line in enumerate(lines):
            yield f"deleted {at}", b"".join(lines[:at] + lines[at + 1 :])
            yield f"doubled {at}", b"".join([*lines[: at + 1], line, *lines[at + 1 :]])
            for other in {at + 1, (at * 7 + 3) % len(lines)} - {at, len(lines)}:
                swapped = list(lines)
                swapped[at], swapped[other] = swapped[other], line
                yield f"swapped {at} and {other}", b"".join(swapped)

    def unseen_rows(self) -> tuple[int, list[str]]:
        """How many were tried, and those that went unseen; in the container too, with its sums put right."""
        count, unseen = 0, []
        for words, content in self.rows():
            members = self.members | {"log/entries": content}
            count += 2
            unseen += [words for given in (members, packed(members)) if not seen(given, self.note)]
        return count, unseen


_trial: Trial


def _begin(compact: bool) -> None:
    global _trial
    _trial = Trial(compact=compact)


def _try(places: list[Place]) -> tuple[int, list[str]]:
    unseen: list[str] = []
    for place in places:
        unseen += _trial.flipped(place, range(8))
        unseen += _trial.cut(place)
    return 9 * len(places), unseen


def main() -> int:
    """Everything; 1 if anything went unseen."""
    began, trial = time.monotonic(), Trial(compact=False)
    count, unseen = trial.unseen_rows()
    print(f"{count:,} rows deleted, doubled or swapped; unseen: {len(unseen)}", flush=True)
    places = trial.places()
    chunks = [places[at::4096] for at in range(4096)]
    with multiprocessing.Pool(initializer=_begin, initargs=(False,)) as pool:
        for done, (tried, found) in enumerate(pool.imap_unordered(_try, chunks), 1):
            count, unseen = count + tried, unseen + found
            if not done % 256:
                print(
                    f"{count:,} alterations, unseen: {len(unseen)}, {time.monotonic() - began:.0f} s",
                    flush=True,
                )
    print(
        f"A dossier of {len(trial.container):,} bytes and {ENTRIES} entries: {count:,} alterations; unseen: {len(unseen)}",
        *unseen[:20],
        sep="\n",
    )
    return bool(unseen)


if __name__ == "__main__":
    sys.exit(main())
