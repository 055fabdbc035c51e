"""Suspending, resuming, terminating and giving up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy, texts
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, Ground, Notice, Party, Stage, Suspension
from agreements.operations import dating, leaving, noticing, reasons, relating
from agreements.operations.recording import event, stamped
from agreements.operations.refusing import refuse_blocks
from audit.models import Audited
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
    agreed = texts.term_on(locked, from_on)
    until_on = until_on or _longest(agreed, from_on)
    problems = _beyond(agreed, locked.final_day, from_on, until_on)
    if from_on < today:
        problems["from_on"] = "A suspension can't begin in the past. Give today or a later day."
    if until_on and until_on < from_on:
        problems["until_on"] = (
            "The suspension would end before it begins. Give a later day, or leave it open."
        )
    if problems:
        raise ValidationError(problems)
    row = Suspension(agreement=locked, agency_id=agency, grounds=reasons.given(grounds, "grounds"), from_on=from_on,
                     until_on=until_on)  # fmt: skip
    earlier = list(locked.suspensions.all())
    _apart(row, earlier)
    locked.suspended_on, locked.suspended_until = from_on, until_on
    cover = dating.cover(locked, suspensions=[*earlier, row])
    event(STEPS["suspend"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked, *cover],
          grounds=row.grounds, from_on=from_on.isoformat(), until_on=until_on.isoformat() if until_on else None)  # fmt: skip
    dating.announced(locked, dating.prolonged(locked), actor=actor, now=now)
    emails.state_changed(locked, f"Suspended from {from_on:%-d %b %Y}: {row.grounds}", actor=actor)
    relating.alert(locked, f"it is suspended from {day(from_on)} on")
    return row


def _longest(agreed: Mapping[str, Any], from_on: date) -> date | None:
    """The last day of a suspension for which none is given: by what the agreement allows at most."""
    most = agreed.get("suspension_max_days")
    return from_on + timedelta(days=most - 1) if most else None


def _beyond(
    agreed: Mapping[str, Any], final: date | None, from_on: date, until_on: date | None
) -> dict[str, str]:
    """What the agreed term or the agreement's end has against the days of a suspension."""
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


@transaction.atomic
def resume(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """End the suspension today; refused while data flows under an agreement that is over."""
    today = policy.local_day(now, agreement)
    locked = opened("resume", agreement, actor=actor, today=today)
    agency, words = _agency(locked, actor, "resume", today), reasons.given(reason)
    if (text := texts.on(locked, today)) is not None:
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
    sent_on: date | None = None,
    actor: User,
    now: datetime,
) -> Notice:
    """End an executed agreement before its last day; it stays in force, in notice, until then.

    By notice, sent today unless another day is given: at the earliest when the acting party's period is over, counted
    from the day the others have it; where one of them must acknowledge it first, nothing ends before. Notice against
    renewal lets the present term be the last. For cause: after a notice of the breach and the time to cure it.
    Otherwise the day given, today at the earliest.
    """
    today = policy.local_day(now, agreement)
    locked = opened("terminate", agreement, actor=actor, today=today)
    agency = _agency(locked, actor, "terminate", today)
    final = locked.renews_until or locked.last_day
    if final and final < today:
        raise StepNotOpen(f"It ended by its own terms on {day(final)}. There is nothing left to end.")
    if ground not in Ground.values:
        raise ValidationError({"ground": "Choose on what ground the agreement is ended."})
    party = policy.parties_on(locked, today).get(agency=agency)
    content = noticing.agreed_text(locked, today)
    _may_end(locked, party, ground, content, today)
    row = Notice(agreement=locked, agency_id=agency, ground=ground, reason=reasons.given(reason), given_on=today,
                 sent_on=noticing.sent(locked, sent_on, today), wanted_on=last_day)  # fmt: skip
    _not_beyond(row, final)
    row.received_on = (
        noticing.received(content, party, row.sent_on, {}) if ground in noticing.CLOCKED else today
    )
    changed: list[Audited] = [row, locked]
    if ground == Ground.NO_RENEWAL:  # one that comes too late even now is not worth waiting for
        noticing.against_renewal(locked, content, party, row.received_on or row.sent_on)
    if row.received_on is not None:
        row.last_day = _last_day(locked, content, row, party)
        changed = noticing.take_effect(locked, row, party)
    ends = (
        f"Ends on {day(row.last_day)}"
        if row.last_day
        else "Notice is given; it ends once that is acknowledged"
    )
    event(STEPS["terminate"].event if row.last_day else "agreement.notice_given", locked, actor=actor, now=now,
          agency=agency, changed=changed, ground=row.get_ground_display(), reason=row.reason,
          sent_on=row.sent_on.isoformat(), last_day=row.last_day.isoformat() if row.last_day else None)  # fmt: skip
    emails.state_changed(locked, f"{ends}: {row.reason}", actor=actor)
    if row.last_day:
        relating.alert(locked, f"it ends on {day(row.last_day)}")
    return row


