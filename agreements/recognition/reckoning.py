"""Dates, numbers and lengths of time as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

FIRST_YEAR, LAST_YEAR = 1900, 2200
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december"]  # fmt: skip
_MONTH = r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_DAYS = re.compile(
    rf"\b{_MONTH.format('m1')}\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y1>\d{{4}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?{_MONTH.format('m2')},?\s+(?P<y2>\d{{4}})\b"
    r"|\b(?P<m3>\d{1,2})/(?P<d3>\d{1,2})/(?P<y3>\d{4})\b"
    r"|\b(?P<y4>\d{4})-(?P<m4>\d{2})-(?P<d4>\d{2})\b",
    re.IGNORECASE,
)
_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_SPELLED = {word: number for number, word in enumerate(_UNITS)} | _TENS | {
    f"{tens}-{_UNITS[unit]}": value + unit for tens, value in _TENS.items() for unit in range(1, 10)
} | {"one hundred twenty": 120, "one hundred eighty": 180, "one hundred": 100}  # fmt: skip
_NUMBER = "|".join(sorted(map(re.escape, _SPELLED), key=len, reverse=True))
_LENGTH = re.compile(
    rf"\b(?P<number>\d{{1,4}}|{_NUMBER})(?:\s*\(\s*(?P<figure>\d{{1,4}})\s*\))?\s*-?\s*(?:full\s+|calendar\s+|business\s+|"
    r"consecutive\s+)?(?P<unit>hour|day|week|month|year)s?\b['’]?",
    re.IGNORECASE,
)
_IN_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True)
class Length:
    """A length of time as written: how many of what, and where in the sentence it begins and ends."""

    number: int
    unit: str
    start: int
    end: int

    @property
    def days(self) -> int:
        """In days; months count thirty. Hours round up to a day."""
        return -(-self.number // 24) if self.unit == "hour" else self.number * _IN_DAYS[self.unit]

    @property
    def months(self) -> int:
        """In whole months; 0 when it is shorter or no whole number."""
        return self.number * {"month": 1, "year": 12}.get(self.unit, 0)


def days(text: str) -> Iterator[tuple[date, int]]:
    """Every calendar day written out in `text`, with where it begins."""
    for match in _DAYS.finditer(text):
        found = _day(match.groupdict())
        if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR:
            yield found, match.start()


def _day(said: dict[str, str | None]) -> date | None:
    for kind in "1234":
        year, month, day = said[f"y{kind}"], said[f"m{kind}"], said[f"d{kind}"]
        if year and month and day:
            number = int(month) if month.isdigit() else _month(month)
            try:
                return date(int(year), number, int(day))
            except ValueError:
                return None
    return None


def _month(word: str) -> int:
    return next(number for number, name in enumerate(_MONTHS, 1) if name.startswith(word.lower()[:3]))


def lengths(text: str) -> Iterator[Length]:
    """Every length of time in `text`: "thirty (30) days", "four weeks", "one-year"."""
    for match in _LENGTH.finditer(text):
        said = match["figure"] or match["number"]
        number = int(said) if said.isdigit() else _SPELLED[said.lower()]
        if number:
            yield Length(number, match["unit"].lower(), match.start(), match.end())
