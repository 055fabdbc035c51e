"""Telling people and partner agencies of the reminders stated for them, each once: at once, daily or weekly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Min, Prefetch, Q

from agencies.models import Pace, User
from agreements import policy, remindermails, reminders
from agreements.models import OWNER, Agreement, Duty, Reminder, Stage
from agreements.operations import urging
from agreements.operations.concerning import Concerned, concerned
from common import mail
from common.locking import one_at_a_time
from common.prepared import Prepared

AT_ONCE = 1000
"""So many reminders are told in one transaction, more where one person has more."""
_TELLING = 0x7E11


def tell(*, now: datetime, reach: int) -> int:
    """Send everybody what it is time to tell them; returns how many reminders were told.

    `reach` is the ladders' longest number of days before a deadline. A reminder is marked in the transaction that
    queues its mail, one process after the other, so that it is told once whatever is doubled or dies.
    """
    turn = _whose_turn(now)
    known = {person: number for person, number in turn.items() if person}
    told = sum(_told(people, now, reach) for people in _parts(known))
    return told + (_partners_told(now, reach) if None in turn else 0)


Owed = Mapping[urging.Owes, list[Duty]]


@dataclass
class Waiting:
    """What waits for one person, in short: since when, and the first deadline that is still to come."""

    made_at: datetime
    deadline_on: date
    rung: int = 0


def _whose_turn(now: datetime) -> dict[UUID | None, int]:
    """The people whose mail goes now, with how many reminders wait for them; one query, whatever waits for others.

    None stands for the partners who have nobody here: theirs goes at once.
    """
    waiting, turn = Counter[UUID | None](), set[UUID | None]()
    for person, pace, zone, since, first, number in _WAITING.values():
        waiting[person] += number
        if person is None or reminders.goes(
            pace, [Waiting(since, first or date.max)], now=now, zone=ZoneInfo(zone)
        ):
            turn.add(person)
    return {person: number for person, number in waiting.items() if person in turn}


_WAITING = Prepared(
    lambda: (
        Reminder.objects.filter(told_at=None)
        .order_by("person_id")
        .values_list("person", "person__reminder_pace", "agency__timezone")
        .annotate(since=Min("made_at"), first=Min("deadline_on", filter=Q(rung__gte=0)), number=Count("pk"))
    )
)


def _parts(waiting: Mapping[UUID, int]) -> Iterator[list[UUID]]:
    """These people in groups for whom no more waits than is told at once."""
    part, size = list[UUID](), 0
    for person, number in waiting.items():
        if part and size + number > AT_ONCE:
            yield part
            part, size = [], 0
        part.append(person)
        size += number
    if part:
        yield part


@transaction.atomic
def _told(people: list[UUID], now: datetime, reach: int) -> int:
    waiting = _ready(people, now)
    rows = [row for held in waiting.values() for row in held]
    known, owes = _concerned(rows), urging.still(rows, now=now)
    current = _current(rows, known, owes, now, reach)
    said = defaultdict[UUID | None, list[remindermails.Said]](list)
    for row in _newest(current):
        said[row.person_id].append(_said(row, known, owes, now))
    mail.queue_all(letter for person in waiting for letter in _letters(person, said[person.pk]))
    return _marked(current, now)


def _ready(people: list[UUID], now: datetime) -> dict[User, list[Reminder]]:
    """What waits for these people, of those whose turn it still is."""
    waiting = defaultdict[UUID | None, list[Reminder]](list)
    for row in _held(person__in=people):
        waiting[row.person_id].append(row)
    return {
        person: rows for person in User.objects.filter(pk__in=people).order_by("pk")
        if (rows := waiting[person.pk])
        and reminders.goes(person.reminder_pace, rows, now=now, zone=ZoneInfo(rows[0].agency.timezone))
    }  # fmt: skip


def _letters(person: User, said: list[remindermails.Said]) -> list[mail.Letter]:
    if person.reminder_pace == Pace.AT_ONCE:
        return remindermails.each(person, said)
    return [remindermails.gathered(person, said)] if said else []


@transaction.atomic
def _partners_told(now: datetime, reach: int) -> int:
    """One mail for each address and deadline: there is nobody here whose pace it could be."""
    rows = _held(person=None)
    known = _concerned(rows)
    current = _current(rows, known, {}, now, reach)
    mail.queue_all(remindermails.partner(_said(row, known, {}, now)) for row in _newest(current))
    return _marked(current, now)


def _concerned(rows: list[Reminder]) -> Concerned:
    return concerned({row.agreement_id: row.agreement for row in rows}.values())


def _held(**whose: object) -> list[Reminder]:
    """What waits to be told, and waits for whoever tells now: of two who took each a part, both would tell of a deadline."""
    one_at_a_time(_TELLING)
    rows = Reminder.objects.filter(told_at=None, **whose).order_by("due_on", "pk")
    agreements = Agreement.objects.select_related(
        "term", "lead"
    )  # each read once, however many are told of it
    return list(rows.prefetch_related("agency", Prefetch("agreement", agreements)))


def _current(rows: list[Reminder], known: Concerned, owes: Owed, now: datetime, reach: int) -> list[Reminder]:
    """Those that still hold. The others are taken back: a date that moved, an end or a departure makes them untrue."""
    found = [row for row in rows if _holds(row, known, owes, now, reach)]
    gone = {row.pk for row in rows} - {row.pk for row in found}
    if gone:
        Reminder.objects.filter(pk__in=gone).delete()
    return found


def _holds(row: Reminder, known: Concerned, owes: Owed, now: datetime, reach: int) -> bool:
    agreement, today = row.agreement, _day(row, now)
    if row.deadline == urging.DUTY:
        return _key(row) in owes
    party = next(
        (one for one in known.parties_on(agreement.pk, today) if one.agency_id == row.agency_id), None
    )
    if party is None:
        return False
    if row.deadline == OWNER:
        return party.owner_id == row.person_id
    wanted = known.wants(agreement, row.deadline, reach=reach, today=today)
    if agreement.stage != Stage.EXECUTED or wanted != row.deadline_on:
        return False
    if row.person_id is None:
        return row.address in known.addresses(party, today)
    return any(member.user_id == row.person_id for member in known.people_on(row.agency_id, today))


def _key(row: Reminder) -> urging.Owes | None:
    return urging.Owes(row.agreement_id, row.deadline_on, row.person_id) if row.person_id else None


def _said(row: Reminder, known: Concerned, owes: Owed, now: datetime) -> remindermails.Said:
    names, today, key = _names(row, known, now), _day(row, now), _key(row)
    if row.deadline == OWNER:
        return remindermails.entrusted(row, names)
    return remindermails.said(row, names, today, owes=owes.get(key, ()) if key else ())


def _names(row: Reminder, known: Concerned, now: datetime) -> str:
    return " and ".join(party.agency.name for party in known.parties_on(row.agreement_id, _day(row, now)))


def _day(row: Reminder, now: datetime) -> date:
    agreement: Agreement = row.agreement
    return policy.local_day(now, agreement)


def _newest(rows: Iterable[Reminder]) -> list[Reminder]:
    """One for each deadline of an agreement: after an outage people are told once, not the whole ladder."""
    found: dict[tuple[object, ...], Reminder] = {}
    for row in sorted(rows, key=lambda row: (row.due_on, row.pk)):
        found[row.person_id, row.address, row.agreement_id, row.deadline, row.deadline_on] = row
    return sorted(found.values(), key=lambda row: (row.deadline_on, row.pk))


def _marked(rows: list[Reminder], now: datetime) -> int:
    return Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=now) if rows else 0