def _may_end(
    agreement: Agreement, party: Party, ground: str, content: Mapping[str, Any], today: date
) -> None:
    """Refuse a ground that the text does not give in this case, with the rule."""
    agreed, why = content["term"], noticing.waits_already(agreement, party.agency_id)
    if why:
        raise StepNotOpen(why)
    if ground == Ground.CAUSE:
        why = leaving.no_cause(agreement, party.agency_id, cure_days=agreed.get("cure_days"), today=today)
    elif ground == Ground.NOTICE and leaving.may_go(agreement, party, agreed.get("min_parties")):
        why = (
            f"Notice by one of several parties ends its own part only, and enough would remain to go on. "
            f"Let {party.legal_name} leave instead."
        )
    if why:
        raise StepNotOpen(why)


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


def _last_day(agreement: Agreement, content: Mapping[str, Any], row: Notice, party: Party) -> date:
    """The last day in force: as wanted, if the ground and the agreement's own end allow it."""
    received, wanted = row.received_on or row.given_on, row.wanted_on
    clocked = row.ground in noticing.CLOCKED
    earliest = noticing.last_day_of(agreement, content, row, party, received) if clocked else row.given_on
    if wanted and wanted < earliest:
        raise ValidationError(
            {
                "last_day": f"The earliest last day is {day(earliest)}, by the notice period your agency agreed to."
            }
        )
    return earliest if row.ground == Ground.NO_RENEWAL else wanted or earliest


def _not_beyond(row: Notice, final: date | None) -> None:
    """Refuse a last day that is past, or after the one on which the agreement ends anyway."""
    if row.wanted_on and row.wanted_on < row.given_on:
        raise ValidationError(
            {
                "last_day": f"A last day in the past can't be recorded. Give {day(row.given_on)} or a later day."
            }
        )
    if row.wanted_on and final and row.wanted_on > final:
        raise ValidationError(
            {"last_day": f"The agreement ends anyway on {day(final)}. Give a day up to then."}
        )


@transaction.atomic
def abandon(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Give up an agreement before it is signed."""
    today = policy.local_day(now, agreement)
    locked = opened("abandon", agreement, actor=actor, today=today)
    words = reasons.given(reason)
    approvals = stamped(locked.approvals.filter(voided_at=None), now, "voided_at")
    locked.stage, locked.turn, locked.turn_since = Stage.ABANDONED, None, now
    event(STEPS["abandon"].event, locked, actor=actor, now=now, agency=locked.lead_id,
          changed=[*approvals, locked], reason=words)  # fmt: skip
    if locked.shared_at:
        emails.state_changed(locked, f"Abandoned: {words}", actor=actor)
    return locked


def _agency(agreement: Agreement, actor: User, action: str, today: date) -> UUID:
    return policy.speaking_for(actor, action, agreement, today=today)
