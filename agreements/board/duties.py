"""The board's rows of what agencies owe and have not handed in: soonest first through the partial index of duties."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from agreements import owed
from agreements.board.rows import BOUND, QUARTER, RANKS, Ask, Item, Mark, column_of
from agreements.models import HORIZON, UNDONE, Duty, DutyState
from agreements.standing import NextDate

WHAT = "duty_"
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""A mark holds letters alone; in this order, so that marks sort as the rows' ids do."""
DIGITS = {after: before for before, after in LETTERS.items()}
LONGEST = 120


def rows(ask: Ask) -> list[Item]:
    """The rows asked for, in the order of their marks; a constant number of queries."""
    spans = list(_spans(ask))
    if not spans or not ask.scope.agencies:
        return []
    within = Q(*(_within(ask, *span) for span in spans), _connector=Q.OR)
    found = _duties(ask).filter(within).order_by("due_on", "agreement", "id")
    found = found.select_related("agreement", "party__agency", "owner").prefetch_related(
        "agreement__parties__agency"
    )
    return [_item(row, ask) for row in found[: ask.limit]]


def count(ask: Ask) -> dict[str, int]:
    """How many rows each column holds, counted to 201."""
    if not ask.scope.agencies:
        return {}
    return {
        column: _duties(ask).filter(due_on__range=(first, last))[: BOUND + 1].count()
        for column, first, last in _columns(ask)
    }


def _columns(ask: Ask) -> Iterator[tuple[str, date, date]]:
    """The columns asked for that can hold a duty, with their first and last day."""
    today = ask.today
    days = {
        "now": (date.min, today - timedelta(days=1)),
        "quarter": (today, today + timedelta(days=QUARTER)),
        "half": (today + timedelta(days=QUARTER + 1), today + timedelta(days=HORIZON)),
    }
    yield from ((column, *days[column]) for column in ask.columns if column in days)


def _spans(ask: Ask) -> Iterator[tuple[int, date, date]]:
    """What is still to be shown, as ranks with their first and last day."""
    if ask.first is not None and ask.last is not None:
        yield 0, ask.first, ask.last
        return
    rank = ask.after.rank if ask.after else 0
    yield from ((RANKS[name], first, last) for name, first, last in _columns(ask) if RANKS[name] >= rank)


def _within(ask: Ask, rank: int, first: date, last: date) -> Q:
    """The days of a rank; of the rank in which the page before ended what comes after its last row."""
    found, after = Q(due_on__range=(first, last)), ask.after
    if after is None or rank > after.rank:
        return found
    later = Q(due_on__gt=after.on) | Q(due_on=after.on, agreement__gt=after.agreement)
    same = Q(due_on=after.on, agreement=after.agreement)
    if after.what.startswith(WHAT):
        later |= same & Q(pk__gt=UUID(after.what.removeprefix(WHAT).translate(DIGITS)))
    elif after.what < WHAT:
        later |= same
    return found & later


def _duties(ask: Ask) -> QuerySet[Duty]:
    """The agencies' own duties that a scope shows: not handed in, or by day all but what is no longer asked for."""
    scope = ask.scope
    found = Duty.objects.filter(party__agency__in=scope.agencies, asked_on__lte=ask.today)
    found = found.exclude(state=DutyState.DROPPED) if ask.decided else found.filter(state__in=UNDONE)
    if scope.kind:
        found = found.filter(agreement__kind=scope.kind)
    if scope.category:
        found = found.filter(agreement__categories__contains=[scope.category])
    if scope.unowned:
        found = found.filter(owed.unowned(ask.today))
    elif scope.owner:
        found = found.filter(owner=scope.owner).exclude(owed.unowned(ask.today))
    return found


def _item(row: Duty, ask: Ask) -> Item:
    column = column_of("duty", row.due_on, endless=False, today=ask.today)
    rank = RANKS.get(column, 0) if ask.first is None else 0
    mark = Mark(rank, row.due_on, row.agreement_id, WHAT + row.pk.hex.translate(LETTERS), row.party.agency_id)
    overdue, undone = row.overdue(ask.today), row.state in UNDONE
    what = f"{row.get_kind_display()} {'overdue since' if overdue else 'due'}"
    said = row.what if len(row.what) <= LONGEST else row.what[:LONGEST].rsplit(" ", 1)[0] + " …"
    there = [party for party in row.agreement.parties.all() if party.there_on(ask.today)]
    names = tuple(p.agency.short_name for p in sorted(there, key=lambda p: (p.position, p.pk)))
    return Item(row.agreement, column, NextDate(what, row.due_on, f"{said} ({row.rule})"), names, mark,
                row.party.agency.short_name, row.owner.name if row.owner else "", undone,
                "" if undone else row.get_state_display(), None, row.get_absolute_url())  # fmt: skip
