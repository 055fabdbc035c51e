"""Months as people hang them on a wall: weeks from Sunday to Saturday. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@dataclass(frozen=True)
class Month:
    """A month: its first and last day, and the weeks that hold them whole."""

    first: date
    last: date
    weeks: tuple[tuple[date, ...], ...]

    def holds(self, day: date) -> bool:
        """Whether the day is one of its own."""
        return self.first <= day <= self.last


def month_of(day: date) -> Month:
    """The month in which a day is."""
    first = day.replace(day=1)
    last = months_on(first, 1) - timedelta(days=1)
    weeks = calendar.Calendar(calendar.SUNDAY).monthdatescalendar(day.year, day.month)
    return Month(first, last, tuple(tuple(week) for week in weeks))


def months_on(day: date, months: int) -> date:
    """The first day of the month so many months after (or before) that of `day`."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
