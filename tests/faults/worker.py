"""A worker of the fault programmes, until it is killed.

`python -m tests.faults.worker work | remind INSTANT | sign LEDGER SHARE PACE`; a database that is away is waited for.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

import django
from django.db import DatabaseError, InterfaceError, connection


def main(what: str, *told: str) -> None:
    """Work the outbox off, state the reminders due at an instant, or sign, again and again."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    once = {"work": worker, "remind": scheduler, "sign": signer}[what](*told)
    print("begins", flush=True)
    while True:
        try:
            time.sleep(0 if once() else 0.5)
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.1)


def worker(*told: str) -> Callable[[], object]:
    """Does what is due."""
    import_module("agreements.tasks")
    outbox = import_module("common.outbox")
    return lambda: outbox.work(now=datetime.now(UTC), limit=5)


def scheduler(instant: str) -> Callable[[], object]:
    """States the reminders that are due at an instant."""
    reminding = import_module("agreements.operations.reminding")
    return lambda: reminding.remind(now=datetime.fromisoformat(instant))


def signer(ledger: str, share: str, pace: str) -> Callable[[], object]:
    """Signs a share of what waits ('0/2': every second request) and notes what was acknowledged."""
    models, builders = import_module("agreements.models"), import_module("tests.builders")
    mine, of = map(int, share.split("/"))
    out = open(ledger, "a")  # noqa: SIM115  # until it is killed

    def once() -> bool:
        rows = models.SignatureRequest.objects.filter(answered_at=None, voided_at=None).order_by("pk")
        row = next(
            (row for row in rows.select_related("signatory", "agreement") if row.pk.int % of == mine), None
        )
        if row is None:
            return False
        builders.sign(row.agreement, row.signatory)
        out.write(f"{row.agreement_id} {row.signatory_id}\n")
        out.flush()
        os.fsync(out.fileno())
        time.sleep(float(pace))
        return True

    return once


if __name__ == "__main__":
    main(*sys.argv[1:])
