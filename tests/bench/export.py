"""A million events taken away over HTTP, beside PostgreSQL's own COPY of the same columns: in turns in one run.

`python -m tests.bench.export` (SIZE=100000: fewer). The application is served by gunicorn as in production; the
client reads and forgets. Memory is the serving process's own, before and at its highest.
"""

import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import django
from django.core.management import call_command

from config.engines import postgres
from tests.bench.exportfill import fill
from tests.bench.scratch import connect, servers

SIZE = int(os.environ.get("SIZE") or 1_000_000)
ROUNDS = int(os.environ.get("ROUNDS") or 5)
GOALS = {"csv": 1.25, "jsonl": 1.6}
MEMORY = 100
PIECE = 1 << 20

SAME = {
    "csv": """e.number, e.at, e.actor_label, e.agency, e.action, said.facts, said.changes, n.seq, encode(e.leaf, 'hex')
  FROM audit_event e JOIN audit_entry n ON n.event_id = e.id
  CROSS JOIN LATERAL json_to_record(convert_from(e.body, 'UTF8')::json) AS said(facts json, changes json)""",
    "jsonl": """convert_from(e.body, 'UTF8'), e.number, n.seq, encode(e.leaf, 'hex')
  FROM audit_event e JOIN audit_entry n ON n.event_id = e.id""",
    "bytes": """e.number, e.at, e.actor_label, e.agency, e.action, convert_from(e.body, 'UTF8'), n.seq, encode(e.leaf, 'hex')
  FROM audit_event e JOIN audit_entry n ON n.event_id = e.id""",
}
"""The columns of each format as PostgreSQL itself can say them: the facts stand for the sentence made of them. And the
columns of the first with the stored bytes as they are, from which nothing had to be read."""

COPY = """
COPY (SELECT {columns}
  WHERE e.stream = '{agency}' OR e.stream IN (SELECT agreement_id FROM agreements_access WHERE principal = '{agency}')
  ORDER BY e.id) TO STDOUT (FORMAT csv, FORCE_QUOTE *)
"""


class Nowhere:
    """Takes what it is given and forgets it."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, piece: bytes) -> int:
        """Count."""
        self.size += len(piece)
        return len(piece)


def copied(connection: Any, agency: str, columns: str) -> tuple[float, int]:
    """Seconds and bytes of PostgreSQL's own copy."""
    out, began = Nowhere(), time.perf_counter()
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY.format(agency=agency, columns=columns), out)
    return time.perf_counter() - began, out.size


def taken(port: int, cookie: str, agency: str, format: str) -> tuple[float, int]:
    """Seconds and bytes of an export over HTTP, to its last line."""
    connection, began = HTTPConnection("localhost", port, timeout=600), time.perf_counter()
    connection.request(
        "GET", f"/audit/agencies/{agency}/export.{format}", headers={"Cookie": f"sessionid={cookie}"}
    )
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"The export was answered with {answer.status}.")
    size, last = 0, b""
    while piece := answer.read(PIECE):
        size, last = size + len(piece), piece
    if b"receipt" not in last[-600:]:
        raise RuntimeError("The export broke off.")
    return time.perf_counter() - began, size


@contextmanager
def served() -> Any:
    """The application by gunicorn with one worker: its port and that worker's process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
               "--workers", "1", "--threads", "8", "--timeout", "600", "--no-control-socket", "--log-level", "error"]  # fmt: skip
    with subprocess.Popen(command) as master:
        try:
            while not _answers(port):
                time.sleep(0.2)
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
            yield port, int(children[0])
        finally:
            master.terminate()


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("localhost", port, timeout=30)
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False


def memory(process: int, name: str) -> float:
    """VmRSS (now) or VmHWM (at its highest) in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def settle(directory: Path) -> tuple[str, str]:
    """An agency with its history and an auditor who is signed in: the agency's id and the session's."""
    agencies, accounts, roles = (
        import_module(f"agencies.operations.{name}") for name in ("agencies", "accounts", "roles")
    )
    system, log = import_module("audit.record").SYSTEM, import_module("audit.log")
    client, now = import_module("django.test").Client(), datetime.now(UTC)
    transaction = import_module("django.db").transaction
    with transaction.atomic():
        agency = agencies.register_agency(name="Riverton Police", kind="police", actor=system, now=now)
        person = accounts.register_person(
            email="a@bench.example", name="Ada", title="Auditor", actor=system, now=now
        )
        roles.grant_membership(agency, person, role="auditor", actor=system, now=now)
    log.enter()
    with connect(directory, postgres.DATABASE) as made, made.cursor() as cursor:
        fill(cursor, size=SIZE, agency=agency.pk)
    made.autocommit = True
    made.cursor().execute("VACUUM ANALYZE")
    client.force_login(person, backend="agencies.backends.Accounts")
    return str(agency.pk), client.cookies["sessionid"].value


def main() -> int:
    """Measure and print; 1 if a goal is missed."""
    with servers() as directory:
        django.setup()
        call_command("migrate", verbosity=0)
        agency, cookie = settle(directory)
        plain = connect(directory, postgres.DATABASE)
        plain.autocommit = True
        with served() as (port, worker):
            before = memory(worker, "VmRSS")
            times: dict[str, list[float]] = defaultdict(list)
            sizes: dict[str, int] = {}
            for _ in range(ROUNDS):
                found = {f"COPY {name}": copied(plain, agency, columns) for name, columns in SAME.items()}
                found |= {name: taken(port, cookie, agency, name) for name in GOALS}
                for name, (seconds, size) in found.items():
                    times[name].append(seconds)
                    sizes[name] = size
            return report(times, sizes, before, memory(worker, "VmHWM"))


def report(times: dict[str, list[float]], sizes: dict[str, int], before: float, highest: float) -> int:
    """Print; 1 if a goal is missed by the medians."""
    print(f"{SIZE:,} events, {ROUNDS} rounds in turns")
    for name, found in times.items():
        print(
            f"{name:10} best {min(found):6.2f} s  median {median(found):6.2f} s {sizes[name] / 1e6:6.0f} MB"
        )
    missed = highest - before > MEMORY
    for name, goal in GOALS.items():
        same, whole = (
            median(mine / copy for mine, copy in zip(times[name], times[other], strict=True))
            for other in (f"COPY {name}", "COPY bytes")
        )
        print(
            f"{name}: {same:.2f} x COPY of the same columns ({goal}); {whole:.2f} x COPY of the stored bytes"
        )
        missed |= same > goal
    print(
        f"memory of the serving process: {before:.0f} MB before, {highest:.0f} MB at its highest, {highest - before:.0f} MB more"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
