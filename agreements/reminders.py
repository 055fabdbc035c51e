"""Which rungs of the reminder ladder are due on a day. Pure: dates and the catalog in, rungs out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

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
