"""How long a dossier of one agreement with 10,000 events takes, part by part: `python -m tests.bench.dossier [events]`.

Prints the seconds of each part and the most memory used; the head is signed at once, so waiting for the notary is
not in it.
"""

import resource
import sys
import time
from collections import defaultdict
from importlib import import_module

import django
from django.core.management import call_command

from tests.bench.scratch import servers

EVENTS = 10_000
COMMENT = (
    "A remark of the length that people write when they have read a clause twice and still disagree with it. "
    * 2
)


def main(events: int) -> None:
    """One run in a database of its own."""
    with servers():
        django.setup()
        call_command("migrate", verbosity=0)
        _measure(events)


def _measure(events: int) -> None:
    builders, shared = import_module("tests.builders"), import_module("tests.agreements.dossiers")
    dossiers, negotiating = (
        import_module(f"agreements.operations.{name}") for name in ("dossiers", "negotiating")
    )
    record, state = import_module("audit.record"), import_module("agreements.models").DossierState
    shared.known_key()
    world = builders.world()
    agreement = builders.executed(world)
    for number in range(50):
        negotiating.comment(
            agreement, text=f"{number}: {COMMENT}", actor=world.mesa_liaison, now=builders.NOW
        )
    atomic = import_module("django.db.transaction").atomic
    while (size := import_module("audit.models").Stream.objects.get(pk=agreement.pk).size) < events - 1:
        with atomic():
            for _ in range(min(500, events - 1 - size)):
                record.record("comment.made", stream=agreement.pk, actor=world.mesa_liaison, now=builders.NOW,
                              agency=world.mesa.pk, facts={"text": COMMENT})  # fmt: skip
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=builders.NOW)
    took: dict[str, float] = defaultdict(float)
    worked = time.process_time()
    began, before = time.perf_counter(), row.state
    for at in shared.turns(row):
        now = time.perf_counter()
        took[before] += now - began
        if at.state == state.SIGNING:
            shared.signed_head()
        began, before = time.perf_counter(), at.state
    print(f"{row.entries:,} entries, {row.size:,} bytes, {row.state}")
    for part, seconds in took.items():
        print(f"  {part:<12} {seconds:6.2f} s")
    print(f"  {'in all':<12} {sum(took.values()):6.2f} s")
    print(f"  {time.process_time() - worked:.2f} s of processor time, without PostgreSQL's")
    print(f"  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
