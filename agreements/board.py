"""What must be decided about executed agreements, and by when: the expiry board and its part of the in-tray.

A deadline is settled when one of the asking agencies has recorded a decision since its window opened, 180 days
before. A decision to continue, renew or amend moves the review day itself; the others settle it where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    DateField,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Least, RowNumber

from agreements import policy
from agreements.models import Agreement, Outcome, Party, Review, Stage
from agreements.standing import NextDate

HORIZON = 180
NOTICE_SOON, QUARTER = 30, 90
ROWS = 200

COLUMNS = {
    "now": "Decide now",
    "notice": "Notice window open",
    "quarter": "Within 90 days",
    "half": "Within 180 days",
    "open": "No end date: review due",
}
SETTLES_REVIEW = (Outcome.LAPSE, Outcome.TERMINATE)


@dataclass(frozen=True)
class Scope:
    """Whose board: for which agencies, narrowed to one of them, a kind or a category of data."""

    agencies: tuple[UUID, ...]
    kind: str = ""
    category: str = ""


@dataclass(frozen=True)
class Item:
    """An agreement with the deadline that puts it on the board; `settled` is the decision recorded, if any."""

    agreement: Any
    column: str
    deadline: NextDate
    parties: tuple[str, ...]
    settled: str = ""
    settled_on: date | None = None


def board(scope: Scope, *, today: date) -> dict[str, list[Item]]:
    """The items of each column, soonest first, at most one more than 200 in each; two queries."""
    rows = (
        _open(scope, today)
        .annotate(column=_column(today))
        .exclude(column="")
        .annotate(
            nth=Window(RowNumber(), partition_by=F("column"), order_by=[F("next_on"), F("reference")]),
        )
        .filter(nth__lte=ROWS + 1)
    )
    found: dict[str, list[Item]] = {name: [] for name in COLUMNS}
    for row in rows.order_by("next_on", "reference"):
        found[row.column].append(_item(row, today))
    return found


def coming(scope: Scope, *, days: int, today: date, limit: int = ROWS) -> list[Item]:
    """Open deadlines that have passed or come within `days`, soonest first; two queries."""
    rows = _open(scope, today).annotate(column=_column(today)).exclude(column="")
    rows = rows.filter(next_on__lte=today + timedelta(days=days)).order_by("next_on", "reference")
    return [_item(row, today) for row in rows[:limit]]


def settled(scope: Scope, *, today: date, limit: int = 50) -> list[Item]:
    """What would stand on the board had it not been decided, latest decision first; two queries."""
    within = today + timedelta(days=HORIZON)
    rows = _open(scope, today).filter(decided_on__isnull=False).annotate(column=_column(today))
    rows = rows.filter(Q(last_day__lte=within) | Q(notice_due_on__lte=within) | Q(review_due_on__lte=within))
    rows = rows.filter(column="").order_by("-decided_on", "reference")
    return [_item(row, today) for row in rows[:limit]]


def _open(scope: Scope, today: date) -> Any:
    """Executed agreements of the agencies with their parties and their deadlines as far as undecided."""
    seen = policy.readable(scope.agencies, today=today).values("agreement")
    found: Any = Agreement.objects.filter(pk__in=seen, stage=Stage.EXECUTED, ended_on=None)
    if scope.kind:
        found = found.filter(kind=scope.kind)
    if scope.category:
        found = found.filter(categories__contains=[scope.category])
    decided = Review.objects.filter(agreement=OuterRef("pk"), agency__in=scope.agencies).order_by("-made_at")
    found = found.annotate(
        decided_on=Subquery(decided.values("made_on")[:1]), decision=Subquery(decided.values("outcome")[:1])
    )
    found = found.annotate(
        notice=_unless(F("notice_due_on"), Q()),
        end=_unless(F("last_day"), Q()),
        review=_unless(F("review_due_on"), Q(decision__in=SETTLES_REVIEW)),
    )
    found = found.annotate(
        # Once the last day is over nothing but the lapse counts; before it, the first of the days.
        next_on=Case(
            When(last_day__lt=today, then=F("end")),
            default=Least(F("notice"), F("end"), F("review")),
            output_field=DateField(null=True),
        )
    )
    parties = Party.objects.filter(left_on=None).select_related("agency").order_by("position")
    return found.prefetch_related(Prefetch("parties", parties))


def _unless(deadline: F, also: Q) -> Case:
    """The deadline as long as no decision since its window opened settles it."""
    opens = ExpressionWrapper(deadline - Value(timedelta(days=HORIZON)), output_field=DateField())
    done = Q(decided_on__gte=opens) & also
    return Case(When(done, then=Value(None)), default=deadline, output_field=DateField(null=True))


def _column(today: date) -> Case:
    """In which column an agreement stands; empty for none."""

    def within(days: int) -> date:
        return today + timedelta(days=days)

    return Case(
        When(next_on=None, then=Value("")),
        When(next_on__lt=today, then=Value("now")),
        When(notice__lte=within(NOTICE_SOON), then=Value("notice")),
        When(last_day=None, next_on__lte=within(HORIZON), then=Value("open")),
        When(next_on__lte=within(QUARTER), then=Value("quarter")),
        When(next_on__lte=within(HORIZON), then=Value("half")),
        default=Value(""),
        output_field=CharField(),
    )


def _item(row: Any, today: date) -> Item:
    decision = Outcome(row.decision).label if row.decision else ""
    names = tuple(party.agency.short_name for party in row.parties.all())
    return Item(row, row.column, _words(row, today), names, decision, row.decided_on)


def _words(row: Any, today: date) -> NextDate:
    """The deadline with the words it comes from; of a settled agreement, its next day whatever was decided."""
    on = row.next_on or min(day for day in (row.notice_due_on, row.last_day, row.review_due_on) if day)
    if on == row.last_day or (row.last_day and row.last_day < today):
        return NextDate("Lapsed after" if on < today else "Ends", on, "the last day in force")
    if on == row.notice_due_on:
        days = (row.last_day - on).days
        said = f"{days} days before the last day, {row.last_day.day} {row.last_day:%b %Y}"
        return NextDate("Notice was due" if on < today else "Notice due", on, said)
    return NextDate("Review overdue since" if on < today else "Review due", on, "the agreed review cycle")
