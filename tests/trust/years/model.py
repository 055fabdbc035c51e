"""What must be told to whom, and what becomes of an agreement, reckoned by hand: nothing here asks the product.

Ladder, roles and wishes are written out again. Days are calendar days in the agreement's time zone; last days are
inclusive.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
EARLY, SOON = ("liaison",), ("liaison", "counsel")
ALL = ("liaison", "counsel", "signatory", "administrator")
LADDER = {180: EARLY, 120: EARLY, 90: SOON, 60: SOON, 30: ALL, 14: ALL, 7: ALL, 1: ALL, 0: ALL}
SLACK, WEEK, HALF_YEAR = 30, 7, 180
GO_ON, LET_GO = ("continue", "renew", "amend"), ("lapse", "terminate")


class Key(NamedTuple):
    """One reminder: of which agreement's deadline, so many days before, to which address."""

    agreement: str
    deadline: str
    on: date
    rung: int
    to: str


class Seat(NamedTuple):
    """Somebody with a role, from a day on and up to, not including, another."""

    to: str
    role: str
    pace: str
    since: date
    until: date = date.max


@dataclass
class Agency:
    """Who is there, at whose pace, and what it wishes. `contact` is told where nobody is there."""

    name: str
    zone: ZoneInfo
    seats: list[Seat] = field(default_factory=list)
    days: tuple[int, ...] = ()
    weekly: bool = True
    lead: int = 0
    contact: str = ""
    before: list[tuple[date, tuple[int, ...], int]] = field(default_factory=list)
    """What it wished until, not including, a day: its days and how long it needs."""

    def wished(self, on: date) -> tuple[tuple[int, ...], int]:
        """On how many days before a deadline it was to be told, and how long it needed, by its wishes of a day."""
        return next((old[1:] for old in self.before if on < old[0]), (self.days, self.lead))

    def held(self, today: date) -> list[Seat]:
        """The roles held on the day."""
        return [seat for seat in self.seats if seat.since <= today < seat.until]

    def told(self, roles: Collection[str], due: date, today: date, *, newest: bool) -> set[str]:
        """Those with one of the roles, since the rung fell due or longer; else administrators; else the address.

        Where all came later, they are told of the newest rung.
        """
        held = self.held(today)
        if not held:
            return {self.contact} if self.contact else set()
        for wanted in (roles, ("administrator",)):
            if found := [seat for seat in held if seat.role in wanted]:
                before = {seat.to for seat in found if seat.since <= due}
                return before or ({seat.to for seat in found} if newest else set())
        return set()


Agencies = dict[str, Agency]


class Renewed(NamedTuple):
    """One renewal: from when, by itself or by an act, and whether somebody had decided that it is to go on."""

    first: date
    itself: bool
    decided: bool


