"""What the people of the demo did about what they owe: most of it, some still to be answered, some overdue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from agencies.models import Membership, Role, User
from agreements import owed, policy
from agreements.charting import target_of
from agreements.models import Closed, Duty, DutyKind, Measure
from agreements.operations import handing, measuring, owing

DONE = {
    DutyKind.COMMITMENT: "Done as agreed; the record is kept by the records unit.",
    DutyKind.ACCESS: "All accounts were closed on the last day.",
    DutyKind.CLOSEOUT: "",
}


def attend(*, now: datetime) -> None:
    """Ask for everything and see to two thirds of what is overdue; half of that is accepted already."""
    owing.ask(now=now)
    late = owed.due_tasks(now.date() - timedelta(days=1)).prefetch_related("agreement__parties")
    for number, row in enumerate(late):
        today = policy.local_day(now, row.agreement)
        person = _liaison([row.party.agency_id], today)
        final = row.agreement.final_day
        over = row.party.left_on is not None or (final is not None and final < today)
        if number % 3 and person is not None and row.kind == DutyKind.MEASURE and not over:
            _measure(row, number, person, now, today)
        elif number % 3 and person is not None and row.kind in DONE:
            _hand_in(row, number, person, now, today)


def _measure(row: Duty, number: int, person: User, now: datetime, today: date) -> None:
    measure = Measure.objects.select_related("agreement").get(pk=row.source)
    target = target_of(measure.target)
    value = (target.value if target else Decimal(10)) + (Decimal(2) if number % 2 else Decimal(-3))
    values = {"value": max(value, Decimal(0)), "on": today - timedelta(days=1), "source": measure.source}
    measuring.observe(measure, values=values, actor=person, now=now)


def _hand_in(row: Duty, number: int, person: User, now: datetime, today: date) -> None:
    how = Closed.NEVER_HELD if row.kind == DutyKind.CLOSEOUT else ""
    values = {
        "on": min(row.due_on, today),
        "note": DONE[DutyKind(row.kind)],
        "how": how,
        "typed_name": person.name,
    }
    handing.hand_in(row, values=values, actor=person, now=now)
    answers = _liaison(owed.answering(row), today)
    if number % 3 == 1 and answers is not None:
        handing.accept(row, actor=answers, now=now)


def _liaison(agencies: Iterable[UUID], today: date) -> User | None:
    rows = Membership.objects.active(on=today).filter(agency__in=list(agencies), role=Role.LIAISON)
    found = rows.select_related("user").order_by("user__name").first()
    return found.user if found else None
