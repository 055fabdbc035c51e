"""Recording whether data moves: that a flow begins, is paused, goes on or has stopped."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import coverage, emails, policy
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, Flow, FlowStatus
from agreements.operations.recording import event
from common.dates import day


@transaction.atomic
def mark(
    agreement: Agreement, *, flow: Flow | UUID, status: str, reason: str, actor: User, now: datetime
) -> Flow:
    """Record whether one flow moves now. It may go live only on a day on which the agreement covers it."""
    today = policy.local_day(now, agreement)
    locked = opened("flow", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, STEPS["flow"].permission, locked, today=today)
    key = flow.pk if isinstance(flow, Flow) else flow
    row = coverage.flows(locked).filter(pk=key).first()
    problems = {}
    if row is None:
        problems["flow"] = "Choose one of this agreement's flows."
    if status not in FlowStatus.values:
        problems["status"] = "Choose whether the data moves."
    if not reason.strip():
        problems["reason"] = "Give the reason; it is recorded and the parties read it."
    if problems or row is None:
        raise ValidationError(problems)
    if row.status == status:
        raise StepNotOpen(f"This is recorded already: {row.get_status_display().lower()}.")
    if status == FlowStatus.LIVE and row.pk not in coverage.flows_covered(locked, day=today):
        raise StepNotOpen(
            f"No data may move here on {day(today)}: the agreement does not cover it on that day."
        )
    row.status = status
    event(STEPS["flow"].event, locked, actor=actor, now=now, agency=agency, changed=[row], dataset=row.dataset.name,
          status=row.get_status_display(), reason=reason.strip())  # fmt: skip
    emails.state_changed(
        locked, f"{row.dataset.name}: {row.get_status_display()}. {reason.strip()}", actor=actor
    )
    return row
