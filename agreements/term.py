"""The dates that follow from the agreed term, once every party has signed. Pure: days in, days out.

A last day is inclusive: three years from 1 July 2024 end on 30 June 2027 (DOMAIN 5, traps 1 to 5 and 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from common.dates import add_months


@dataclass(frozen=True)
class Dates:
    """The days fixed at execution; all are calendar days in the agreement's time zone."""

    effective_on: date
    last_day: date | None
    notice_due_on: date | None
    review_due_on: date | None


def fixed(term: Mapping[str, Any], parties: Sequence[Mapping[str, Any]], *, signed_on: date) -> Dates:
    """The days in force of a term whose last signature was given on `signed_on`."""
    first = effective_on(term, signed_on=signed_on)
    last = last_day(term, first=first)
    return Dates(first, last, notice_due_on(last, parties), review_due_on(term, since=first))


def effective_on(term: Mapping[str, Any], *, signed_on: date) -> date:
    """The first day in force: the stated one, or the day of the last signature."""
    stated = term.get("effective_on")
    if term["effective_rule"] == "date" and stated:
        return date.fromisoformat(stated)
    return signed_on


def last_day(term: Mapping[str, Any], *, first: date) -> date | None:
    """The last day in force, inclusive; None for an evergreen term."""
    if term["kind"] == "fixed_date" and term.get("last_day"):
        return date.fromisoformat(term["last_day"])
    if term["kind"] == "months" and term.get("months"):
        return add_months(first, term["months"]) - timedelta(days=1)
    return None


def notice_due_on(last: date | None, parties: Sequence[Mapping[str, Any]]) -> date | None:
    """The last safe day to receive notice: the longest notice of any party, counted back from the last day."""
    days = [party["notice_days"] for party in parties if party.get("notice_days")]
    return last - timedelta(days=max(days)) if last and days else None


def review_due_on(term: Mapping[str, Any], *, since: date) -> date | None:
    """The day by which the next periodic review is due."""
    months = term.get("review_months")
    return add_months(since, months) if months else None


def notice_ends_on(*, given_on: date, notice_days: int) -> date:
    """The last day in force under a notice received on `given_on`: the day itself does not count."""
    return given_on + timedelta(days=notice_days)
