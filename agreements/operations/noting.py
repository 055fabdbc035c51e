"""Reads that matter and refused attempts as events: bounded, so that nobody can flood a history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from agencies.days import civil_day
from agencies.models import Agency, Role, User, held_by
from agreements import policy
from agreements.models import Agreement, counted, oversight_principal
from agreements.operations.recording import event
from audit.record import record

VIEWED, REFUSED = "agreement.viewed_by_grant", "attempt.refused"
MOST = 20
"""How many refused attempts of one kind, by one person on one day, the history keeps."""


@dataclass(frozen=True)
class Way:
    """How somebody who is of no party sees an agreement: by a grant, or for a body that oversees a party."""

    words: str
    agency: UUID | None = None


def opened(agreement: Agreement, *, actor: User, now: datetime) -> bool:
    """Record that somebody opened an agreement they see by a grant or as an overseer: once a day. True if recorded.

    People of the parties read their own agreements without an event.
    """
    today = policy.local_day(now, agreement)
    way = _way_in(agreement, actor, today)
    if way is None:
        return False
    with transaction.atomic():
        if not counted(actor.pk, VIEWED, subject=agreement.pk, day=today, most=1):
            return False
        event(VIEWED, agreement, actor=actor, now=now, agency=way.agency, by=way.words)
    return True


def refused(agreement: Agreement, *, kind: str, tried: str, actor: User, now: datetime) -> bool:
    """Record what somebody tried with an agreement they see and was refused. True if recorded.

    Call it when the refused transaction has ended. An attempt of a party's own people is that party's business.
    """
    today = policy.local_day(now, agreement)
    own = policy.agencies_of(actor, today=today)
    home = next((party.agency_id for party in agreement.parties.all() if party.agency_id in own), None)
    return _note(agreement.pk, kind, tried, actor, now, agency=home, private_to=home,
                 reference=agreement.reference, title=agreement.title)  # fmt: skip


def refused_agency(agency: Agency, *, kind: str, tried: str, actor: User, now: datetime) -> bool:
    """Record what somebody tried with an agency's whole and was refused; its own people read it."""
    return _note(
        agency.pk, kind, tried, actor, now, agency=None, private_to=agency.pk, reference=agency.short_name
    )


def _note(
    stream: UUID,
    kind: str,
    tried: str,
    actor: User,
    now: datetime,
    *,
    agency: UUID | None,
    private_to: UUID | None,
    **facts: Any,
) -> bool:
    with transaction.atomic():
        if not counted(actor.pk, f"refused {kind}"[:40], subject=actor.pk, day=civil_day(now), most=MOST):
            return False
        record(REFUSED, stream=stream, actor=actor, now=now, agency=agency, private_to=private_to,
               facts={"kind": kind, "tried": tried[:200], **facts})  # fmt: skip
    return True


def _way_in(agreement: Agreement, actor: User, today: Any) -> Way | None:
    """By what somebody sees it; None for the people of its parties and for whoever sees nothing."""
    held = held_by(actor, today=today)
    own = {member.agency_id for member in held}
    if own & {party.agency_id for party in agreement.parties.all()}:
        return None
    bodies = {oversight_principal(m.agency_id): m.agency_id for m in held if m.role == Role.AUDITOR}
    seen = _principals(agreement, [*own, *bodies, actor.pk], today)
    if seen & own:
        return None
    body = next((agency for principal, agency in bodies.items() if principal in seen), None)
    if body is not None:
        return Way("oversight", body)
    return Way("a grant") if actor.pk in seen else None


def _principals(agreement: Agreement, among: Iterable[UUID], today: Any) -> set[UUID]:
    rows = policy.readable(among, today=today).filter(agreement=agreement)
    return set(rows.values_list("principal", flat=True))
