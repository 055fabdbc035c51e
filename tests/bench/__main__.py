"""`make bench`: fills 10,000 and 100,000 agreements (SIZE=1000000: and a million) and measures the pages people open.

Times depend on the machine and on what else it does; the ratios between sizes, taken in turns in one run, less.
EXPLAIN of every query and the figures as JSON go to var/bench/.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command

from tests.bench.scratch import copy, servers

SIZES = [10_000, 100_000]
GOAL = 1.2
OUT = Path(__file__).resolve().parent.parent.parent / "var" / "bench"


def main() -> int:
    """Fill, measure, print; 1 if a list takes more queries than allowed."""
    sizes = sorted({*SIZES, int(os.environ.get("SIZE") or SIZES[-1])})
    if os.environ.get("SIZE") and int(os.environ["SIZE"]) < SIZES[0]:
        sizes = [int(os.environ["SIZE"])]
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.txt"):
        old.unlink()
    with servers() as directory:
        django.setup()
        return _bench(sizes, directory)


def _bench(sizes: list[int], directory: Path) -> int:
    # The models can only be read once Django is set up, which needs the servers' addresses.
    measure, report = import_module("tests.bench.measure"), import_module("tests.bench.report")
    call_command("migrate", verbosity=0)
    measure.connection.close()
    towns = [measure.Town(size, f"bench_{size}") for size in sizes]
    for town in towns:
        began = time.monotonic()
        copy(directory, town.name)
        measure.settle(town, directory)
        print(f"{town.size:,} agreements filled in {time.monotonic() - began:.0f} s", flush=True)
    figures = measure.measure(towns, directory, OUT)
    (OUT / "figures.json").write_text(json.dumps(report.plain(figures), indent=1), encoding="utf-8")
    print(report.table(figures), report.ratios(figures, GOAL), sep="\n\n", flush=True)
    print(report.scanned([measure.scan(town, OUT) for town in towns]))
    measure.connection.close()
    return int(report.verdict(figures))


if __name__ == "__main__":
    sys.exit(main())
