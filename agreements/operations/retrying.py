"""Asking again for a final document that could not be made."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from agencies.models import User
from agreements import policy, undone
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement
from agreements.operations.recording import event
from common import outbox


@transaction.atomic
def retry(agreement: Agreement, *, actor: User, now: datetime) -> None:
    """Have the final document made now, though its making failed or was set aside.

    Raises PermissionDenied, and StepNotOpen when it is there or being made.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    found = undone.making(locked)
    if found is None:
        raise StepNotOpen("There is nothing to try again: no final document is missing.")
    if found.state == "waiting":
        raise StepNotOpen("The final document is being made. It will be here shortly.")
    again(found, now=now)
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    event("document.retried", locked, actor=actor, now=now, agency=agency)


def again(found: undone.Making, *, now: datetime) -> None:
    """Put its job back to the front, with all its tries; write it anew if it is gone."""
    name = undone.key(found.agreement)
    if not outbox.again(name, now=now):
        outbox.put("pdf", name, {"agreement": str(found.agreement.pk)})
