"""Stating what is due as reminders: rows with unique keys, whatever runs twice or late. `telling` sends the mails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet

from agencies.models import Agency, Membership, Role
from agreements import catalog, policy, reminders, standing
from agreements.catalog import Ladder
from agreements.models import Agreement, Party, Reminder, ReminderSweep, ReminderWish, Stage
from agreements.operations import telling
from agreements.operations.concerning import DEADLINES, Concerned, concerned
from agreements.reminders import Due, Wishes
from audit.models import Event

OVERDUE = {"last_day", "review"}
"""A notice deadline that passed can't be met any more: the last day is what people are told of then."""
BATCH = 500
LOOKED_BACK = 1000
"""So many entries before the newest one of the last sweep are read again: their transactions may have ended after it."""
LONGEST = timedelta(days=366)
"""After a longer pause everything is looked at."""
DAY = timedelta(days=1)


class Told(NamedTuple):
    """Who is told of which deadline's rung: the unique key of a reminder."""

    agreement: UUID
    deadline: str
    deadline_on: date
    rung: int
    person: UUID | None
    address: str


def remind(*, now: datetime) -> int:
    """State every reminder due by now that does not exist yet, then send whom it is time to. Returns how many are new."""
    newest = Event.objects.aggregate(newest=Max("pk"))["newest"] or 0
    ids, reach = _candidates(now)
    new = sum(_stated(ids[at : at + BATCH], reach, now) for at in range(0, len(ids), BATCH))
    ReminderSweep.objects.update_or_create(pk=1, defaults={"at": now, "event": newest})
    telling.tell(now=now, reach=reach)
    return new


def _candidates(now: datetime) -> tuple[list[UUID], int]:
    """The agreements that can have something due which was not at the last sweep, and how far the ladders reach.

    These are those with a rung in the days since, found through the indexes of the deadlines, and those about which
    or about whose parties anything was recorded since. The first sweep looks at everything within reach.
    """
    usual, every = catalog.load().ladder, [*_wishes()]
    reach = reminders.reach(usual, every)
    latest = now.date() + timedelta(days=reach + 1)
    within = Q(*((f"{name}__lte", latest) for name in DEADLINES.values()), _connector=Q.OR)
    rows = Agreement.objects.filter(stage=Stage.EXECUTED)
    last = ReminderSweep.objects.filter(pk=1).first()
    if last is None or now - last.at > LONGEST:
        return list(rows.filter(within).order_by("pk").values_list("pk", flat=True)), reach
    # A day more at either end, since agreements are in different time zones.
    first, final = min(last.at, now).date() - DAY, now.date() + DAY
    days = [first + timedelta(days=n) for n in range((final - first).days + 1)]
    ids: set[UUID] = set(_changed(rows.filter(within), last.event - LOOKED_BACK))
    ahead = {day + timedelta(days=each) for each in reminders.offsets(usual, every) for day in days}
    for deadline, name in DEADLINES.items():
        falls = ahead | (_weeks_before(rows, name, days, usual) if deadline in OVERDUE else set())
        ids |= set(rows.filter(**{f"{name}__in": falls}).values_list("pk", flat=True))
    return sorted(ids), reach


def _wishes() -> Iterator[Wishes]:
    """Everything any agency asked for, of all agreements or of one."""
    settings = Agency.objects.exclude(reminders={}).values_list("reminders", flat=True)
    yield from map(reminders.wishes, settings)
    for days in ReminderWish.objects.exclude(days=[]).order_by().values_list("days", flat=True).distinct():
        yield Wishes(tuple(days))


def _changed(rows: QuerySet[Agreement], since: int) -> Iterable[UUID]:
    """Agreements on whose stream, or on that of a party's agency or of one of its people, something was recorded."""
    streams = set(Event.objects.filter(pk__gt=since).order_by().values_list("stream", flat=True).distinct())
    of_people = Membership.objects.filter(user__in=streams).values_list("agency", flat=True)
    agencies = set(Agency.objects.filter(pk__in=streams).values_list("pk", flat=True)) | set(of_people)
    parties = Party.objects.filter(agency__in=agencies).values("agreement")
    return rows.filter(Q(pk__in=streams) | Q(pk__in=parties)).values_list("pk", flat=True)


def _weeks_before(rows: QuerySet[Agreement], name: str, days: list[date], usual: Ladder) -> set[date]:
    """Passed deadlines of which it is a whole number of weeks on one of the days."""
    oldest = rows.aggregate(oldest=Min(name))["oldest"]
    step = usual.overdue_every_days
    return {
        day - timedelta(days=back)
        for day in days
        for back in range(step, (day - oldest).days + 1 if oldest else 0, step)
    }


@transaction.atomic
def _stated(ids: list[UUID], reach: int, now: datetime) -> int:
    """Write what is due about these agreements and not there yet."""
    agreements = list(Agreement.objects.filter(pk__in=ids, stage=Stage.EXECUTED).order_by("pk"))
    known = concerned(agreements)
    found: dict[Told, tuple[UUID, date]] = {}
    for agreement in agreements:
        today = policy.local_day(now, agreement)
        for deadline in DEADLINES:
            found |= {
                told: (agency, on) for told, agency, on in _due(agreement, deadline, known, reach, today)
            }
    if not found:
        return 0
    earliest = min(told.deadline_on for told in found)
    before = Reminder.objects.filter(agreement__in=ids, deadline_on__gte=earliest)
    there = {Told(*row) for row in before.values_list(*Told._fields)}
    fresh = [
        Reminder(agreement_id=told.agreement, person_id=told.person, address=told.address, agency_id=agency,
                 deadline=told.deadline, deadline_on=told.deadline_on, rung=told.rung, due_on=due_on, made_at=now)
        for told, (agency, due_on) in found.items() if told not in there
    ]  # fmt: skip
    Reminder.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    return len(fresh)


def _due(
    agreement: Agreement, deadline: str, known: Concerned, reach: int, today: date
) -> Iterator[tuple[Told, UUID, date]]:
    """For each rung due, whom it is for, with their agency and the day it fell due."""
    on: date | None = getattr(agreement, DEADLINES[deadline])
    if on is None or agreement.executed_at is None or known.settled(agreement.pk, deadline, on, reach):
        return
    executed_on = policy.local_day(agreement.executed_at, agreement)
    overdue = deadline in OVERDUE and not (deadline == "last_day" and not standing.lapsed(agreement, today))
    parties = known.parties_on(agreement.pk, today)
    ladders, told = known.ladders(agreement.pk, parties), set[tuple[UUID, int]]()
    for party in parties:
        agency = party.agency_id
        for rung in reminders.due(ladders[agency], on, since=executed_on, today=today, overdue=overdue):
            if not rung.roles:
                continue
            for person in _people(known.people_on(agency, today), rung):
                if (person, rung.days) not in told:
                    told.add((person, rung.days))
                    yield Told(agreement.pk, deadline, on, rung.days, person, ""), agency, rung.due_on
            for address in known.addresses(party, today):
                yield Told(agreement.pk, deadline, on, rung.days, None, address), agency, rung.due_on


def _people(held: list[Membership], rung: Due) -> list[UUID]:
    """Who has one of the rung's roles since before it fell due; where nobody has, the administrators."""
    for roles in (rung.roles, (Role.ADMINISTRATOR,)):
        if any(row.role in roles for row in held):
            return [row.user_id for row in held if row.role in roles and row.since <= rung.due_on]
    return []
