"""`python -m tests.bench.drafting [words]`: how a draft of 40,000 words answers while somebody types into it.

Figures are medians in milliseconds of what the server takes, and the size of the answer. Nothing is asserted; what is
slow on a machine that does other things besides says little.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from random import Random
from typing import Any
from uuid import uuid4

import django
from django.core.management import call_command

from tests.bench.scratch import servers

WORDS, RUNS = 40_000, 7


def main(words: int = WORDS) -> int:
    """One run in a database of its own."""
    with servers():
        django.setup()
        call_command("migrate", verbosity=0)
        _run(words)
    return 0


def _run(words: int) -> None:
    builders, pages = import_module("tests.builders"), import_module("tests.agreements.pages")
    made = builders.world()
    agreement = _long(made, words)
    row = agreement.provisions.filter(removed=False).order_by("position_in_order")[300]
    client, edit = (
        pages.browser(made.riverton_liaison),
        pages.url(agreement, f"draft/edit/provision/{row.pk}/"),
    )
    form = {
        "heading": row.heading, "text": row.text, "level": str(row.level), "part": row.part, "position": row.position,
        "seen": str(row.last_event_id), "once": str(uuid4()),
    }  # fmt: skip
    said = sum(len(one.text.split()) for one in agreement.provisions.all())
    print(f"{said:,} words in {agreement.provisions.count()} provisions")
    shown = {"_kind": "provision", "_row": str(row.pk)}
    asked: dict[str, Callable[[int], Any]] = {
        "part page (text)": lambda _: client.get(pages.url(agreement, "draft/text/")),
        "page with one provision open": lambda _: client.get(edit),
        "preview of the whole": lambda n: client.post(
            pages.url(agreement, "draft/preview/"), form | shown | {"heading": f"Matter {n}"}
        ),
        "preview of the provision typed into": lambda n: client.post(
            pages.url(agreement, "draft/preview/"), form | shown | {"text": f"{row.text} {n}"}
        ),
        "save while typing": lambda n: client.post(
            edit, form | {"text": f"{row.text} {n}"}, headers={"X-Autosave": "true"}
        ),
    }
    for what, ask in asked.items():
        _print(what, ask)


def _long(made: Any, words: int) -> Any:
    """A draft of so many words, brought in as a text."""
    importing, redline = (
        import_module("agreements.operations.importing"),
        import_module("tests.bench.redline"),
    )
    drafting, builders = import_module("agreements.operations.drafting"), import_module("tests.builders")
    rows = redline.long_text(words, Random(7))["provisions"]
    step = max(len(rows) // 600, 1)
    parts = [sentence for row in rows for sentence in _cut(row["text"], max(600 // len(rows), 1))]
    text = "\n\n".join(f"{n}. MATTER {n}\n\n{said}" for n, said in enumerate(parts[::step], 1))
    return importing.import_text(
        title="A long agreement", kind=_kind(), lead=made.riverton, lead_roles=[],
        partners=[drafting.PartySpec(made.mesa)], data=text.encode(), name="long.txt", actor=made.riverton_liaison,
        now=builders.NOW,
    )  # fmt: skip


def _kind() -> str:
    """The first kind of agreement the catalog has."""
    return str(next(iter(import_module("agreements.catalog").load().kinds)))


def _cut(text: str, pieces: int) -> list[str]:
    """The text in about so many pieces, at its sentences."""
    sentences = text.split(". ")
    size = max(len(sentences) // pieces, 1)
    return [". ".join(sentences[place : place + size]) for place in range(0, len(sentences), size)]


def _print(what: str, ask: Callable[[int], Any]) -> None:
    answer = ask(0)
    if answer.status_code != 200:
        print(f"{what}: answered {answer.status_code}")
        return
    times = []
    for number in range(RUNS):
        began = time.perf_counter()
        answer = ask(number + 1)
        times.append((time.perf_counter() - began) * 1000)
    size = len(answer.content) / 1024
    print(f"{what}: p50 {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms, {size:,.0f} kB")
    if os.environ.get("PROFILE"):
        profile = cProfile.Profile()
        profile.runcall(ask, 99)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(35)


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:2])))
