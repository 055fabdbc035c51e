"""What the product holds after these years beside what the model says: every difference in words, and the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from agreements.models import Agreement, Reminder, RenewalTerm, Review
from common.models import Job
from tests.trust.years.model import DAY, GO_ON, HALF_YEAR, LET_GO, REACH, Key, Plain
from tests.trust.years.running import Years

SHOWN = 5


@dataclass
class Verdict:
    """What is wrong, and how much there is of what."""

    wrong: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, found: Iterable[Any]) -> None:
        """Some of what is wrong in one way."""
        rows = sorted(map(str, found))
        if rows:
            self.wrong.append(f"{len(rows)} {what}: {'; '.join(rows[:SHOWN])}")

    def words(self) -> str:
        """The figures in a line, and what is wrong."""
        said = ", ".join(f"{number:,} {what}" for what, number in self.figures.items())
        return "\n".join([said, *self.wrong])


def judge(years: Years) -> Verdict:
    """Everything there is to compare, once all that waited has gone out."""
    found = Verdict()
    found.figures |= {"agreements": len(years.papers), "nightly looks": years.looks, "of them doubled": years.doubled,
                      "days without": years.days_without, "reminders due": len(years.owed)}  # fmt: skip
    announced = _reminders(years, found)
    _lapses(years, found, announced)
    _renewals(years, found)
    found.add("agreements that are not as on paper", _unlike(years))
    return found


Told = dict[tuple[str, str, date, str], datetime]
"""By agreement, deadline, its day and address: when a mail that tells of it was accepted first."""


def _reminders(years: Years, found: Verdict) -> Told:
    """Each once, none missing, none that nobody was due; each told by one mail, which was accepted once."""
    there: Counter[Key] = Counter()
    waits: list[Key] = []
    told: dict[tuple[str, datetime], list[Key]] = defaultdict(list)
    rows = Reminder.objects.values_list(
        "agreement__reference", "deadline", "deadline_on", "rung", "person__email", "address", "told_at"
    )
    for reference, deadline, on, rung, email, address, told_at in rows.iterator():
        key = Key(reference, deadline, on, rung, email or address)
        there[key] += 1
        if told_at:
            told[key.to, told_at].append(key)
        else:
            waits.append(key)
    found.figures |= {"reminders": sum(there.values()), "that wait for their mail": len(waits)}
    found.add("reminders twice", [key for key, number in there.items() if number > 1])
    found.add("reminders missing", years.owed - there.keys())
    found.add("reminders nobody was due", there.keys() - years.stated)
    found.add("reminders due that wait still", years.owed & set(waits))
    return _mails(years, found, told)


def _mails(years: Years, found: Verdict, told: dict[tuple[str, datetime], list[Key]]) -> Told:
    jobs: dict[tuple[str, datetime], list[Any]] = defaultdict(list)
    open_ = 0
    mails = Job.objects.filter(kind="mail", key__regex="^mail:(partner-)?reminder")
    for job in mails.only("payload", "created_at", "done_at").iterator():
        jobs[job.payload["to"], job.created_at].append(job.payload)
        open_ += job.done_at is None
    found.figures |= {"mails": sum(map(len, jobs.values())), "tries refused": years.post.refused}
    announced: Told = {}
    wrong: list[str] = []
    for (to, at), keys in told.items():
        wanted = {(key.agreement, key.deadline, key.on) for key in keys}
        payloads = jobs.pop((to, at), [])
        if sum(map(_entries, payloads)) != len(wanted):
            wrong.append(f"{len(wanted)} deadlines for {to} at {at}")
        for agreement, deadline, on in wanted:
            mail = next((one for one in payloads if agreement in one["subject"] + one["text"]), None)
            if mail is None or mail["message_id"] not in years.post.at:
                wrong.append(f"{agreement} {deadline} for {to} at {at}")
                continue
            accepted, key = years.post.at[mail["message_id"]], (agreement, deadline, on, to)
            announced[key] = min(accepted, announced.get(key, accepted))
    found.add("times that reminders and their mails differ", wrong)
    found.add("mails without a reminder", jobs)
    found.add("mails accepted twice", [name for name, number in years.post.accepted.items() if number > 1])
    found.add("mails that never went", [open_] if open_ else [])
    return announced


def _entries(payload: dict[str, Any]) -> int:
    """Of how many deadlines a mail tells."""
    return payload["text"].count("/dates/") or 1  # that to a partner holds no address


def _lapses(years: Years, found: Verdict, announced: Told) -> None:
    """Each agreement that is over by its term, and that nobody had decided to let go, was announced to every party in time."""
    late, number, unheard = [], 0, 0
    for plain in years.papers.values():
        let_go = [
            on for on, what in plain.decisions if what in LET_GO and plain.last - REACH <= on <= plain.last
        ]
        if plain.ended or not plain.lapsed(plain.day(years.now)) or let_go:
            continue
        number += 1
        for name in set(plain.inside(plain.last)) & set(plain.inside(plain.last + DAY)):
            told, by = _told(years, announced, plain, name), _by(years, plain, name)
            if by is None:
                unheard += 1
            elif told is None or told > by:
                late.append(f"{plain.reference} {plain.last} to {name}, told {told}, by {by}")
    found.figures["lapses announced in time"] = number
    found.figures["parties that asked to hear so late that the clock stood still until the end"] = unheard
    found.add("lapses not announced in time", late)


def _told(years: Years, announced: Told, plain: Plain, name: str) -> date | None:
    agency = years.agencies[name]
    to = [agency.contact, *(seat.to for seat in agency.seats)]
    keys = [(plain.reference, "last_day", plain.last, one) for one in to]
    return min((plain.day(announced[key]) for key in keys if key in announced), default=None)


def _by(years: Years, plain: Plain, name: str) -> date | None:
    """By when a party must have heard; None if the clock stood still, or no mail went, until it was too late.

    One look finds what is due; the slowest people read it on the Monday after, if somebody looks then. Who would read
    it too late is told before, by that look or by another.
    """
    due, looks = plain.first_told(years.agencies, name), [plain.day(at) for at in years.heard]
    first = next((day for day in looks if day >= due), plain.last)
    monday = first + timedelta(7 - first.weekday())
    read = monday + DAY if monday + DAY < plain.last else first + DAY
    told = next((day for day in looks if day >= read), plain.last)
    if told >= plain.last:
        return None
    return told if read > monday else plain.last


def _renewals(years: Years, found: Verdict) -> None:
    """Each once and where the last one ended; by an act, or after a decision, or with a finding that stands or was answered."""
    wrong: list[str] = []
    rows: dict[str, list[RenewalTerm]] = defaultdict(list)
    for row in RenewalTerm.objects.select_related("agreement").order_by("number"):
        rows[row.agreement.reference].append(row)
    reviews: dict[Any, list[tuple[date, datetime, str]]] = defaultdict(list)
    for key, on, at, outcome in Review.objects.values_list("agreement", "made_on", "made_at", "outcome"):
        reviews[key].append((on, at, outcome))
    for name, plain in years.papers.items():
        there = rows.pop(name, [])
        if [(row.first_on, row.by_id is None) for row in there] != [one[:2] for one in plain.renewals]:
            wrong.append(f"{name} renewed otherwise than on paper")
        for row, paper in zip(there, plain.renewals, strict=False):
            how = _how(row, reviews[row.agreement_id])
            found.figures[f"renewals {how or 'unseen'}"] += 1
            if not how or (paper.itself and (how == "after a decision") != paper.decided):
                wrong.append(f"{name} renewed {how or 'unseen'} on {row.first_on}")
    found.add("renewals amiss", [*wrong, *rows])


def _how(row: RenewalTerm, reviews: list[tuple[date, datetime, str]]) -> str:
    """How a renewal was decided on; nothing where nobody ever saw it."""
    if row.by_id is not None:
        return "by an act"
    since, last = row.first_on - timedelta(HALF_YEAR + 1), row.first_on - DAY
    if any(since <= on <= last and outcome in GO_ON for on, _, outcome in reviews):
        return "after a decision" if row.reviewed else ""
    answered = any(at >= row.made_at for _, at, _ in reviews)
    if row.reviewed or not (row.agreement.unreviewed_on or answered):
        return ""
    return "with a finding"


def _unlike(years: Years) -> Iterator[str]:
    """Agreements whose days, renewals or finding are not what the model says."""
    rows = {row.reference: row for row in Agreement.objects.all()}
    for name, plain in years.papers.items():
        row = rows.pop(name)
        days = plain.deadlines
        real = (row.stage == "ended", row.renewed, row.last_day, row.notice_due_on, row.review_due_on)
        if real != (plain.ended, len(plain.renewals), plain.last, days["notice"], days["review"]):
            yield f"{name}: {real}, not {(plain.ended, len(plain.renewals), plain.last, *days.values())}"
        if not plain.ended and bool(row.unreviewed_on) != plain.unreviewed:
            yield f"{name}: finding {row.unreviewed_on}, on paper {plain.unreviewed}"
    yield from rows
