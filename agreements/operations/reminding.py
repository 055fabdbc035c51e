"""Stating what is due as reminders: rows with unique keys, whatever runs twice or late. `telling` sends the mails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from agencies.models import Agency, Membership, Role
from agreements import catalog, policy, reminders, standing
from agreements.models import Agreement, Party, Reminder, ReminderSweep, ReminderWish, Stage
from agreements.operations import lately, telling, urging
from agreements.operations.concerning import DEADLINES, Concerned, concerned
from agreements.operations.lately import Days, News, Run
from agreements.reminders import Due, Wishes

OVERDUE = {"last_day", "review"}
"""A notice deadline that passed can't be met any more: the last day is what people are told of then."""
BATCH = 500


class Told(NamedTuple):
    """Who is told of which deadline's rung: the unique key of a reminder."""

    agreement: UUID
    deadline: str
    deadline_on: date
    rung: int
    person: UUID | None
    address: str


class Look(NamedTuple):
    """Agreements that can have something due, and the first day on which it can have fallen due; None: any."""

    ids: list[UUID]
    since: date | None


def remind(*, now: datetime) -> int:
    """State every reminder due by now that does not exist yet, then send whom it is time to. Returns how many are new."""
    seen, new = {"at": now, **lately.log_end()}, lately.since(now)
    looks, reach = looked_at(new, now)
    made = urging.state(new, now=now)
    for ids, since in looks:
        made += sum(_stated(ids[at : at + BATCH], since, reach, now) for at in range(0, len(ids), BATCH))
    ReminderSweep.objects.bulk_create(
        [ReminderSweep(pk=1, **seen)], update_conflicts=True, unique_fields=["id"], update_fields=[*seen]
    )
    telling.tell(now=now, reach=reach)
    return made


def looked_at(new: News | None, now: datetime) -> tuple[list[Look], int]:
    """The agreements that can have something due which was not at the last look, and how far the ladders reach.

    These are those with a rung on a day that began since, in their own time zone, found through the indexes of the
    deadlines; and those about which or about whose parties anything was recorded since. The first look is at everything
    within reach.
    """
    usual, every = catalog.load().ladder, [*_wishes()]
    reach = reminders.reach(usual, every)
    latest = now.date() + timedelta(days=reach + 1)
    within = Q(*((f"{name}__lte", latest) for name in DEADLINES.values()), _connector=Q.OR)
    rows = Agreement.objects.filter(stage=Stage.EXECUTED)
    if new is None:
        return [Look(list(rows.filter(within).order_by("pk").values_list("pk", flat=True)), None)], reach
    changed = set(_changed(rows.filter(within), new))
    looks = [Look(sorted(changed), None)]
    offsets = reminders.offsets(usual, every)
    for days, ids in _fallen(rows, new.days, offsets, step=usual.overdue_every_days).items():
        looks.append(Look(sorted(ids - changed), days[0]))
    return [look for look in looks if look.ids], reach


def _fallen(rows: QuerySet[Agreement], runs: Days, offsets: set[int], *, step: int) -> dict[Run, set[UUID]]:
    """The agreements with a rung on one of the days that began where they are: one query for each deadline."""
    found: dict[Run, set[UUID]] = {run: set() for run in runs}
    if not runs:
        return found
    run_of = {zone: run for run, zones in runs.items() for zone in zones}
    oldest = rows.aggregate(**{f"{deadline}_from": Min(DEADLINES[deadline]) for deadline in OVERDUE})
    for deadline, name in DEADLINES.items():
        falls = {run: {day + timedelta(each) for each in offsets for day in run} for run in runs}
        for run in runs if deadline in OVERDUE else ():
            falls[run] |= lately.weeks_before(run, oldest[f"{deadline}_from"], step=step)
        due = rows.filter(**{f"{name}__in": set[date]().union(*falls.values())})
        for key, zone, on in due.values_list("pk", "timezone", name):
            if (there := run_of.get(zone)) and on in falls[there]:
                found[there].add(key)
    return found


