"""What runs beside the term and after it: reviews, survival, closeout, cure, suspension, extension, succession. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from agreements.term.business import Region, rolled_forward
from agreements.term.spans import DAY, Row, day_of
from common.dates import add_months


@dataclass(frozen=True)
class Review:
    """The next periodic review: as agreed, as the law asks at the latest, and the earlier of both."""

    due_on: date
    agreed_on: date | None
    legal_on: date | None

    @property
    def rule(self) -> str:
        """Which of the two decides."""
        return "agreed" if self.agreed_on == self.due_on else "legal"


def review(term: Row, *, since: date, legal_months: int | None = None) -> Review | None:
    """The next review after `since`; None where neither the text nor the law asks for one (trap 10)."""
    agreed, legal = (
        add_months(since, months) if months else None for months in (term.get("review_months"), legal_months)
    )
    days = [day for day in (agreed, legal) if day is not None]
    return Review(min(days), agreed, legal) if days else None


def survives_until(ended_on: date, months: int | None) -> date | None:
    """The last day on which a surviving clause binds; its clock starts at the end (trap 17). None: without limit."""
    return add_months(ended_on + DAY, months) - DAY if months is not None else None


def closeout_due_on(ended_on: date, days: int | None) -> date | None:
    """The day by which data is returned or destroyed; None where the text names none."""
    return ended_on + timedelta(days=days) if days is not None else None


def cured_by(term: Row, *, notified_on: date, where: Region) -> date:
    """The last day to cure a breach of which notice was received."""
    raw = notified_on + timedelta(days=term.get("cure_days") or 0)
    return rolled_forward(raw, where) if term.get("business_days", False) and raw > notified_on else raw


def prolonged(term: Row, last: date | None, spans: Iterable[tuple[date, date]]) -> date | None:
    """The last day with the suspended days added, first and last day inclusive, if the text says so (trap 20)."""
    if last is None or not term.get("suspension_stops_clock"):
        return last
    for first, until in sorted(spans):
        if first <= last:
            last += timedelta(days=(until - first).days + 1)
    return last


def gap_days(before: date, after: date) -> int:
    """Days without cover between a last day and the next first day; 0 when the one follows the other or they overlap."""
    return max(0, (after - before).days - 1)


def extendable(signed_on: date, last: date | None) -> bool:
    """Whether an amendment signed on the day can still extend: after the last day there is nothing left (trap 13)."""
    return last is None or signed_on <= last


def superseded_on(successor_from: date) -> date:
    """The last day of what a successor replaces: the day before it takes effect (trap 14)."""
    return successor_from - DAY


@dataclass(frozen=True)
class Limit:
    """How long the law lets a kind of agreement last, be renewed, and in which last months it decides on that."""

    months: int
    renewal_months: int
    renewals: int
    decide_in_last_months: int
    citation: str


LIMITS = MappingProxyType({"matching": Limit(18, 12, 1, 3, "5 USC 552a(o)(2)")})
"""By kind of agreement (trap 18)."""


def limited(kind: str, term: Row, *, first: date) -> tuple[date, date, date] | None:
    """Of a kind that the law limits: the latest last day, the latest after renewal, the first day to decide on that."""
    limit = LIMITS.get(kind)
    if limit is None:
        return None
    last = add_months(first, limit.months) - DAY
    agreed = day_of(term.get("last_day")) if term.get("kind") == "fixed_date" else None
    if term.get("kind") == "months" and term.get("months"):
        agreed = add_months(first, term["months"]) - DAY
    end = min(last, agreed) if agreed else last
    renewed = add_months(end + DAY, limit.renewal_months * limit.renewals) - DAY
    return last, renewed, add_months(end + DAY, -limit.decide_in_last_months)
