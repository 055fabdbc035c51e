"""`record`: the only writer of events and of audited rows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, models

from audit.canonical import canonical, plain
from audit.models import Audited, Event, Unaudited
from common.http import Stale

__all__ = ["SYSTEM", "Actor", "Stale", "Unaudited", "context", "record"]

FORMAT = 1


class Actor(Protocol):
    """Who acts: an id and the words by which the record names them."""

    @property
    def id(self) -> UUID | None:
        """The person's id; None for the system."""

    @property
    def label(self) -> str:
        """Name, title and address at this time."""


@dataclass(frozen=True)
class _System:
    id: UUID | None = None
    label: str = "Concordat"


SYSTEM: Actor = _System()
"""The platform itself, for what follows from people's acts."""

_context: ContextVar[Mapping[str, str] | None] = ContextVar("audit_context", default=None)


@contextmanager
def context(**facts: str) -> Iterator[None]:
    """Let every event recorded inside carry these facts of the request (id, address, authentication)."""
    token = _context.set(facts)
    try:
        yield
    finally:
        _context.reset(token)


def record(
    action: str,
    *,
    stream: UUID,
    actor: Actor,
    now: datetime,
    changed: Sequence[Audited] = (),
    touched: Sequence[Audited] = (),
    agency: UUID | None = None,
    private_to: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Event:
    """Write the rows of `changed` and the event that explains them, in the caller's transaction.

    New rows are inserted, others updated with the difference; `touched` rows only get the new `last_event`.
    Raises Stale if a row was changed since it was read, Unaudited outside a transaction.
    """
    if not connection.in_atomic_block:
        raise Unaudited("Record inside a transaction, together with what the event explains.")
    rows = list({(type(row), row.pk): row for row in (*changed, *touched)}.values())
    before = _before(rows)
    number = _next_number(stream)
    body = canonical(
        {
            "v": FORMAT,
            "action": action,
            "stream": str(stream),
            "number": number,
            "at": now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor": {"id": plain(actor.id), "label": actor.label, "agency": plain(agency)},
            "private_to": plain(private_to),
            "request": dict(_context.get() or {}),
            "facts": plain(dict(facts or {})),
            "changes": [change for row in rows if (change := _change(row, before.get(row.pk)))],
            "salt": secrets.token_hex(16),
        }
    )
    event = _insert(action, stream, number, actor, now, agency, private_to, body)
    _write(rows, before, event)
    return event


def _before(rows: Iterable[Audited]) -> dict[UUID, dict[str, Any]]:
    """The rows as the database has them, locked; refuses rows that changed since they were read."""
    found: dict[UUID, dict[str, Any]] = {}
    for model, group in _by_model(row for row in rows if not row._state.adding).items():
        names = [field.attname for field in model._meta.concrete_fields]
        stored: models.QuerySet[Any] = (
            models.QuerySet(model).select_for_update().filter(pk__in=[row.pk for row in group])
        )
        found |= {values["id"]: values for values in stored.values(*names)}
        for row in group:
            if row.pk not in found or found[row.pk]["last_event_id"] != row.last_event_id:
                raise Stale(row)
    return found


def _by_model(rows: Iterable[Audited]) -> dict[type[Audited], list[Audited]]:
    groups: dict[type[Audited], list[Audited]] = {}
    for row in rows:
        groups.setdefault(type(row), []).append(row)
    return groups


def _values(row: Audited) -> dict[str, Any]:
    """The row's columns except those that say when and by which event it was written."""
    skipped = {"id", "last_event_id"}
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in skipped
    }


def _change(row: Audited, old: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What changed in one row: field -> [old, new]; None when nothing did."""
    fields = {
        name: [plain(old[name]) if old else None, plain(value)]
        for name, value in _values(row).items()
        if old is None or plain(old[name]) != plain(value)
    }
    if not fields:
        return None
    return {"object": f"{row._meta.label_lower}:{row.pk}", "label": str(row)[:200], "fields": fields}


def _next_number(stream: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_stream (id, size) VALUES (%s, 1) "
            "ON CONFLICT (id) DO UPDATE SET size = audit_stream.size + 1 RETURNING size",
            [stream],
        )
        number: int = cursor.fetchone()[0]
    return number


def _insert(
    action: str,
    stream: UUID,
    number: int,
    actor: Actor,
    now: datetime,
    agency: UUID | None,
    private_to: UUID | None,
    body: bytes,
) -> Event:
    values: list[Any] = [stream, number, action, actor.id, actor.label[:400], agency, private_to, now, body]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (seq, stream, number, action, actor, actor_label, agency, private_to, at, body, "
            "leaf, transaction) VALUES (0, %s, %s, %s, %s, %s, %s, %s, %s, %s, ''::bytea, 0) RETURNING seq, leaf",
            values,
        )
        seq, leaf = cursor.fetchone()
    return Event(
        seq=seq, stream=stream, number=number, action=action, actor=actor.id, actor_label=actor.label[:400],
        agency=agency, private_to=private_to, at=now, body=body, leaf=bytes(leaf),
    )  # fmt: skip


def _write(rows: Sequence[Audited], before: Mapping[UUID, Mapping[str, Any]], event: Event) -> None:
    """Insert the new rows, a statement per model; update the others with what differs."""
    for row in rows:
        row.last_event = event
    for model, group in _by_model(row for row in rows if row._state.adding).items():
        rows_of: models.QuerySet[Any] = models.QuerySet(model)
        rows_of.bulk_create(group)
    for model, group in _by_model(row for row in rows if row.pk in before).items():
        same: list[UUID] = []
        for row in group:
            fresh = {k: v for k, v in _values(row).items() if plain(before[row.pk][k]) != plain(v)}
            if fresh:
                models.QuerySet(model).filter(pk=row.pk).update(**fresh, last_event_id=event.seq)
            else:
                same.append(row.pk)
        if same:
            models.QuerySet(model).filter(pk__in=same).update(last_event_id=event.seq)
