"""`python -m tests.faults` (or --small): workers are killed with -9 while documents and reminders are due.

Real processes on a PostgreSQL of their own with fsync on. Ends with 1 and says what is wrong, if anything is.
"""

import random
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from tests import schema
from tests.bench.scratch import servers

SEED = 20261121


def main(small: bool) -> int:
    """Build, kill, count."""
    with servers() as directory:
        django.setup()
        schema.filled()
        killing = import_module("tests.faults.killing")
        return _run(killing, killing.SMALL if small else killing.FULL, directory)


def _run(killing: Any, size: Any, directory: Path) -> int:
    began = time.monotonic()
    agreements, instant = killing.due(size)
    expected = killing.expected_reminders(agreements, instant)
    print(f"{len(agreements)} documents, {len(expected)} reminders due ({_since(began)})", flush=True)
    began = time.monotonic()
    with killing.crew(instant) as crew:
        killing.kill_and_wait(crew, size, len(expected), random.Random(SEED))
        killed = sum(crew.killed.values())
        print(f"{killed} kills: {dict(crew.killed)}; all done in {_since(began)}", flush=True)
    wrong = killing.wrong(agreements, expected)
    wrong += import_module("audit.inspecting").Inspection(full=True).findings()
    if killed < size.kills:
        wrong.append(f"only {killed} of {size.kills} kills while something was due")
    _say(killing, directory)
    print(
        "\n".join(wrong)
        if wrong
        else "Each document once with the right hash, each reminder once, none missing."
    )
    return int(bool(wrong))


def _say(killing: Any, directory: Path) -> None:
    jobs = killing.Job.objects
    again = jobs.filter(started__gt=1).count()
    left = len(list((directory / "documents").rglob(".part-*")))
    print(
        f"{jobs.count()} jobs, {again} begun more than once, most often {max(jobs.values_list('started', flat=True))} "
        f"times, {jobs.filter(failures__gt=0).count()} failed at least once; {left} unfinished files left behind"
    )


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"


if __name__ == "__main__":
    sys.exit(main("--small" in sys.argv[1:]))
