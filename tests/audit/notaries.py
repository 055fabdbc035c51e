"""What the tests of the notary share: events, somebody with every right on the database, restores, heads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit import guards, notary
from audit.models import Checkpoint, Event, Notary
from audit.record import SYSTEM, record
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
STREAM = UUID(int=7)
FORGERY = "UPDATE audit_event SET {} WHERE id = (SELECT event_id FROM audit_entry WHERE seq = %s)"


def did(times: int = 1, action: str = "thing.done", stream: UUID = STREAM) -> list[Event]:
    return [record(action, stream=stream, actor=SYSTEM, now=NOW) for _ in range(times)]


def tamper(statement: str, values: list[Any]) -> None:
    """What somebody with every right on the database does."""
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def restored(size: int, after: int = 0) -> None:
    """As if a backup of `size` entries had been put back, and work continued for `after` more."""
    tamper("DELETE FROM audit_checkpoint WHERE size > %s", [size])
    tamper("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_entry WHERE seq > %s)", [size])
    tamper("DELETE FROM audit_node WHERE (index + 1) << level > %s", [size])
    tamper("DELETE FROM audit_entry WHERE seq > %s", [size])
    tamper("UPDATE audit_head SET size = %s, settled = 0, drawn = 0, horizon = 0", [size])
    tamper(
        "UPDATE audit_stream s SET size = (SELECT count(*) FROM audit_event e WHERE e.stream = s.id),"
        " leaf = coalesce((SELECT leaf FROM audit_event e WHERE e.stream = s.id ORDER BY number DESC LIMIT 1), '')",
        [],
    )
    tamper("DELETE FROM audit_stream WHERE size = 0", [])
    did(after)


def published(office: notary.Office) -> list[str]:
    text = "".join(path.read_text() for path in sorted((office.book.directory / "heads").glob("*.txt")))
    lines = text.splitlines(keepends=True)
    return ["".join(lines[at : at + 6]) for at in range(0, len(lines), 6)]


def refusal(office: notary.Office, **how: Any) -> str:
    before = Checkpoint.objects.count()
    state = office.turn(now=NOW + timedelta(days=2), ask=True, **how)
    said = Notary.objects.get()
    assert said.refused and said.refused_at
    assert state is None or state.refused == said.refused
    assert Checkpoint.objects.count() == before
    return said.refused
