"""Killing workers while documents and reminders are due, and counting what is there afterwards."""

import hashlib
import random
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from agencies.models import Membership
from agreements import catalog, reminders
from agreements.models import Agreement, Reminder, SealedDocument
from agreements.operations import concerning, reminding
from agreements.pdf.vault import load
from audit.models import Event
from common import outbox
from common.models import Job
from tests import builders

AHEAD = 180
"""The first rung of the ladder: on that day one liaison of each party is reminded, two for each agreement."""

PATIENCE = 900.0
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Size:
    """How much is due, whether of a short text, and how often somebody is killed; pauses between kills in seconds."""

    agreements: int
    kills: int
    shortest: float = 0.2
    longest: float = 1.5
    short: bool = False


FULL, SMALL = Size(200, 50), Size(10, 3, short=True)


@dataclass
class Hand:
    """One process, and whether it has said that it begins."""

    what: str
    process: subprocess.Popen[bytes]
    began: bool = False

    def at_work(self) -> bool:
        """Whether it is beyond starting up: only then a kill is one in the middle of something."""
        if self.process.poll() is not None:
            raise RuntimeError(f"A process of ours ({self.what}) ended by itself: {self.process.returncode}")
        out = self.process.stdout
        if not self.began and out is not None and select.select([out], [], [], 0)[0]:
            self.began = out.readline() == b"begins\n"
        return self.began


@dataclass
class Crew:
    """The living processes and how many were killed, by what they do."""

    instant: datetime
    alive: list[Hand] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)

    def hire(self, what: str, *told: str) -> None:
        """Start another one, with what it has to be told (the instant, if nothing else)."""
        command = [sys.executable, "-m", "tests.faults.worker", what, *(told or [self.instant.isoformat()])]
        self.alive.append(Hand(what, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)))

    def kill(self, what: set[str], chance: random.Random) -> None:
        """End one that is at work at once, and start another in its place; nothing if all are still starting."""
        found = [hand for hand in self.alive if hand.what in what and hand.at_work()]
        if found:
            hand = chance.choice(found)
            self.alive.remove(hand)
            end(hand)
            self.killed[hand.what] += 1
            self.hire(hand.what)


def end(hand: Hand) -> None:
    """Kill -9."""
    hand.process.kill()
    hand.process.communicate()


def due(size: Size) -> tuple[list[Agreement], datetime]:
    """Executed agreements whose documents wait to be made, and the instant at which each has two reminders due."""
    made = builders.world()
    agreements = [
        builders.executed(made, title=f"Exchange {n}", short=size.short) for n in range(size.agreements)
    ]
    review = agreements[0].review_due_on
    if review is None:
        raise LookupError("The text states no review.")
    return agreements, builders.NOW + (review - builders.NOW.date()) - timedelta(days=AHEAD)


@contextmanager
def crew(instant: datetime) -> Iterator[Crew]:
    """Two workers and two schedulers, ended with the block."""
    made = Crew(instant)
    for what in ("work", "remind") * 2:
        made.hire(what)
    try:
        yield made
    finally:
        for hand in made.alive:
            end(hand)


def kill_and_wait(made: Crew, size: Size, reminders_due: int, chance: random.Random) -> None:
    """The kills, while there is something to do; then the rest of the work undisturbed."""
    deadline = time.monotonic() + PATIENCE
    while sum(made.killed.values()) < size.kills and open_jobs() and time.monotonic() < deadline:
        time.sleep(chance.uniform(size.shortest, size.longest))
        reminding_still = _reminding_still(reminders_due)
        made.kill({"work", "remind"} if reminding_still else {"work"}, chance)
    while (open_jobs() or _reminding_still(reminders_due)) and time.monotonic() < deadline:
        time.sleep(0.5)


def _reminding_still(reminders_due: int) -> bool:
    """Whether a reminder is missing, or not told yet."""
    return Reminder.objects.count() < reminders_due or Reminder.objects.filter(told_at=None).exists()


def open_jobs() -> int:
    """Jobs undone and not given up."""
    return Job.objects.filter(done_at=None, parked_at=None).count()


def wrong(agreements: list[Agreement], expected: set[Any]) -> list[str]:
    """What is not as it should be, in words; nothing when all is well."""
    return [*_documents(agreements), *_reminders(expected), *_jobs(expected)]


def _documents(agreements: list[Agreement]) -> Iterator[str]:
    rows = {row.agreement_id: row for row in SealedDocument.objects.all()}
    sealed = Counter(Event.objects.filter(action="document.sealed").values_list("stream", flat=True))
    for agreement in agreements:
        row = rows.get(agreement.pk)
        if row is None or sealed[agreement.pk] != 1:
            yield f"{agreement.reference}: {'no document' if row is None else 'not one event of its document'}"
        elif hashlib.sha256(load(row.sha256, Path(settings.DOCUMENTS))).hexdigest() != row.sha256:
            yield f"{agreement.reference}: a document of another hash"
    if len(rows) != len(agreements):
        yield f"{len(rows)} documents of {len(agreements)} agreements"


def expected_reminders(agreements: list[Agreement], instant: datetime) -> set[Any]:
    """By the pure ladder and the roles people hold: (agreement, deadline, its day, rung, person)."""
    ladder, today = catalog.load().ladder, instant.date()
    members = list(Membership.objects.active(on=today))
    found: set[Any] = set()
    for agreement in agreements:
        agencies = set(agreement.parties.values_list("agency", flat=True))
        for deadline, name in concerning.DEADLINES.items():
            on = getattr(agreement, name)
            rungs = reminders.due(
                ladder, on, since=builders.NOW.date(), today=today, overdue=deadline in reminding.OVERDUE
            )
            found |= {
                (agreement.pk, deadline, on, rung.days, member.user_id)
                for rung in rungs for member in members
                if member.agency_id in agencies and member.role in rung.roles
            }  # fmt: skip
    return found


def _reminders(expected: set[Any]) -> Iterator[str]:
    names = ("agreement", "deadline", "deadline_on", "rung", "person")
    there = Counter(Reminder.objects.values_list(*names))
    if missing := expected - set(there):
        yield f"{len(missing)} reminders missing"
    if surplus := set(there) - expected:
        yield f"{len(surplus)} reminders nobody is due"
    if twice := [key for key, number in there.items() if number > 1]:
        yield f"{len(twice)} reminders twice"


def _jobs(expected: set[Any]) -> Iterator[str]:
    mails = Counter(Job.objects.filter(key__startswith="mail:reminder:").values_list("key", flat=True))
    keys = {f"mail:reminder:{a}:{deadline}:{on}:{rung}:{who}" for a, deadline, on, rung, who in expected}
    if set(mails) != keys or set(mails.values()) > {1}:
        yield f"mail jobs of {len(mails)} reminders, {len(keys)} expected"
    if parked := Job.objects.exclude(parked_at=None).count():
        yield f"{parked} jobs given up"
    if open_ := outbox.due(datetime.now(UTC)).count():
        yield f"{open_} jobs still undone"
