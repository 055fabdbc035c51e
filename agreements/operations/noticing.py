"""The clock of a notice: when the other parties have it, and the day on which it then ends something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy, term, texts
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import LEAVES, WITHOUT_END, Agreement, Ground, Notice, Party, Stage
from agreements.operations import dating, relating
from agreements.operations.recording import event
from audit.models import Audited
from common.dates import day

Content = Mapping[str, Any]
CLOCKED = (Ground.NOTICE, Ground.NO_RENEWAL, LEAVES)
"""The grounds that take effect only when the notice counts as received."""


def agreed_text(agreement: Agreement, today: date) -> Content:
    """The text that holds on the day, between those who are parties then; StepNotOpen before there is one."""
    text = texts.on(agreement, today)
    if text is None:
        raise StepNotOpen("There is no agreed text that a notice could rest on.")
    present = {str(row.pk) for row in policy.parties_on(agreement, today)}
    return {**text.content, "parties": [row for row in text.content["parties"] if row["id"] in present]}


def sent(agreement: Agreement, sent_on: date | None, today: date) -> date:
    """The day a notice was sent: today unless given; never a coming day, nor one before there was anything to end."""
    found = sent_on or today
    if found > today:
        raise ValidationError(
            {"sent_on": "A notice can't be recorded before it is sent. Give today or a past day."}
        )
    if agreement.effective_on and found < agreement.effective_on:
        raise ValidationError(
            {
                "sent_on": f"The agreement took effect on {day(agreement.effective_on)}; no notice counts before that."
            }
        )
    return found


def received(content: Content, sender: Party, sent_on: date, acknowledged: Mapping[str, str]) -> date | None:
    """When the last of the other parties counts as having it; None while one that must acknowledge it has not (trap 7)."""
    days: list[date] = []
    for row in _others(content, sender):
        said = acknowledged.get(row["id"])
        on = term.received_on(sent_on, row, acknowledged_on=date.fromisoformat(said) if said else None)
        if on is None:
            return None
        days.append(on)
    return max(days, default=sent_on)


def waits_already(agreement: Agreement, agency: UUID) -> str:
    """Why an agency can't give notice now: one of its own is not acknowledged yet. Empty when it can."""
    waits = agreement.notices.filter(agency=agency, received_on=None).exists()
    return "Your agency has given notice already; it waits to be acknowledged." if waits else ""


def awaited(content: Content, notice: Notice, sender: Party) -> list[Content]:
    """The parties whose acknowledgement a notice still waits for."""
    rows = (row for row in _others(content, sender) if row.get("deemed_receipt") == "acknowledged")
    return [row for row in rows if row["id"] not in notice.acknowledged]


def _others(content: Content, sender: Party) -> Iterable[Content]:
    return (row for row in content["parties"] if row["id"] != str(sender.pk))


def earliest(agreement: Agreement, content: Content, sender: Party, received_on: date) -> date:
    """The first last day that a party's notice allows, by what it agreed to."""
    own: Content = next((row for row in content["parties"] if row["id"] == str(sender.pk)), {})
    final = agreement.renews_until or agreement.last_day
    found = term.ends_on(content["term"], own, received_on=received_on, first=agreement.effective_on or received_on,
                         last=final if final != WITHOUT_END else None, where=term.where(content))  # fmt: skip
    return found.on


def against_renewal(agreement: Agreement, content: Content, sender: Party, received_on: date) -> date:
    """The last day under a notice against renewal; StepNotOpen outside the window the text gives for it (trap 8)."""
    last = agreement.last_day
    if content["term"].get("renewal") != "automatic" or last is None or agreement.renews_until is None:
        raise StepNotOpen("It does not renew itself, so there is no renewal to give notice against.")
    rows = term.windows(content["term"], content["parties"], last=last, where=term.where(content))
    own = next((row for row in rows if row.party == str(sender.pk)), None)
    if own is not None and not own.is_open(received_on):
        opens = f"from {day(own.opens_on)} " if own.opens_on else ""
        raise StepNotOpen(
            f"Notice against its renewal after {day(last)} must be received {opens}by {day(own.on)}; this one counts as "
            f"received on {day(received_on)}."
        )
    if received_on > last:
        raise StepNotOpen(f"The term it speaks of ended on {day(last)}.")
    return last


