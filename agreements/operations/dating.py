"""Putting the days that follow from the term on an agreement, and the cover that follows from the days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from agreements import covering, policy, requirements, term
from agreements.facts import rules_in_use
from agreements.lifecycle import StepNotOpen
from agreements.models import (
    WITHOUT_END,
    Agreement,
    Coverage,
    EffectiveRule,
    Party,
    Stage,
    Suspension,
    Version,
)
from agreements.operations.recording import event
from audit.models import Audited
from audit.record import Actor
from common.dates import day

Content = Mapping[str, Any]
APPROVAL, CONDITIONS = "resolution", "conditions_met"
REVIEW = "term.review_months"
DAY = timedelta(days=1)


def facts_of(agreement: Agreement, *, signed_on: date) -> term.Facts:
    """What happened so far, as days in the agreement's time zone; three queries."""
    signatures = agreement.signatures.filter(voided_at=None).values_list("party", "signed_at")
    kinds = agreement.filings.filter(withdrawn_at=None, kind__in=[APPROVAL, CONDITIONS])
    filed = list(kinds.values_list("kind", "party", "on"))
    parties = agreement.parties.filter(left_on=None, agency__governing_body_approves=True)
    needed = {str(key) for key in parties.values_list("pk", flat=True)}
    given = {str(party): on for kind, party, on in filed if kind == APPROVAL}
    return term.Facts(
        signed_on,
        {str(party): policy.local_day(at, agreement) for party, at in signatures},
        {party: on for party, on in given.items() if party in needed or not needed},
        frozenset(needed - set(given)),
        max((on for kind, _, on in filed if kind == CONDITIONS), default=None),
    )


def reckoned(
    agreement: Agreement, content: Content, *, signed_on: date, pauses: Iterable[covering.Span] = ()
) -> term.Dates:
    """The days of a text signed on a day; StepNotOpen, with the rule, where it settles none or ends before it begins.

    `pauses` are its suspensions: they prolong the term where the text says so.
    """
    stood = [(span.first, span.last) for span in pauses if span.last < WITHOUT_END]
    try:
        dates = term.fixed(
            content,
            facts_of(agreement, signed_on=signed_on),
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
    text = agreement.frozen
    return refixed(agreement) if text and text.content["term"]["effective_rule"] in waits else []


def prolonged(agreement: Agreement) -> list[Audited]:
    """Fix the days again after a suspension was recorded or ended, if the text says that it prolongs the term (trap 20)."""
    text = agreement.frozen
    return refixed(agreement) if text and text.content["term"].get("suspension_stops_clock") else []


def refixed(agreement: Agreement) -> list[Audited]:
    """The rows that change when the days of an executed agreement are fixed again; a review decided on stays due when it is."""
    text = agreement.frozen if agreement.stage == Stage.EXECUTED else None
    if text is None or agreement.executed_at is None:
        return []
    before, review = as_facts(agreement), agreement.review_due_on if agreement.effective_on else None
    signed = policy.local_day(agreement.executed_at, agreement)
    put(agreement, reckoned(agreement, text.content, signed_on=signed, pauses=pauses_of(agreement)))
    agreement.review_due_on = review or agreement.review_due_on
    return [agreement, *cover(agreement)] if as_facts(agreement) != before else []


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


def cover(
    agreement: Agreement, *, suspensions: Iterable[Suspension] | None = None, version: Version | None = None
) -> list[Audited]:
    """The rows of cover that must change so that they say what the agreement's days and suspensions say.

    `version` is the one just executed, if it is not written yet, and `suspensions` all of them as they are about to
    be written. Rows are shortened, moved or added; none is ever deleted.
    """
    text = version or agreement.frozen
    flows = flows_of(text.content) if text else {}
    if text is None or not flows:
        return []
    pauses = pauses_of(agreement, suspensions)
    begins = _begins(agreement, text.content)
    parties = dict(Party.objects.filter(agreement=agreement).values_list("pk", "agency"))
    rows: dict[UUID, list[Coverage]] = {}
    for row in Coverage.objects.filter(agreement=agreement).order_by("first_on", "id"):
        rows.setdefault(row.flow_id, []).append(row)
    found: list[Audited] = []
    for key, (flow, category) in flows.items():
        term_ = _term_span(agreement, [begins[flow[side]] for side in ("provider", "recipient")])
        spans = covering.covered(term_, pauses, ended_on=agreement.ended_on)
        blank = {"agreement": agreement, "flow_id": key, "version": text, "category": category,
                 "provider_id": parties[UUID(flow["provider"])], "recipient_id": parties[UUID(flow["recipient"])]}  # fmt: skip
        found += _changed(rows.get(key, []), spans, blank)
    return found


def flows_of(content: Content) -> dict[UUID, tuple[Content, str]]:
    """The flows of a text by id, each with the category of its data."""
    return {
        UUID(flow["id"]): (flow, row["category"])
        for row in content.get("datasets") or []
        for flow in row.get("flows") or []
    }


def pauses_of(agreement: Agreement, suspensions: Iterable[Suspension] | None = None) -> list[covering.Span]:
    """The days of all suspensions, as they are written or as given."""
    rows = Suspension.objects.filter(agreement=agreement) if suspensions is None else suspensions
    return [span for row in rows if (span := pause_of(row)) is not None]


def pause_of(row: Suspension) -> covering.Span | None:
    """The days of a suspension; none where it was ended before it began. On the day of resuming data may flow again."""
    last = row.until_on or WITHOUT_END
    if row.resumed_on is not None:
        last = min(last, row.resumed_on - DAY)
    return covering.Span(row.from_on, last) if row.from_on <= last else None


def _begins(agreement: Agreement, content: Content) -> dict[str, date | None]:
    """From which day each party may give and take data: never before it signed, nor before all did unless each joins alone."""
    signed = policy.local_day(agreement.executed_at, agreement) if agreement.executed_at else None
    first = agreement.effective_on
    if first is None or signed is None:
        return {row["id"]: None for row in content["parties"]}
    if content["term"]["effective_rule"] != EffectiveRule.EACH_SIGNATURE:
        return {row["id"]: max(first, signed) for row in content["parties"]}
    own = facts_of(agreement, signed_on=signed)
    return {row["id"]: term.party_from(content["term"], own, row["id"]) for row in content["parties"]}


def _term_span(agreement: Agreement, begins: Iterable[date | None]) -> covering.Span | None:
    days = [day for day in begins if day is not None]
    if agreement.stage not in {Stage.EXECUTED, Stage.ENDED} or len(days) < 2:
        return None
    return covering.Span(max(days), agreement.renews_until or agreement.last_day or WITHOUT_END)


def _changed(rows: list[Coverage], spans: list[covering.Span], blank: dict[str, Any]) -> list[Audited]:
    """The rows of one flow that differ from the spans, put right."""
    wanted = {span.first: span.last for span in spans}
    found: list[Audited] = []
    for row in rows:
        last = wanted.pop(row.first_on, row.first_on - DAY)
        if row.last_on != last:
            row.last_on = last
            found.append(row)
    return found + [Coverage(**blank, first_on=first, last_on=last) for first, last in wanted.items()]
