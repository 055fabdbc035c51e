"""One party leaves and the others go on; and holding a party to the agreement: notice of a breach, and its cure."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from agencies.models import User
from agreements import emails, instruments, policy, term
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import LEAVES, Agreement, Breach, Notice, Party, PartyRole
from agreements.operations import noticing, reasons
from agreements.operations.recording import event
from audit.models import Audited
from common.dates import day

NEEDED = {PartyRole.HOST: "hosts the exchange", PartyRole.FISCAL_AGENT: "is the fiscal agent"}
"""Roles without which the others can't go on."""
LEADS = "leads the agreement"


@transaction.atomic
def withdraw(
    agreement: Agreement, *, reason: str, sent_on: date | None = None, actor: User, now: datetime
) -> Notice:
    """Leave the agreement by notice: the party's flows end with its last day, the others go on (trap 12).

    Refused where too few would remain or the leaving party is one the others can't do without.
    """
    today = policy.local_day(now, agreement)
    locked = opened("withdraw", agreement, actor=actor, today=today)
    party = _own(locked, policy.speaking_for(actor, STEPS["withdraw"].permission, locked, today=today), today)
    content = noticing.agreed_text(locked, today)
    why = noticing.waits_already(locked, party.agency_id) or stays_because(
        locked, party, content["term"].get("min_parties")
    )
    if why:
        raise StepNotOpen(why)
    row = Notice(agreement=locked, agency_id=party.agency_id, ground=LEAVES, reason=reasons.given(reason),
                 given_on=today, sent_on=noticing.sent(locked, sent_on, today))  # fmt: skip
    row.received_on = noticing.received(content, party, row.sent_on, {})
    changed: list[Audited] = [row, locked]
    if row.received_on is not None:
        row.last_day = noticing.last_day_of(locked, content, row, party, row.received_on)
        changed = noticing.take_effect(locked, row, party)
    words = f"leaves after {day(row.last_day)}" if row.last_day else "leaves once its notice is acknowledged"
    event(STEPS["withdraw"].event, locked, actor=actor, now=now, agency=party.agency_id, changed=changed,
          party=party.legal_name, words=words, reason=row.reason, sent_on=row.sent_on.isoformat(),
          last_day=row.last_day.isoformat() if row.last_day else None)  # fmt: skip
    emails.state_changed(locked, f"{party.legal_name} {words}: {row.reason}", actor=actor)
    return row


def staying(agreement: Agreement, party: Party) -> int:
    """How many parties go on when one goes too."""
    return instruments.staying(agreement).exclude(pk=party.pk).count()


def may_go(agreement: Agreement, party: Party, least: int | None) -> bool:
    """Whether the others can go on without a party: enough of them, and none of its duties falls away with it."""
    return staying(agreement, party) >= max(least or 2, 2) and not _duty(agreement, party)


def stays_because(agreement: Agreement, party: Party, least: int | None) -> str:
    """Why a party can't leave with the others going on, with the rule; empty when it can."""
    if party.left_on is not None:
        return f"{party.legal_name} leaves after {day(party.left_on)} already."
    remaining, least = staying(agreement, party), max(least or 2, 2)
    if remaining < least:
        return (
            f"Without {party.legal_name} {remaining} part{'y' if remaining == 1 else 'ies'} would remain, fewer than the "
            f"{least} it takes to go on. Give notice to end the agreement instead."
        )
    duty = _duty(agreement, party)
    if not duty:
        return ""
    before = "" if duty == LEADS else "amend the agreement so that another party does, or "
    return f"{party.legal_name} {duty}, so the others can't go on without it: {before}give notice to end the agreement."


def _duty(agreement: Agreement, party: Party) -> str:
    """What a party does that the others can't do without, in words; empty where there is nothing."""
    duty = next((words for role, words in NEEDED.items() if role in party.roles), "")
    return duty or (LEADS if agreement.lead_id == party.agency_id else "")


@transaction.atomic
def breach(agreement: Agreement, *, party: Party | UUID, what: str, actor: User, now: datetime) -> Breach:
    """Give a party notice that it breaks the agreement; from today it has the agreed days to cure it."""
    today = policy.local_day(now, agreement)
    locked = opened("breach", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, STEPS["breach"].permission, locked, today=today)
    key = party.pk if isinstance(party, Party) else party
    found = policy.parties_on(locked, today).filter(pk=key).exclude(agency=agency).first()
    if found is None:
        raise ValidationError({"party": "Choose another party of this agreement."})
    if not what.strip():
        raise ValidationError(
            {"what": "Say what the party does or fails to do, and which provision it breaks."}
        )
    content = noticing.agreed_text(locked, today)
    until = term.cured_by(content["term"], notified_on=today, where=term.where(content))
    row = Breach(
        agreement=locked, agency_id=agency, party=found, what=what.strip(), notified_on=today, cure_by=until
    )
    event(STEPS["breach"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked],
          party=found.legal_name, what=row.what, until=until.isoformat())  # fmt: skip
    emails.state_changed(
        locked,
        f"Notice of a breach by {found.legal_name}, to be cured by {day(until)}: {row.what}",
        actor=actor,
    )
    return row


@transaction.atomic
def cure(agreement: Agreement, *, breach: Breach | UUID, how: str, actor: User, now: datetime) -> Breach:
    """Record that a breach is cured: the agency that gave notice of it says so."""
    today = policy.local_day(now, agreement)
    locked = opened("cure", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, STEPS["cure"].permission, locked, today=today)
    key = breach.pk if isinstance(breach, Breach) else breach
    row = locked.breaches.filter(pk=key, cured_on=None).select_related("party", "agency").first()
    if row is None:
        raise ValidationError({"breach": "Choose a breach that is not cured yet."})
    if row.agency_id != agency:
        raise PermissionDenied(f"{row.agency.name} gave notice of this breach; it says when it is cured.")
    row.cured_on, row.cured_how = today, reasons.given(how, "how")
    event(STEPS["cure"].event, locked, actor=actor, now=now, agency=agency, changed=[row, locked],
          party=row.party.legal_name, how=row.cured_how)  # fmt: skip
    emails.state_changed(
        locked, f"The breach by {row.party.legal_name} is cured: {row.cured_how}", actor=actor
    )
    return row


def no_cause(agreement: Agreement, agency: UUID, *, cure_days: int | None, today: date) -> str:
    """Why the agreement can't be ended for cause today, with the rule; empty when it can."""
    if not cure_days:
        return ""
    there = Q(party__left_on=None) | Q(party__left_on__gte=today)  # nobody answers for who is gone
    rows = agreement.breaches.filter(there, cured_on=None).exclude(party__agency=agency)
    first = rows.order_by("cure_by").first()
    if first is None:
        return (
            f"Ending it for cause takes a notice of the breach first: the other party then has {cure_days} days to cure "
            "it. Give that notice, or choose another ground."
        )
    if first.cure_by >= today:
        return f"The time to cure the breach runs until {day(first.cure_by)}. It can be ended for cause after that day."
    return ""


def _own(agreement: Agreement, agency: UUID, today: date) -> Party:
    return policy.parties_on(agreement, today).get(agency=agency)
