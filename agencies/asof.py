"""Who held which role, authority or oversight on a day, as the history of the agencies tells it.

Rows say what was agreed about days; events say when it was written down and what was changed since. Both count: a
role written down later, or an account closed later, does not change what somebody could do before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, Membership, Oversight, Role, SigningAuthority, User
from audit import replay
from audit.models import Event
from audit.replay import Row

_KEPT = (
    Q(action__startswith="membership.")
    | Q(action__startswith="authority.")
    | Q(action__startswith="oversight.")
)
_ACTIONS = _KEPT | Q(action__in=["invitation.accepted", "agency.registered", "agency.edited"])
_ACCOUNT = ("person.registered", "person.reactivated", "person.deactivated")


@dataclass(frozen=True)
class Span:
    """Something that held on a day: the row's fields, from when, by whom; `ended_at` if it ended in the course of it."""

    key: UUID
    fields: dict[str, Any]
    since: dt.date
    until: dt.date | None
    by: str
    ended_at: dt.datetime | None

    def id(self, name: str) -> UUID:
        """A field that names another row."""
        return UUID(str(self.fields[f"{name}_id"]))


@dataclass(frozen=True)
class Once:
    """The agencies asked for as they were on a day."""

    day: dt.date
    found: dict[str, Row]
    closed: frozenset[UUID]

    def roles(self) -> list[Span]:
        """The roles held in them by open accounts."""
        spans = self._spans(Membership)
        shut = closed_accounts({span.id("user") for span in spans}, on=self.day)
        return [s for s in spans if s.id("user") not in shut and s.id("agency") not in self.closed]

    def authorities(self) -> list[Span]:
        """The authorities to sign for them."""
        spans = self._spans(SigningAuthority)
        shut = closed_accounts({span.id("person") for span in spans}, on=self.day)
        return [s for s in spans if s.id("person") not in shut and s.id("agency") not in self.closed]

    def oversight(self) -> list[Span]:
        """Whom they oversaw."""
        return self._spans(Oversight)

    def _spans(self, model: Any) -> list[Span]:
        rows = [row for row in self.found.values() if row.model == model._meta.label_lower]
        return [span for row in rows if (span := _span(row, self.day)) is not None]


def once(agencies: Collection[UUID], *, on: dt.date) -> Once:
    """What the histories of these agencies say of the day `on`, to its end; one query."""
    events = Event.objects.filter(_ACTIONS, stream__in=list(agencies), at__lt=_end(on)).order_by("id")
    found = replay.rows(events.iterator(chunk_size=2000))
    closed = {
        UUID(row.key)
        for row in found.values()
        if row.model == Agency._meta.label_lower and row.fields.get("active") is False
    }
    return Once(on, found, frozenset(closed))


def closed_accounts(people: Collection[UUID], *, on: dt.date) -> set[UUID]:
    """Those whose account was closed at the end of the day."""
    events = Event.objects.filter(stream__in=list(people), action__in=_ACCOUNT, at__lt=_end(on))
    last = dict(events.order_by("id").values_list("stream", "action"))
    untold = User.objects.filter(pk__in=set(people) - last.keys(), is_active=False)
    shut = {person for person, action in last.items() if action == "person.deactivated"}
    return shut | set(untold.values_list("pk", flat=True))


def overseers_of(agencies: Collection[UUID]) -> set[UUID]:
    """Every body that ever oversaw one of them."""
    return set(Oversight.objects.filter(agency__in=list(agencies)).values_list("body", flat=True))


def names(agencies: Iterable[UUID]) -> dict[UUID, str]:
    """What agencies are called."""
    return dict(Agency.objects.filter(pk__in=set(agencies)).values_list("pk", "name"))


def role_word(role: str) -> str:
    """A role as people call it."""
    return str(Role(role).label)


def _end(day: dt.date) -> dt.datetime:
    return replay.end_of(day, timezone.get_default_timezone())


def _span(row: Row, day: dt.date) -> Span | None:
    """The row as something that held on the day, wholly or until it was ended in its course; else None."""
    since, until = replay.on(row.fields["since"]), replay.on(row.fields["until"])
    if since is None or since > day or (until is not None and until < day):
        return None
    ended_at = row.changed.at if until == day else None
    if ended_at is not None and (
        ended_at < _end(day - dt.timedelta(days=1)) or row.made.pk == row.changed.pk
    ):
        return None  # its end was set before: that day it held no more
    return Span(UUID(row.key), row.fields, since, until, row.made.actor_label, ended_at)
