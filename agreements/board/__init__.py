"""The expiry board: what must be decided or done about executed agreements, and by when.

Every sort of row comes from a source of its own: a function that answers rows (agreement, what, day, the rule's words,
owner) in their order, and one that counts them by column. The board puts the sources together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from agreements import standing
from agreements.board import deadlines, duties
from agreements.board.deadlines import OWNERS, every_column
from agreements.board.rows import (
    BOUND,
    COLUMNS,
    MOST,
    NEXT_STEP,
    PAGE,
    Ask,
    Item,
    Mark,
    Page,
    Scope,
    column_of,
    key_read,
)
from agreements.models import HORIZON, Outcome, Review, Stage

__all__ = [
    "BOUND",
    "COLUMNS",
    "HORIZON",
    "MOST",
    "NEXT_STEP",
    "OWNERS",
    "PAGE",
    "SOURCES",
    "Ask",
    "Decided",
    "Item",
    "Mark",
    "Page",
    "Scope",
    "Source",
    "chosen",
    "column_of",
    "coming",
    "counts",
    "decided",
    "key_read",
    "once",
    "page",
    "within",
]


LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True)
class Source:
    """Where one sort of rows comes from: a constant number of queries each, however many rows there are."""

    rows: Callable[[Ask], list[Item]]
    count: Callable[[Ask], dict[str, int]]


SOURCES: tuple[Source, ...] = (Source(deadlines.rows, deadlines.count), Source(duties.rows, duties.count))
"""Every sort of row on the board."""


def page(scope: Scope, *, after: Mark | None = None, limit: int = PAGE, today: date) -> Page:
    """The next rows that wait for an act, column by column and in each the soonest first."""
    return _page(Ask(scope, today, every_column(scope), after=after, limit=limit))


def within(
    scope: Scope, first: date, last: date, *, after: Mark | None = None, limit: int = PAGE, today: date
) -> Page:
    """The next rows of the days from `first` to `last`, decided or not."""
    return _page(Ask(scope, today, first=first, last=last, decided=True, after=after, limit=limit))


def counts(scope: Scope, *, today: date) -> dict[str, str]:
    """How many rows each column holds as people read it: exactly, or "200+"."""
    ask = Ask(scope, today, tuple(COLUMNS))
    each = [source.count(ask) for source in SOURCES]
    total = {name: sum(found.get(name, 0) for found in each) for name in COLUMNS}
    return {name: f"{BOUND}+" if number > BOUND else str(number) for name, number in total.items()}


def coming(scope: Scope, *, days: int, today: date, limit: int = BOUND) -> list[Item]:
    """What waits and has passed or comes within `days`, soonest first, each day of an agreement once."""
    ask = Ask(scope, today, first=LONG_AGO, last=today + timedelta(days=days), limit=limit)
    return once(_page(ask).items)


def once(items: Iterable[Item]) -> list[Item]:
    """Each day of an agreement once, though several of somebody's agencies are party to it."""
    rows: dict[Any, Item] = {}
    for item in items:
        rows.setdefault((item.mark.on, item.agreement.pk, item.mark.what), item)
    return list(rows.values())


def chosen(keys: Sequence[tuple[UUID, UUID]], *, today: date) -> list[Item]:
    """What waits among some agreements, each with the agency it is for; in the board's order."""
    scope, last = Scope(tuple({agency for agency, _ in keys})), today + timedelta(days=HORIZON)
    ask = Ask(scope, today, first=LONG_AGO, last=last, among=tuple(keys), limit=len(keys))
    return deadlines.rows(ask) if keys else []


def _page(ask: Ask) -> Page:
    found = [item for source in SOURCES for item in source.rows(ask.more())]
    found.sort(key=lambda item: item.mark)
    items = found[: ask.limit]
    return Page(items, items[-1].mark if len(found) > ask.limit else None)


@dataclass(frozen=True)
class Decided:
    """A decision an agency recorded, and the step that carries it out, if there is one still to take."""

    review: Review
    agreement: Any
    settled: str
    settled_on: date
    step: str = ""


DECIDED = """
SELECT r.* FROM unnest(%(agencies)s::uuid[]) AS asked (agency) CROSS JOIN LATERAL (
  SELECT r.* FROM agreements_review r
   WHERE r.agency_id = asked.agency {narrowed} ORDER BY r.made_at DESC LIMIT %(limit)s) r
 ORDER BY r.made_at DESC LIMIT %(limit)s
"""


def decided(scope: Scope, *, limit: int = 20) -> list[Decided]:
    """The decisions these agencies recorded last, newest first."""
    conditions = "".join(f" AND {each}" for each in deadlines.of_agreement(scope, "r"))
    values = {
        "agencies": list(scope.agencies),
        "kind": scope.kind,
        "category": scope.category,
        "limit": limit,
    }
    rows = Review.objects.raw(DECIDED.format(narrowed=conditions), values).prefetch_related("agreement")
    return [_decided(row) for row in rows] if scope.agencies else []


def _decided(row: Review) -> Decided:
    outcome, step = Outcome(row.outcome), ""
    if row.agreement.stage == Stage.EXECUTED:
        ends = outcome == Outcome.LAPSE and standing.renews_itself(row.agreement)
        step = "terminate" if ends else NEXT_STEP.get(outcome, "")
    return Decided(row, row.agreement, outcome.label, row.made_on, step)
