"""Suspending, resuming, terminating and giving up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy, term
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import WITHOUT_END, Agreement, Ground, Notice, Stage, Suspension
from agreements.models.snapshot import content_of
from agreements.operations import dating
from agreements.operations.recording import event, stamped
from agreements.operations.refusing import refuse_blocks
from agreements.reading import newest
from common.dates import day


@transaction.atomic
def suspend(
    agreement: Agreement,
    *,
    grounds: str,
    from_on: date,
    until_on: date | None = None,
    actor: User,
    now: datetime,
) -> Suspension:
    """Pause the exchange from a day, with grounds, for no longer than the agreement allows.

    The term's clock goes on unless the agreement says otherwise (DOMAIN 5, trap 20): then its days move.
    """
    today = policy.local_day(now, agreement)
    locked = opened("suspend", agreement, actor=actor, today=today)
    agency = _agency(locked, actor, "suspend", today)
    until_on = until_on or _longest(locked, from_on)
    problems = _beyond(locked, from_on, until_on)
    if from_on < today:
        problems["from_on"] = "A suspension can't begin in the past. Give today or a later day."
    if until_on and until_on < from_on:
        problems["until_on"] = (
            "The suspension would end before it begins. Give a later day, or leave it open."
        )
    if problems:
        raise ValidationError(problems)
    row = Suspension(agreement=locked, agency_id=agency, grounds=_words(grounds, "grounds"), from_on=from_on,
                     until_on=until_on)  # fmt: skip
    earlier = list(locked.suspensions.all())
    _apart(row, earlier)
    locked.suspended_on, locked.suspended_until = from_on, until_on
    cover = dating.cover(locked, suspensions=[*earlier, row])
    event(STEPS["suspend"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked, *cover],
          grounds=row.grounds, from_on=from_on.isoformat(), until_on=until_on.isoformat() if until_on else None)  # fmt: skip
    dating.announced(locked, dating.prolonged(locked), actor=actor, now=now)
    emails.state_changed(locked, f"Suspended from {from_on:%-d %b %Y}: {row.grounds}", actor=actor)
    return row


def _longest(agreement: Agreement, from_on: date) -> date | None:
    """The last day of a suspension for which none is given: by what the agreement allows at most."""
    most = _agreed(agreement).get("suspension_max_days")
    return from_on + timedelta(days=most - 1) if most else None


def _beyond(agreement: Agreement, from_on: date, until_on: date | None) -> dict[str, str]:
    """What the agreement or its end has against the days of a suspension."""
    agreed, final = _agreed(agreement), agreement.final_day
    if final and from_on > final:
        return {"from_on": f"The agreement ends on {day(final)}. There is nothing to suspend after that day."}
    if until_on is None:
        stops = agreed.get("suspension_stops_clock")
        said = "A suspension prolongs the term here, so its last day must be known. Give one; you can resume earlier."
        return {"until_on": said} if stops else {}
    most = agreed.get("suspension_max_days")
    if most and (until_on - from_on).days + 1 > most:
        last = day(from_on + timedelta(days=most - 1))
        return {
            "until_on": f"The agreement allows a suspension of at most {most} days: until {last} at the latest."
        }
    return {}


def _agreed(agreement: Agreement) -> Mapping[str, Any]:
    """The term as it was signed."""
    found: Mapping[str, Any] = agreement.frozen.content["term"] if agreement.frozen else {}
    return found


@transaction.atomic
def resume(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """End the suspension today; refused while data flows under an agreement that is over."""
    today = policy.local_day(now, agreement)
    locked = opened("resume", agreement, actor=actor, today=today)
    agency, words = _agency(locked, actor, "resume", today), _words(reason, "reason")
    if (text := newest(locked)) is not None:
        refuse_blocks(locked, text.content, stage="after", today=today, since="after")
    every = list(locked.suspensions.all())
    rows = [
        row for row in every if row.resumed_on is None and (row.until_on is None or row.until_on >= today)
    ]
    for row in rows:
        row.resumed_on = today
    locked.suspended_on = locked.suspended_until = None
    cover = dating.cover(locked, suspensions=every)
    event(
        STEPS["resume"].event,
        locked,
        actor=actor,
        now=now,
        agency=agency,
        changed=[*rows, locked, *cover],
        reason=words,
    )
    dating.announced(locked, dating.prolonged(locked), actor=actor, now=now)
    emails.state_changed(locked, f"Resumed: {words}", actor=actor)
    return locked


@transaction.atomic
def terminate(
    agreement: Agreement,
    *,
    ground: str,
    reason: str,
    last_day: date | None = None,
    actor: User,
    now: datetime,
) -> Notice:
    """End an executed agreement before its last day.

    By notice: the last day in force is at least the acting party's notice period from today. For cause or by
    mutual agreement: the day given, today at the earliest. The agreement stays in force, in notice, until then.
    """
    today = policy.local_day(now, agreement)
    locked = opened("terminate", agreement, actor=actor, today=today)
    agency = _agency(locked, actor, "terminate", today)
    final = locked.renews_until or locked.last_day
    if final and final < today:
        raise StepNotOpen(f"It ended by its own terms on {day(final)}. There is nothing left to end.")
    if ground not in Ground.values:
        raise ValidationError({"ground": "Choose on what ground the agreement is ended."})
    row = Notice(agreement=locked, agency_id=agency, ground=ground, reason=_words(reason, "reason"), given_on=today,
                 last_day=_last_day(locked, agency, ground, last_day, today))  # fmt: skip
    locked.stage, locked.ended_on, locked.ended_how = Stage.ENDED, row.last_day, "terminated"
    event(STEPS["terminate"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked, *dating.cover(locked)],
          ground=row.get_ground_display(), reason=row.reason, last_day=row.last_day.isoformat())  # fmt: skip
    emails.state_changed(locked, f"Ends on {row.last_day:%-d %b %Y}: {row.reason}", actor=actor)
    return row


def _apart(row: Suspension, earlier: Iterable[Suspension]) -> None:
    """Refuse a suspension on days on which another holds."""
    new = dating.pause_of(row)
    for other in earlier:
        old = dating.pause_of(other)
        if new and old and new.first <= old.last and old.first <= new.last:
            raise ValidationError(
                {
                    "from_on": f"It is suspended already from {day(old.first)}. Choose days that do not overlap."
                }
            )


def _last_day(agreement: Agreement, agency: UUID, ground: str, wanted: date | None, today: date) -> date:
    earliest = today
    if ground == Ground.NOTICE:
        earliest = _by_notice(agreement, agency, today)
    if wanted and wanted < earliest:
        raise ValidationError(
            {
                "last_day": f"The earliest last day is {earliest:%-d %b %Y}, by the notice period your agency agreed to."
            }
        )
    found = wanted or earliest
    final = agreement.renews_until or agreement.last_day
    if final and found > final:
        raise ValidationError(
            {"last_day": f"The agreement ends anyway on {final:%-d %b %Y}. Give a day up to then."}
        )
    return found


def _by_notice(agreement: Agreement, agency: UUID, today: date) -> date:
    """The earliest last day under a notice that the other parties receive today, by what this party agreed to."""
    party = agreement.parties.filter(agency=agency, left_on=None).first()
    if party is None:
        raise StepNotOpen("Your agency has left this agreement, so it can't give notice any more.")
    text = agreement.frozen.content if agreement.frozen else content_of(agreement)
    agreed: Mapping[str, Any] = next((row for row in text["parties"] if row["id"] == str(party.pk)), {})
    final = agreement.renews_until or agreement.last_day
    ending = term.ends_on(text["term"], agreed, received_on=today, first=agreement.effective_on or today,
                          last=final if final != WITHOUT_END else None, where=term.where(text))  # fmt: skip
    return ending.on


@transaction.atomic
def abandon(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Give up an agreement before it is signed."""
    today = policy.local_day(now, agreement)
    locked = opened("abandon", agreement, actor=actor, today=today)
    words = _words(reason, "reason")
    approvals = stamped(locked.approvals.filter(voided_at=None), now, "voided_at")
    locked.stage, locked.turn, locked.turn_since = Stage.ABANDONED, None, now
    event(STEPS["abandon"].event, locked, actor=actor, now=now, agency=locked.lead_id,
          changed=[*approvals, locked], reason=words)  # fmt: skip
    if locked.shared_at:
        emails.state_changed(locked, f"Abandoned: {words}", actor=actor)
    return locked


def _agency(agreement: Agreement, actor: User, action: str, today: date) -> UUID:
    return policy.speaking_for(actor, action, agreement, today=today)


def _words(text: str, field: str) -> str:
    if not text.strip():
        raise ValidationError({field: "Give the reason; it is recorded and the parties read it."})
    return text.strip()
