"""What the product says of a case beside what the oracle says; every difference in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from datetime import date, timedelta
from typing import Any

from agreements import policy, standing, term
from agreements.models import WITHOUT_END, Agreement, Stage
from agreements.operations import dating
from tests.trust.dates import oracle

Case = Mapping[str, Any]
TERM = ("effective_rule", "effective_on", "kind", "months", "last_day", "first_fiscal_year", "fiscal_years", "fiscal_year_start",
        "renewal", "renewal_months", "renewal_max", "absolute_end", "notice_base", "business_days", "review_months")  # fmt: skip
WINDOW = ("raw", "on", "stated", "opens_on", "send_by")
BLANK = Agreement()


def content_of(case: Case) -> dict[str, Any]:
    """The case as the canonical text has it."""
    parties = [
        {"id": str(place), "jurisdiction": ""} | _plain(row) for place, row in enumerate(case["parties"])
    ]
    return {
        "jurisdiction": case["jurisdiction"],
        "term": _plain({name: case[name] for name in TERM}),
        "parties": parties,
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def facts_of(case: Case) -> term.Facts:
    """What happened, as the operations gather it."""
    given = {str(place): on for place, on in enumerate(case["approvals"])}
    signed = {str(place): on for place, on in enumerate(case["signatures"])}
    return term.Facts(case["signed_on"], signed, given, frozenset(), case["conditions_met_on"])


def agreement_of(case: Case, dates: term.Dates) -> Agreement:
    """The executed agreement, never saved."""
    made = copy(BLANK)
    made.stage = Stage.ENDED if case["ended_on"] else Stage.EXECUTED
    made.timezone, made.ended_on = case["zone"], case["ended_on"]
    dating.put(made, dates)
    made.suspended_on, made.suspended_until = case["suspension"] or (None, None)
    return made


def differences(case: Case) -> Iterator[str]:
    """Where the two disagree, if anywhere."""
    content, found = content_of(case), oracle.spans(case)
    dates = term.fixed(content, facts_of(case), legal_months=case["legal_months"])
    yield from _same("first day", dates.effective_on, found and oracle.day(found.first))
    if found is not None and dates.effective_on is not None:
        yield from _terms(case, content["term"], found, dates)
        yield from _notices(case, content, found, dates)
        yield from _reviews(case, found, dates)
    agreement = agreement_of(case, dates)
    today = policy.local_day(case["at"], agreement)
    yield from _same("local day", today, oracle.local_day(case["at"], case["zone"]))
    for each in (today, case["today"]):
        yield from standings(case, agreement, found, each)


def standings(case: Case, agreement: Agreement, found: oracle.Spans | None, today: date) -> Iterator[str]:
    """Whether both see the same standing on a day, and whether the product's next dates are in order."""
    said = standing.of(agreement, today=today)
    expected = oracle.standing(case, found, oracle.number(today) or 0)
    yield from _same(f"standing on {today}", (said.key, said.in_force), expected)
    days = [row.on for row in said.dates]
    if days != sorted(days):
        yield f"next dates out of order on {today}: {days}"
    if said.key in {"lapsed", "ended"} and any(
        row.on > today and row.rule != "term.last_day" for row in said.dates
    ):
        yield f"a coming date of what is over on {today}"


def _terms(case: Case, agreed: Case, found: oracle.Spans, dates: term.Dates) -> Iterator[str]:
    first = dates.effective_on
    assert first is not None
    lasts = found.lasts
    yield from _same("last day", dates.last_day, oracle.day(lasts[0]))
    automatic = case["renewal"] == "automatic"
    further = WITHOUT_END if oracle.unlimited(case) else oracle.day(lasts[-1])
    expected = further if automatic and lasts[0] is not None and further != oracle.day(lasts[0]) else None
    yield from _same("renews until", dates.renews_until, expected)
    begins = first
    for count, last in enumerate(lasts[:6]):
        cycle = term.cycle(agreed, first=first, number=count)
        yield from _same(f"renewal {count}", cycle and (cycle.first, cycle.last), (begins, oracle.day(last)))
        begins = (oracle.day(last) or begins) + timedelta(days=1)
    if not oracle.unlimited(case) and len(lasts) <= 6:
        yield from _same("renewals", term.cycle(agreed, first=first, number=len(lasts)), None)
    held = term.cycle_on(agreed, first=first, day=case["today"])
    at = oracle.number(case["today"]) or 0
    number = next(
        (n for n, last in enumerate(lasts) if at >= found.first and (last is None or at <= last)), None
    )
    yield from _same("renewal of the day", held and held.number, number)


def _notices(case: Case, content: Case, found: oracle.Spans, dates: term.Dates) -> Iterator[str]:
    parties, last, where = content["parties"], found.lasts[0], term.where(content)
    closing = []
    for row, party in zip(case["parties"], parties, strict=True):
        others = [other for other in parties if other is not party]
        said = term.window(content["term"], party, others, last=dates.last_day, where=where)
        expected = None if last is None else oracle.window(case, row, last)
        days = {name: getattr(said, name) for name in WINDOW} if said else None
        wanted = {name: oracle.day(at) for name, at in expected.items()} if expected else None
        yield from _same(f"window of party {party['id']}", days, wanted)
        closing += [wanted["on"]] if wanted else []
        yield from _leaving(case, content, found, dates, party, row)
    yield from _same("first notice due", dates.notice_due_on, min(filter(None, closing), default=None))


def _leaving(
    case: Case, content: Case, found: oracle.Spans, dates: term.Dates, party: Case, row: Case
) -> Iterator[str]:
    first, received = dates.effective_on, case["today"]
    at = oracle.number(received) or 0
    if first is None or received < first:
        return
    final = dates.renews_until or dates.last_day
    final = None if final == WITHOUT_END else final
    said = term.ends_on(
        content["term"], party, received_on=received, first=first, last=final, where=term.where(content)
    )
    yield from _same(
        f"end by notice of party {party['id']}", said.on, oracle.day(oracle.notice_ends(case, row, at, found))
    )


def _reviews(case: Case, found: oracle.Spans, dates: term.Dates) -> Iterator[str]:
    agreed, legal = oracle.reviews(case, found)
    days = [at for at in (agreed, legal) if at is not None]
    yield from _same("review", dates.review_due_on, oracle.day(min(days, default=None)))


def _same(what: str, said: Any, expected: Any) -> Iterator[str]:
    if said != expected:
        yield f"{what}: the product says {said}, the calendar {expected}"
