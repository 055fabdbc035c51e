"""Which rungs of the reminder ladder are due on a day, and when somebody is told of them. Pure: dates in, rungs out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Protocol

from agencies.models import Pace
from agreements.catalog import Ladder, Rung


@dataclass(frozen=True)
class Due:
    """One rung: `days` before the deadline (negative when overdue), the day it fell due, and the roles told."""

    days: int
    due_on: date
    roles: tuple[str, ...]


SLACK = 30
"""Days before the slowest party's approval must begin on which people hear of it at the latest."""


@dataclass(frozen=True)
class Wishes:
    """What an agency asked of its reminders: own days instead of the usual ones, and whether weekly when overdue."""

    days: tuple[int, ...] = ()
    weekly: bool = True
    lead_days: int = 0


def wishes(settings: Mapping[str, Any]) -> Wishes:
    """An agency's reminder settings as it keeps them."""
    return Wishes(
        tuple(settings.get("days_before") or ()),
        bool(settings.get("weekly_when_overdue", True)),
        int(settings.get("approval_lead_days") or 0),
    )


def asked(own: Wishes, *, days: Iterable[int], weekly: bool) -> Wishes:
    """An agency's wishes with those it has for one agreement: `days` empty leaves its own; how long it needs stays."""
    return replace(own, days=tuple(days) or own.days, weekly=weekly)


def adapted(ladder: Ladder, own: Wishes, *, lead_days: int) -> Ladder:
    """The ladder of one agency: on its own days, told to those whom the catalog tells about then.

    `lead_days` is the longest time any party needs for an approval: the first rung comes before that, with a month to spare.
    """
    days = {*(own.days or (rung.days for rung in ladder.rungs))}
    if lead_days and max(days) < lead_days + SLACK:
        days.add(lead_days + SLACK)
    rungs = tuple(replace(_rung(ladder, each), days=each) for each in sorted(days, reverse=True))
    return replace(ladder, rungs=rungs, overdue_roles=ladder.overdue_roles if own.weekly else ())


def _rung(ladder: Ladder, days: int) -> Rung:
    """The rung of the catalog in whose time a day falls: the last one that is not after it."""
    return next((rung for rung in reversed(ladder.rungs) if rung.days >= days), ladder.rungs[0])


def reach(ladder: Ladder, every: Iterable[Wishes]) -> int:
    """How many days before a deadline the first rung of anybody can be."""
    known = [*every]
    asked = [day for own in known for day in own.days]
    lead = max((own.lead_days for own in known), default=0)
    return max([rung.days for rung in ladder.rungs] + asked + [lead + SLACK if lead else 0])


def due(ladder: Ladder, deadline_on: date, *, since: date, today: date, overdue: bool) -> list[Due]:
    """The rungs that fell due from `since` to `today`, earliest first: a missed day is made up for.

    `overdue` asks for the weekly rungs after the deadline as well.
    """
    found = [Due(rung.days, deadline_on - timedelta(days=rung.days), rung.roles) for rung in ladder.rungs]
    if overdue:
        found += _weekly(ladder, deadline_on, today)
    return sorted((rung for rung in found if since <= rung.due_on <= today), key=lambda rung: rung.due_on)


def _weekly(ladder: Ladder, deadline_on: date, today: date) -> Iterator[Due]:
    step = ladder.overdue_every_days
    for days in range(step, (today - deadline_on).days + 1, step):
        yield Due(-days, deadline_on + timedelta(days=days), ladder.overdue_roles)


def offsets(ladder: Ladder, every: Iterable[Wishes]) -> set[int]:
    """Every number of days before a deadline on which a rung of anybody can be."""
    known = [*every]
    leads = {own.lead_days + SLACK for own in known if own.lead_days}
    return {rung.days for rung in ladder.rungs} | {day for own in known for day in own.days} | leads


MORNING = time(7)
"""When a gathered mail goes, on the clock of the person's agency; the weekly one on Mondays."""


class Pending(Protocol):
    """A reminder that nobody was told of yet."""

    made_at: datetime
    deadline_on: date
    rung: int


def goes(pace: str, waiting: Iterable[Pending], *, now: datetime, zone: tzinfo) -> bool:
    """Whether the mail with everything that waits for a person goes now.

    A gathered mail goes once its hour has come after something began to wait, late where nobody looked at that hour;
    and before its hour if a deadline would pass by then.
    """
    if pace == Pace.AT_ONCE:
        return True
    weekly = pace == Pace.WEEKLY
    local = now.astimezone(zone)
    last = local.date() - timedelta(days=local.time() < MORNING)
    last -= timedelta(days=last.weekday() if weekly else 0)
    hour = datetime.combine(last, MORNING, zone)
    patient = last + timedelta(days=7 if weekly else 0)
    return any(row.made_at < hour or (row.rung >= 0 and row.deadline_on <= patient) for row in waiting)
