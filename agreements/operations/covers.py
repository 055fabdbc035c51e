"""The rows of cover that follow from an agreement's texts, days, suspensions and parties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from agreements import covering, policy, term, texts
from agreements.models import (
    WITHOUT_END,
    Agreement,
    Coverage,
    EffectiveRule,
    Filing,
    Party,
    Signature,
    Stage,
    Suspension,
    Version,
)
from audit.models import Audited
from common.prepared import Prepared, Slot

Content = Mapping[str, Any]
APPROVAL, CONDITIONS = "resolution", "conditions_met"
DAY = timedelta(days=1)


def facts_of(agreement: Agreement, *, signed_on: date) -> term.Facts:
    """What happened so far, as days in the agreement's time zone; three queries."""
    signatures = _SIGNED.values(agreement=agreement.pk)
    filed = _FILED.values(agreement=agreement.pk)
    needed = {str(key) for (key,) in _APPROVING.values(agreement=agreement.pk)}
    given = {str(party): on for kind, party, on in filed if kind == APPROVAL}
    return term.Facts(
        signed_on,
        {str(party): policy.local_day(at, agreement) for party, at in signatures},
        {party: on for party, on in given.items() if party in needed or not needed},
        frozenset(needed - set(given)),
        max((on for kind, _, on in filed if kind == CONDITIONS), default=None),
    )


_OF = Slot("agreement", UUIDField())
_SIGNED = Prepared(
    lambda: Signature.objects.filter(agreement=_OF, voided_at=None).values_list("party", "signed_at")
)
_FILED = Prepared(
    lambda: Filing.objects.filter(
        agreement=_OF, withdrawn_at=None, kind__in=[APPROVAL, CONDITIONS]
    ).values_list("kind", "party", "on")
)
_APPROVING = Prepared(
    lambda: Party.objects.filter(
        agreement=_OF, left_on=None, agency__governing_body_approves=True
    ).values_list("pk")
)
_SEATS = Prepared(lambda: Party.objects.filter(agreement=_OF))
_COVERED = Prepared(lambda: Coverage.objects.filter(agreement=_OF).order_by("first_on", "id"))
_SUSPENDED = Prepared(lambda: Suspension.objects.filter(agreement=_OF))


Rows = dict[UUID, list[tuple[covering.Span, dict[str, Any]]]]
"""By flow its covered spans in order, each with what else its row says."""


def cover(
    agreement: Agreement,
    *,
    suspensions: Iterable[Suspension] | None = None,
    version: Version | None = None,
    amended: tuple[date, Version] | None = None,
    parties: Iterable[Party] | None = None,
) -> list[Audited]:
    """The rows of cover that must change so that they say what the agreement's texts, days, suspensions and parties say.

    `version` is the one just executed, `amended` a text that holds from a day on, `suspensions` and `parties` all of
    them: each as they are about to be written, if they are not yet. Rows are shortened, moved or added; none is ever
    deleted.
    """
    known = _SEATS.rows(agreement=agreement.pk) if parties is None else parties
    seats = {str(row.pk): row for row in known}
    pauses = pauses_of(agreement, suspensions)
    wanted: Rows = {}
    for place, text in _held(agreement, version, amended):
        for key, spans in _of_text(agreement, place, text, pauses, seats).items():
            wanted.setdefault(key, []).extend(spans)
    rows: dict[UUID, list[Coverage]] = {}
    for row in _COVERED.rows(agreement=agreement.pk):
        rows.setdefault(row.flow_id, []).append(row)
    return [one for key in {**rows, **wanted} for one in _changed(rows.get(key, []), wanted.get(key, []))]


def _held(
    agreement: Agreement, version: Version | None, amended: tuple[date, Version] | None
) -> list[tuple[covering.Span, Version]]:
    """Each text with the days on which it is the one that holds."""
    found = [(date.min, version)] if version else texts.chain(agreement)
    found += [amended] if amended else []
    nexts = [first for first, _ in found[1:]] + [None]
    return [
        (covering.Span(first, after - DAY if after else WITHOUT_END), text)
        for (first, text), after in zip(found, nexts, strict=True)
        if after is None or first < after
    ]


def _of_text(
    agreement: Agreement,
    held: covering.Span,
    text: Version,
    pauses: list[covering.Span],
    seats: Mapping[str, Party],
) -> Rows:
    """The covered spans of each flow of one text, among the days on which it holds and while both its parties are in."""
    content, found = text.content, Rows()
    if content.get("amends"):  # an instrument covers nothing: what it changes does
        return found
    begins = _begins(agreement, content)
    for key, (flow, category) in flows_of(content).items():
        sides = [seats[flow[side]] for side in ("provider", "recipient")]
        whole = _term_span(agreement, [begins[flow[side]] for side in ("provider", "recipient")])
        ends = [day for day in (agreement.ended_on, held.last, *(row.left_on for row in sides)) if day]
        if whole is not None:
            whole = covering.Span(max(whole.first, held.first), whole.last)
        spans = covering.covered(whole, pauses, ended_on=min(ends))
        said = {"agreement": agreement, "flow_id": key, "version": text, "category": category,
                "provider_id": sides[0].agency_id, "recipient_id": sides[1].agency_id}  # fmt: skip
        found[key] = [(span, said) for span in spans]
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
    rows = _SUSPENDED.rows(agreement=agreement.pk) if suspensions is None else suspensions
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


def _changed(rows: list[Coverage], wanted: Sequence[tuple[covering.Span, dict[str, Any]]]) -> list[Audited]:
    """The rows of one flow that differ from the spans, put right; one that begins on a day is kept for that day."""
    begin = {span.first: (span.last, said) for span, said in wanted}
    found: list[Audited] = []
    for row in rows:
        last, said = begin.pop(row.first_on, (row.first_on - DAY, {}))
        version = said.get("version")
        if row.last_on != last or (version and row.version_id != version.pk):
            row.last_on, row.version_id = last, version.pk if version else row.version_id
            found.append(row)
    return found + [Coverage(**said, first_on=first, last_on=last) for first, (last, said) in begin.items()]
