"""What must be so after any acts: dates and sets, reckoned day by day; written apart from the code under test.

Flows are named by dataset, giver and taker, agencies by their keys. All periods are in calendar days: no business days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)
NEVER = date(9999, 12, 31)
Name = tuple[str, str, str]
Span = tuple[date, date]
ASKED_BEFORE = timedelta(days=180)
"""How long before a deadline a decision answers it."""


@dataclass(frozen=True)
class Terms:
    """What was agreed about time: no `months` is no end, `most` None no limit to renewals."""

    months: int | None = 12
    renewal: str = "none"
    each: int = 6
    most: int | None = 2
    stops_clock: bool = False
    longest: int | None = 30
    notice: int = 30
    cure: int | None = 20
    least: int = 2
    review: int | None = 12
    starts: int = 0
    slow: str = "same_day"
    imported: bool = False


@dataclass(frozen=True)
class Text:
    """A text the parties agreed on: from which day it holds, its flows, and who is party by it, in order."""

    since: date
    flows: frozenset[Name]
    parties: tuple[str, ...]


@dataclass
class Given:
    """A notice that was given: by whom, on what ground, when sent, the last day wanted, who acknowledged it when."""

    sender: str
    ground: str
    sent: date
    wanted: date | None = None
    acknowledged: dict[str, date] = field(default_factory=dict)
    received: bool = False


@dataclass
class Broken:
    """A breach: who gave notice of it, who broke the agreement, the last day to cure it, and whether that happened."""

    row: UUID
    by: str
    of: str
    until: date
    cured: bool = False


@dataclass
class Plain:
    """One agreement: its terms, who is in until when, its texts, its pauses, its renewals and its end."""

    terms: Terms
    signed: date
    parties: dict[str, date | None]
    texts: list[Text]
    lead: str = "riverton"
    slow: str = "mesa"
    stage: str = "executed"
    months: int | None = None
    renewed: int = 0
    begun: list[date] = field(default_factory=list)
    consents: set[str] = field(default_factory=set)
    pauses: list[Span] = field(default_factory=list)
    latest_pause: Span | None = None
    ended: date | None = None
    notices: list[Given] = field(default_factory=list)
    breaches: list[Broken] = field(default_factory=list)
    unreviewed: date | None = None
    decided: list[tuple[date, str]] = field(default_factory=list)
    review: date | None = None
    moving: dict[Name, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.months = self.terms.months
        self.first = self.signed + timedelta(days=self.terms.starts)
        self.review = self.next_review(max(self.first, self.signed))
        self.places = {key: place for place, key in enumerate(self.parties, start=1)}

    def next_review(self, since: date) -> date | None:
        """The review that follows a day, if the text asks for one."""
        return since + relativedelta(months=self.terms.review) if self.terms.review else None

    @property
    def open(self) -> bool:
        """Whether it is executed and nobody has ended it."""
        return self.stage == "executed"

    @property
    def by_law(self) -> str:
        """How it renews: not at all without an end."""
        return self.terms.renewal if self.months else "none"

    def _after(self, renewals: int | None) -> date:
        if self.months is None or renewals is None:
            return NEVER
        last = self.first + relativedelta(months=self.months + renewals * self.terms.each) - DAY
        for begins, until in sorted(self.pauses) if self.terms.stops_clock else ():
            begins = max(begins, self.first)
            if begins <= last and until >= self.first:
                last += until - begins + DAY
        return last

    @property
    def last(self) -> date:
        """The last day of the present term."""
        return self._after(self.renewed)

    @property
    def furthest(self) -> date:
        """The last day if nobody acts."""
        if self.by_law != "automatic":
            return self.last
        return self._after(None if self.terms.most is None else max(self.terms.most, self.renewed))

    @property
    def final(self) -> date:
        """The last day by the term or by an act."""
        return min(self.furthest, self.ended or NEVER)

    def inside(self, key: str, day: date) -> bool:
        """Whether an agency is a party on the day."""
        return key in self.parties and day <= (self.parties[key] or NEVER)

    def present(self, day: date) -> list[str]:
        """The parties on a day."""
        return [key for key in self.parties if self.inside(key, day)]

    def staying(self) -> list[str]:
        """The parties that go on: none that has given notice to leave, even if that waits to be acknowledged."""
        going = {row.sender for row in self.notices if row.ground == "leaves" and not row.received}
        return [key for key, left in self.parties.items() if left is None and key not in going]

    @property
    def least(self) -> int:
        """How many parties it takes."""
        return max(self.terms.least, 2)

    def text(self, day: date) -> Text:
        """The text that holds on the day."""
        return [text for text in self.texts if text.since <= day][-1]

    def names(self) -> set[Name]:
        """Every flow there ever was."""
        return {name for text in self.texts for name in text.flows}

    def paused(self, day: date) -> bool:
        """Whether a suspension holds on the day."""
        return any(begins <= day <= until for begins, until in self.pauses)

    def covered(self, day: date) -> set[Name]:
        """Which data may move on the day."""
        begins = max(self.first, self.signed)
        if self.stage == "abandoned" or not begins <= day <= self.final or self.paused(day):
            return set()
        inside = set(self.present(day))
        return {name for name in self.text(day).flows if name[1] in inside and name[2] in inside}

    def spans(self) -> dict[Name, list[Span]]:
        """For each flow the days on which it is covered, as long as possible each."""
        found: dict[Name, list[Span]] = {}
        for first, last in self._pieces():
            for name in self.covered(first):
                rows = found.setdefault(name, [])
                if rows and rows[-1][1] == first - DAY:
                    rows[-1] = (rows[-1][0], last)
                else:
                    rows.append((first, last))
        return found

    def _pieces(self) -> Iterator[Span]:
        """The days cut wherever anything changes."""
        changes = {self.first, self.signed, *(text.since for text in self.texts[1:])}
        lasts = {self.final, *(left for left in self.parties.values() if left)}
        for begins, until in self.pauses:
            changes.add(begins)
            lasts.add(until)
        changes |= {last + DAY for last in lasts if last < NEVER}
        firsts = sorted(changes)
        for first, after in zip(firsts, [*firsts[1:], None], strict=True):
            yield first, after - DAY if after else NEVER

    def pause_is_open(self, day: date) -> bool:
        """Whether the latest suspension holds or is to come."""
        return self.latest_pause is not None and self.latest_pause[1] >= day

    def pause(self, begins: date, until: date) -> None:
        """A suspension."""
        self.pauses.append((begins, until))
        self.latest_pause = (begins, until)

    def resume(self, day: date) -> None:
        """The suspension ends today; that day data moves again."""
        cut = [(begins, min(until, day - DAY) if until >= day else until) for begins, until in self.pauses]
        self.pauses = [(begins, until) for begins, until in cut if begins <= until]
        self.latest_pause = None

    def may_renew(self, day: date) -> bool:
        """Whether the next renewal can be made by an act."""
        by_act = self.by_law in {"option", "mutual_written"}
        more = self.terms.most is None or self.renewed < self.terms.most
        begun = not self.begun or day >= self.begun[-1]
        return self.open and by_act and more and day <= self.last and begun

    def renew(self) -> None:
        """One renewal more."""
        self.begun.append(self.last + DAY)
        self.renewed += 1
        self.consents.clear()

    def tick(self, day: date) -> None:
        """What comes about by itself up to a day: renewals, each with a finding unless somebody decided to go on."""
        while self.open and self.by_law == "automatic" and self.last < day and self.last < self.furthest:
            last, goes_on = self.last, {"renew", "continue", "amend"}
            asked = [on for on, what in self.decided if last - ASKED_BEFORE <= on <= last and what in goes_on]
            self.renew()
            if not asked:
                self.unreviewed = self.unreviewed or self.begun[-1]

    def decide(self, day: date, outcome: str) -> None:
        """A decision: one to go on counts as the review."""
        self.decided.append((day, outcome))
        self.unreviewed = None
        if outcome in {"renew", "continue", "amend"}:
            self.review = self.next_review(day)

    def review_by(self, day: date) -> None:
        """A review is due on a day at the latest."""
        self.review = min(self.review or NEVER, day)

    def others(self, sender: str, day: date) -> list[str]:
        """To whom a party's notice goes: the others by the text of the day."""
        return [key for key in self.text(day).parties if key != sender and self.inside(key, day)]

    def received(self, given: Given, day: date) -> date | None:
        """When the last of the others counts as having a notice; None while somebody must acknowledge it."""
        days = []
        for key in self.others(given.sender, day):
            how = self.terms.slow if key == self.slow else "same_day"
            if how == "acknowledged" and key not in given.acknowledged:
                return None
            days.append(given.acknowledged.get(key, given.sent + timedelta(days=3 * (how == "mail_3"))))
        return max(days, default=given.sent)

    def notice_ends(self, sender: str, received: date, day: date) -> date:
        """The last day under a notice received on a day and recorded, or acknowledged, on another."""
        days = self.terms.notice if sender in self.text(day).parties else 0
        return max(min(received + timedelta(days=days), self.furthest), day)

    def against_renewal(self, sender: str, received: date, day: date) -> date | None:
        """The last day under a notice against renewal; None outside its window."""
        going = self.by_law == "automatic" and self.furthest > self.last
        days = self.terms.notice if sender in self.text(day).parties else 0
        in_time = received <= self.last - timedelta(days=days)
        return self.last if going and in_time else None

    def waiting(self, key: str = "") -> list[Given]:
        """The notices that wait to be acknowledged, of all or of one agency."""
        return [row for row in self.notices if not row.received and key in {"", row.sender}]
