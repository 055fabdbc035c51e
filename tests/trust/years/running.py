"""The product through the same days as the model: agreements made, decided, renewed, ended, left, and told of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from agencies.days import civil_day
from agencies.models import Membership, User
from agencies.operations.accounts import choose_pace
from agencies.operations.agencies import edit_agency, register_agency
from agencies.operations.roles import retire_membership
from agreements import tasks
from agreements.models import Agreement
from agreements.operations import drafting, ending, leaving, renewing, reviewing, wishing
from agreements.operations.beginning import Agreed
from audit.record import SYSTEM
from common import outbox
from common.models import Job
from common.tasks import sweep
from tests import builders
from tests.builders import NOW, World
from tests.trust.acts.building import executed_at_once
from tests.trust.years.model import DAY, HALF_YEAR, Agency, Key, Plain, Seat, next_mail
from tests.trust.years.post import Backend, Post

KEYS = ("riverton", "mesa", "quarry", "juniper", "larkspur", "alder", "birch", "cypress", "dogwood", "elm")
ZONES = ("America/Denver", "America/New_York", "Pacific/Honolulu", "America/Los_Angeles", "Pacific/Auckland")
HABITS = (
    {"liaison": "daily", "counsel": "weekly", "signatory": "weekly"},
    {"liaison": "weekly", "counsel": "daily"},
    {"liaison": "weekly", "counsel": "weekly"},
)
"""Who is there, and at whose pace, by turns."""
ALONE, EMPTY = "cedar", "aspen"
"""An agency of which only the administrator is here, and one of which nobody is."""
YEAR = timedelta(days=366)
TRIES = timedelta(hours=6)
"""How often the outbox tries at least, while the mail server is away."""


@dataclass
class Years:
    """The portfolio, in the product and on paper, and what has happened to it."""

    chance: random.Random
    months: tuple[int, ...] = (2, 12, 24, 36, 60)
    """How long a term can be."""
    kinds: tuple[str, ...] = ("none", "option", "automatic")
    """How one can be renewed."""
    world: World = field(default_factory=World)
    post: Post = field(default_factory=Post)
    now: datetime = NOW
    agencies: dict[str, Agency] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    papers: dict[str, Plain] = field(default_factory=dict)
    rows: dict[str, UUID] = field(default_factory=dict)
    stated: set[Key] = field(default_factory=set)
    owed: set[Key] = field(default_factory=set)
    """What must have been told by now, whatever became of it since."""
    waiting: dict[Key, datetime] = field(default_factory=dict)
    heard: list[datetime] = field(default_factory=list)
    """When somebody looked while mail went."""
    looks: int = 0
    doubled: int = 0
    days_without: int = 0

    @contextmanager
    def clock(self) -> Iterator[None]:
        """The product's clock and its mail server are ours."""
        Backend.post = self.post
        mail = {"EMAIL_URL": "smtp://mail.example", "EMAIL_BACKEND": "tests.trust.years.post.Backend"}
        quiet = patch.object(outbox.log, "exception", lambda *said, **facts: None)
        with patch.object(timezone, "now", lambda: self.now), override_settings(**mail), quiet:
            yield

    def cast(self, count: int) -> None:
        """So many agencies, each with its own habits."""
        for place, key in enumerate(KEYS[:count]):
            self._agency(key, ZONES[place % len(ZONES)])
            for role, pace in HABITS[place % len(HABITS)].items():
                self.seat(key, role, pace, f"{key}_{role}")
        self._agency(ALONE, ZONES[0])
        self.seat(ALONE, "administrator", "at_once", f"{ALONE}_administrator")
        self._agency(EMPTY, ZONES[0]).contact = "chief@aspen.example"
        self.wishes("quarry", days=(240, 45, 10), weekly=False)
        self.wishes("mesa", lead=170)

    def _agency(self, key: str, zone: str) -> Agency:
        self.world.agencies[key] = register_agency(
            name=f"{key.title()} Police", kind="police", actor=SYSTEM, now=self.now, jurisdiction="Colorado",
            timezone=zone, address="1 Main Street", cj_status="CJA")  # fmt: skip
        self.agencies[key] = Agency(key, ZoneInfo(zone))
        return self.agencies[key]

    def seat(self, key: str, role: str, pace: str, name: str) -> None:
        """Somebody new takes a role in an agency."""
        person = builders.person(self.world, name, {key: role}, self.now)
        choose_pace(person, pace=pace, actor=person, now=self.now)
        since = Membership.objects.get(user=person, role=role).since
        self.agencies[key].seats.append(Seat(person.email, role, pace, since))
        self.people[person.email] = person

    def succeed(self) -> None:
        """Somebody's role ends, and somebody else takes it over."""
        key = self.chance.choice([one for one in KEYS if one in self.agencies])
        agency = self.agencies[key]
        old = self.chance.choice([seat for seat in agency.seats if seat.until == date.max])
        held = Membership.objects.select_related("agency").get(user=self.people[old.to], role=old.role)
        self.seat(key, old.role, old.pace, f"{key}_{old.role}_{len(agency.seats)}")
        until = retire_membership(held, actor=SYSTEM, now=self.now).until
        agency.seats[agency.seats.index(old)] = old._replace(until=until or date.max)
        self._wake(key)

    def wishes(self, key: str, *, days: tuple[int, ...] = (), weekly: bool = True, lead: int = 0) -> None:
        """An agency says how it wants to be reminded."""
        settings = {"days_before": list(days), "weekly_when_overdue": weekly, "approval_lead_days": lead}
        edit_agency(self.world.agencies[key], reminders=settings, actor=SYSTEM, now=self.now)
        agency = self.agencies[key]
        agency.before.append((self.now.date(), agency.days, agency.lead))
        agency.days, agency.weekly, agency.lead = days, weekly, lead
        self._wake(key)

    def _wake(self, key: str) -> None:
        """What an agency is party to is looked at again from the beginning."""
        for plain in self.papers.values():
            plain.wakes = date.min if key in plain.parties else plain.wakes

    def who(self, key: str, role: str = "counsel") -> User:
        """Whoever has a role in an agency now."""
        seats = self.agencies[key].seats
        return self.people[next(seat.to for seat in seats if seat.role == role and seat.until == date.max)]

    def agree(self) -> None:
        """One more agreement, executed now."""
        chance, now = self.chance, self.now
        lead, *others = chance.sample([key for key in KEYS if key in self.agencies], 3)
        others[chance.choice([1, 1, 2]) :] = [chance.choice([ALONE, EMPTY])] if chance.random() < 0.1 else []
        months = chance.choice(self.months)
        renewal = chance.choice(self.kinds)
        plain = Plain(
            reference="", zone=self.agencies[lead].zone, first=date.min, months=months,
            notice=chance.choice([30, 60, 90]) if months > 3 else 7, review_months=chance.choice([12, 24, 36]),
            renewal=renewal, most=0 if renewal == "none" else chance.choice([1, 3]), parties=dict.fromkeys([lead, *others]),
        )  # fmt: skip
        actor = self.who(lead, "liaison")
        terms = {"months": plain.months, "effective_rule": "last_signature", "business_days": False,
                 "renewal": renewal, "renewal_months": plain.months if plain.most else None,
                 "renewal_max": plain.most or None, "review_months": plain.review_months}  # fmt: skip
        draft = drafting.draft(
            title="Shared", lead=self.world.agencies[lead], kind="MOU", actor=actor, now=now, agreed=Agreed(plain.notice, terms),
            partners=[drafting.PartySpec(self.world.agencies[key], ["provider", "recipient"]) for key in others],
            provisions=builders.ONE_PROVISION)  # fmt: skip
        if EMPTY in others:
            party = draft.parties.get(agency=self.world.agencies[EMPTY])
            drafting.edit(party, values={"contact_email": self.agencies[EMPTY].contact}, actor=actor, now=now)
        row = executed_at_once(draft, actor=actor, now=now)
        plain.reference, plain.first, plain.known = row.reference, plain.day(now), plain.day(now)
        for name in [*others, lead]:
            if signs := row.parties.get(agency=self.world.agencies[name]).signatory:
                plain.signatories[name] = signs.email
        self.papers[row.reference], self.rows[row.reference] = plain, row.pk
        if chance.random() < 0.1:
            days, weekly = chance.choice([((240, 20), True), ((33,), False)])
            wishing.wish(row, days=days, weekly=weekly, actor=actor, now=now)
            plain.wishes[lead] = (days, weekly)

    def act(self, acts: int) -> None:
        """Somebody does something about so many agreements, mostly about those whose day comes near."""
        open_ = [one for one in self.papers.values() if not one.ended]
        soon = self.now.date() + timedelta(days=60)
        near = [one for one in open_ if min(one.watched(one.day(self.now)).values(), default=date.max) < soon]
        for _ in range(acts):
            self.now += timedelta(seconds=1)  # no two acts at the same instant: what was decided last counts
            if pool := [one for one in near or open_ if not one.ended]:
                self._act(self.chance.choice(pool))

    def _act(self, plain: Plain) -> None:
        today, now = plain.day(self.now), self.now
        plain.wakes = date.min
        row = Agreement.objects.get(pk=self.rows[plain.reference])
        staying = [key for key, left in plain.parties.items() if left is None]
        able = [key for key in staying if key in KEYS]
        actor, lot = self.who(able[0]), self.chance.random()
        running = not plain.lapsed(today) and plain.last >= today
        if lot < 0.05 and len(staying) > 2 and len(able) > 1 and running:
            leaving.withdraw(row, reason="Budget.", actor=self.who(able[-1]), now=now)
            plain.parties[able[-1]] = row.parties.get(agency=self.world.agencies[able[-1]]).left_on
        elif lot < 0.1 and running:
            ending.terminate(row, ground="mutual", reason="Done.", actor=actor, now=now)
            plain.ended = True
        elif lot < 0.5 and running and self._may_renew(plain, today):
            renewing.renew(row, number=len(plain.renewals) + 1, reason="It works.", actor=actor, now=now)
            plain.renew(today)
        else:
            outcome = self.chance.choice(["continue", "continue", "renew", "lapse", "terminate"])
            reviewing.decide(row, outcome=outcome, reason="Seen.", actor=actor, now=now)
            plain.decide(outcome, today)

    def _may_renew(self, plain: Plain, today: date) -> bool:
        begun = not plain.renewals or plain.renewals[-1].first <= today
        return plain.renewal == "option" and len(plain.renewals) < plain.most and begun

    def look(self, *, twice: bool) -> None:
        """The clock strikes, sometimes in two places at once: what is due is stated and told, in the product and on paper."""
        at_once(tasks.remind, self.now, 1 + twice)
        self.looks, self.doubled = self.looks + 1, self.doubled + twice
        if not self.post.away:
            self.heard.append(self.now)
        civil = civil_day(self.now)
        seats = [(name, seat) for name, agency in self.agencies.items() for seat in agency.seats]
        gone = [one for one in seats if one[1].role == "signatory" and civil - YEAR <= one[1].until <= civil]
        for plain in self.papers.values():
            plain.tick(plain.day(self.now))
            plain.miss(gone, civil, plain.day(self.now))
        self._take_back()
        for plain in self.papers.values():
            today = plain.day(self.now)
            if not plain.ended and today >= plain.wakes:
                fresh = set(plain.due(self.agencies, today)) - self.stated
                self.stated |= fresh
                self.waiting |= dict.fromkeys(fresh, self.now)
                plain.wakes = plain.sleeps(self.agencies, today)
        self._tell()

    def _take_back(self) -> None:
        """What waits for its mail and is no longer so is not told any more; if it was told before, it stays told."""
        for key in list(self.waiting):
            plain = self.papers[key.agreement]
            if not plain.holds(key, self.agencies, plain.day(self.now)):
                del self.waiting[key]

    def _tell(self) -> None:
        paces = {seat.to: (seat.pace, one.zone) for one in self.agencies.values() for seat in one.seats}
        for key, since in list(self.waiting.items()):
            pace, zone = paces.get(key.to, ("at_once", ZoneInfo("UTC")))
            if next_mail(pace, since, zone) <= self.now:
                self.owed.add(key)
                del self.waiting[key]

    def deliver(self, *, twice: bool) -> None:
        """The outbox is worked off: mail of deadlines; what else there is to do is not looked at here."""
        others = Job.objects.filter(done_at=None).exclude(kind="mail", key__regex="^mail:(partner-)?reminder")
        others.update(done_at=self.now)
        self.now += timedelta(minutes=10)
        for _ in range(4 if self.post.away else 1):
            self.post.now = self.now
            at_once(sweep, self.now, 1 + twice)
            self.now += TRIES


