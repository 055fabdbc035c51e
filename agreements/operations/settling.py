"""Deciding about several agreements of the board in one go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from agencies.models import User
from agreements import policy
from agreements.lifecycle import StepNotOpen
from agreements.models import HORIZON, Agreement, Deadline, Outcome, Review
from agreements.operations import reviewing
from agreements.operations.several import Choice, Done, chosen, each
from common.dates import day

BULK = (Outcome.CONTINUE, Outcome.LAPSE, Outcome.RENEW)
"""What can be decided about many at once: it asks for no fact of each agreement but the reason."""


def decide_all(
    choices: Iterable[Choice],
    *,
    outcome: str,
    reason: str = "",
    consulted: str = "",
    actor: User,
    now: datetime,
) -> list[Done]:
    """Record the same decision about each row, with its own reason or the common one; each is a `Review` or refused.

    Raises ValidationError, and records nothing, where the question itself is wrong: no such outcome, no rows, too many.
    """
    if outcome not in BULK:
        words = " or ".join(f"“{one.label}”" for one in BULK)
        raise ValidationError(
            {"outcome": f"About several at once you can decide {words}. Decide the rest one by one."}
        )

    def decide(agreement: Agreement, row: Choice) -> Review:
        _waits(agreement, row, actor, now)
        return reviewing.decide(agreement, outcome=outcome, reason=row.reason.strip() or reason, consulted=consulted,
                                agency=row.agency, actor=actor, now=now)  # fmt: skip

    return each(chosen(choices), decide, actor=actor, now=now)


def _waits(agreement: Agreement, row: Choice, actor: User, now: datetime) -> None:
    """Refuse, under the agreement's lock, unless the agency still has something to decide about it."""
    today = policy.local_day(now, agreement)
    policy.require(actor, "review", agreement, today=today)
    Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    agency = policy.speaking_for(actor, "review", agreement, today=today, agency=row.agency)
    latest = today + timedelta(days=HORIZON)
    if Deadline.objects.filter(agency=agency, agreement=agreement, leads=True, due_on__lte=latest).exists():
        return
    last = agreement.reviews.filter(agency=agency).select_related("by").order_by("-made_at").first()
    said = f" {last.by.name} recorded “{last.get_outcome_display()}” on {day(last.made_on)}." if last else ""
    raise StepNotOpen(f"Nothing waits for your agency’s decision here now.{said}")
