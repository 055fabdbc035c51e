"""What is new since deadlines were last looked at: days that began, and what was recorded of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from agencies.models import Agency, Membership
from agencies.models.validators import timezones
from agreements.models import ReminderSweep
from audit.models import Event

LOOKED_BACK = 1000
"""So many entries before the newest one of the last look are asked whether their transactions ended after it."""
LONGEST = timedelta(days=366)
"""After a longer pause everything is looked at."""

Run = tuple[date, ...]
Days = Mapping[Run, list[str]]
"""Runs of days, each with the time zones where it was these that began."""


@dataclass(frozen=True)
class News:
    """The streams on which something was recorded, the agencies it may concern, and the days that began."""

    streams: frozenset[UUID]
    agencies: frozenset[UUID]
    days: Days


def since(now: datetime) -> News | None:
    """What is new since the last look; None where everything is to be looked at."""
    last = ReminderSweep.objects.filter(pk=1).first()
    if last is None or now - last.at > LONGEST:
        return None
    # An entry may be older than the newest one of the last look, if its transaction was still open then.
    late = Q(pk__gt=last.event) | Q(transaction__gte=last.horizon)
    log = Event.objects.filter(late, pk__gt=last.event - LOOKED_BACK).order_by()
    streams = frozenset(log.values_list("stream", flat=True).distinct())
    of_people = Membership.objects.filter(user__in=streams).values_list("agency", flat=True)
    days = begun(last.at, now)
    agencies = frozenset(
        {*Agency.objects.filter(pk__in=streams).values_list("pk", flat=True), *of_people, *_turned(days)}
    )
    return News(streams, agencies, days)


def _turned(days: Days) -> Iterable[UUID]:
    """Agencies where somebody's role began or ended with one of these days, whenever that was recorded.

    Roles go by the day of the site: where an agreement is, it may begin after the look at what was recorded.
    """
    every = [day for run in days for day in run]
    if not every:
        return ()
    known = min(every), max(every)
    rows = Membership.objects.filter(Q(since__range=known) | Q(until__range=known))
    return rows.values_list("agency", flat=True).distinct()


def log_end() -> dict[str, int]:
    """The newest entry there is, and the transaction before which none is still open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM audit_event"
        )
        newest, horizon = cursor.fetchone()
    return {"event": newest, "horizon": horizon}


def begun(since: datetime, now: datetime) -> Days:
    """The days that began between two instants."""
    found: dict[tuple[date, date], list[str]] = {}
    for name, zone in _zones().items():
        before, today = since.astimezone(zone).date(), now.astimezone(zone).date()
        if before < today:
            found.setdefault((before, today), []).append(name)
    return {
        tuple(before + timedelta(days=n) for n in range(1, (today - before).days + 1)): names
        for (before, today), names in found.items()
    }


def weeks_before(days: tuple[date, ...], oldest: date | None, *, step: int) -> set[date]:
    """The days, back to the oldest, after which one of these is a whole number of steps; these follow each other."""
    if oldest is None:
        return set()
    every = (oldest + timedelta(days=n) for n in range((days[-1] - oldest).days - step + 1))
    return {day for day in every if _next(day, days[0], step) <= days[-1]}


def _next(day: date, least: date, step: int) -> date:
    """The first day not before `least` that is one or more whole steps after `day`."""
    return day + timedelta(days=step * max(1, -((day - least).days // step)))


@cache
def _zones() -> dict[str, ZoneInfo]:
    """Every time zone there is, read once."""
    return {name: ZoneInfo(name) for name in sorted(timezones())}
