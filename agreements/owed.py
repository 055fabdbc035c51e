"""Questions about what parties owe: what is due by a day, whose it is, and what is still to come. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from agencies.models import Membership, Role, User
from agreements import catalog, duties, policy, texts
from agreements.models import UNDONE, Agreement, Duty, DutyState, Stage
from agreements.policy import GRANTS

LIMIT = 200
SIGNED = (Stage.EXECUTED, Stage.ENDED)
ACTING = tuple(role for role, actions in GRANTS.items() if "duty" in actions)
"""The roles whose people see to duties."""


def texts_of(agreement: Agreement) -> list[tuple[date, duties.Content]]:
    """Every agreed text of an agreement with its first day; none for an instrument, which only changes another."""
    found: list[tuple[date, duties.Content]] = [
        (on, version.content) for on, version in texts.chain(agreement)
    ]
    return [] if found and found[0][1].get("amends") else found


def life_of(agreement: Agreement) -> duties.Life | None:
    """Its days and who left; None before it took effect, or where it never did."""
    if agreement.stage not in SIGNED or agreement.effective_on is None or agreement.executed_at is None:
        return None
    gone = agreement.parties.exclude(left_on=None).values_list("pk", "left_on")
    left = {str(key): on for key, on in gone if on}
    return duties.Life(agreement.effective_on, agreement.final_day, agreement.stage == Stage.ENDED,
                       agreement.ended_how == "superseded", left, _papers(agreement))  # fmt: skip


def _papers(agreement: Agreement) -> list[duties.Paper]:
    known = catalog.load().filings
    kinds = [key for key, kind in known.items() if kind.renews]
    rows = agreement.filings.filter(kind__in=kinds, withdrawn_at=None, until__isnull=False)
    return [
        duties.Paper(str(row.pk), f"{known[row.kind].name}: {row.reference}", str(row.party_id), row.until)
        for row in rows.exclude(party=None)
        if row.until
    ]


def term_at(agreement: Agreement, duty: Duty) -> Mapping[str, Any]:
    """The term of the text that held when a duty at the end began to be asked for."""
    return texts.term_on(agreement, duty.asked_on)


def since_of(agreement: Agreement) -> date:
    """From which day on this record looks after what is owed: since it was executed, or brought in, here."""
    begun = max(agreement.executed_at or agreement.drafted_at, agreement.drafted_at)
    return policy.local_day(begun, agreement)


def coming(agreement: Agreement, *, today: date, days: int = 366) -> list[duties.Occurrence]:
    """What people will be asked for within so many days and are not asked for yet."""
    life = life_of(agreement)
    if life is None:
        return []
    until = min(today + timedelta(days=days), duties.ALWAYS)
    found = duties.owed(texts_of(agreement), life, since=since_of(agreement), until=until)
    return [one for one in found if one.asked_on > today][:LIMIT]


def due_tasks(latest: date) -> QuerySet[Duty]:
    """Everything not done that is due by `latest`, soonest first, through the partial index; for reminders."""
    rows = Duty.objects.filter(state__in=UNDONE, due_on__lte=latest)
    return rows.select_related("agreement", "party__agency", "owner").order_by("due_on", "id")


def unowned(today: date) -> Q:
    """The duties nobody sees to: without an owner, or whose owner acts for the agency no more. Administrators have them."""
    acts = Membership.objects.active(on=today).filter(
        user=OuterRef("owner"), agency=OuterRef("party__agency"), role__in=ACTING
    )
    return Q(owner=None) | ~Q(Exists(acts))


def of_person(user: User, held: Iterable[Membership], *, today: date) -> list[Duty]:
    """What a person is to see to: their own, and as administrator what nobody sees to; soonest first, one query."""
    agencies = {row.agency_id for row in held if row.role in ACTING}
    administered = {row.agency_id for row in held if row.role == Role.ADMINISTRATOR}
    mine = Q(owner=user, party__agency__in=agencies)
    mine |= unowned(today) & Q(party__agency__in=administered)
    rows = Duty.objects.filter(mine, state__in=UNDONE, asked_on__lte=today)
    return list(rows.select_related("agreement", "party__agency").order_by("due_on", "id")[:LIMIT])


def to_answer(agencies: Collection[UUID], *, today: date) -> list[Duty]:
    """What others handed in and these agencies are to accept or return, the soonest due first; two queries."""
    if not agencies:
        return []
    seen = policy.readable(agencies, today=today).values("agreement")
    rows = Duty.objects.filter(state=DutyState.HANDED_IN, agreement__in=seen).exclude(
        party__agency__in=agencies
    )
    rows = rows.select_related("agreement", "party__agency").prefetch_related("agreement__parties")
    found = [row for row in rows.order_by("due_on", "id")[:LIMIT] if set(answering(row)) & set(agencies)]
    return found


def answering(duty: Duty) -> list[UUID]:
    """The agencies that accept or return what is handed in for a duty: those it names, else all others still there."""
    parties = [row for row in duty.agreement.parties.all() if row.pk != duty.party_id]
    named = [row for row in parties if row.pk in duty.answers]
    return [row.agency_id for row in named or [row for row in parties if row.left_on is None] or parties]