def at_once(work: Callable[[], object], now: datetime, hands: int) -> None:
    """Done by one, or by several at the same time, each on a connection of its own. Jobs bear the instant of these years."""
    ready = Barrier(hands)

    def hand() -> None:
        with outbox.written(now):
            ready.wait(30)
            work()

    def apart() -> None:
        try:
            hand()
        finally:
            connection.close()

    if hands == 1:
        hand()
        return
    with ThreadPoolExecutor(hands) as pool:
        for done in [pool.submit(apart) for _ in range(hands)]:
            done.result()


def instant(day: int, minute: int) -> datetime:
    """A minute of one of the days, in UTC."""
    return datetime.combine(NOW.date() + day * DAY, datetime.min.time(), UTC) + timedelta(minutes=minute)


def run(
    years: Years,
    *,
    agreements: int,
    days: int,
    every: int = 1,
    say: Callable[[int], object] = lambda day: None,
) -> None:
    """So many days from NOW, or every so many of them; the portfolio is complete after half of them.

    In the end everything that waited goes out.
    """
    chance, stopped, away = years.chance, 0, days // 3
    with years.clock():
        for number in range(0, days + 10, every):
            years.post.away = away <= number < away + 7
            years.now = instant(number, chance.randrange(180 if years.post.away else 1430))
            ending = number >= days
            stopped = 0 if ending else max(0, stopped - 1) or _stops(chance, every)
            if not ending:
                _live(years, agreements, number / days)
            twice = chance.random() < 0.1
            if stopped:
                years.days_without += 1
            else:
                years.look(twice=twice)
                years.deliver(twice=twice)
            say(number)


def _stops(chance: random.Random, every: int) -> int:
    """How many looks the clock leaves out from now on: those of nine days at most."""
    return chance.randint(1, max(1, 9 // every)) if chance.random() < 0.05 * every else 0


def _live(years: Years, agreements: int, part: float) -> None:
    """What people do on one day."""
    with outbox.written(years.now):
        while len(years.papers) < agreements / 2 + agreements * min(0.5, part):
            years.agree()
        years.act(sum(years.chance.random() < 0.3 for _ in range(max(1, agreements // 150))))
        if years.chance.random() < 1 / 30:
            years.succeed()
        if years.chance.random() < 1 / HALF_YEAR:
            years.wishes("riverton", days=years.chance.choice([(), (100, 50, 5), (150, 7)]))
            years.wishes("mesa", lead=years.chance.choice([0, 60, 170, 200]))
