"""Erasing the text of an entry of an agreement's history: one person of the agency asks, another confirms."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies.models import User
from agreements import policy
from agreements.facts import LEGAL_HOLD
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement
from audit import erasing
from audit.models import Erasure, Event


def agency_of(event: Event, agreement: Agreement) -> UUID:
    """Whose entry it is: the agency it is private to, or that acted; the lead agency's if none did."""
    return event.private_to or event.agency or agreement.lead_id


def may(user: User, action: str, event: Event, agreement: Agreement, *, today: date) -> bool:
    """Whether `user` may `ask_erasure` or `confirm_erasure` for the agency whose entry it is."""
    return agency_of(event, agreement) in policy.seats(user, action, today=today)


@transaction.atomic
def ask(
    event: Event, agreement: Agreement, *, reason: str, order: str, actor: User, now: datetime
) -> Erasure:
    """Ask for the text of an entry to be erased. Raises PermissionDenied, or ValidationError as audit.erasing does."""
    require(actor, "ask_erasure", event, agreement, now=now)
    whose = agency_of(event, agreement)
    return erasing.ask(event, reason=reason, order=order, agency=whose, actor=actor, now=now)


def confirm(row: Erasure, agreement: Agreement, *, actor: User, now: datetime) -> Event:
    """Erase what another person of the agency asked for. Raises as `ask` does, and StepNotOpen under a legal hold."""
    require(actor, "confirm_erasure", row.event, agreement, now=now)
    if agreement.filings.filter(kind=LEGAL_HOLD, withdrawn_at=None).exists():
        raise StepNotOpen(
            "This agreement is on legal hold: nothing of its history may be erased until the hold is withdrawn."
        )
    return erasing.confirm(row, actor=actor, now=now)


def decline(row: Erasure, agreement: Agreement, *, actor: User, now: datetime) -> None:
    """Leave the text as it is. Raises as `ask` does."""
    require(actor, "confirm_erasure", row.event, agreement, now=now)
    erasing.decline(row, actor=actor, now=now)


def require(actor: User, action: str, event: Event, agreement: Agreement, *, now: datetime) -> None:
    """Refuse with words unless `actor` may do it."""
    if not may(actor, action, event, agreement, today=policy.local_day(now, agreement)):
        roles = "administrator" if action == "ask_erasure" else "counsel or administrator"
        raise PermissionDenied(
            f"You can't do this: it takes the role {roles} of the agency whose entry it is."
        )
