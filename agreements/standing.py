"""Where an agreement stands on a day: derived from what people did and from its dates, never stored.

Days are calendar days in the agreement's time zone; the last day is inclusive (DOMAIN 5, traps 1 and 20).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from agreements.models import EXPIRING_DAYS, STANDINGS, Agreement, Stage


@dataclass(frozen=True)
class NextDate:
    """A day to watch, with the words it comes from."""

    name: str
    on: date
    why: str


@dataclass(frozen=True)
class Standing:
    """The standing's key and word, whether data may flow, and the next dates in order."""

    key: str
    label: str
    in_force: bool
    dates: tuple[NextDate, ...]

    @property
    def next_date(self) -> NextDate | None:
        """The first day to watch."""
        return self.dates[0] if self.dates else None


def of(agreement: Agreement, *, today: date) -> Standing:
    """The standing of an agreement on `today`."""
    key = _key(agreement, today)
    in_force = key in {"in_force", "expiring", "in_notice"}
    return Standing(key, STANDINGS[key], in_force, tuple(_dates(agreement, key, today)))


def _key(agreement: Agreement, today: date) -> str:
    if agreement.stage == Stage.ENDED:
        return "in_notice" if agreement.ended_on and agreement.ended_on >= today else "ended"
    if agreement.stage != Stage.EXECUTED:
        return str(agreement.stage)
    if agreement.effective_on and agreement.effective_on > today:
        return "upcoming"
    if agreement.last_day and agreement.last_day < today:
        return "lapsed"
    if _suspended(agreement, today):
        return "suspended"
    if agreement.last_day and agreement.last_day <= today + timedelta(days=EXPIRING_DAYS):
        return "expiring"
    return "in_force"


def _suspended(agreement: Agreement, today: date) -> bool:
    begun = agreement.suspended_on is not None and agreement.suspended_on <= today
    return begun and (agreement.suspended_until is None or agreement.suspended_until >= today)


def _dates(agreement: Agreement, key: str, today: date) -> list[NextDate]:
    """The coming days, and the passed ones that still want an act, soonest first."""
    if key == "upcoming" and agreement.effective_on:
        return [NextDate("Takes effect", agreement.effective_on, "the first day in force")]
    if key in {"ended", "declined", "abandoned"} or agreement.stage not in {Stage.EXECUTED, Stage.ENDED}:
        return []
    found: list[NextDate] = []
    if key == "in_notice" and agreement.ended_on:
        return [NextDate("Ends", agreement.ended_on, "the last day in force under the notice given")]
    if agreement.notice_due_on and agreement.notice_due_on >= today and agreement.last_day:
        days = (agreement.last_day - agreement.notice_due_on).days
        found.append(NextDate("Notice due", agreement.notice_due_on, f"{days} days before the last day"))
    if agreement.last_day:
        word = "Lapsed after" if key == "lapsed" else "Ends"
        found.append(NextDate(word, agreement.last_day, "the last day in force"))
    if agreement.review_due_on and key != "lapsed":
        word = "Review overdue since" if agreement.review_due_on < today else "Review due"
        found.append(NextDate(word, agreement.review_due_on, "the agreed review cycle"))
    return sorted(found, key=lambda date_: date_.on)
