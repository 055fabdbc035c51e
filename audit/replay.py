"""Rows as they stood once: what the events up to then say of them, whatever was changed since. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from audit.models import Event
from audit.sentences import body


@dataclass
class Row:
    """One row: its model ("agencies.membership"), its key, its fields, the events that made and last changed it."""

    model: str
    key: str
    made: Event
    changed: Event
    fields: dict[str, Any] = field(default_factory=dict)


def rows(events: Iterable[Event]) -> dict[str, Row]:
    """Every row that the events (oldest first) tell of, by "model:key". An erased event tells nothing."""
    found: dict[str, Row] = {}
    for event in events:
        for change in body(event)["changes"] if event.body else ():
            name = change["object"]
            model, _, key = name.partition(":")
            row = found.setdefault(name, Row(model, key, event, event))
            row.changed = event
            row.fields |= {each: pair[1] for each, pair in change["fields"].items()}
    return found


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first instant after a day."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


def on(value: object) -> date | None:
    """A day as an event states it."""
    return date.fromisoformat(str(value)[:10]) if value else None
