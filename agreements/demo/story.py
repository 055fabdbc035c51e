"""When each thing of the demo happened: the acts of all agreements as one history, in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agreements.demo.acting import Acting

WEEKEND = 5
PACE = (3, 2, 4, 2, 5, 1, 3)
NEXT_ACT = timedelta(minutes=97)
OFFICE_OPENS = 15  # UTC; eight or nine in the morning in the region
WEEKS_OF_REMINDERS = 4

SHARED = ("draft", "fill", "share", "talk")
RETURNED = (*SHARED, "change", "hand_back")
SUBMITTED = (*RETURNED, "submit")
HALF_APPROVED = (*SUBMITTED, "approve_most")
APPROVED = (*HALF_APPROVED, "approve_last")
FROZEN = (*APPROVED, "freeze")
HALF_SIGNED = (*FROZEN, "sign_most")
PATHS: Mapping[str, tuple[str, ...]] = {
    "drafted": SHARED[:2],
    "shared": SHARED,
    "abandoned": (*SHARED, "abandon"),
    "returned": RETURNED,
    "submitted": SUBMITTED,
    "half_approved": HALF_APPROVED,
    "refused": (*HALF_APPROVED, "refuse"),
    "approved": APPROVED,
    "frozen": FROZEN,
    "half_signed": HALF_SIGNED,
    "recalled": (*HALF_SIGNED, "recall"),
    "declined": (*HALF_SIGNED, "decline"),
    "executed": (*HALF_SIGNED, "sign_last"),
}
"""What people did with an agreement, by what became of it."""

LATER = ("connected", "reviewed", "suspended", "resumed", "noticed", "ended", "cause")


@dataclass(frozen=True)
class Act:
    """Something done at an instant; `order` keeps acts of the same instant apart."""

    at: datetime
    order: tuple[int, int]
    do: Callable[[datetime], object]


def told(acts: Iterable[Act]) -> list[Act]:
    """The acts as they happened."""
    return sorted(acts, key=lambda act: (act.at, act.order))


def acts(story: Acting, now: datetime) -> Iterator[Act]:
    """One agreement's acts: the last of its path on its day, the earlier ones some days apart before it."""
    last = datetime.min.replace(tzinfo=now.tzinfo)
    for place, (days, name) in enumerate([*_path(story), *_later(story)]):
        last = max(instant(now, days, story.number * 7 + place * 5), last + NEXT_ACT)
        yield Act(min(last, now), (story.number, place), getattr(story, name))


def _path(story: Acting) -> Iterator[tuple[int, str]]:
    """The days ago and names of the acts of the path."""
    path = PATHS[story.said["path"]]
    for place, name in enumerate(path):
        gaps = (PACE[(story.number + later) % len(PACE)] for later in range(place + 1, len(path)))
        yield story.said["days"] + sum(gaps), name


def _later(story: Acting) -> list[tuple[int, str]]:
    found = [(story.said[name], name) for name in LATER if name in story.said]
    if "decided" in story.said:
        found.append((story.said["decided"]["days"], "decided"))
    return sorted(found, reverse=True)


def instant(now: datetime, days: int, seed: int) -> datetime:
    """An instant of a working day about `days` before `now`; `seed` spreads the acts over the day."""
    day = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    day -= timedelta(days=max(0, day.weekday() - WEEKEND + 1))
    return day + timedelta(hours=OFFICE_OPENS + seed % 8, minutes=seed * 13 % 60, seconds=seed * 29 % 60)


def mornings(now: datetime, remind: Callable[[datetime], object]) -> Iterator[Act]:
    """The reminders of the last weeks, a morning each; those of today are the worker's."""
    for week in range(WEEKS_OF_REMINDERS, 0, -1):
        day = (now - timedelta(weeks=week)).replace(hour=12, minute=0, second=0, microsecond=0)
        yield Act(day, (0, week), remind)
