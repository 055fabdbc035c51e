"""Whom reminders must have reached by a day, and whom never: the ladder walked rung by rung; written apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tests.trust.acts.model import ASKED_BEFORE, NEVER, Plain

EVERYONE = ("liaison", "counsel", "signatory", "administrator")
LADDER = {
    180: EVERYONE[:1], 120: EVERYONE[:1], 90: EVERYONE[:2], 60: EVERYONE[:2],
    30: EVERYONE, 14: EVERYONE, 7: EVERYONE, 1: EVERYONE, 0: EVERYONE,
}  # fmt: skip
WEEK = 7


@dataclass(frozen=True)
class Rung:
    """Somebody is told of a deadline so many days before it, or after it."""

    person: str
    deadline: str
    on: date
    days: int


def deadlines(model: Plain, today: date) -> Iterator[tuple[str, date]]:
    """The days of which people are told."""
    if model.last < NEVER:
        yield "last_day", model.last
        if model.terms.notice:
            yield "notice", model.last - timedelta(days=model.terms.notice)
    if model.review is not None and model.furthest >= today:  # what has lapsed is reviewed no more
        yield "review", model.review


def settled(model: Plain, on: date) -> bool:
    """Whether the newest decision, taken in time for it, was to let it end, and it does not renew itself."""
    day, what = model.decided[-1] if model.decided else (date.min, "")
    return what in {"lapse", "terminate"} and day >= on - ASKED_BEFORE and model.furthest == model.last


def due(model: Plain, people: Mapping[str, Collection[str]], today: date) -> set[Rung]:
    """Everything that somebody must have been told by the end of the day; `people` has the roles of each agency."""
    found: set[Rung] = set()
    for deadline, on in deadlines(model, today) if model.open else ():
        if settled(model, on):
            continue
        for days, roles in _rungs(model, deadline, on, today):
            for key in model.present(today):
                told = [role for role in roles if role in people[key]] or ["administrator"]
                found |= {Rung(f"{key}_{role}", deadline, on, days) for role in told if role in people[key]}
    return found


def _rungs(model: Plain, deadline: str, on: date, today: date) -> Iterator[tuple[int, Collection[str]]]:
    for days, roles in LADDER.items():
        if model.signed <= on - timedelta(days=days) <= today:
            yield days, roles
    over = model.furthest < today if deadline == "last_day" else deadline == "review"
    for late in range(WEEK, (today - on).days + 1, WEEK) if over else ():
        if model.signed <= on + timedelta(days=late):
            yield -late, EVERYONE