@dataclass
class Plain:
    """One agreement as somebody would keep it on paper."""

    reference: str
    zone: ZoneInfo
    first: date
    months: int
    notice: int
    review_months: int
    renewal: str
    most: int
    """How often it can be renewed, each time for as long as was agreed first."""
    parties: dict[str, date | None]
    wishes: dict[str, tuple[tuple[int, ...], bool]] = field(default_factory=dict)
    signatories: dict[str, str] = field(default_factory=dict)
    """Who is named to sign for a party, by address."""
    renewals: list[Renewed] = field(default_factory=list)
    ended: bool = False
    reviewed_on: date | None = None
    review_opened: date | None = None
    """The day since which a review is due because a signatory went."""
    decisions: list[tuple[date, str]] = field(default_factory=list)
    unreviewed: bool = False
    known: date = date.min
    """Since when the present last day is the one."""
    wakes: date = date.min
    """Before this day nothing new is due."""

    @property
    def last(self) -> date:
        """The last day of the present term."""
        return months_after(self.first, self.months * (len(self.renewals) + 1)) - DAY

    @property
    def deadlines(self) -> dict[str, date]:
        """The days to watch."""
        review = self.review_opened or months_after(self.reviewed_on or self.first, self.review_months)
        return {"last_day": self.last, "notice": self.last - timedelta(self.notice), "review": review}

    def day(self, now: datetime) -> date:
        """The calendar day of an instant."""
        return now.astimezone(self.zone).date()

    def inside(self, today: date) -> list[str]:
        """The parties on a day."""
        return [name for name, left in self.parties.items() if left is None or left >= today]

    def lapsed(self, today: date) -> bool:
        """Whether its term is over and nothing carries it on."""
        return self.last < today and not (self.renewal == "automatic" and len(self.renewals) < self.most)

    def tick(self, today: date) -> None:
        """It renews itself, with a finding where nobody had said within half a year before that it is to go on."""
        while not self.ended and self.last < today and not self.lapsed(today):
            since = self.last - timedelta(HALF_YEAR)
            said = any(since <= on <= self.last and what in GO_ON for on, what in self.decisions)
            self.unreviewed |= not said
            self.renewals.append(Renewed(self.last + DAY, itself=True, decided=said))
            self.known = today

    def renew(self, today: date) -> None:
        """A party exercised its option."""
        self.known = today
        self.renewals.append(Renewed(self.last + DAY, itself=False, decided=True))

    def decide(self, outcome: str, today: date) -> None:
        """A decision somebody recorded; to go on counts as the review."""
        self.decisions.append((today, outcome))
        if outcome in GO_ON:
            self.reviewed_on, self.review_opened = today, None
        self.unreviewed = False

    def miss(self, gone: Iterable[tuple[str, Seat]], civil: date, today: date) -> None:
        """Where somebody who signs went, the agreement is to be reviewed now, unless somebody decided on it since."""
        for name, seat in gone:
            named = self.signatories.get(name) == seat.to and self.parties[name] is None
            decided = any(on >= seat.until for on, _ in self.decisions)
            if named and not decided and not self.ended and self.deadlines["review"] > max(civil, today):
                self.review_opened, self.wakes = today, date.min

    def watched(self, today: date) -> dict[str, date]:
        """The deadlines that still ask for an act: not those that the last decision answers, nor a review of what is over."""
        if self.ended:
            return {}
        on, what = self.decisions[-1] if self.decisions else (date.min, "")
        goes_on = self.renewal == "automatic" and len(self.renewals) < self.most
        answered = what in LET_GO and not goes_on
        return {
            name: day
            for name, day in self.deadlines.items()
            if not (answered and on >= day - REACH) and not (name == "review" and self.lapsed(today))
        }

    def rungs(self, agencies: Agencies, name: str, inside: list[str], on: date = date.max) -> set[int]:
        """On how many days before a deadline one party is told, by the wishes of a day, the last ones if none is named."""
        wanted = {*(self.wishes.get(name, ((), True))[0] or agencies[name].wished(on)[0] or LADDER)}
        lead = max(agencies[one].wished(on)[1] for one in inside)
        return wanted | ({lead + SLACK} if lead and max(wanted) < lead + SLACK else set())

    def due(self, agencies: Agencies, today: date) -> Iterator[Key]:
        """Everything that has fallen due up to today of the deadlines that are watched, for who is there today."""
        inside = self.inside(today)
        for deadline, on in self.watched(today).items():
            late = deadline == "review" or (deadline == "last_day" and self.lapsed(today))
            weeks = range(WEEK, (today - on).days + 1, WEEK) if late else ()
            for name in inside:
                rungs = {on - timedelta(rung): rung for rung in self.rungs(agencies, name, inside)}
                if self.wishes.get(name, ((), agencies[name].weekly))[1]:
                    rungs |= {on + timedelta(back): -back for back in weeks}
                past = [day for day in rungs if self.first <= day <= today]
                for day in past:
                    roles = roles_of(rungs[day])
                    for to in agencies[name].told(roles, day, today, newest=day == max(past)):
                        yield Key(self.reference, deadline, on, rungs[day], to)

    def sleeps(self, agencies: Agencies, today: date) -> date:
        """The next day on which anything can fall due, unless somebody acts."""
        inside, found = self.inside(today), {self.last + DAY}
        for on in self.watched(today).values():
            found |= {on - timedelta(rung) for name in inside for rung in self.rungs(agencies, name, inside)}
            found.add(on + timedelta(max(WEEK, WEEK * ((today - on).days // WEEK + 1))))
        for name in inside:
            found |= {day for seat in agencies[name].seats for day in (seat.since, seat.until)}
        return min((day for day in found if day > today), default=date.max)

    def first_told(self, agencies: Agencies, name: str) -> date:
        """When a party is to hear first that the term ends, by what everybody wished at the time.

        What would have been told just before the wishes changed need not have been: the clock may have stood still.
        """
        inside = self.inside(self.last)
        turns = sorted({day for one in inside for day, *_ in agencies[one].before} | {date.max})
        since = self.known
        for until in turns:
            rungs = self.rungs(agencies, name, inside, on=until - DAY)
            past = [day for day in (self.last - timedelta(rung) for rung in rungs) if day >= self.first]
            if past and max(min(past), since) + STOPPED < until:
                return max(min(past), since)
            since = max(since, until)
        raise AssertionError(f"{self.reference} tells {name} of nothing")

    def holds(self, key: Key, agencies: Agencies, today: date) -> bool:
        """Whether what was due is still so."""
        if self.watched(today).get(key.deadline) != key.on:
            return False
        there = [agencies[name] for name in self.inside(today)]
        return any(
            key.to in {seat.to for seat in one.held(today)} or (one.contact == key.to and not one.held(today))
            for one in there
        )


STOPPED = timedelta(10)
"""The clock stands still for nine days at most, and the day is not the same everywhere."""
REACH = timedelta(240)
"""From how long before a deadline on a decision answers it: the longest of anybody's ladder, quarry's."""


def roles_of(rung: int) -> tuple[str, ...]:
    """Whom the ladder tells about then."""
    return ALL if rung < 0 else LADDER[min((one for one in LADDER if one >= rung), default=HALF_YEAR)]


def months_after(day: date, months: int) -> date:
    """On the same day of the month, or on its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def next_mail(pace: str, at: datetime, zone: ZoneInfo) -> datetime:
    """The first seven o'clock after an instant, on a Monday for weekly mails; at once for the others."""
    if pace == "at_once":
        return at
    local = at.astimezone(zone)
    day = local.date()
    while datetime.combine(day, time(7), zone) <= local or (pace == "weekly" and day.weekday()):
        day += DAY
    return datetime.combine(day, time(7), zone)
