"""500 existing agreements, 50 of them faulty, brought in by workers that are killed: `python -m tests.bench.many [rows] [faults] [kills]`.

Everything is written by processes of their own, which die by SIGKILL at instants drawn at random. In the end every
sound row is one agreement, every faulty one is named with its reason, and nothing is there twice. 1 if not.
"""

from __future__ import annotations

import io
import random
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from tests.bench.scratch import servers

WAITS = 900


def main(rows: int = 500, faults: int = 50, kills: int = 3) -> int:
    """One run in a database of its own."""
    with servers() as directory:
        django.setup()
        call_command("migrate", verbosity=0)
        return _run(directory, rows, faults, kills)


def _run(directory: Path, rows: int, faults: int, kills: int) -> int:
    builders, heaps = import_module("tests.builders"), import_module("tests.agreements.heap")
    batches, models = import_module("agreements.operations.batches"), import_module("agreements.models")
    made, given = builders.world(), heaps.heap(rows, faults=faults)
    root, actor = Path(import_module("django.conf").settings.DOCUMENTS), made.riverton_liaison
    batch = batches.begin(table=given.table, table_name="agreements.xlsx", archive=io.BytesIO(given.archive),
                          lead=made.riverton, root=root, actor=actor, now=builders.NOW)  # fmt: skip
    batches.check(batch, mapping=batch.mapping, actor=actor, now=builders.NOW)
    took = _worked(batch, kills=1)
    print(f"tried {rows} rows in {took:.0f} s: {batches.tally(batch)}")
    faulty = {
        row.number: " ".join(one["says"] for one in row.problems) for row in batch.rows.filter(state="faulty")
    }
    named = faulty.keys() == given.faulty.keys() and all(
        word in faulty[n] for n, word in given.faulty.items()
    )
    batches.run(batch, actor=actor, now=builders.NOW)
    took = _worked(batch, kills=kills)
    tally, sources = batches.tally(batch), models.Source.objects.filter(batch=batch.pk)
    once = (
        sources.count() == models.Agreement.objects.count() == len(set(sources.values_list("row", flat=True)))
    )
    print(f"brought in within {took:.0f} s, killed {kills} times: {tally}")
    print(f"each fault named with row and reason: {named}; each row once: {once}")
    return int(not (named and once and tally["done"] == rows - faults and tally["faulty"] == faults))


def _worked(batch: Any, *, kills: int) -> float:
    """Until nothing is left to do, with workers killed on the way; the seconds it took."""
    began, left = time.perf_counter(), kills
    while time.perf_counter() - began < WAITS:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", "work"], stdout=subprocess.DEVNULL
        )
        try:
            ends = time.perf_counter() + (random.uniform(2.5, 5.0) if left else WAITS)
            while time.perf_counter() < ends and _working(batch):
                time.sleep(0.2)
        finally:
            worker.kill()
            worker.wait()
        left = max(0, left - 1)
        if not _working(batch):
            break
    return time.perf_counter() - began


def _working(batch: Any) -> bool:
    batch.refresh_from_db()
    return bool(batch.working)


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:4])))
