"""Recording what was measured, and taking back what was recorded by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import owed, policy
from agreements.lifecycle import StepNotOpen
from agreements.models import UNDONE, Agreement, Duty, DutyKind, DutyState, Measure, Observation
from agreements.operations import reasons
from agreements.operations.recording import event
from audit.models import Audited
from common.dates import day


@transaction.atomic
def observe(measure: Measure, *, values: Mapping[str, Any], actor: User, now: datetime) -> Observation:
    """Record the value of a measure on a day; `values` are `value`, `on`, `source` and `note`. Any party may.

    The measurement asked for soonest is done with it. Raises PermissionDenied, StepNotOpen, ValidationError.
    """
    today = policy.local_day(now, measure.agreement)
    policy.require(actor, "duty", measure.agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=measure.agreement_id)
    agency = policy.speaking_for(actor, "duty", locked, today=today)
    if locked.stage not in owed.SIGNED or locked.effective_on is None:
        raise StepNotOpen("Values are recorded from the day on which the agreement is in force.")
    row = Observation(agreement=locked, measure=measure, agency_id=agency, by=actor, made_at=now, value=values["value"],
                      on=values["on"], source=str(values.get("source") or "").strip(),
                      note=str(values.get("note") or "").strip())  # fmt: skip
    _check_day(locked, row, today)
    row.clean_fields(exclude=["last_event"])
    if measure.observations.filter(on=row.on, withdrawn_at=None).exists():
        raise ValidationError(
            {"on": f"A value of {day(row.on)} is recorded already. Take it back first, or give another day."}
        )
    done = _asked(locked, measure, row.on)
    changed: list[Audited] = [row]
    if done is not None:
        done.state, row.duty = DutyState.ACCEPTED, done
        changed.append(done)
    event("observation.recorded", locked, actor=actor, now=now, agency=agency, changed=changed, measure=measure.name,
          value=_value(row, measure), on=row.on.isoformat(), source=row.source)  # fmt: skip
    return row


@transaction.atomic
def take_back(observation: Observation, *, reason: str, actor: User, now: datetime) -> Observation:
    """Say that a value was recorded by mistake, with the reason; the record of it stays."""
    agreement = observation.agreement
    today = policy.local_day(now, agreement)
    policy.require(actor, "duty", agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    agency = policy.speaking_for(actor, "duty", locked, today=today)
    row = Observation.objects.select_related("measure", "duty").get(pk=observation.pk)
    if row.withdrawn_at is not None:
        raise StepNotOpen("This value was taken back already.")
    why = reasons.given(reason)
    row.withdrawn_at = now
    changed: list[Audited] = [row]
    if row.duty is not None:  # what it answered is asked for again
        row.duty.state = DutyState.OPEN
        changed.append(row.duty)
    event("observation.withdrawn", locked, actor=actor, now=now, agency=agency, changed=changed, measure=row.measure.name,
          value=_value(row, row.measure), on=row.on.isoformat(), reason=why)  # fmt: skip
    return row


def _check_day(agreement: Agreement, row: Observation, today: date) -> None:
    last = agreement.final_day
    if row.on > today:
        raise ValidationError(
            {"on": f"This day has not come yet: it is {day(today)} where the agreement's days are counted."}
        )
    if agreement.effective_on and row.on < agreement.effective_on:
        raise ValidationError(
            {"on": f"The agreement took effect on {day(agreement.effective_on)}. Give a day from then on."}
        )
    if last is not None and row.on > last:
        raise ValidationError({"on": f"The agreement ended on {day(last)}. Give a day up to then."})


def _asked(agreement: Agreement, measure: Measure, on: date) -> Duty | None:
    """The measurement asked for that this value answers: the one due soonest that people were asked for by that day."""
    rows = agreement.duties.filter(
        kind=DutyKind.MEASURE, source=measure.pk, state__in=UNDONE, asked_on__lte=on
    )
    return rows.order_by("due_on").first()


def _value(row: Observation, measure: Measure) -> str:
    return f"{row.figure} {measure.unit}".strip()
