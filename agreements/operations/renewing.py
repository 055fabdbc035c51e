"""Renewing the term: by all parties in writing, at one party's option, or by itself. One row for each renewal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from agencies.models import User
from agreements import emails, policy, standing, term, texts
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import (
    Agreement,
    Outcome,
    Reminder,
    Renewal,
    RenewalConsent,
    RenewalTerm,
    Review,
    Stage,
)
from agreements.operations import dating, reasons
from agreements.operations.approving import authority_of
from agreements.operations.recording import event
from agreements.operations.refusing import refuse_blocks
from audit.record import SYSTEM, Stale
from common.dates import day

DAY = timedelta(days=1)
ASKED_BEFORE = timedelta(days=180)
"""A decision counts for the renewal whose last day is at most so far away: the board's horizon."""
GOES_ON = (Outcome.RENEW, Outcome.CONTINUE, Outcome.AMEND)
Content = Mapping[str, Any]


@transaction.atomic
def renew(
    agreement: Agreement, *, number: int, reason: str, consulted: str = "", actor: User, now: datetime
) -> RenewalTerm | RenewalConsent:
    """Renew an executed agreement for the `number`-th time, before its last day is over.

    At one party's option its act renews. By mutual agreement in writing each party's act is its consent, given by
    somebody with a recorded authority to bind it; the last one renews. Sending the same number again changes nothing.
    """
    today = policy.local_day(now, agreement)
    locked = opened("renew", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, "renew", locked, today=today)
    words = reasons.given(reason)
    text = texts.agreed(locked)
    content: Content = text.content if text else {}
    _refuse(locked, content, number, today)
    refuse_blocks(locked, content, stage="after", today=today, since="after")
    said = {"reason": words, "consulted": consulted.strip()[:300], "by": actor, "made_at": now}
    if content["term"]["renewal"] == Renewal.OPTION:
        _own_option(content, agency, locked)
        return _renewed(locked, agency, said, actor=actor, now=now)
    return _consented(locked, agency, number, said, actor=actor, now=now, today=today)


def next_number(agreement: Agreement) -> int:
    """The number of the renewal that would come next."""
    return agreement.renewed + 1


def refusal(agreement: Agreement, number: int, *, today: date) -> str:
    """Why this renewal can't be made today, with the rule; empty when it can."""
    text = texts.agreed(agreement)
    if text is None or agreement.effective_on is None or agreement.last_day is None:
        return "There is no last day to go beyond: it runs until it is ended, or has not taken effect yet."
    agreed, last = text.content["term"], agreement.last_day
    return _by_type(agreed, last, today) or _by_count(agreement, agreed, number, today)


def _refuse(agreement: Agreement, content: Content, number: int, today: date) -> None:
    if number <= agreement.renewed:
        raise StepNotOpen(f"Renewal {number} is recorded already.")
    why = refusal(agreement, number, today=today)
    if why:
        raise StepNotOpen(why)


def _by_type(agreed: Content, last: date, today: date) -> str:
    if last < today:
        return f"It lapsed after {day(last)}. A renewal after the last day revives nothing: make a new agreement."
    if agreed.get("renewal", "none") == Renewal.NONE:
        return f"The text allows no renewal. Amend it before {day(last)}, or make a new agreement."
    if agreed["renewal"] == Renewal.AUTOMATIC:
        return f"It renews itself after {day(last)}. Record a decision, or give notice against its renewal in time."
    if not agreed.get("renewal_months"):
        return "The text does not say for how long a renewal lasts. Amend it first."
    return ""


def _by_count(agreement: Agreement, agreed: Content, number: int, today: date) -> str:
    first, made = agreement.effective_on or today, agreement.renewed
    if number != made + 1:
        return f"The next renewal is number {made + 1}."
    if term.cycle(agreed, first=first, number=number) is None:
        most = agreed.get("renewal_max")
        if most is not None and made >= most:
            return f"The text allows {most} renewal{'s' * (most != 1)}; all are made. Make a new agreement."
        return f"The text lets no renewal go beyond {day(date.fromisoformat(agreed['absolute_end']))}. It ends on that day."
    present = agreement.renewals.filter(number=made).values_list("first_on", flat=True).first()
    if present and today < present:
        return f"Renewal {made} begins on {day(present)}; the next one can be made from that day on."
    return _by_law(agreement, agreed, first, today)


def _by_law(agreement: Agreement, agreed: Content, first: date, today: date) -> str:
    """What the law says of kinds whose renewal it limits (trap 18)."""
    limits = term.limited(agreement.kind, agreed, first=first)
    if limits is None:
        return ""
    _, latest, opens = limits
    citation = term.LIMITS[agreement.kind].citation
    found = term.cycle(agreed, first=first, number=agreement.renewed + 1)
    if found is None or found.last is None or found.last > latest:
        return f"The law lets it last until {day(latest)} at most, renewal included ({citation})."
    if today < opens:
        return (
            f"Its renewal is decided within the last months of its term, from {day(opens)} on ({citation})."
        )
    return ""


def _own_option(content: Content, agency: UUID, agreement: Agreement) -> None:
    """Where the text gives the option to some parties, only they exercise it."""
    holders = {row["agency"]: row["name"] for row in content["parties"] if row.get("renewal_right")}
    if holders and str(agency) not in holders:
        raise StepNotOpen(f"The option to renew is {' and '.join(holders.values())}'s own.")


