"""One who appends, or one who sends mail: `python -m tests.faults.hand append LEDGER PACE | send PAUSE`, until stopped.

What PostgreSQL acknowledged is written to the ledger afterwards; a server that is away is waited for.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID, uuid4

import django
from django.db import DatabaseError, InterfaceError, connection, transaction

STREAMS = [UUID(int=number) for number in range(1, 11)]
ACTIONS = ("thing.done", "thing.done", "thing.done", "agreement.signed")


def main(what: str, path: str, pace: str = "0") -> None:
    """Do it again and again."""
    django.setup()
    once = appender(Path(path)) if what == "append" else sender(Path(path))
    while True:
        try:
            once()
            time.sleep(float(pace))
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.05)


def appender(ledger: Path) -> Callable[[], None]:
    """Records events, some with a mail, and notes each that was committed."""
    record, mail = import_module("audit.record"), import_module("common.mail")
    out = ledger.open("a")

    def once() -> None:
        stream = random.choice(STREAMS)
        with transaction.atomic():
            event = record.record(
                random.choice(ACTIONS), stream=stream, actor=record.SYSTEM, now=datetime.now(UTC)
            )
            if random.random() < 0.2:
                mail.queue(str(uuid4()), to="somebody@agency.example", subject="Done", text="It was done.")
        out.write(f"{event.stream} {event.number} {event.leaf.hex()}\n")
        out.flush()

    return once


def sender(pause: Path) -> Callable[[], None]:
    """Sends what is due, one by one; while there is a pause file it only says that it rests."""
    outbox = import_module("common.outbox")
    resting = pause.with_suffix(".resting")

    def once() -> None:
        if pause.exists():
            resting.touch()
            time.sleep(0.02)
            return
        resting.unlink(missing_ok=True)
        time.sleep(0.005 if outbox.work(now=datetime.now(UTC), limit=1) else 0.03)

    return once


if __name__ == "__main__":
    main(*sys.argv[1:])
