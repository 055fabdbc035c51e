"""The desk's search: a page of events that one person may read, newest first, for a bounded amount of work.

Two ways. Whoever covers few events has them all looked through, stream by stream. Whoever covers many (an oversight
body sees most of the log) has the log walked back from the newest, each event checked by index, and a page never
looks at more than WINDOW of them: then it says how far back it has searched, and the next page goes on from there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Sum,
    TextField,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate

from audit import reading, sentences
from audit.models import Event, Stream

PAGE = 50
FEW_STREAMS, FEW_EVENTS = 5_000, 20_000
WINDOW, WINDOW_OF_WORDS = 50_000, 10_000
WORDS = 6

FROM, TO = (
    """position('"changes":'::bytea in %(expressions)s)""",
    """position(',"salt":"'::bytea in %(expressions)s)""",
)
SAID = f"convert_from(substring(%(expressions)s from {FROM} for greatest({TO} - {FROM}, 0)), 'UTF8')"
"""The part of an event's bytes in which free text is looked for: what changed, and the facts of what happened.

Cut out as bytes: of text each step would count characters, and a regular expression took thirty times as long.
"""


@dataclass(frozen=True)
class Mark:
    """Where a page ended: the instant and the id of the last event looked at."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The mark written in an address; None for anything else."""
        at, _, key = text.partition("-")
        if not (text.isascii() and key.isdigit() and len(key) < 19):
            return None
        try:
            return cls(datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(key))
        except ValueError:
            return None

    def beyond(self, sign: str) -> RawSQL:
        """One comparison of pairs, which an index answers as a range."""
        pair = '("audit_event"."at", "audit_event"."id")'
        return RawSQL(f"{pair} {sign} (%s, %s)", (self.at, self.id), BooleanField())  # noqa: S611


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty does not narrow. `until` is the first instant that is too late."""

    actor: UUID | None = None
    named: str = ""
    agencies: tuple[UUID, ...] = ()
    streams: tuple[UUID, ...] = ()
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    private: tuple[UUID, ...] = ()

    def driven(self) -> Q:
        """The conditions that an index in the order of time answers."""
        found = Q(actor=self.actor) if self.actor else Q()
        if len(self.agencies) == 1 and not self.actor:
            found &= Q(agency=self.agencies[0])
        if self.since:
            found &= Q(at__gte=self.since)
        return found & Q(at__lt=self.until) if self.until else found

    def narrowed(self) -> Q:
        """The other conditions, asked of each event."""
        found = Q(actor_label__icontains=self.named) if self.named else Q()
        for column in ("agencies", "streams", "actions", "private"):
            if values := getattr(self, column):
                found &= Q(**{f"{COLUMNS[column]}__in": values})
        for word in self.words.split()[:WORDS]:
            found &= _about(word)
        return found


COLUMNS = {"agencies": "agency", "streams": "stream", "actions": "action", "private": "private_to"}


@dataclass(frozen=True)
class Page:
    """Some events, newest first; where to go on; and if the work's bound was reached, how far back it went."""

    rows: list[Event]
    next: Mark | None = None
    searched_to: datetime | None = None


def find(user: Any, search: Search, *, after: Mark | None = None, today: date) -> Page:
    """The next page of what `user` may read."""
    covered = reading.covered(user, today=today, most=FEW_STREAMS)
    few = _few(covered, search)
    if few is None:
        return _walked_back(user, search, after, today)
    if covered is None:
        found = reading.visible(user, today=today)
    else:  # the same, and asked once instead of for each event
        found = Event.objects.filter(reading.not_withheld(user, today=today))
    found = _after(_spoken(found, search).filter(search.driven(), stream__in=few), after)
    # Of an expression, lest the newest of the whole log be walked through for the few that are asked for.
    when = ExpressionWrapper(F("at") + timedelta(), output_field=DateTimeField())
    return _page(found.order_by(when.desc(), "-id"), None)


def _few(covered: list[UUID] | None, search: Search) -> list[UUID] | None:
    """The streams to look through if they are few and hold few events."""
    streams = covered
    if search.streams:
        streams = [one for one in search.streams if covered is None or one in covered]
    if streams is None:
        return None
    held = Stream.objects.filter(pk__in=streams).aggregate(events=Sum("size"))["events"] or 0
    return streams if held <= FEW_EVENTS else None


def _after(found: QuerySet[Event], mark: Mark | None) -> QuerySet[Event]:
    return found.filter(mark.beyond("<")) if mark else found


def _walked_back(user: Any, search: Search, after: Mark | None, today: date) -> Page:
    """Not beyond the last event of the window, which counts what the search's own index finds."""
    reach = WINDOW_OF_WORDS if search.words or search.named else WINDOW
    driven = Event.objects.filter(search.driven(), reading.not_withheld(user, today=today))
    last = _after(driven, after).order_by("-at", "-id").values_list("at", "id")[reach - 1 : reach]
    floor = next((Mark(*row) for row in last), None)
    found = _after(_spoken(reading.visible(user, today=today), search).filter(search.driven()), after)
    if floor:
        found = found.filter(floor.beyond(">="))
    return _page(found.order_by("-at", "-id"), floor)


def _page(found: QuerySet[Event], floor: Mark | None) -> Page:
    rows = list(
        found.prefetch_related("entry")[: PAGE + 1]
    )  # not joined: it would be for all that are sorted
    if len(rows) > PAGE:
        return Page(rows[:PAGE], Mark(rows[PAGE - 1].at, rows[PAGE - 1].pk))
    return Page(rows, floor, floor.at if floor else None)


def _spoken(found: QuerySet[Event], search: Search) -> QuerySet[Event]:
    """Narrowed; with what each event says at hand if words are looked for in it."""
    if search.words:
        said = Func(F("body"), template=SAID, output_field=TextField())
        # small and capital letters of ASCII, which is all that the bytes have
        found = found.alias(said=Collate(said, "C"))
    return found.filter(search.narrowed())


def _about(word: str) -> Q:
    """Whether an event says this word: in its facts and changes, in who did it, in the sentence of such acts."""
    found = Q(actor_label__icontains=word) | Q(action__icontains=word) | Q(action__in=sentences.saying(word))
    forms = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    for form in sorted(forms):
        escaped = json.dumps(form)[1:-1]  # as the bytes have it
        found |= Q(said__icontains=escaped)
    return found