def _consented(
    agreement: Agreement,
    agency: UUID,
    number: int,
    said: Mapping[str, Any],
    *,
    actor: User,
    now: datetime,
    today: date,
) -> RenewalTerm | RenewalConsent:
    last = agreement.last_day or today
    parties = list(policy.parties_on(agreement, last + DAY).select_related("agency"))
    party = next((row for row in parties if row.agency_id == agency), None)
    if party is None:
        raise StepNotOpen("Your agency leaves before this renewal begins, so it does not agree to it.")
    given = set(agreement.renewal_consents.filter(number=number).values_list("party", flat=True))
    if {one.pk for one in parties} <= given:  # whoever had not agreed yet has gone
        return _renewed(agreement, agency, said, actor=actor, now=now)
    if party.pk in given:
        raise StepNotOpen(f"{party.agency.name} has agreed to renewal {number} already.")
    authority = authority_of(actor, party, agreement, today=today)
    if authority is None:
        raise StepNotOpen(
            f"A renewal by mutual agreement binds {party.agency.name}: it takes somebody with a recorded authority to "
            "sign such agreements."
        )
    row = RenewalConsent(
        agreement=agreement, number=number, party=party, authority_basis=authority.basis, **said
    )
    missing = [one.agency.name for one in parties if one.pk not in {*given, party.pk}]
    event("agreement.renewal_agreed", agreement, actor=actor, now=now, agency=agency, changed=[row, agreement],
          party=party.agency.name, number=number, reason=row.reason, consulted=row.consulted, missing=missing)  # fmt: skip
    if not missing:
        return _renewed(agreement, agency, said, actor=actor, now=now)
    words = f"{party.agency.name} agreed to renewal {number}; still to agree: {', '.join(missing)}"
    emails.state_changed(agreement, words, actor=actor)
    return row


def _renewed(
    agreement: Agreement, agency: UUID, said: Mapping[str, Any], *, actor: User, now: datetime
) -> RenewalTerm:
    row, changed = _next(agreement, agency_id=agency, **said)
    event(STEPS["renew"].event, agreement, actor=actor, now=now, agency=agency, changed=[row, *changed],
          number=row.number, reason=row.reason, consulted=row.consulted, **dating.as_facts(agreement))  # fmt: skip
    emails.state_changed(agreement, f"Renewed to {_last(row)}: {row.reason}", actor=actor)
    return row


def _last(row: RenewalTerm) -> str:
    return day(row.last_on) if row.last_on else "no fixed day"


def _next(agreement: Agreement, **said: Any) -> tuple[RenewalTerm, list[Any]]:
    """The row of the next renewal, with the agreement's days moved on; the present term has a last day."""
    before = agreement.last_day
    if before is None:
        raise StepNotOpen("There is no last day to go beyond.")
    agreement.renewed += 1
    changed = dating.refixed(agreement) or [agreement]
    row = RenewalTerm(agreement=agreement, number=agreement.renewed, first_on=before + DAY,
                      last_on=agreement.last_day, **said)  # fmt: skip
    return row, changed


def due(*, now: datetime) -> QuerySet[Agreement]:
    """The agreements whose term is over somewhere and that go on by themselves."""
    rows = Agreement.objects.filter(stage=Stage.EXECUTED, renews_until__gt=F("last_day"))
    return rows.filter(last_day__lt=now.date() + DAY)


def sweep(*, now: datetime) -> int:
    """Carry out every automatic renewal whose day has come; returns how many. Run twice or late it does the same."""
    done = 0
    for key in due(now=now).order_by("pk").values_list("pk", flat=True):
        try:
            done += _by_itself(key, now)
        except Stale:  # somebody acted on it at this moment; the next run looks again
            continue
    return done


@transaction.atomic
def _by_itself(key: UUID, now: datetime) -> int:
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=key)
    today, done = policy.local_day(now, locked), 0
    while _due(locked, today):
        last = locked.last_day or today
        decided, asked = _decided(locked, last), _asked(locked, last)
        row, changed = _next(locked, made_at=now, reviewed=decided)
        if not decided:
            locked.unreviewed_on = locked.unreviewed_on or row.first_on
        event("agreement.renewed_itself", locked, actor=SYSTEM, now=now, agency=None, changed=[row, *changed],
              number=row.number, reviewed=decided, asked=asked, finding=_finding(decided, asked),
              **dating.as_facts(locked))  # fmt: skip
        words = f"Renewed itself to {_last(row)}. {_finding(decided, asked)}"
        emails.state_changed(locked, words, actor=None)
        done += 1
    return done


def _due(agreement: Agreement, today: date) -> bool:
    over = agreement.last_day is not None and agreement.last_day < today
    return agreement.stage == Stage.EXECUTED and over and standing.renews_itself(agreement)


def _decided(agreement: Agreement, last: date) -> bool:
    """Whether some party recorded before the renewal that it is to go on."""
    rows = Review.objects.filter(agreement=agreement, made_on__range=(last - ASKED_BEFORE, last))
    return rows.filter(outcome__in=GOES_ON).exists()


def _asked(agreement: Agreement, last: date) -> str | None:
    """The day on which the parties' people were first asked to decide on this renewal, by the reminders that went out."""
    rows = Reminder.objects.filter(agreement=agreement, deadline__in=["notice", "last_day"])
    rows = rows.exclude(told_at=None)
    first = rows.filter(deadline_on__range=(last - ASKED_BEFORE * 2, last)).order_by("due_on").first()
    return first.due_on.isoformat() if first else None


def _finding(decided: bool, asked: str | None) -> str:
    if decided:
        return "A decision to go on was recorded before."
    since = (
        f"although it was asked for from {day(date.fromisoformat(asked))} on"
        if asked
        else "nor asked for in time"
    )
    return f"No decision to go on was recorded, {since}: review it now."


def consents(agreement: Agreement) -> Iterable[RenewalConsent]:
    """Who has agreed to the next renewal so far."""
    rows = agreement.renewal_consents.filter(number=next_number(agreement))
    return rows.select_related("party__agency", "by").order_by("made_at")
