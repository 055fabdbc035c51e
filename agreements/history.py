"""The history of one agreement as one person may read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet

from agencies.models import User
from agreements.models import Agreement
from audit import reading
from audit.models import Event
from audit.sentences import actor_name, body, say, sentence

TOGETHER = timedelta(minutes=10)
"""What somebody typed into one form, saved as they typed with no longer pauses than this, reads as one change."""
BATCH, MOST = 100, 1000


def events(agreement: Agreement, user: User, *, today: date) -> QuerySet[Event]:
    """The events `user` may read: how a text came about stays within the agency that wrote it."""
    return reading.visible(user, today=today).filter(stream=agreement.pk).select_related("entry")


@dataclass(frozen=True)
class Line:
    """What one line of a history tells: one entry, or the saves of one form as somebody typed; newest first."""

    entries: tuple[Event, ...]

    @property
    def event(self) -> Event:
        """The last of them."""
        return self.entries[0]

    @property
    def first(self) -> Event:
        """The first of them."""
        return self.entries[-1]

    @property
    def next(self) -> int:
        """The number of the entry after it."""
        return self.event.number + 1

    @property
    def sentence(self) -> str:
        """Who did what; of several saves every field that any of them changed."""
        if len(self.entries) == 1:
            return sentence(self.event)
        facts = body(self.event)["facts"]
        fields = sorted({name for event in self.entries for name in body(event)["facts"].get("fields", [])})
        return say(self.event.action, actor_name(self.event.actor_label), facts | {"fields": fields})


def lines(found: QuerySet[Event], *, most: int, each: bool = False) -> tuple[list[Line], bool]:
    """The newest `most` lines of these events, and whether there is more; with `each`, every save for itself.

    At most a thousand entries are read.
    """
    read: list[Event] = []
    rows = found.order_by("-number")
    while True:
        batch = list((rows.filter(number__lt=read[-1].number) if read else rows)[: BATCH + 1])
        read += batch[:BATCH]
        told = [Line((event,)) for event in read] if each else _told(read)
        if len(told) > most or len(batch) <= BATCH or len(read) >= MOST:
            return told[:most], len(told) > most or len(batch) > BATCH


def _told(events: Sequence[Event]) -> list[Line]:
    """The events, with successive saves of one form together."""
    found: list[_Run] = []
    for event in events:
        if not found or not found[-1].take(event):
            found.append(_Run(event))
    return [Line(tuple(run.entries)) for run in found]


class _Run:
    """Saves of one row from one form, from the newest back; what a filter hides between them ends it."""

    def __init__(self, newest: Event) -> None:
        self.entries = [newest]
        self.row, fields = _edited(newest)
        self.were = {name: pair[0] for name, pair in fields.items()}

    def take(self, event: Event) -> bool:
        """Let an older event in if it is of this run."""
        if self.row is None or self.entries[-1].at - event.at > TOGETHER:
            return False
        row, fields = _edited(event)
        if row != self.row or any(self.were.get(name, pair[1]) != pair[1] for name, pair in fields.items()):
            return False
        self.were |= {name: pair[0] for name, pair in fields.items()}
        self.entries.append(event)
        return True


def _edited(event: Event) -> tuple[tuple[Any, ...] | None, dict[str, list[Any]]]:
    """From which form somebody set fields of which row, and the fields; None for any other act."""
    model, _, verb = event.action.partition(".")
    said = body(event) if verb == "edited" else {"facts": {}}
    if sitting := said["facts"].get("sitting"):
        for change in said["changes"]:
            if change["object"].partition(":")[0].endswith(f".{model}"):
                return (change["object"], event.actor, sitting), change["fields"]
    return None, {}
