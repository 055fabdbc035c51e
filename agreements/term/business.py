"""On which days the offices of a jurisdiction are open: weekdays that are no public holiday there. Pure.

The holidays are those of the `holidays` package (ADR 15). A jurisdiction it does not know has weekends only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

COUNTRIES = ("US", "GB", "CA", "AU", "NZ", "IE")
DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True)
class Region:
    """A country and its part, as the table of holidays names them; both empty where there is none."""

    country: str = ""
    part: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.country, self.part))) or "weekends only"


FEDERAL = Region("US")
_OTHER_NAMES = {
    "united states": FEDERAL, "federal": FEDERAL, "us": FEDERAL, "usa": FEDERAL,
    "united kingdom": Region("GB"), "uk": Region("GB"), "district of columbia": Region("US", "DC"),
}  # fmt: skip


@lru_cache(maxsize=1)
def _names() -> dict[str, Region]:
    found: dict[str, Region] = {}
    for country in reversed(COUNTRIES):  # a name that two countries share means the first
        known = holidays.country_holidays(country)
        for name, part in known.subdivisions_aliases.items():
            found[name.casefold()] = Region(country, part)
        for part in known.subdivisions:
            found[f"{country}-{part}".casefold()] = Region(country, part)
    return found | _OTHER_NAMES


@lru_cache(maxsize=1024)
def region(jurisdiction: str) -> Region:
    """The region of a jurisdiction as people write it: 'Colorado', 'State of Colorado', 'US-CO', 'Scotland'."""
    words = jurisdiction.strip().casefold()
    for prefix in ("state of ", "commonwealth of ", "the "):
        words = words.removeprefix(prefix)
    return _names().get(words, Region())


@lru_cache(maxsize=4096)
def _closed(where: Region, year: int) -> frozenset[date]:
    if not where.country:
        return frozenset()
    return frozenset(holidays.country_holidays(where.country, subdiv=where.part or None, years=year))


def is_business_day(day: date, where: Region) -> bool:
    """Whether offices are open there on the day."""
    return day.weekday() < SATURDAY and day not in _closed(where, day.year)


def rolled_back(day: date, where: Region) -> date:
    """The day itself or the last business day before it: periods counted backward roll so (trap 6)."""
    while not is_business_day(day, where):
        day -= DAY
    return day


def rolled_forward(day: date, where: Region) -> date:
    """The day itself or the next business day: periods counted forward roll so (trap 6)."""
    while not is_business_day(day, where):
        day += DAY
    return day
