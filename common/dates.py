"""Calendar arithmetic and unambiguous dates. Pure."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def add_months(anchor: date, months: int) -> date:
    """The day `months` after the anchor, on the anchor's day of the month or the month's last day."""
    total = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(total, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last))


@lru_cache(maxsize=4096)
def day(on: date) -> str:
    """A day in words that mean the same everywhere: 2 Oct 2026."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def instant(at: datetime, zone: str) -> str:
    """An instant on the wall clock of a zone: 2 Oct 2026, 14:03 MDT."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M %Z}"
