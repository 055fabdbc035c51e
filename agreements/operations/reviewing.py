"""Recording what an agency decided about an agreement that needed a decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from agencies.days import civil_day
from agencies.models import Membership, Role, User
from agreements import emails, policy, term, texts
from agreements.lifecycle import STEPS, opened
from agreements.models import Agreement, Amends, Outcome, Party, Review, Stage
from agreements.operations import dating
from agreements.operations.recording import event
from audit.record import SYSTEM


@transaction.atomic
def decide(
    agreement: Agreement,
    *,
    outcome: str,
    reason: str,
    consulted: str = "",
    agency: UUID | None = None,
    actor: User,
    now: datetime,
) -> Review:
    """Record a decision of the actor's agency, or of `agency` where they speak for several.

    Deciding to continue, renew or amend counts as the periodic review and moves its next day.
    Whatever is decided answers the finding that the agreement renewed itself without a decision.
    """
    today = policy.local_day(now, agreement)
    locked = opened("review", agreement, actor=actor, today=today)
    problems = {}
    if outcome not in Outcome.values:
        problems["outcome"] = "Choose what your agency decided."
    if not reason.strip():
        problems["reason"] = "Give the reason; it is recorded."
    if problems:
        raise ValidationError(problems)
    agency = policy.speaking_for(actor, "review", locked, today=today, agency=agency)
    row = Review(agreement=locked, agency_id=agency, outcome=outcome, reason=reason.strip(),
                 consulted=consulted.strip()[:300], by=actor, made_at=now, made_on=today)  # fmt: skip
    if outcome in {Outcome.CONTINUE, Outcome.RENEW, Outcome.AMEND}:
        text = texts.agreed(locked)
        content: Mapping[str, Any] = text.content if text else {"term": {}}
        due = term.review(content["term"], since=today, legal_months=dating.legal_months(content, today))
        locked.review_due_on = due.due_on if due else None
    locked.unreviewed_on = None
    event(STEPS["review"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked],
          outcome=row.get_outcome_display(), reason=row.reason, consulted=row.consulted)  # fmt: skip
    emails.state_changed(locked, f"Decision recorded: {row.get_outcome_display()}. {row.reason}", actor=actor)
    return row


LOOKED_BACK = timedelta(days=366)
"""How far back an ended role is looked for: longer than any outage of the clock."""


def open_for_new_signatories(*, now: datetime) -> int:
    """Make a review due where somebody who signed for a party does so no more; how many. The agreement goes on (trap 16).

    CJISSECPOL CA-3 c asks for a review when signatories or responsibilities change.
    """
    today = civil_day(now)
    held = Membership.objects.active(on=today).filter(
        user=OuterRef("user"), agency=OuterRef("agency"), role=Role.SIGNATORY
    )
    ended = Membership.objects.filter(role=Role.SIGNATORY, until__range=(today - LOOKED_BACK, today))
    done = 0
    for member in ended.filter(~Exists(held)).select_related("user").order_by("pk"):
        seats = Party.objects.filter(signatory=member.user_id, agency=member.agency_id, left_on=None)
        decided = Review.objects.filter(agreement=OuterRef("pk"), made_on__gte=member.until)
        rows = Agreement.objects.filter(
            ~Exists(decided), pk__in=seats.values("agreement"), stage=Stage.EXECUTED
        )
        due = rows.filter(Q(review_due_on=None) | Q(review_due_on__gt=today)).exclude(kind__in=Amends.values)
        for key in due.order_by("pk").values_list("pk", flat=True):
            done += _opened(key, f"{member.user.name}, who signed it, no longer signs for a party", now=now)
    return done


@transaction.atomic
def _opened(key: UUID, why: str, *, now: datetime) -> int:
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=key)
    changed = due_now(locked, policy.local_day(now, locked))
    if changed:
        announce_review(locked, why, now=now)
        emails.state_changed(locked, f"A review is due because {why}", actor=None)
    return int(changed)


def due_now(agreement: Agreement, day: date) -> bool:
    """Set the review due on a day, in memory, unless it is due before; whether that changed anything."""
    if agreement.review_due_on is not None and agreement.review_due_on <= day:
        return False
    agreement.review_due_on = day
    return True


def announce_review(agreement: Agreement, why: str, *, now: datetime) -> None:
    """Write that a review came due, and why."""
    event("agreement.review_opened", agreement, actor=SYSTEM, now=now, agency=None, changed=[agreement], why=why,
          due=agreement.review_due_on.isoformat() if agreement.review_due_on else None)  # fmt: skip
