"""By when and how often something is to be done, read from the words of a commitment or a measure. Pure.

What the words do not settle is not guessed: it has no days, and the page says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from agreements.recognition.reckoning import days as days_in
from agreements.recognition.reckoning import lengths
from common.dates import add_months, day

DAY = timedelta(days=1)
WEEK = 7
LAST_YEAR = 9990
_EVERY = re.compile(r"\bevery (?=[\w-]+(?: \(\d+\))? (?:week|month|year)s\b)", re.IGNORECASE)
_AMBIGUOUS = re.compile(r"\bbi-?\s?(?:weekly|monthly|annual(?:ly)?)\b", re.IGNORECASE)
_EACH = r"\b(?:each|every|once an?|once every|once in each|per)(?: calendar| fiscal| school)? "
_PACES: tuple[tuple[str, int, int], ...] = (
    (r"\b(?:twice|two times) an? year\b|\bhalf-?yearly\b|\bsemi-?annual(?:ly)?\b", 6, 0),
    (_EACH + r"(?:semester|half-?year)\b", 6, 0),
    (r"\bthree times an? year\b", 4, 0),
    (r"\bfour times an? year\b|\bquarterly\b|" + _EACH + r"quarter\b", 3, 0),
    (r"\bevery other year\b|\bbiennial(?:ly)?\b", 24, 0),
    (r"\btriennial(?:ly)?\b", 36, 0),
    (r"\bmonthly\b|" + _EACH + r"month\b", 1, 0),
    (r"\bfortnightly\b|\bevery other week\b", 0, 2 * WEEK),
    (r"\bweekly\b|" + _EACH + r"week\b", 0, WEEK),
    (r"\byearly\b|\bannual(?:ly)?\b|" + _EACH + r"year\b", 12, 0),
)
"""Words, and every how many months or days that is."""
_AFTER_PERIOD = re.compile(r"\b(?:of|after|following) the end of (?:each|every)\b", re.IGNORECASE)
_BASE = r"(?:of|after|from|following|before) (?:the )?(?:agreement's )?"
_FROM_FIRST = re.compile(_BASE + r"(?:first day|effective date|start|beginning|signature|execution)\b", re.I)
_FROM_END = re.compile(
    _BASE + r"(?:last day|end|expiry|expiration|termination)\b(?! of (?:each|every))", re.I
)
_SURVIVES = re.compile(r"\b(?:for|until|up to)\b", re.IGNORECASE)
_YEARLESS = re.compile(
    r"\b(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)? (?P<m1>[a-z]{3,9})|(?P<m2>[a-z]{3,9})\.? (?P<d2>\d{1,2})(?:st|nd|rd|th)?)\b",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Pace:
    """Every so many months, or every so many days."""

    months: int = 0
    days: int = 0

    def after(self, anchor: date, count: int) -> date | None:
        """The day `count` steps after the anchor, anchored on its own day of the month (trap 4); None beyond reckoning."""
        if anchor.year + (self.months * count) // 12 + (self.days * count) // 365 >= LAST_YEAR:
            return None
        return (
            add_months(anchor, self.months * count) if self.months else anchor + timedelta(self.days * count)
        )


@dataclass(frozen=True)
class When:
    """What the words settle: a day, a day of each year, days from the first or the last day, and how often.

    `grace` are days after the end of each period; `survives` months for which it goes on after the end.
    """

    on: date | None = None
    yearly: tuple[int, int] | None = None
    from_first: int | None = None
    from_end: int | None = None
    grace: int = 0
    survives: int = 0
    pace: Pace | None = None


def read(due: str, recurrence: str) -> When:
    """The words of "by when" and "how often"."""
    pace, words = pace_of(recurrence) or pace_of(due), f"{due} {recurrence}"
    stated = next((on for on, _ in days_in(words)), None)
    survives = _months_after_end(words)
    if stated is not None:
        return When(on=stated, pace=pace, survives=survives)
    length = next((one for one in lengths(due) if one.unit in {"day", "week"}), None)
    counted = length.days if length and "business" not in due.lower() else None
    if pace is not None and counted is not None and _AFTER_PERIOD.search(due):
        return When(grace=counted, pace=pace, survives=survives)
    if pace is not None:
        of_year = _of_year(words) if pace.months and pace.months % 12 == 0 else None
        return When(yearly=of_year, pace=pace, survives=survives)
    if counted is not None and not re.search(r"\bbefore\b", due, re.I):
        if _FROM_END.search(due):
            return When(from_end=counted)
        if _FROM_FIRST.search(due):
            return When(from_first=counted)
    return When()


def pace_of(words: str) -> Pace | None:
    """How often, where the words say it without ambiguity; nothing more often than weekly makes days of its own."""
    if _AMBIGUOUS.search(words):
        return None
    every = _EVERY.search(words)
    if every:
        length = next(lengths(words[every.start() :]), None)
        if length is not None:
            return Pace(months=length.months) if length.months else Pace(days=length.days)
    for pattern, months, days in _PACES:
        if re.search(pattern, words, re.IGNORECASE):
            return Pace(months, days)
    return None


def _months_after_end(words: str) -> int:
    if not (_SURVIVES.search(words) and _FROM_END.search(words)):
        return 0
    return next((length.months for length in lengths(words) if length.months), 0)


def _of_year(words: str) -> tuple[int, int] | None:
    """A month and a day of it, without a year."""
    for match in _YEARLESS.finditer(words):
        name = (match["m1"] or match["m2"]).lower()[:3]
        number = int(match["d1"] or match["d2"])
        if name in _MONTHS and 1 <= number <= 31:
            return _MONTHS.index(name) + 1, number
    return None


@dataclass(frozen=True)
class Span:
    """The days among which something is done: the first and the last in force; `last` is None while it goes on."""

    first: date
    last: date | None


def days(when: When, span: Span, *, until: date) -> Iterator[tuple[date, str]]:
    """Every day on which it is due up to and including `until`, in order, each with the rule in words.

    It ends with the span, whose last day is included, unless the words say for how long it goes on after it.
    """
    if when.pace is None:
        yield from _once(when, span, until)
        return
    last = span.last
    if last is not None and when.survives:
        last = add_months(last + DAY, when.survives) - DAY
    for period_end, on, words in _steps(when, span.first):
        if on > until or (last is not None and period_end > last):
            return
        if on >= span.first:
            yield on, words


def _once(when: When, span: Span, until: date) -> Iterator[tuple[date, str]]:
    found: tuple[date, str] | None = None
    if when.on is not None:
        found = (when.on, "the day the text names") if span.last is None or when.on <= span.last else None
    elif when.from_first is not None:
        found = (
            span.first + timedelta(when.from_first),
            f"{when.from_first} days from the first day, {day(span.first)}",
        )
        found = found if span.last is None or found[0] <= span.last else None
    elif when.from_end is not None and span.last is not None:
        found = (
            span.last + timedelta(when.from_end),
            f"{when.from_end} days after the last day, {day(span.last)}",
        )
    if found is not None and span.first <= found[0] <= until:
        yield found


def _steps(when: When, first: date) -> Iterator[tuple[date, date, str]]:
    """Endless: for each step the day that must lie in the span, the day it is due, and the rule in words."""
    if when.pace is None:
        return
    if when.yearly is not None:
        yield from _each_year(when.yearly, when.pace, first)
        return
    anchor, offset = (when.on, 0) if when.on is not None else (first, 1)
    often = said(when.pace)
    words = (
        f"{often} from {day(anchor)}" if when.on else f"{often}, counted from the first day, {day(anchor)}"
    )
    if when.grace:
        words += f", {when.grace} days after the end of each"
    number = offset
    while (step := when.pace.after(anchor, number)) is not None:
        end = step if when.on is not None else step - DAY  # of a period the last day, which is included
        yield end, end + timedelta(when.grace), words
        number += 1


def _each_year(of_year: tuple[int, int], pace: Pace, first: date) -> Iterator[tuple[date, date, str]]:
    """The same day of each year, or every so many years, from the first one that is not before the first day."""
    month, number = of_year
    anchor_year = first.year if add_day(first.year, month, number) >= first else first.year + 1
    for year in range(anchor_year, LAST_YEAR, pace.months // 12):
        on = add_day(year, month, number)
        yield on, on, f"{said(pace)} by {number} {_MONTHS[month - 1].capitalize()}"


def add_day(year: int, month: int, number: int) -> date:
    """A day of a month, or its last day where it has fewer: 29 February is the 28th in a common year."""
    return min(add_months(date(year, month, 1), 1) - DAY, date(year, month, 1) + timedelta(number - 1))


def said(pace: Pace) -> str:
    """How often, in words."""
    known = {
        (1, 0): "monthly",
        (3, 0): "quarterly",
        (6, 0): "twice a year",
        (12, 0): "yearly",
        (0, WEEK): "weekly",
    }
    if (pace.months, pace.days) in known:
        return known[pace.months, pace.days]
    if pace.days:
        return f"every {pace.days} days"
    return f"every {pace.months // 12} years" if pace.months % 12 == 0 else f"every {pace.months} months"
