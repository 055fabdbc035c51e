"""How fast events are appended, beside plain inserts of the same bytes: 1, 4 and 8 writers, in turns in one run.

Each writer is a process with a connection of its own that commits every event by itself, fsync on. While events are
appended, another process gives them their places in the log, as the notary does. `python -m tests.bench.append`.
"""

import json
import secrets
import sys
import time
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from uuid import uuid4

import django
from django.core.management import call_command

from config.engines import postgres
from tests.bench.scratch import connect, servers

WRITERS = (1, 4, 8)
ROUNDS = 5
SECONDS = 6.0
STREAMS = 50

PLAIN = """
CREATE TABLE plain_event (LIKE audit_event INCLUDING ALL);
"""
INSERTS = {
    "plain": (
        "INSERT INTO plain_event (id, stream, number, action, actor_label, at, body, leaf, transaction) VALUES "
        "(nextval('plain_event_id_seq'), %s, currval('plain_event_id_seq'), 'thing.done', 'Concordat', now(), %s, "
        "'\\x0000000000000000000000000000000000000000000000000000000000000000', 0)"
    ),
    "log": (
        "INSERT INTO audit_event (id, stream, number, action, actor_label, at, body, leaf, transaction) VALUES "
        "(0, %s, 0, 'thing.done', 'Concordat', now(), %s, ''::bytea, 0) RETURNING id, number, leaf"
    ),
}


def body(stream: str) -> bytes:
    """About as long as an ordinary event's."""
    said = {"action": "thing.done", "actor": {"agency": None, "id": None, "label": "Concordat"}, "at": "2026-11-21T09:00:00Z",
            "changes": [{"fields": {"title": ["Old title of it", "New title of it"]}, "label": "Provision", "object": "x"}],
            "facts": {"reference": "IEA-2026-0001", "title": "Exchange of records"}, "private_to": None,
            "request": {"id": secrets.token_hex(16), "ip": "192.0.2.1"}, "salt": secrets.token_hex(16),
            "stream": stream, "v": 1}  # fmt: skip
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def write(directory: str, way: str, began: float) -> int:
    """Append one event after the other from `began` on; how many were committed in time."""
    connection = connect(Path(directory), postgres.DATABASE)
    connection.autocommit = True
    streams = [str(uuid4()) for _ in range(STREAMS)]
    done, until = 0, began + SECONDS
    time.sleep(max(0.0, began - time.time()))
    with connection.cursor() as cursor:
        while time.time() < until:
            stream = streams[done % STREAMS]
            cursor.execute(INSERTS[way], [stream, body(stream)])
            done += 1
    return done


def enter(until: float) -> int:
    """Give places every second, as the notary does, and what is left at the end."""
    log = import_module("audit.log")
    entered = 0
    while time.time() < until:
        entered += log.enter()
        time.sleep(max(0.0, min(1.0, until - time.time())))
    return entered + int(log.enter())


def rate(pool: object, directory: str, way: str, writers: int) -> float:
    """Events a second, all writers together; with the log, the time until the last has its place counts too."""
    began = time.time() + 0.5
    jobs = [pool.apply_async(write, (directory, way, began)) for _ in range(writers)]  # type: ignore[attr-defined]
    if way == "log":
        jobs.append(pool.apply_async(enter, (began + SECONDS,)))  # type: ignore[attr-defined]
    done = sum(job.get() for job in jobs[:writers])
    for job in jobs[writers:]:
        job.get()
    return done / (time.time() - began)


def main() -> int:
    """Measure and print."""
    with servers() as directory:
        django.setup()
        call_command("migrate", verbosity=0)
        connection = connect(directory, postgres.DATABASE)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(PLAIN)
        with get_context("spawn").Pool(max(WRITERS) + 1, django.setup) as pool:
            pool.map(time.sleep, [2.0] * (max(WRITERS) + 1), 1)  # until all of them have started
            _report(pool, str(directory))
    return 0


def _report(pool: object, directory: str) -> None:
    print("writers   plain/s     log/s   share (median of rounds; lowest to highest)")
    for writers in WRITERS:
        found = [{way: rate(pool, directory, way, writers) for way in INSERTS} for _ in range(ROUNDS)]
        shares = sorted(one["log"] / one["plain"] for one in found)
        plain, log = (median(one[way] for one in found) for way in INSERTS)
        print(
            f"{writers:>7} {plain:>9,.0f} {log:>9,.0f}   {median(shares):.0%} ({shares[0]:.0%} to {shares[-1]:.0%})",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
