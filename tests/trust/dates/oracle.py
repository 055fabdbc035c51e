"""The dates of an agreement, reckoned the slow way: page by page and day by day on a wall calendar.

It shares no code with `agreements.term`: no date arithmetic but stepping, its own weekdays and leap years and its own
rules of summer time. Days are numbers: how many days after 1 January 1990.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import holidays

Case = Mapping[str, Any]
FIRST_YEAR, LAST_YEAR = 1990, 2260
MONDAY_THE_FIRST = 0  # 1 January 1990 was a Monday


def _days_of(year: int, month: int) -> int:
    if month == 2:
        leap = year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)
        return 29 if leap else 28
    return 30 if month in {4, 6, 9, 11} else 31


PAGES: list[tuple[int, int, int]] = []
"""Each month of the calendar: the number of its first day, how many days it has, its year."""
PAGE_OF: list[int] = []
"""For each day the page it is on."""
for _year in range(FIRST_YEAR, LAST_YEAR + 1):
    for _month in range(1, 13):
        PAGES.append((len(PAGE_OF), _days_of(_year, _month), _year))
        PAGE_OF += [len(PAGES) - 1] * _days_of(_year, _month)


def number(day: date | None) -> int | None:
    """The number of a day."""
    return None if day is None else PAGES[(day.year - FIRST_YEAR) * 12 + day.month - 1][0] + day.day - 1


def day(at: int | None) -> date | None:
    """The day with a number."""
    if at is None:
        return None
    page = PAGE_OF[at]
    return date(PAGES[page][2], page % 12 + 1, at - PAGES[page][0] + 1)


def leafed(anchor: int, months: int) -> int:
    """Leaf so many pages on and put the finger on the same day, or on the last of a page that has no such day."""
    page = PAGE_OF[anchor]
    wanted = anchor - PAGES[page][0]
    for _ in range(months):
        page += 1
    first, length, _ = PAGES[page]
    return first + (wanted if wanted < length else length - 1)


@lru_cache(maxsize=4096)
def _feasts(region: str, year: int) -> frozenset[int]:
    if not region:
        return frozenset()
    country, _, part = region.partition("-")
    return frozenset(
        number(each) or 0 for each in holidays.country_holidays(country, subdiv=part or None, years=year)
    )


def open_on(at: int, region: str) -> bool:
    """Whether offices are open: Monday to Friday and no holiday."""
    return at % 7 < 5 and at not in _feasts(region, PAGES[PAGE_OF[at]][2])


def stepped(at: int, days: int) -> int:
    """So many single steps on, or back where negative."""
    step = 1 if days > 0 else -1
    for _ in range(abs(days)):
        at += step
    return at


def to_open(at: int, region: str, step: int) -> int:
    """Step until offices are open."""
    while not open_on(at, region):
        at += step
    return at


@dataclass(frozen=True)
class Spans:
    """The initial term and the renewals that the text allows, each by its last day; None without end."""

    first: int
    lasts: tuple[int | None, ...]


FAR = number(date(2042, 1, 1)) or 0
"""Renewals without limit are tried until here: beyond the years looked at."""


def first_day(case: Case) -> int | None:
    """The first day in force."""
    rule, signed = case["effective_rule"], case["signed_on"]
    signatures = sorted(case["signatures"])
    if rule == "date":
        first = case["effective_on"]
    elif rule == "governing_approval":
        first = max([signed, *case["approvals"]]) if case["approvals"] else None
    elif rule == "conditions":
        first = max(signed, case["conditions_met_on"]) if case["conditions_met_on"] else None
    elif rule == "each_signature":
        first = signatures[1]
    else:
        first = signed
    if first is None:
        return None
    at = number(first) or 0
    if case["kind"] == "fiscal_years":
        begins = _fiscal_first(case)
        at = begins if at < begins else at
    return at


def _fiscal_first(case: Case) -> int:
    """Leaf from the January before until the year that begins here ends in the year it is named for."""
    page = (case["first_fiscal_year"] - 1 - FIRST_YEAR) * 12
    while page % 12 + 1 != case["fiscal_year_start"] or PAGES[page + 11][2] != case["first_fiscal_year"]:
        page += 1
    return PAGES[page][0]


def spans(case: Case) -> Spans | None:
    """The terms in order; None while it has not begun."""
    first = first_day(case)
    if first is None:
        return None
    if case["kind"] == "evergreen":
        return Spans(first, (None,))
    anchor, months = first, 0
    if case["kind"] == "months":
        months = case["months"]
        last = leafed(first, months) - 1
    elif case["kind"] == "fiscal_years":
        last = leafed(_fiscal_first(case), 12 * case["fiscal_years"]) - 1
        anchor = last + 1
    else:
        last = number(case["last_day"]) or 0
        anchor = last + 1
    found = [last]
    renewable = case["renewal"] != "none" and case["renewal_months"]
    most, cap = case["renewal_max"], number(case["absolute_end"])
    while renewable and (
        found[-1] <= FAR if most is None and cap is None else most is None or len(found) <= most
    ):
        following = leafed(anchor, months + len(found) * case["renewal_months"]) - 1
        if cap is not None and following > cap:
            following = cap
        if following <= found[-1]:
            break
        found.append(following)
    return Spans(first, tuple(found))


def unlimited(case: Case) -> bool:
    """Whether nothing limits the renewals."""
    free = case["renewal_max"] is None and case["absolute_end"] is None
    return bool(free and case["renewal_months"] and case["renewal"] != "none")


def window(case: Case, party: Mapping[str, Any], last: int) -> dict[str, int | None] | None:
    """One party's days for notice against the end of a term whose last day is `last`."""
    days = party["notice_days"] if party["non_renewal_days"] is None else party["non_renewal_days"]
    if not days:
        return None
    region = case["region"]
    late = 1 if case["notice_base"] == "anniversary" else 0
    raw = stepped(last, -days)
    opens = None if party["notice_opens_days"] is None else stepped(last + late, -party["notice_opens_days"])
    on = to_open(raw, region, -1) if case["business_days"] else raw
    if opens is not None and on < opens:
        on = raw
    slowest = 0
    for other in case["parties"]:
        if other is not party:
            slowest = max(slowest, {"mail_3": 3, "mail_5": 5}.get(other["deemed_receipt"], 0))
    send = stepped(on, -slowest)
    if case["business_days"]:
        send = to_open(send, region, -1)
    return {"raw": raw, "on": on, "stated": raw + late, "opens_on": opens, "send_by": send}


