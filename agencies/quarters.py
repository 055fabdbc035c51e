"""The quarters in which access is reviewed. Pure."""

import datetime as dt
from typing import Final

from common.dates import add_months

DUE_DAYS: Final = 30
"""How long after a quarter began its review may take before it is overdue."""


def quarter_of(day: dt.date) -> dt.date:
    """The first day of the calendar quarter."""
    return dt.date(day.year, day.month - (day.month - 1) % 3, 1)


def due_on(quarter: dt.date) -> dt.date:
    """The last day on which the review is in time."""
    return quarter + dt.timedelta(days=DUE_DAYS)


def before(quarter: dt.date) -> dt.date:
    """The quarter before."""
    return add_months(quarter, -3)


def named(quarter: dt.date) -> str:
    """Such as "Q4 2026"."""
    return f"Q{(quarter.month + 2) // 3} {quarter.year}"
