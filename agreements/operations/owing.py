"""Asking for what parties owe when its day comes near: rows with a key of their own, whatever runs twice or late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from agencies.models import Membership
from agreements import duties, owed, policy
from agreements.duties import Occurrence
from agreements.models import UNDONE, Agreement, Duty, DutyClock, DutyState, Stage
from agreements.operations.recording import event
from audit.record import SYSTEM, Stale
from common.dates import day

NEVER = date.max
PAST = timedelta(days=92)
"""What was due longer ago than this when somebody first looked is history: nobody is asked for it any more."""
MOST = 5000
"""How many agreements one run looks at; the next run, minutes later, has the others."""


def ask(*, now: datetime) -> int:
    """Ask for everything whose day has come near since the last run; how many are new. Looks only where it must."""
    latest = date.fromordinal(now.date().toordinal() + 1)  # somewhere it is tomorrow already
    clocks = DutyClock.objects.filter(next_on__lte=latest).order_by("next_on", "agreement")
    made = 0
    for key in list(clocks.values_list("agreement", flat=True)[:MOST]):
        try:
            made += of_agreement(key, now=now)
        except Stale:  # somebody acted on it at this moment; the next run looks again
            continue
    return made


@transaction.atomic
def of_agreement(key: UUID, *, now: datetime) -> int:
    """Bring what one agreement's parties are asked for in line with its texts and days; how many are new."""
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=key)
    today, life = policy.local_day(now, agreement), owed.life_of(agreement)
    texts = owed.texts_of(agreement) if life else []
    wanted: dict[str, Occurrence] = {}
    if life is not None:
        found = duties.owed(texts, life, since=owed.since_of(agreement), until=today)
        wanted = {one.key: one for one in found}
    there = {row.key: row for row in agreement.duties.select_related("party")}
    asked = (one for name, one in wanted.items() if name not in there and one.due_on >= today - PAST)
    fresh = [_made(agreement, one) for one in asked]
    _give(fresh, agreement, today)
    moved = [row for name, row in there.items() if name in wanted and _moved(row, wanted[name])]
    _say("duty.asked", agreement, fresh, now)
    _say("duty.moved", agreement, moved, now)
    _drop(
        agreement,
        [row for name, row in there.items() if row.state in UNDONE and name not in wanted],
        life,
        now,
    )
    following = duties.next_asked(texts, life, after=today) if life else None
    DutyClock.objects.filter(agreement=agreement).update(next_on=following or NEVER)
    return len(fresh)


def _made(agreement: Agreement, one: Occurrence) -> Duty:
    return Duty(agreement=agreement, key=one.key, kind=one.kind, source=UUID(one.source), party_id=UUID(one.party),
                what=one.what, rule=one.rule, asked_on=one.asked_on, due_on=one.due_on,
                answers=[UUID(key) for key in one.answers])  # fmt: skip


def _moved(row: Duty, one: Occurrence) -> bool:
    """Put right in memory what follows from the text and its days, while nothing was handed in; whether that changed it."""
    back = row.state == DutyState.DROPPED
    if row.state not in UNDONE and not back:
        return False
    said = (one.what, one.rule, one.due_on, [UUID(key) for key in one.answers])
    if (row.what, row.rule, row.due_on, row.answers) == said and not back:
        return False
    row.what, row.rule, row.due_on, row.answers = said
    row.state, row.closed_why = (DutyState.OPEN, "") if back else (row.state, row.closed_why)
    return True


def _give(rows: list[Duty], agreement: Agreement, today: date) -> None:
    """To the person whom the text names as the party's contact, if they see to duties there; else to nobody yet."""
    if not rows:
        return
    parties = {row.pk: row for row in agreement.parties.all()}
    emails = {party.contact_email.lower(): party for party in parties.values() if party.contact_email}
    members = Membership.objects.active(on=today).filter(role__in=owed.ACTING, user__email__in=emails)
    found = {(row.agency_id, row.user.email.lower()): row.user for row in members.select_related("user")}
    for row in rows:
        party = parties[row.party_id]
        row.owner = found.get((party.agency_id, party.contact_email.lower()))


def _drop(agreement: Agreement, rows: list[Duty], life: duties.Life | None, now: datetime) -> None:
    for why in dict.fromkeys(_why(agreement, row, life) for row in rows):
        dropped = [row for row in rows if _why(agreement, row, life) == why]
        for row in dropped:
            row.state, row.closed_why = DutyState.DROPPED, why
        _say("duty.dropped", agreement, dropped, now, why=why)


def _why(agreement: Agreement, row: Duty, life: duties.Life | None) -> str:
    """Why something is asked for no more."""
    if agreement.stage == Stage.ABANDONED:
        return "the import was withdrawn"
    left = row.party.left_on
    if left is not None and left < row.due_on:
        return f"{row.party.legal_name} left after {day(left)}"
    if life is not None and life.last is not None and life.last < row.due_on:
        return f"the agreement ended on {day(life.last)}"
    return "its text or its days changed"


def _say(action: str, agreement: Agreement, rows: Iterable[Duty], now: datetime, **more: Any) -> None:
    changed = list(rows)
    if changed:
        said = [f"{row.what[:80]} ({day(row.due_on)})" for row in changed[:20]]
        said += [f"and {len(changed) - 20} more"] if len(changed) > 20 else []
        event(action, agreement, actor=SYSTEM, now=now, agency=None, changed=changed, duties=said, **more)
