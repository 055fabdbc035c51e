"""`record`: the only writer of events and of audited rows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, models

from audit.canonical import canonical, plain
from audit.models import Audited, Event, Unaudited
from common.http import Stale
from common.prepared import Change, Prepared, Slot, one_of

__all__ = ["SYSTEM", "Actor", "Stale", "Unaudited", "context", "record"]

FORMAT = 1
FEW, MANY = 3, 200


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
    rows = list({_key(row): row for row in (*changed, *touched)}.values())
    before = _before(rows)
    body = canonical(
        {
            "v": FORMAT,
            "action": action,
            "stream": str(stream),
            "at": now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor": {"id": plain(actor.id), "label": actor.label, "agency": plain(agency)},
            "private_to": plain(private_to),
            "request": dict(_context.get() or {}),
            "facts": plain(dict(facts or {})),
            "changes": [change for row in rows if (change := _change(row, before.get(_key(row))))],
            "salt": secrets.token_hex(16),
        }
    )
    event = _insert(action, stream, actor, now, agency, private_to, body)
    _write(rows, before, event)
    return event


Key = tuple[type[Audited], UUID]


def _key(row: Audited) -> Key:
    return type(row), row.pk


def _before(rows: Iterable[Audited]) -> dict[Key, dict[str, Any]]:
    """The rows as the database has them, locked in the order of their keys; refuses rows that changed since read."""
    found: dict[Key, dict[str, Any]] = {}
    for model, group in _by_model(row for row in rows if not row._state.adding).items():
        stored: Iterable[Any] = _stored(model).rows(keys=[row.pk for row in group])
        found |= {(model, values["id"]): values for values in stored}
        for row in group:
            if _key(row) not in found or found[_key(row)]["last_event_id"] != row.last_event_id:
                raise Stale(row)
    return found


@cache
def _stored(model: type[Audited]) -> Prepared[Any]:
    """Some rows of a model, locked, as the database has them."""
    names = [field.attname for field in model._meta.concrete_fields]
    rows: models.QuerySet[Any] = models.QuerySet(model).select_for_update(no_key=True)
    keys = one_of("pk", Slot("keys", models.UUIDField()))
    return Prepared(lambda: rows.filter(keys).order_by("pk").values(*names))


def _by_model(rows: Iterable[Audited]) -> dict[type[Audited], list[Audited]]:
    groups: dict[type[Audited], list[Audited]] = {}
    for row in rows:
        groups.setdefault(type(row), []).append(row)
    return groups


def _values(row: Audited) -> dict[str, Any]:
    """What the row's columns will hold, except those that say which row it is and by which event it was written."""
    skipped = {"id", "last_event_id"}
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if hasattr(value, "resolve_expression"):
            raise TypeError(f"{field.name}: an expression has no value that an event could state.")
        if field.attname not in skipped:
            found[field.attname] = field.to_python(value)
    return found


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


def _insert(
    action: str,
    stream: UUID,
    actor: Actor,
    now: datetime,
    agency: UUID | None,
    private_to: UUID | None,
    body: bytes,
) -> Event:
    """Add the event; PostgreSQL gives it its number, and its body the end that says it (audit.guards)."""
    values: list[Any] = [stream, action, actor.id, actor.label[:400], agency, private_to, now, body]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (id, stream, number, action, actor, actor_label, agency, private_to, at, body, "
            "leaf, transaction) VALUES (0, %s, 0, %s, %s, %s, %s, %s, %s, %s, ''::bytea, 0) "
            "RETURNING id, number, body, leaf",
            values,
        )
        pk, number, exact, leaf = cursor.fetchone()
    return Event(
        id=pk, stream=stream, number=number, action=action, actor=actor.id, actor_label=actor.label[:400],
        agency=agency, private_to=private_to, at=now, body=bytes(exact), leaf=bytes(leaf),
    )  # fmt: skip


def _write(rows: Sequence[Audited], before: Mapping[Key, Mapping[str, Any]], event: Event) -> None:
    """Insert the new rows and update the others with what differs: a few statements per model, however many rows."""
    for row in rows:
        row.last_event = event
    for model, group in _by_model(row for row in rows if row._state.adding).items():
        rows_of: models.QuerySet[Any] = models.QuerySet(model)
        rows_of.bulk_create(group)
    for model, group in _by_model(row for row in rows if _key(row) in before).items():
        differing = [(row, names) for row in group if (names := _differing(row, before[_key(row)]))]
        _update(model, differing)
        same = {row.pk for row in group} - {row.pk for row, _ in differing}
        if same:
            _touching(model).make(keys=list(same), last_event=event.pk)


def _differing(row: Audited, old: Mapping[str, Any]) -> set[str]:
    return {name for name, value in _values(row).items() if plain(old[name]) != plain(value)}


def _update(model: type[Audited], rows: Sequence[tuple[Audited, set[str]]]) -> None:
    """Few rows one by one, each with its own columns; many in one statement."""
    if len(rows) > FEW:
        stored: models.QuerySet[Any] = models.QuerySet(model)
        named = {model._meta.get_field(name).name for _, names in rows for name in names}
        stored.bulk_update([row for row, _ in rows], [*sorted(named), "last_event"], batch_size=MANY)
        return
    for row, names in rows:
        fresh = {model._meta.get_field(name).name: getattr(row, name) for name in names}
        _changing(model, frozenset(fresh)).make(pk=row.pk, last_event=row.last_event_id, **fresh)


@cache
def _touching(model: type[Audited]) -> Change:
    keys = one_of("pk", Slot("keys", models.UUIDField()))
    return Change(lambda: (models.QuerySet(model).filter(keys), _slots(model, {"last_event"})))


@lru_cache(maxsize=512)
def _changing(model: type[Audited], names: frozenset[str]) -> Change:
    one = models.Q(pk=Slot("pk", models.UUIDField()))
    return Change(lambda: (models.QuerySet(model).filter(one), _slots(model, names | {"last_event"})))


def _slots(model: type[Audited], names: Iterable[str]) -> dict[str, Slot]:
    fields: dict[str, Any] = {name: model._meta.get_field(name) for name in names}
    return {name: Slot(name, field) for name, field in fields.items()}
