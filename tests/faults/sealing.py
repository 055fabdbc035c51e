"""`python -m tests.faults.sealing [--small]`: PostgreSQL and workers are killed with -9 while 300 agreements are signed.

Two hands sign and note each signature that was acknowledged; two workers seal. PostgreSQL dies 20 times, a worker 100
times. Afterwards: every acknowledged signature there once, every agreement executed, with one document whose bytes
have the recorded hash and whose seal holds; no job given up, nothing done by hand. Ends with 1 and says what is wrong.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.db import DatabaseError, InterfaceError, connection

from tests import schema
from tests.faults.installation import Engine, installation

SEED = 20261121
PATIENCE = 3_600.0


@dataclass(frozen=True)
class Size:
    """How many agreements, how often who is killed, and how many seconds a hand rests after each signature."""

    agreements: int
    databases: int
    workers: int
    pace: float


FULL, SMALL = Size(300, 20, 100, 0.4), Size(8, 1, 3, 0.5)


def main(small: bool) -> int:
    """Build, kill, count."""
    size = SMALL if small else FULL
    with installation() as (directory, engine, _):
        django.setup()
        schema.filled()
        scene, builders = import_module("tests.agreements.attacks.scene"), import_module("tests.builders")
        made = builders.world()
        keys = [scene.out_for_signature(made).pk for _ in range(size.agreements)]
        connection.close()
        began = time.monotonic()
        print(f"{len(keys)} agreements out for signature", flush=True)
        ledgers = [directory / f"ledger-{number}" for number in range(2)]
        killed = _kill(engine, size, ledgers, len(keys))
        print(f"{dict(killed)} kills, all signed and sealed in {time.monotonic() - began:.0f} s", flush=True)
        found = [*_wrong(keys, ledgers, directory)]
        found += [f"only {killed[who]} of {due} kills of {who}" for who, due in
                  (("PostgreSQL", size.databases), ("workers", size.workers)) if killed[who] < due]  # fmt: skip
    print(
        "\n".join(found)
        or "No acknowledged signature lost, one document each with its hash, none needed a hand."
    )
    return int(bool(found))


def _kill(engine: Engine, size: Size, ledgers: list[Path], due: int) -> Counter[str]:
    """The kills, spread over the signing and sealing; then the rest undisturbed."""
    killing, chance = import_module("tests.faults.killing"), random.Random(SEED)
    crew, killed = killing.Crew(datetime.now(UTC)), Counter[str]()
    for what in ("work", "work"):
        crew.hire(what)
    for number, ledger in enumerate(ledgers):
        crew.hire("sign", str(ledger), f"{number}/{len(ledgers)}", str(size.pace))
    deadline = time.monotonic() + PATIENCE
    try:
        while _left(due) and time.monotonic() < deadline:
            time.sleep(chance.uniform(0.2, 1.5))
            done = 1 - _left(due) / due  # kills keep step with the work, so that none comes when all is over
            if killed["PostgreSQL"] < size.databases and killed["PostgreSQL"] <= size.databases * done * 1.3:
                engine.kill()
                engine.start()
                killed["PostgreSQL"] += 1
            if killed["workers"] < size.workers and killed["workers"] <= size.workers * done * 1.3:
                crew.kill({"work"}, chance)
                killed["workers"] = crew.killed["work"]
    finally:
        for hand in crew.alive:
            killing.end(hand)
    return killed


def _left(due: int) -> int:
    """How many documents are not there."""
    while True:
        try:
            return due - int(import_module("agreements.models").SealedDocument.objects.count())
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.1)


def _wrong(keys: list[Any], ledgers: list[Path], directory: Path) -> Iterator[str]:
    models, racing = import_module("agreements.models"), import_module("tests.trust.racing")
    vault, checking = import_module("agreements.pdf.vault"), import_module("agreements.pdf.checking")
    connection.close()
    acknowledged = [tuple(line.split()) for path in ledgers for line in path.read_text().splitlines()]
    there = Counter(
        (str(agreement), str(person))
        for agreement, person in models.Signature.objects.filter(voided_at=None).values_list(
            "agreement", "signatory"
        )
    )
    if lost := [one for one in acknowledged if there[one] != 1]:
        yield f"{len(lost)} acknowledged signatures lost or doubled, the first {lost[0]}"
    if set(there.values()) != {1} or len(there) != 2 * len(keys):
        yield f"{len(there)} signatures of {2 * len(keys)}"
    roots = list(models.SealCertificate.objects.values_list("pem", flat=True))
    for key in keys:
        yield from racing.faults(key, sealed=True)
        row = models.SealedDocument.objects.filter(agreement=key).first()
        if row and not checking.checked(vault.load(row.sha256, directory / "documents"), roots=roots).holds:
            yield f"{key}: the seal does not hold"
    parked = import_module("common.models").Job.objects.filter(kind="pdf").exclude(parked_at=None).count()
    if parked:
        yield f"{parked} jobs given up"
    yield from import_module("audit.inspecting").Inspection(full=True).findings()


if __name__ == "__main__":
    sys.exit(main("--small" in sys.argv[1:]))
