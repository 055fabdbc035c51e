"""How one party is reminded of one agreement, other than of its agreements as a rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from agencies.models import Agency, User
from agencies.operations.rows import checked
from agreements import policy
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, ReminderWish, Stage
from agreements.operations.recording import event

OVER = (Stage.ENDED, Stage.DECLINED, Stage.ABANDONED)


@transaction.atomic
def wish(
    agreement: Agreement, *, days: Iterable[int], weekly: bool, actor: User, now: datetime
) -> ReminderWish:
    """Remind the actor's agency of this agreement on these days before each deadline; none: on its usual days.

    Only its own people read it: what a party watches closely is no other party's business. Raises PermissionDenied,
    StepNotOpen for what is over, ValidationError at `days`.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "remind", agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    if locked.stage in OVER:
        raise StepNotOpen("Nobody is reminded of an agreement that is over.")
    agency = policy.speaking_for(actor, "remind", locked, today=today)
    row = of(locked, agency) or ReminderWish(agreement=locked, agency_id=agency)
    wanted = sorted(set(days), reverse=True)
    if not row._state.adding and (row.days, row.weekly) == (wanted, weekly):
        return row
    row.days, row.weekly, row.set_by, row.set_at = wanted, weekly, actor, now
    checked(row)
    name = Agency.objects.values_list("name", flat=True).get(pk=agency)
    event("reminders.set", locked, actor=actor, now=now, agency=agency, private_to=agency, changed=[row],
          agency_name=name, words=in_words(row))  # fmt: skip
    return row


def of(agreement: Agreement, agency: UUID) -> ReminderWish | None:
    """What the agency asked for, if it did."""
    return ReminderWish.objects.filter(agreement=agreement, agency=agency).first()


def in_words(row: ReminderWish) -> str:
    """The wish as people read it."""
    days = f"{', '.join(map(str, row.days))} days before a deadline" if row.days else "on its usual days"
    return f"{days}, {'weekly' if row.weekly else 'no more'} once one has passed"
