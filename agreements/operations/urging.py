"""Reminding people of what their agency owes, as rows that `telling` mails: one for each day of an agreement and step.

Whoever sees to it is told: its owner, or the agency's administrators where nobody does; once it is overdue both. The
steps are those of the ladder that come after people are asked. Of several steps at once only the newest is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Min, QuerySet

from agencies.days import civil_day
from agencies.models import Membership, Role
from agreements import catalog, duties, owed, policy, reminders
from agreements.catalog import Ladder
from agreements.models import UNDONE, Duty, Reminder
from agreements.operations.lately import Days, News, weeks_before

DUTY = "duty"


class Owes(NamedTuple):
    """What one person is to see to under one agreement by one day."""

    agreement: UUID
    due_on: date
    person: UUID


def state(new: News | None, *, now: datetime) -> int:
    """State what became due by the ladder since the last look and is not there yet; how many are new."""
    ladder = catalog.load().ladder
    rows = {row.pk: row for part in _found(new, ladder, now) for row in part}
    if not rows:
        return 0
    seen_to = _seen_to(rows.values(), now)
    made = [
        Reminder(agreement_id=row.agreement_id, person_id=person, agency_id=row.party.agency_id, deadline=DUTY,
                 deadline_on=row.due_on, rung=rung, due_on=row.due_on - timedelta(days=rung), made_at=now)
        for row in rows.values() if (rung := _rung(row, ladder, now)) is not None
        for person in seen_to[row.pk, rung < 0]
    ]  # fmt: skip
    there = set(
        Reminder.objects.filter(deadline=DUTY, agreement__in={row.agreement_id for row in rows.values()})
        .values_list("agreement", "deadline_on", "rung", "person")
    )  # fmt: skip
    fresh = list({key: row for row in made if (key := _key(row)) not in there}.values())
    Reminder.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    return len(fresh)


def _key(row: Reminder) -> tuple[UUID, date, int, UUID | None]:
    return row.agreement_id, row.deadline_on, row.rung, row.person_id


def _found(new: News | None, ladder: Ladder, now: datetime) -> Iterator[Iterable[Duty]]:
    """The duties people are asked for that can be at a new step, each part through an index; one query if none is open."""
    open_ = Duty.objects.filter(state__in=UNDONE)
    oldest = open_.aggregate(oldest=Min("due_on"))["oldest"]
    if oldest is None:
        return
    rows = open_.filter(asked_on__lte=now.date() + timedelta(days=1))
    rows = rows.select_related("agreement", "party__agency")
    if new is None:
        yield rows
        return
    if new.streams:
        yield rows.filter(agreement__in=new.streams)
    if new.agencies:
        yield rows.filter(party__agency__in=new.agencies)
    if new.days:
        yield _fallen(rows, ladder, new.days, oldest)


def _fallen(rows: QuerySet[Duty], ladder: Ladder, runs: Days, oldest: date) -> list[Duty]:
    """The duties with a step on one of the days that began where their agreement is; one query."""
    falls = dict[str, set[date]]()
    for run, zones in runs.items():
        days = {day + timedelta(days=step) for step in _steps(ladder) for day in run}
        days |= weeks_before(run, oldest, step=ladder.overdue_every_days)
        falls |= dict.fromkeys(zones, days)
    found = rows.filter(due_on__in=set[date]().union(*falls.values()))
    return [row for row in found if row.due_on in falls.get(row.agreement.timezone, ())]


def _steps(ladder: Ladder) -> list[int]:
    """Days before it is due on which people are told, the last one first."""
    return sorted(rung.days for rung in ladder.rungs if rung.days <= duties.LEAD.days)


def _rung(row: Duty, ladder: Ladder, now: datetime) -> int | None:
    """The newest step on the day where the agreement is; None before the first one."""
    left = (row.due_on - policy.local_day(now, row.agreement)).days
    weeks = -left // ladder.overdue_every_days
    if weeks > 0 and reminders.wishes(row.party.agency.reminders).weekly:
        return -weeks * ladder.overdue_every_days
    return next((step for step in _steps(ladder) if step >= left), None)


def _seen_to(rows: Iterable[Duty], now: datetime) -> dict[tuple[UUID, bool], set[UUID]]:
    """Who sees to each duty, in time and once it is overdue; one query."""
    every = list(rows)
    held = Membership.objects.active(on=civil_day(now)).filter(
        agency__in={row.party.agency_id for row in every}
    )
    acting, leading = set[tuple[UUID, UUID]](), defaultdict[UUID, set[UUID]](set)
    for agency, person, role in held.values_list("agency", "user", "role"):
        if role in owed.ACTING:
            acting.add((agency, person))
        if role == Role.ADMINISTRATOR:
            leading[agency].add(person)
    found: dict[tuple[UUID, bool], set[UUID]] = {}
    for row in every:
        agency = row.party.agency_id
        own = {row.owner_id} if row.owner_id and (agency, row.owner_id) in acting else set[UUID]()
        found[row.pk, False] = own or leading[agency]
        found[row.pk, True] = own | leading[agency]
    return found


def still(rows: Iterable[Reminder], *, now: datetime) -> dict[Owes, list[Duty]]:
    """Of these reminders of duties: what each person is still to see to. No query where there are none."""
    keys = {row.agreement_id for row in rows if row.deadline == DUTY}
    if not keys:
        return {}
    open_ = Duty.objects.filter(state__in=UNDONE, agreement__in=keys).select_related(
        "agreement", "party__agency"
    )
    every = list(open_.order_by("due_on", "id"))
    seen_to = _seen_to(every, now)
    found: dict[Owes, list[Duty]] = {}
    for row in every:
        for person in seen_to[row.pk, row.due_on < policy.local_day(now, row.agreement)]:
            found.setdefault(Owes(row.agreement_id, row.due_on, person), []).append(row)
    return found