def take_effect(agreement: Agreement, row: Notice, sender: Party) -> list[Audited]:
    """What changes by a notice that has been received: the whole agreement ends, or one party leaves."""
    if row.ground == LEAVES:
        sender.left_on = min(filter(None, (sender.left_on, row.last_day)))
        parties = [sender if one.pk == sender.pk else one for one in agreement.parties.all()]
        return [row, sender, agreement, *dating.cover(agreement, parties=parties)]
    agreement.stage, agreement.ended_on, agreement.ended_how = Stage.ENDED, row.last_day, "terminated"
    return [row, agreement, *dating.cover(agreement)]


def last_day_of(
    agreement: Agreement, content: Content, row: Notice, sender: Party, received_on: date
) -> date:
    """The last day that follows from a received notice by its ground."""
    if row.ground == Ground.NO_RENEWAL:
        return against_renewal(agreement, content, sender, received_on)
    return max(earliest(agreement, content, sender, received_on), row.given_on)


@transaction.atomic
def acknowledge(agreement: Agreement, *, actor: User, now: datetime) -> Notice:
    """Say that one's agency has a notice that counts only when it says so; with the last answer its clock starts."""
    today = policy.local_day(now, agreement)
    locked = opened("acknowledge", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, STEPS["acknowledge"].permission, locked, today=today)
    content = agreed_text(locked, today)
    for row in locked.notices.filter(received_on=None).order_by("given_on", "last_event"):
        sender = policy.parties_on(locked, today).filter(agency=row.agency_id).first()
        if sender is None:  # gone in another way meanwhile
            continue
        # Where those who had to acknowledge it are gone, the answer of anybody else will do.
        asked = awaited(content, row, sender) or list(_others(content, sender))
        own = next((one for one in asked if one["agency"] == str(agency)), None)
        if own is not None:
            return _acknowledged(locked, content, row, sender, own, actor=actor, now=now, today=today)
    raise PermissionDenied("No notice waits for your agency's acknowledgement.")


def _acknowledged(
    agreement: Agreement,
    content: Content,
    row: Notice,
    sender: Party,
    party: Content,
    *,
    actor: User,
    now: datetime,
    today: date,
) -> Notice:
    row.acknowledged = {**row.acknowledged, party["id"]: today.isoformat()}
    row.received_on = received(content, sender, row.sent_on, row.acknowledged)
    changed: list[Audited] = [row, agreement]
    if row.received_on is not None:
        row.last_day = _still_ends(agreement, content, row, sender, today)
        changed = take_effect(agreement, row, sender) if row.last_day else changed
    last = row.last_day.isoformat() if row.last_day else None
    event(STEPS["acknowledge"].event, agreement, actor=actor, now=now, agency=party["agency"], changed=changed,
          party=party["name"], of=sender.legal_name, last_day=last)  # fmt: skip
    ends = f"; its last day is {day(row.last_day)}" if row.last_day else ""
    if row.received_on and not row.last_day:
        ends = "; that came too late for it to end anything"
    emails.state_changed(
        agreement, f"{party['name']} acknowledged the notice of {sender.legal_name}{ends}", actor=actor
    )
    if row.last_day and row.ground != LEAVES:
        relating.alert(agreement, f"it ends on {day(row.last_day)}")
    return row


def _still_ends(
    agreement: Agreement, content: Content, row: Notice, sender: Party, today: date
) -> date | None:
    """The last day under a notice acknowledged today, not before the one it named; None if it comes too late."""
    final = agreement.final_day
    if row.received_on is None or (final and final < today):
        return None
    try:
        found = last_day_of(agreement, content, row, sender, row.received_on)
    except StepNotOpen:  # against a renewal that can't be stopped any more
        return None
    wanted = max(found, today, row.wanted_on or found)
    return min(wanted, final) if final else wanted
