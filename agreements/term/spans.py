"""When an agreement begins, how long it lasts, and the renewals that may follow. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from common.dates import add_months

Row = Mapping[str, Any]
DAY = timedelta(days=1)
LAST_YEAR = 9990
"""Days beyond this are no days anybody agreed on: such a term has no end that can be reckoned."""


class Undetermined(Exception):
    """The text does not settle a day; `field` is the field of the term that would."""

    def __init__(self, field: str, words: str) -> None:
        self.field, self.words = field, words
        super().__init__(words)


@dataclass(frozen=True)
class Facts:
    """What happened, as days: the last signature, each party's own by its id, approvals, conditions met.

    `awaiting` are the parties whose governing body must approve and has not.
    """

    signed_on: date
    signatures: Mapping[str, date] = field(default_factory=dict)
    approvals: Mapping[str, date] = field(default_factory=dict)
    awaiting: frozenset[str] = frozenset()
    conditions_met_on: date | None = None


@dataclass(frozen=True)
class Cycle:
    """The initial term (number 0) or a renewal of it; `last` is None when it goes on until ended."""

    number: int
    first: date
    last: date | None


def day_of(value: Any) -> date | None:
    """A day as the canonical text or a row has it; None when none is stated."""
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def effective_on(term: Row, facts: Facts) -> date | None:
    """The first day in force; None while it waits for an approval or for its conditions.

    A stated day may lie before the last signature: it is allowed, and nothing flows before that signature (trap 11).
    """
    first = _by_rule(term, facts)
    if first is None or term["kind"] != "fiscal_years":
        return first
    return max(first, fiscal_year(term)[0])


def _by_rule(term: Row, facts: Facts) -> date | None:
    rule = term["effective_rule"]
    if rule == "date":
        return day_of(term.get("effective_on")) or facts.signed_on
    if rule == "governing_approval":
        given = facts.approvals and not facts.awaiting
        return max(facts.signed_on, *facts.approvals.values()) if given else None
    if rule == "conditions":
        return max(facts.signed_on, facts.conditions_met_on) if facts.conditions_met_on else None
    if rule == "each_signature":  # one party alone is bound to nobody: it begins with the second
        days = sorted(facts.signatures.values())
        return days[1] if len(days) > 1 else facts.signed_on
    return facts.signed_on


def party_from(term: Row, facts: Facts, party: str) -> date | None:
    """From which day the term binds one party: for all the same, unless each joins by its own signature."""
    first = effective_on(term, facts)
    if first is None or term["effective_rule"] != "each_signature":
        return first
    return max(first, facts.signatures.get(party, facts.signed_on))


def fiscal_year(term: Row) -> tuple[date, date]:
    """First and last day of the fiscal years of the term; a fiscal year is named for the year it ends in (trap 19).

    Raises Undetermined while nobody said in which month the fiscal year begins.
    """
    month, year, count = (
        term.get(name) for name in ("fiscal_year_start", "first_fiscal_year", "fiscal_years")
    )
    if not month:
        raise Undetermined(
            "fiscal_year_start", "Say in which month the fiscal year begins; parties have different ones."
        )
    if not year or not count:
        raise Undetermined("first_fiscal_year", "Give the first fiscal year and how many.")
    first = date(year if month == 1 else year - 1, month, 1)
    return first, add_months(first, 12 * count) - DAY


@lru_cache(maxsize=4096)
def _after(anchor: date, months: int) -> date | None:
    """The last day of so many months that begin on the anchor; None beyond all reckoning."""
    if anchor.year + months // 12 > LAST_YEAR:
        return None
    return add_months(anchor, months) - DAY


def _initial(term: Row, first: date) -> date | None:
    kind = term["kind"]
    if kind == "fixed_date":
        return day_of(term.get("last_day"))
    if kind == "fiscal_years":
        return fiscal_year(term)[1]
    return _after(first, term["months"]) if kind == "months" and term.get("months") else None


def last_day(term: Row, *, first: date, renewals: int = 0) -> date | None:
    """The last day in force after so many renewals, each anchored on the day the first began (trap 4).

    None for a term without end. Renewals past the agreed number or the absolute end do not count.
    """
    initial = _initial(term, first)
    if initial is None:
        return None
    return _renewed(term, first, initial, min(renewals, most_renewals(term)))


def most_renewals(term: Row) -> int:
    """How many renewals the text allows; a very large number when it names no limit."""
    if term.get("renewal", "none") == "none" or not term.get("renewal_months"):
        return 0
    most = term.get("renewal_max")
    return int(most) if most is not None else 10**6


def _renewed(term: Row, first: date, initial: date, count: int) -> date | None:
    if count <= 0:
        return initial
    more = count * term["renewal_months"]
    by_months = term["kind"] == "months"
    found = _after(first, term["months"] + more) if by_months else _after(initial + DAY, more)
    cap = day_of(term.get("absolute_end"))
    if cap is None:
        return found
    return max(initial, cap if found is None else min(found, cap))


def runs_until(term: Row, *, first: date, renewed: int = 0) -> date | None:
    """The last day in force if nobody acts: only an automatic renewal goes past the present term (traps 8 and 9)."""
    if term.get("renewal") == "automatic":
        return last_day(term, first=first, renewals=max(renewed, most_renewals(term)))
    return last_day(term, first=first, renewals=renewed)


def cycle(term: Row, *, first: date, number: int) -> Cycle | None:
    """The initial term or a renewal; None where the text allows no such renewal."""
    last = last_day(term, first=first, renewals=number)
    if number == 0:
        return Cycle(0, first, last)
    if number > most_renewals(term):
        return None
    before = last_day(term, first=first, renewals=number - 1)
    if before is None or (last is not None and last <= before):
        return None
    return Cycle(number, before + DAY, last)


def cycles(term: Row, *, first: date) -> Iterator[Cycle]:
    """The initial term and every renewal the text allows, in order; endless where it names no limit."""
    number = 0
    while (found := cycle(term, first=first, number=number)) is not None:
        yield found
        number += 1


def cycle_on(term: Row, *, first: date, day: date) -> Cycle | None:
    """The term or renewal in which a day falls if every renewal is made; None before the first and after the last."""
    if day < first:
        return None
    number = _guess(term, first, day)
    while (found := cycle(term, first=first, number=number)) is not None:
        if found.last is None or day <= found.last:
            return found
        number += 1
    return None


def _guess(term: Row, first: date, day: date) -> int:
    """A renewal not later than the one in which `day` falls, so that few have to be tried."""
    initial = _initial(term, first)
    if initial is None or day <= initial or not most_renewals(term):
        return 0
    months = (day.year - initial.year) * 12 + day.month - initial.month
    return int(max(0, min(months // term["renewal_months"] - 1, most_renewals(term))))
