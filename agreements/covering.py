"""Which days a flow is covered by an agreement: from the acts of people, span by span. Pure.

A flow is covered from the first day in force, never before the day of the last signature, to the last day in force,
and not while the agreement is suspended. Days are inclusive and in the agreement's time zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Span:
    """Days from first to last, both included; `date.max` as the last day is no end."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day <= self.last


def without(spans: Iterable[Span], hole: Span) -> list[Span]:
    """The days of `spans` that are not in `hole`."""
    found: list[Span] = []
    for span in spans:
        if hole.last < span.first or span.last < hole.first:
            found.append(span)
            continue
        if span.first < hole.first:
            found.append(Span(span.first, hole.first - DAY))
        if hole.last < span.last:
            found.append(Span(hole.last + DAY, span.last))
    return found


def covered(term: Span | None, pauses: Iterable[Span], *, ended_on: date | None = None) -> list[Span]:
    """The covered days in order: the term, cut off by an act that ended it, less the suspensions."""
    if term is None:
        return []
    last = term.last if ended_on is None else min(term.last, ended_on)
    spans = [Span(term.first, last)] if term.first <= last else []
    for pause in pauses:
        spans = without(spans, pause)
    return spans


@dataclass(frozen=True)
class Act:
    """What somebody did, as far as it moves the cover; `on` is the day it was done.

    `executed`, and `redated` when its days were fixed anew: `first` and `last` of the term. `suspended`: from `first`
    to `last`. `resumed`. `ended`: `last` is the last day in force. `withdrawn`: as if it had never been.
    """

    name: str
    on: date
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class _State:
    term: Span | None = None
    pauses: tuple[Span, ...] = ()
    ended_on: date | None = None


def replayed(acts: Iterable[Act]) -> list[Span]:
    """The covered days after all the acts, one after the other."""
    state = _State()
    for act in acts:
        state = _after(state, act)
    return covered(state.term, state.pauses, ended_on=state.ended_on)


def _after(state: _State, act: Act) -> _State:
    if act.name in {"executed", "redated"}:
        term = Span(act.first, act.last or date.max) if act.first else None
        return replace(state, term=term)
    if act.name == "suspended" and act.first:
        return replace(state, pauses=(*state.pauses, Span(act.first, act.last or date.max)))
    if act.name == "resumed":
        return replace(state, pauses=tuple(cut for pause in state.pauses for cut in _cut(pause, act.on)))
    if act.name == "ended":
        return replace(state, ended_on=act.last)
    return _State() if act.name == "withdrawn" else state


def _cut(pause: Span, on: date) -> Iterable[Span]:
    """A suspension that somebody ended on a day: that day is covered again."""
    if pause.last < on:
        return (pause,)
    return (Span(pause.first, on - DAY),) if pause.first < on else ()
