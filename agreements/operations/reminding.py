"""Telling people of deadlines. What is due is stated as rows with unique keys, whatever runs twice or late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from agencies.models import Agency, Membership
from agreements import catalog, emails, policy, reminders, standing
from agreements.models import Agreement, Outcome, Reminder, Review, Stage

DEADLINES = {"last_day": "last_day", "notice": "notice_due_on", "review": "review_due_on"}
"""Each deadline of the ladder and the agreement's field that holds its day."""

OVERDUE = {"last_day", "review"}
"""A notice deadline that passed can't be met any more: the last day is what people are told of then."""


def remind(*, now: datetime) -> int:
    """State every reminder due by now that does not exist yet, and queue its mail. Returns how many are new."""
    settings = Agency.objects.exclude(reminders={}).values_list("reminders", flat=True)
    reach = reminders.reach(catalog.load().ladder, map(reminders.wishes, settings))
    return sum(
        _remind(agreement, reach, now) for agreement in _candidates(now.date() + timedelta(days=reach))
    )


def _candidates(latest: date) -> Iterator[Agreement]:
    """Executed agreements with a deadline within the ladders' reach, found through the partial indexes."""
    ids: set[UUID] = set()
    for field in DEADLINES.values():
        ids |= set(
            Agreement.objects.filter(stage=Stage.EXECUTED, **{f"{field}__lte": latest}).values_list(
                "pk", flat=True
            )
        )
    return Agreement.objects.filter(pk__in=ids).order_by("pk").iterator(chunk_size=500)


@transaction.atomic
def _remind(agreement: Agreement, reach: int, now: datetime) -> int:
    today = policy.local_day(now, agreement)
    members = list(
        Membership.objects.active(on=today)
        .filter(agency__in=policy.parties_on(agreement, today).order_by().values("agency"))
        .select_related("user", "agency")
    )
    rows = [row for deadline in DEADLINES for row in _rows(agreement, deadline, members, reach, now, today)]
    if not rows:
        return 0
    before = set(_keys(agreement))
    fresh = [row for row in rows if _key(row) not in before]
    Reminder.objects.bulk_create(fresh, ignore_conflicts=True)
    emails.reminded(agreement, _newest(fresh), today=today)
    return len(fresh)


def _rows(
    agreement: Agreement, deadline: str, members: list[Membership], reach: int, now: datetime, today: date
) -> Iterator[Reminder]:
    """A reminder for each rung due and each person with one of its roles, from the day the role began."""
    on: date | None = getattr(agreement, DEADLINES[deadline])
    if on is None or agreement.executed_at is None or _settled(agreement, deadline, on, reach):
        return
    executed_on = policy.local_day(agreement.executed_at, agreement)
    overdue = deadline in OVERDUE and not (deadline == "last_day" and not standing.lapsed(agreement, today))
    told: set[tuple[object, int]] = set()
    for agency, ladder in _ladders(members).items():
        for rung in reminders.due(ladder, on, since=executed_on, today=today, overdue=overdue):
            for member in members:
                key = (member.user_id, rung.days)
                if member.agency_id != agency or member.role not in rung.roles or key in told:
                    continue
                if member.since <= rung.due_on:
                    told.add(key)
                    yield Reminder(agreement=agreement, person=member.user, agency=member.agency, deadline=deadline,
                                   deadline_on=on, rung=rung.days, due_on=rung.due_on, made_at=now)  # fmt: skip


def _ladders(members: list[Membership]) -> dict[UUID, catalog.Ladder]:
    """Each party agency's own ladder; the slowest approval of any moves the first rung of all."""
    own = {member.agency_id: reminders.wishes(member.agency.reminders) for member in members}
    lead = max((wishes.lead_days for wishes in own.values()), default=0)
    usual = catalog.load().ladder
    return {agency: reminders.adapted(usual, wishes, lead_days=lead) for agency, wishes in own.items()}


def _settled(agreement: Agreement, deadline: str, on: date, reach: int) -> bool:
    """Whether a recorded decision to let it end answers this deadline."""
    if deadline == "review":
        return False
    decided = Review.objects.filter(agreement=agreement, made_on__gte=on - timedelta(days=reach))
    return decided.filter(outcome__in=[Outcome.LAPSE, Outcome.TERMINATE]).exists()


def _key(row: Reminder) -> tuple[object, ...]:
    return (row.deadline, row.deadline_on, row.rung, row.person_id)


def _keys(agreement: Agreement) -> Iterator[tuple[object, ...]]:
    return (
        Reminder.objects.filter(agreement=agreement)
        .values_list("deadline", "deadline_on", "rung", "person")
        .iterator()
    )


def _newest(rows: list[Reminder]) -> list[Reminder]:
    """One per person and deadline: after an outage people get one mail, not the whole ladder."""
    found: dict[tuple[object, str], Reminder] = {}
    for row in sorted(rows, key=lambda row: row.due_on):
        found[row.person_id, row.deadline] = row
    return list(found.values())
