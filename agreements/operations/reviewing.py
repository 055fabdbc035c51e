"""Recording what an agency decided about an agreement that needed a decision."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy, term
from agreements.lifecycle import STEPS, opened
from agreements.models import Agreement, Outcome, Review
from agreements.models.snapshot import content_of
from agreements.operations import dating
from agreements.operations.recording import event


@transaction.atomic
def decide(
    agreement: Agreement, *, outcome: str, reason: str, consulted: str = "", actor: User, now: datetime
) -> Review:
    """Record a decision; deciding to continue, renew or amend counts as the periodic review and moves its next day."""
    today = policy.local_day(now, agreement)
    locked = opened("review", agreement, actor=actor, today=today)
    problems = {}
    if outcome not in Outcome.values:
        problems["outcome"] = "Choose what your agency decided."
    if not reason.strip():
        problems["reason"] = "Give the reason; it is recorded."
    if problems:
        raise ValidationError(problems)
    agency = policy.speaking_for(actor, "review", locked, today=today)
    row = Review(agreement=locked, agency_id=agency, outcome=outcome, reason=reason.strip(),
                 consulted=consulted.strip()[:300], by=actor, made_at=now, made_on=today)  # fmt: skip
    if outcome in {Outcome.CONTINUE, Outcome.RENEW, Outcome.AMEND}:
        content = content_of(locked)
        due = term.review(content["term"], since=today, legal_months=dating.legal_months(content, today))
        locked.review_due_on = due.due_on if due else None
    event(STEPS["review"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked],
          outcome=row.get_outcome_display(), reason=row.reason, consulted=row.consulted)  # fmt: skip
    emails.state_changed(locked, f"Decision recorded: {row.get_outcome_display()}. {row.reason}", actor=actor)
    return row
