"""Putting the days that follow from the term on an agreement, and the cover that follows from the days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from agreements import amended as amended_text
from agreements import covering, instruments, policy, requirements, term, texts
from agreements.facts import rules_in_use
from agreements.lifecycle import StepNotOpen
from agreements.models import (
    WITHOUT_END,
    Agreement,
    EffectiveRule,
    Party,
    Stage,
    Version,
)
from agreements.operations.covers import APPROVAL, CONDITIONS, cover, facts_of, pause_of, pauses_of
from agreements.operations.recording import event
from audit.models import Audited
from audit.record import Actor
from common.dates import day

Content = Mapping[str, Any]
REVIEW = "term.review_months"

__all__ = [
    "APPROVAL",
    "CONDITIONS",
    "anew",
    "announced",
    "as_facts",
    "cover",
    "legal_months",
    "pause_of",
    "prolonged",
    "put",
    "reckoned",
    "refixed",
]


def reckoned(
    agreement: Agreement,
    content: Content,
    *,
    signed_on: date,
    renewed: int = 0,
    pauses: Iterable[covering.Span] = (),
) -> term.Dates:
    """The days of a text signed on a day; StepNotOpen, with the rule, where it settles none or ends before it begins.

    `pauses` are its suspensions: they prolong the term where the text says so.
    """
    if content.get("amends"):
        return _of_instrument(agreement, content, signed_on)
    why = instruments.unfit_successor(agreement, content, signed_on=signed_on)
    if why:
        raise StepNotOpen(why)
    stood = [(span.first, span.last) for span in pauses if span.last < WITHOUT_END]
    try:
        dates = term.fixed(
            content,
            facts_of(agreement, signed_on=signed_on),
            renewed=renewed,
            pauses=stood,
            legal_months=legal_months(content, signed_on),
        )
    except term.Undetermined as unsettled:
        raise StepNotOpen(f"The term does not settle its days. {unsettled.words}") from None
    if dates.effective_on and dates.last_day and dates.last_day < dates.effective_on:
        raise StepNotOpen(
            f"Signed on this day it would end on {day(dates.last_day)}, before it takes effect on "
            f"{day(dates.effective_on)}. Reopen the text and give a later last day."
        )
    return dates


def _of_instrument(agreement: Agreement, content: Content, signed_on: date) -> term.Dates:
    """From which day an instrument changes its agreement; it has no end and no review of its own.

    Never before the day of its last signature. StepNotOpen, with the rule, where it can't change it (any more).
    """
    said, locked = content["amends"], Agreement.objects.get(pk=UUID(content["amends"]["agreement"]))
    stated = said.get("takes_effect_on")
    since = max(date.fromisoformat(stated), signed_on) if stated else signed_on
    why = instruments.unfit(locked, agreement.pk, content, signed_on=signed_on, since=since)
    if why:
        raise StepNotOpen(why)
    if said["kind"] == "amendment":
        text = texts.agreed(locked)
        base: Content = text.content if text else {}
        changed = _begun(locked, amended_text.conformed(base, content, agreement.pk))
        dates = reckoned(
            locked, changed, signed_on=signed_on, renewed=locked.renewed, pauses=pauses_of(locked)
        )
        final = dates.renews_until or dates.last_day
        if final and final < since:
            raise StepNotOpen(
                f"As amended, {locked.reference} would end on {day(final)}, before the amendment takes effect on "
                f"{day(since)}. Give a later last day, or end the agreement by notice."
            )
    return term.Dates(since, None, None, None, None, None)


def legal_months(content: Content, today: date) -> int | None:
    """How many months the law leaves between two reviews of such an agreement, by the rules in use."""
    return requirements.at_most(content, REVIEW, today=today, catalog=rules_in_use())


def put(agreement: Agreement, dates: term.Dates) -> None:
    """Write the days into the agreement's row, in memory."""
    agreement.effective_on, agreement.last_day = dates.effective_on, dates.last_day
    agreement.renews_until = dates.renews_until
    agreement.notice_opens_on, agreement.notice_due_on = dates.notice_opens_on, dates.notice_due_on
    agreement.review_due_on = dates.review_due_on


def anew(agreement: Agreement) -> list[Audited]:
    """Fix the days of an executed agreement again, after something they follow from was recorded; what changed by it.

    Only for rules that wait for something after the signature: other days stay as they were fixed.
    """
    waits = {EffectiveRule.CONDITIONS, EffectiveRule.GOVERNING_APPROVAL}
    text = texts.agreed(agreement)
    return refixed(agreement) if text and text.content["term"]["effective_rule"] in waits else []


def prolonged(agreement: Agreement) -> list[Audited]:
    """Fix the days again after a suspension was recorded or ended, if the text says that it prolongs the term (trap 20)."""
    text = texts.agreed(agreement)
    return refixed(agreement) if text and text.content["term"].get("suspension_stops_clock") else []


def refixed(
    agreement: Agreement,
    *,
    amended: tuple[date, Version] | None = None,
    parties: Iterable[Party] | None = None,
) -> list[Audited]:
    """The rows that change when the days of an executed agreement are fixed again; a review decided on stays due when it is.

    When it began is history, whatever happens later. `amended` is a text about to be written, with the day from which
    it holds, `parties` are all parties as they are about to be written.
    """
    text = amended[1] if amended else texts.agreed(agreement)
    if agreement.stage != Stage.EXECUTED or text is None or agreement.executed_at is None:
        return []
    before, review = as_facts(agreement), agreement.review_due_on if agreement.effective_on else None
    signed = policy.local_day(agreement.executed_at, agreement)
    dates = reckoned(
        agreement,
        _begun(agreement, text.content),
        signed_on=signed,
        renewed=agreement.renewed,
        pauses=pauses_of(agreement),
    )
    put(agreement, dates)
    agreement.review_due_on = review or agreement.review_due_on
    if as_facts(agreement) == before and not amended:
        return []
    return [agreement, *cover(agreement, amended=amended, parties=parties)]


def _begun(agreement: Agreement, content: Content) -> Content:
    """The text with the first day as it came about, once it did."""
    if agreement.effective_on is None:
        return content
    stated = {"effective_rule": EffectiveRule.DATE.value, "effective_on": agreement.effective_on.isoformat()}
    return {**content, "term": {**content["term"], **stated}}


def announced(agreement: Agreement, changed: Sequence[Audited], *, actor: Actor, now: datetime) -> None:
    """Write days that moved in consequence of an act, as an event of their own; nothing if none did."""
    if changed:
        event("agreement.redated", agreement, actor=actor, now=now, agency=None, changed=changed,
              **as_facts(agreement))  # fmt: skip


def as_facts(agreement: Agreement) -> dict[str, Any]:
    """The days as an event states them; `begins` in words."""
    names = ("effective_on", "last_day", "renews_until")
    first = agreement.effective_on
    until = f" to {day(agreement.last_day)}" if agreement.last_day else ""
    begins = f"from {day(first)}{until}" if first else "once what it waits for is on file"
    return {name: value.isoformat() if (value := getattr(agreement, name)) else None for name in names} | {
        "begins": begins
    }
