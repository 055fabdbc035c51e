"""What must be so after any acts: dates and sets, walked day by day; written apart from the code under test.

Flows are named by dataset, giver and taker. All periods are in calendar days: no business days, notice on the same day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)
Name = tuple[str, str, str]


@dataclass
class Terms:
    """What was agreed about time."""

    months: int
    renewal: str = "none"
    each: int = 6
    most: int = 2
    stops_clock: bool = False
    longest: int | None = 30
    notice: int = 30
    cure: int = 20
    least: int = 2


@dataclass
class Plain:
    """One agreement: its terms, who is in until when, which flows hold from when, its pauses and its end."""

    terms: Terms
    first: date
    parties: dict[str, date | None]
    texts: list[tuple[date, set[Name]]]
    lead: str
    months: int = 0
    renewed: int = 0
    begun: list[date] = field(default_factory=list)
    pauses: list[tuple[date, date]] = field(default_factory=list)
    latest_pause: tuple[date, date] | None = None
    ended: date | None = None
    breaches: list[tuple[str, str, date]] = field(default_factory=list)
    unreviewed: bool = False
    decided: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.months = self.months or self.terms.months

    def _after(self, renewals: int) -> date:
        last = self.first + relativedelta(months=self.months + renewals * self.terms.each) - DAY
        for begins, until in sorted(self.pauses) if self.terms.stops_clock else ():
            if begins <= last:
                last += until - begins + DAY
        return last

    @property
    def last(self) -> date:
        """The last day of the present term."""
        return self._after(self.renewed)

    @property
    def furthest(self) -> date:
        """The last day if nobody acts."""
        return (
            self._after(max(self.terms.most, self.renewed))
            if self.terms.renewal == "automatic"
            else self.last
        )

    @property
    def final(self) -> date:
        """The last day by the term or by an act."""
        return min(self.furthest, self.ended) if self.ended else self.furthest

    def inside(self, key: str, day: date) -> bool:
        """Whether an agency is a party on the day."""
        return key in self.parties and (self.parties[key] is None or day <= (self.parties[key] or day))

    def present(self, day: date) -> list[str]:
        """The parties on a day."""
        return [key for key in self.parties if self.inside(key, day)]

    def staying(self) -> list[str]:
        """The parties that have not said that they go."""
        return [key for key, left in self.parties.items() if left is None]

    def text(self, day: date) -> set[Name]:
        """The flows of the text that holds on the day."""
        return [flows for since, flows in self.texts if since <= day][-1]

    def paused(self, day: date) -> bool:
        """Whether a suspension holds on the day."""
        return any(begins <= day <= until for begins, until in self.pauses)

    def covered(self, name: Name, day: date) -> bool:
        """Whether data may move on the day."""
        if not self.first <= day <= self.final or self.paused(day):
            return False
        return name in self.text(day) and self.inside(name[1], day) and self.inside(name[2], day)

    def names(self) -> set[Name]:
        """Every flow there ever was."""
        return set().union(*(flows for _, flows in self.texts))

    def days(self) -> set[date]:
        """The days at which something changes, and their neighbours."""
        found = {self.first, self.last, self.furthest, self.final, *(since for since, _ in self.texts[1:])}
        found |= {day for pause in self.pauses for day in pause} | {
            left for left in self.parties.values() if left
        }
        found.discard(date.max)  # a pause without a last day
        return {day + step for day in found for step in (-DAY, timedelta(0), DAY)}

    def pause_is_open(self, day: date) -> bool:
        """Whether the latest suspension holds or is to come."""
        return self.latest_pause is not None and self.latest_pause[1] >= day

    def pause(self, begins: date, until: date) -> None:
        """A suspension."""
        self.pauses.append((begins, until))
        self.latest_pause = (begins, until)

    def resume(self, day: date) -> None:
        """The suspension ends today; that day data moves again."""
        cut = [
            (begins, min(until, day - DAY)) if until >= day else (begins, until)
            for begins, until in self.pauses
        ]
        self.pauses = [(begins, until) for begins, until in cut if begins <= until]
        self.latest_pause = None

    def may_renew(self, day: date) -> bool:
        """Whether the next renewal can be made by an act."""
        by_act = self.terms.renewal in {"option", "mutual_written"}
        begun = not self.begun or day >= self.begun[-1]
        return self.ended is None and by_act and self.renewed < self.terms.most and day <= self.last and begun

    def renew(self) -> None:
        """One renewal more."""
        self.begun.append(self.last + DAY)
        self.renewed += 1

    def tick(self, day: date) -> None:
        """What comes about by itself up to a day."""
        while (
            self.ended is None
            and self.terms.renewal == "automatic"
            and self.last < day
            and self.last < self.furthest
        ):
            asked = [on for on in self.decided if self.last - timedelta(days=180) <= on <= self.last]
            self.unreviewed |= not asked
            self.renew()

    def notice_ends(self, day: date) -> date:
        """The last day under a notice received on a day."""
        return max(min(day + timedelta(days=self.terms.notice), self.furthest), day)
