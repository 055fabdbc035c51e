"""Notice, party by party: by which day, from which day on, when it is received, and when the agreement then ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from agreements.term.business import Region, rolled_back, rolled_forward
from agreements.term.spans import DAY, Row, cycle_on, day_of, runs_until
from common.dates import add_months

DEEMED = {"same_day": 0, "mail_3": 3, "mail_5": 5, "acknowledged": 0}
"""How many days after it was sent a notice counts as received; an acknowledged one when the answer comes."""


@dataclass(frozen=True)
class Window:
    """Within which days one party's notice against going on must be received.

    `raw` is `days` before the last day, `on` the last safe day: the business day at or before it. `stated` is the
    day the text itself names where it counts from the day of renewal, one day later (trap 2). `opens_on` is the first
    day on which notice counts, if the text has one. `send_by` allows for delivery to the slowest other party.
    """

    party: str
    days: int
    raw: date
    on: date
    stated: date
    opens_on: date | None
    send_by: date

    def is_open(self, day: date) -> bool:
        """Whether notice received on the day is in time, by the safe reckoning."""
        return day <= self.on and (self.opens_on is None or day >= self.opens_on)


def window(
    term: Row, party: Row, others: Sequence[Row], *, last: date | None, where: Region
) -> Window | None:
    """A party's window before the end of a term; None where it needs no notice or there is no end."""
    days = party.get("non_renewal_days")
    days = party.get("notice_days") if days is None else days
    if last is None or not days:
        return None
    base = last + DAY if term.get("notice_base") == "anniversary" else last
    raw, rolls = last - timedelta(days=days), term.get("business_days", False)
    opens = party.get("notice_opens_days")
    opens_on = base - timedelta(days=opens) if opens is not None else None
    on = rolled_back(raw, where) if rolls else raw
    if opens_on is not None and on < opens_on:  # no business day in the window: the calendar decides
        on = raw
    return Window(str(party.get("id", "")), days, raw, on, base - timedelta(days=days), opens_on,
                  sent_by(on, others, where=where if rolls else None))  # fmt: skip


def windows(term: Row, parties: Sequence[Row], *, last: date | None, where: Region) -> list[Window]:
    """The windows of all parties that have one, the first to close first."""
    found = (
        window(term, party, [row for row in parties if row is not party], last=last, where=where)
        for party in parties
    )
    return sorted((row for row in found if row is not None), key=lambda row: row.on)


def sent_by(receipt: date, others: Sequence[Row], *, where: Region | None) -> date:
    """The last day to send so that each other party is deemed to have it by `receipt` (trap 7)."""
    days = max((DEEMED.get(str(row.get("deemed_receipt")), 0) for row in others), default=0)
    found = receipt - timedelta(days=days)
    return rolled_back(found, where) if where is not None else found


@dataclass(frozen=True)
class Ending:
    """What follows from a notice: when it counts as received, the day reckoned, and the last day in force."""

    received_on: date
    raw: date
    on: date
    rule: str


def ends_on(
    term: Row, party: Row, *, received_on: date, first: date, last: date | None, where: Region
) -> Ending:
    """The last day in force under a party's notice: never past the day on which the agreement ends anyway.

    The day of receipt does not count. `last` is that of the present term, None when it has no end.
    """
    raw = received_on + timedelta(days=party.get("notice_days") or 0)
    found, rule = raw, "notice"
    held = day_of(party.get("withdrawal_not_before"))
    if party.get("withdrawal_rule") == "not_before" and held and held > found:
        found, rule = held, "not_before"
    if term.get("business_days", False) and found > received_on:
        found = rolled_forward(found, where)
    if party.get("withdrawal_rule") == "period_end":
        found, rule = period_end(term, first=first, day=found), "period_end"
    if last is not None and found > last:
        found, rule = last, "term"
    return Ending(received_on, raw, found, rule)


def period_end(term: Row, *, first: date, day: date) -> date:
    """The end of the period in which a day falls: fiscal year, else term or renewal, else year since the beginning."""
    month = term.get("fiscal_year_start")
    if month:
        begins = date(day.year, month, 1)
        return (begins if begins > day else add_months(begins, 12)) - DAY
    found = cycle_on(term, first=first, day=day)
    if found is not None and found.last is not None:
        return found.last
    end = runs_until(term, first=first)
    return end if end is not None and end < day else _year_end(first, day)


def _year_end(first: date, day: date) -> date:
    years = max(0, day.year - first.year - 1)
    while (found := add_months(first, 12 * (years + 1)) - DAY) < day:
        years += 1
    return found


def received_on(
    sent_on: date, recipient: Mapping[str, Any], *, acknowledged_on: date | None = None
) -> date | None:
    """When a notice counts as received; None while an acknowledgement that the text asks for is missing."""
    if recipient.get("deemed_receipt") == "acknowledged":
        return acknowledged_on
    return sent_on + timedelta(days=DEEMED.get(str(recipient.get("deemed_receipt")), 0))