def _wishes() -> Iterator[Wishes]:
    """Everything any agency asked for, of all agreements or of one."""
    settings = Agency.objects.exclude(reminders={}).values_list("reminders", flat=True)
    yield from map(reminders.wishes, settings)
    for days in ReminderWish.objects.exclude(days=[]).order_by().values_list("days", flat=True).distinct():
        yield Wishes(tuple(days))


def _changed(rows: QuerySet[Agreement], new: News) -> Iterator[UUID]:
    """Agreements on whose stream, or on that of a party's agency or of one of its people, something was recorded.

    Two queries: with both conditions in one, PostgreSQL reads every agreement there is.
    """
    if new.streams:
        yield from rows.filter(pk__in=new.streams).values_list("pk", flat=True)
    if new.agencies:
        parties = Party.objects.filter(agency__in=new.agencies).values("agreement")
        yield from rows.filter(pk__in=parties).values_list("pk", flat=True)


@transaction.atomic
def _stated(ids: list[UUID], since: date | None, reach: int, now: datetime) -> int:
    """Write what fell due about these agreements, from a day on or ever, and is not there yet."""
    agreements = list(Agreement.objects.filter(pk__in=ids, stage=Stage.EXECUTED).order_by("pk"))
    known = concerned(agreements)
    found: dict[Told, tuple[UUID, date]] = {}
    for agreement in agreements:
        today = policy.local_day(now, agreement)
        if agreement.executed_at is None:
            continue
        first = max(policy.local_day(agreement.executed_at, agreement), since or date.min)
        for deadline in DEADLINES:
            due = _due(agreement, deadline, known, reach, first, today)
            found |= {told: (agency, on) for told, agency, on in due}
    if not found:
        return 0
    earliest, first = min(told.deadline_on for told in found), min(due_on for _, due_on in found.values())
    before = Reminder.objects.filter(agreement__in=ids, deadline_on__gte=earliest, due_on__gte=first)
    there = {Told(*row) for row in before.values_list(*Told._fields)}
    fresh = [
        Reminder(agreement_id=told.agreement, person_id=told.person, address=told.address, agency_id=agency,
                 deadline=told.deadline, deadline_on=told.deadline_on, rung=told.rung, due_on=due_on, made_at=now)
        for told, (agency, due_on) in found.items() if told not in there
    ]  # fmt: skip
    Reminder.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    return len(fresh)


def _due(
    agreement: Agreement, deadline: str, known: Concerned, reach: int, since: date, today: date
) -> Iterator[tuple[Told, UUID, date]]:
    """For each rung that fell due from `since` on, whom it is for, with their agency and the day it fell due."""
    on = known.wants(agreement, deadline, reach=reach, today=today)
    if on is None:
        return
    overdue = deadline in OVERDUE and not (deadline == "last_day" and not standing.lapsed(agreement, today))
    parties = known.parties_on(agreement.pk, today)
    ladders, told = known.ladders(agreement.pk, parties), set[tuple[UUID, int]]()
    for party in parties:
        agency = party.agency_id
        due = reminders.due(ladders[agency], on, since=since, today=today, overdue=overdue)
        rungs = [rung for rung in due if rung.roles]
        for rung in rungs:
            for person in _people(known.people_on(agency, today), rung, newest=rung is rungs[-1]):
                if (person, rung.days) not in told:
                    told.add((person, rung.days))
                    yield Told(agreement.pk, deadline, on, rung.days, person, ""), agency, rung.due_on
            for address in known.addresses(party, today):
                yield Told(agreement.pk, deadline, on, rung.days, None, address), agency, rung.due_on


def _people(held: list[Membership], rung: Due, *, newest: bool) -> list[UUID]:
    """Who has one of the rung's roles since before it fell due; where nobody has, the administrators.

    Where all of them came after it fell due, they take over from somebody: they are told of the newest rung.
    """
    for roles in (rung.roles, (Role.ADMINISTRATOR,)):
        if found := [row for row in held if row.role in roles]:
            before = [row for row in found if row.since <= rung.due_on]
            return [row.user_id for row in before or (found if newest else [])]
    return []
