"""`python -m tests.faults.appending` (or --small): PostgreSQL is killed with -9 under four writers and the notary.

Afterwards: no gap in any stream nor in the log, every acknowledged event there as it was acknowledged, every chain
and hash right, every head the root of what it covers. Ends with 1 and says what is wrong, if anything is.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection

from tests import schema
from tests.faults.installation import Engine, at_work, installation, until

WRITERS = 4
FULL, SMALL = (20, "0"), (2, "0.02")
"""How many kills, and how many seconds a writer rests after each event."""
SEED = 20261121


def main(small: bool) -> int:
    """Append, kill, count."""
    kills, pace = SMALL if small else FULL
    with installation() as (directory, engine, _):
        django.setup()
        schema.filled()
        connection.close()
        ledgers = [directory / f"ledger-{number}" for number in range(WRITERS)]
        writers = [["-m", "tests.faults.hand", "append", str(ledger), pace] for ledger in ledgers]
        began = time.monotonic()
        with at_work(*writers, ["manage.py", "notary"]):
            _kill(engine, directory, kills, random.Random(SEED))
        took = time.monotonic() - began
        call_command("notary", full=True, stdout=sys.stderr)
        wrong = list(_wrong(_ledger(ledgers)))
        print(
            f"{kills} kills of PostgreSQL in {took:.0f} s; {len(_ledger(ledgers))} events acknowledged, {_count('audit_event')} "
            f"there, {_count('audit_entry')} entered, {_count('audit_checkpoint')} heads"
        )
    print(
        "\n".join(wrong) if wrong else "No gap, nothing acknowledged is missing, every chain and hash right."
    )
    return int(bool(wrong))


def _kill(engine: Engine, directory: Path, kills: int, chance: random.Random) -> None:
    """Each kill falls while events are being acknowledged and heads signed; after the last, work goes on."""
    for number in range(kills + 1):
        for files in ("ledger-*", "notary/heads/*"):
            before = _size(directory, files)
            until(lambda: _size(directory, files) > before, f"{files} to grow")  # noqa: B023
        time.sleep(chance.uniform(0.0, 1.5))
        if number < kills:
            engine.kill()
            engine.start()


def _size(directory: Path, files: str) -> int:
    return sum(path.stat().st_size for path in directory.glob(files))


def _ledger(ledgers: list[Path]) -> dict[tuple[str, int], str]:
    lines = [line.split() for path in ledgers for line in path.read_text().splitlines()]
    return {(stream, int(number)): leaf for stream, number, leaf in lines}


def _count(table: str) -> int:
    return int(_rows(f"SELECT count(*) FROM {table}")[0][0])


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[Any] = cursor.fetchall()
    return found


def _wrong(acknowledged: dict[tuple[str, int], str]) -> Iterator[str]:
    """What is not as it should be, in words."""
    there: dict[tuple[str, int], str] = {}
    before: dict[str, tuple[int, str]] = {}
    merkle = import_module("audit.merkle")
    for stream, number, body, leaf in _rows(
        "SELECT stream::text, number, body, leaf FROM audit_event ORDER BY stream, number"
    ):
        said, digest = json.loads(bytes(body)), bytes(leaf).hex()
        last, prev = before.get(stream, (0, "0" * 64))
        if number != last + 1 or said["stream_number"] != number:
            yield f"stream {stream}: {number} follows {last}"
        if said["stream_prev"] != prev or merkle.leaf(bytes(body)) != bytes(leaf):
            yield f"stream {stream}: the chain breaks at {number}"
        before[stream] = (number, digest)
        there[stream, number] = digest
    if lost := [key for key, leaf in acknowledged.items() if there.get(key) != leaf]:
        yield f"{len(lost)} acknowledged events are missing or others, the first {lost[0]}"
    yield from _wrong_log(merkle)


def _wrong_log(merkle: Any) -> Iterator[str]:
    entries = _rows(
        "SELECT n.seq, n.leaf, e.leaf FROM audit_entry n JOIN audit_event e ON e.id = n.event_id ORDER BY n.seq"
    )
    if [seq for seq, *_ in entries] != list(range(1, _count("audit_event") + 1)):
        yield "the places in the log have a gap, or an event has none"
    if any(bytes(place) != bytes(event) for _, place, event in entries):
        yield "a place in the log has another hash than its event"
    leaves = [bytes(leaf) for _, leaf, _ in entries]
    for size, root in _rows("SELECT size, root FROM audit_checkpoint ORDER BY size"):
        if merkle.root(leaves[:size]) != bytes(root):
            yield f"the head of {size} entries is not their root"
    if _rows("SELECT 1 FROM audit_notary WHERE refused <> ''"):
        yield "the notary refused"


if __name__ == "__main__":
    sys.exit(main("--small" in sys.argv[1:]))
