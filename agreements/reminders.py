"""Which rungs of the reminder ladder are due on a day. Pure: dates and the catalog in, rungs out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from agreements.catalog import Ladder


@dataclass(frozen=True)
class Due:
    """One rung: `days` before the deadline (negative when overdue), the day it fell due, and the roles told."""

    days: int
    due_on: date
    roles: tuple[str, ...]


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


def first_day(ladder: Ladder, today: date) -> date:
    """The latest deadline for which anything can be due today."""
    return today + timedelta(days=max(rung.days for rung in ladder.rungs))
