"""A worker of the fault programme: `python -m tests.faults.worker work|remind [instant]`, until it is killed."""

import os
import sys
import time
from datetime import UTC, datetime
from importlib import import_module

import django


def main(what: str, instant: str = "") -> None:
    """Work the outbox off, or state the reminders due at an instant, again and again."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import_module("agreements.tasks")
    outbox, reminding = import_module("common.outbox"), import_module("agreements.operations.reminding")
    print("begins", flush=True)
    while True:
        if what == "work":
            done = outbox.work(now=datetime.now(UTC), limit=5)
        else:
            done = reminding.remind(now=datetime.fromisoformat(instant))
        time.sleep(0 if done else 0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