def notice_ends(case: Case, party: Mapping[str, Any], received: int, found: Spans) -> int:
    """The last day in force under a party's notice received on a day."""
    at = stepped(received, party["notice_days"] or 0)
    held = number(party["withdrawal_not_before"])
    if party["withdrawal_rule"] == "not_before" and held is not None and at < held:
        at = held
    if case["business_days"] and at > received:
        at = to_open(at, case["region"], 1)
    if party["withdrawal_rule"] == "period_end":
        at = _period_end(case, at, found)
    last = found.lasts[-1] if case["renewal"] == "automatic" else found.lasts[0]
    if case["renewal"] == "automatic" and unlimited(case):
        last = None
    return at if last is None or at <= last else last


def _period_end(case: Case, at: int, found: Spans) -> int:
    if case["fiscal_year_start"]:
        at += 1
        while not (at == PAGES[PAGE_OF[at]][0] and PAGE_OF[at] % 12 + 1 == case["fiscal_year_start"]):
            at += 1
        return at - 1
    for last in found.lasts:
        if last is not None and at <= last and at >= found.first:
            return last
    automatic = case["renewal"] == "automatic"
    furthest = found.lasts[-1] if automatic else found.lasts[0]
    if furthest is not None and furthest < at:
        return furthest
    years = 1
    while (end := leafed(found.first, 12 * years) - 1) < at:
        years += 1
    return end


def reviews(case: Case, found: Spans) -> tuple[int | None, int | None]:
    """The next review as agreed and as the law asks, from the later of first day and last signature."""
    since = max(found.first, number(case["signed_on"]) or 0)
    agreed, legal = case["review_months"], case["legal_months"]
    return leafed(since, agreed) if agreed else None, leafed(since, legal) if legal else None


WEST_OF_UTC = {
    "America/New_York": -300,
    "America/Denver": -420,
    "America/Los_Angeles": -480,
    "America/Anchorage": -540,
}
"""Minutes by which clocks stand off UTC in winter where the rule of the United States holds."""


def local_day(at: datetime, zone: str) -> date | None:
    """The day on the wall of a zone, by the rules in force for its summer time since 2024."""
    minute = (number(at.date()) or 0) * 1440 + at.hour * 60 + at.minute
    return day((minute + _offset(minute, PAGES[PAGE_OF[minute // 1440]][2], zone)) // 1440)


def _offset(minute: int, year: int, zone: str) -> int:
    if zone in WEST_OF_UTC:  # from 2:00 on the second Sunday of March to 2:00 on the first of November
        winter = WEST_OF_UTC[zone]
        begins = _sunday(year, 3, 2) * 1440 + 120 - winter
        ends = _sunday(year, 11, 1) * 1440 + 60 - winter
        return winter + 60 if begins <= minute < ends else winter
    if zone == "Europe/London":  # from 1:00 UTC on the last Sunday of March to that of October
        summer = _sunday(year, 4, 0) * 1440 + 60 <= minute < _sunday(year, 11, 0) * 1440 + 60
        return 60 if summer else 0
    if (
        zone == "Australia/Lord_Howe"
    ):  # half an hour, from October's first Sunday to April's, at 2:00 on the wall
        winter = _sunday(year, 4, 1) * 1440 + 120 - 660 <= minute < _sunday(year, 10, 1) * 1440 + 120 - 630
        return 630 if winter else 660
    return {"Pacific/Honolulu": -600, "Pacific/Kiritimati": 840}[zone]


def _sunday(year: int, month: int, count: int) -> int:
    """The count-th Sunday of a month; with 0 the last of the month before."""
    at = PAGES[(year - FIRST_YEAR) * 12 + month - 1][0]
    while at % 7 != 6:
        at += 1
    return at + 7 * (count - 1)


def standing(case: Case, found: Spans | None, today: int) -> tuple[str, bool]:
    """Where an executed agreement stands on a day, and whether data may flow, by walking through what happened."""
    ended, pause = number(case["ended_on"]), case["suspension"]
    paused = False
    if pause is not None:
        begins, until = number(pause[0]) or 0, number(pause[1])
        paused = begins <= today and (until is None or today <= until)
    begun = found is not None and found.first <= today
    if ended is not None:
        return ("in_notice", begun and not paused) if today <= ended else ("ended", False)
    if found is None or not begun:
        return "upcoming", False
    last = found.lasts[0]
    if last is not None and today > last:
        furthest = found.lasts[-1] if case["renewal"] == "automatic" else last
        endless = case["renewal"] == "automatic" and unlimited(case)
        if not endless and furthest is not None and today > furthest:
            return "lapsed", False
        return ("suspended", False) if paused else ("in_force", True)
    if paused:
        return "suspended", False
    return ("expiring" if last is not None and _within(today, last, 90) else "in_force"), True


def _within(at: int, goal: int, steps: int) -> bool:
    """Whether so many steps on lead to the goal or past it."""
    for _ in range(steps):
        if at == goal:
            return True
        at += 1
    return at == goal
