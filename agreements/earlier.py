"""One row of a draft as somebody saw it before others changed it, and who did."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agencies.models import User
from agreements.models import Agreement
from audit.models import Audited, Event
from audit.sentences import actor_name, body

MOST = 1000
"""So many entries are read back; whoever slept longer than that compares the whole texts."""


@dataclass(frozen=True)
class Before:
    """The row as its editor last saw it, and what others did to it since, newest first.

    `row` is None where that can't be told: an entry was erased, or too much has happened since.
    """

    row: Any
    since: tuple[Event, ...]

    def by(self, reader: User, own: Collection[UUID]) -> str:
        """Who changed it last, by name to their own agency's people."""
        if not self.since:
            return "Somebody"
        last = self.since[0]
        if last.actor == reader.pk:
            return "You yourself, in another window or a moment ago,"
        return (
            actor_name(last.actor_label).split(", ")[0] if last.agency in own else "Somebody at another party"
        )


def as_seen(row: Audited, *, seen: int, actor: User, sitting: str = "") -> Before:
    """The row as it was after event `seen`, or after what `actor` saved later in the same `sitting`.

    An answer may get lost on its way; the same form then knows an older number than its own last save.
    """
    if seen > row.last_event_id:
        return Before(None, ())
    found, since = copy(row), list[Event]()
    for event, fields in _back(row, seen):
        if fields is None:
            return Before(None, tuple(since))
        if sitting and event.actor == actor.pk and body(event)["facts"].get("sitting") == sitting:
            break
        _put_back(found, fields)
        since.append(event)
    return Before(found, tuple(since))


def _back(row: Audited, seen: int) -> Iterator[tuple[Event, dict[str, list[Any]] | None]]:
    """The events after `seen` that changed the row, newest first, with what they changed; None for an unknown.

    Before the event that made the row, which states every column, there is nothing to know.
    """
    stream = row.pk if isinstance(row, Agreement) else row.agreement_id  # type: ignore[attr-defined]
    name = f"{row._meta.label_lower}:{row.pk}"
    later = Event.objects.filter(stream=stream, pk__gt=seen).order_by("-pk")
    columns = {field.attname for field in row._meta.concrete_fields} - {"id", "last_event_id"}
    for place, event in enumerate(later[: MOST + 1].iterator(chunk_size=100)):
        if place == MOST or not event.body:
            yield event, None
            return
        for change in body(event)["changes"]:
            if change["object"] == name:
                made = change["fields"].keys() >= columns
                yield event, None if made else change["fields"]


def _put_back(row: Audited, fields: dict[str, list[Any]]) -> None:
    for field in row._meta.concrete_fields:
        if field.attname in fields:
            setattr(row, field.attname, field.to_python(fields[field.attname][0]))
