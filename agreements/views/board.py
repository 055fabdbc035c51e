"""The expiry board: what must be decided and by when, as a list, a month, a timeline and a table to take away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agreements import board, coverage
from agreements.board import COLUMNS, Item, Mark, Scope
from agreements.forms.board import BoardForm, MonthForm
from agreements.months import Month, month_of, months_on
from agreements.operations import owning
from agreements.views.desk import Desk, address, desk
from audit.exports import line

HEADINGS = (
    "column",
    "reference",
    "title",
    "parties",
    "what",
    "day",
    "why",
    "agency",
    "owner",
    "last decision",
)
WORDS = {
    "now": "A deadline has passed and no decision is recorded.",
    "notice": "Notice must be received within 30 days.",
    "quarter": "The next deadline is less than three months away.",
    "half": "The next deadline is less than six months away.",
    "open": "These run until somebody ends them; their review is the only stop.",
}
VIEWS = (("board", "List"), ("board-month", "Month"), ("board-timeline", "Timeline"))
YEAR, TIMELINE, IN_A_DAY, AT_ONCE, MOST_TAKEN = 12, 60, 4, 500, 20_000


@login_required
@require_safe
def board_page(request: HttpRequest) -> HttpResponse:
    """The list: what waits, column by column, in a constant number of queries."""
    asking = desk(request)
    form, scope = asked(asking)
    after = Mark.read(request.GET.get("after", ""))
    page = board.page(scope, after=after, today=asking.today)
    counts = board.counts(scope, today=asking.today)
    first = after is None
    context = _frame(asking, form, "board") | {
        "columns": [_column(request, name, page.of(name), counts[name]) for name in COLUMNS],
        "items": page.items,
        "next_url": address(request, after=page.next) if page.next else "",
        "first_url": "" if first else address(request),
        "decided": board.decided(scope) if first else [],
        "incidents": coverage.incidents(scope.agencies, today=asking.today) if first else [],
        "may_decide": bool(asking.seats("review")),
        "may_assign": bool(asking.seats("assign")),
    }
    return render(request, "agreements/board/list.html", context)


def _column(request: HttpRequest, name: str, items: list[Item], count: str) -> dict[str, Any]:
    chosen = request.GET.get("column", "") == name
    url = address(request, column=None if chosen else name)
    return {"name": name, "label": COLUMNS[name], "meaning": WORDS[name], "items": items, "count": count, "url": url,
            "chosen": chosen}  # fmt: skip


def asked(asking: Desk) -> tuple[BoardForm, Scope]:
    """Whose board and how narrowed; counsel see the agencies they decide for, others all of theirs."""
    agencies = asking.seats("review") or asking.agencies
    names = {row.agency.slug: row.agency for row in asking.held if row.agency_id in agencies}
    owners = owning.eligible(*agencies, today=asking.today)
    form = BoardForm(asking.request.GET, agencies=names, owners=owners)
    return form, form.scope(agencies, asking.user)


def _frame(asking: Desk, form: BoardForm, view: str) -> dict[str, Any]:
    """What every page of the board shows around its rows."""
    query = asking.request.GET.copy()
    for name in ("after", "month"):
        query.pop(name, None)
    return {
        "form": form,
        "query": query.urlencode(),
        "several": len(form.agencies) > 1,
        "views": [{"name": name, "label": label, "current": name == view} for name, label in VIEWS],
        "memberships": asking.held,
        "today": asking.today,
    }


@login_required
@require_safe
def month_page(request: HttpRequest) -> HttpResponse:
    """A month of days as a table of weeks; bounded by the month, and by 500 rows in it."""
    asking = desk(request)
    form, scope = asked(asking)
    when = MonthForm(request.GET)
    shown = month_of(when.day(asking.today))
    page = board.within(scope, shown.first, shown.last, limit=board.MOST, today=asking.today)
    context = _frame(asking, form, "board-month") | {
        "when": when, "month": shown, "weeks": _weeks(request, shown, page.items), "cut": page.next is not None,
        "before": _at(request, months_on(shown.first, -1)), "after": _at(request, months_on(shown.first, 1)),
        "found": len(page.items), "most": board.MOST,
    }  # fmt: skip
    return render(request, "agreements/board/month.html", context)


def _weeks(request: HttpRequest, month: Month, items: list[Item]) -> list[list[dict[str, Any]]]:
    """Week by week the days with their rows, of which four are named and the others counted."""
    by_day: dict[date, list[Item]] = {}
    for item in board.once(items):
        by_day.setdefault(item.mark.on, []).append(item)

    def cell(day: date) -> dict[str, Any]:
        rows = by_day.get(day, [])
        more = max(0, len(rows) - IN_A_DAY)
        return {"day": day, "inside": month.holds(day), "rows": rows[:IN_A_DAY], "more": more,
                "url": _on_the_timeline(request, day) if more else ""}  # fmt: skip

    return [[cell(day) for day in week] for week in month.weeks]


def _at(request: HttpRequest, day: date) -> str:
    return address(request, month=f"{day:%Y-%m}")


def _on_the_timeline(request: HttpRequest, day: date) -> str:
    """The day on the timeline, with the same choices."""
    query = request.GET.copy()
    query.pop("after", None)
    query["month"] = day.isoformat()
    return f"{reverse('board-timeline')}?{query.urlencode()}"


@login_required
@require_safe
def timeline_page(request: HttpRequest) -> HttpResponse:
    """A year of days in their order, month by month; it is a list itself, so it needs no table beside it."""
    asking = desk(request)
    form, scope = asked(asking)
    when = MonthForm(request.GET)
    first = when.day(asking.today.replace(day=1))
    last = months_on(first, YEAR) - timedelta(days=1)
    after = Mark.read(request.GET.get("after", ""))
    page = board.within(scope, first, last, after=after, limit=TIMELINE, today=asking.today)
    context = _frame(asking, form, "board-timeline") | {
        "when": when, "first": first, "last": last, "months": _by_month(board.once(page.items)), "found": len(page.items),
        "before": _at(request, months_on(first, -YEAR)), "after": _at(request, months_on(first, YEAR)),
        "next_url": address(request, after=page.next) if page.next else "",
    }  # fmt: skip
    return render(request, "agreements/board/timeline.html", context)


def _by_month(items: list[Item]) -> list[tuple[date, list[Item]]]:
    found: dict[date, list[Item]] = {}
    for item in items:
        found.setdefault(item.mark.on.replace(day=1), []).append(item)
    return list(found.items())


@login_required
@require_safe
def board_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The whole board as a table for a spreadsheet, a stretch at a time; its last line says if there is more."""
    asking = desk(request)
    _, scope = asked(asking)
    answer = StreamingHttpResponse(_lines(scope, asking.today), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="board-{asking.today.isoformat()}.csv"'
    return answer


def _lines(scope: Scope, today: date) -> Iterator[str]:
    yield line(*HEADINGS)
    after, taken = None, 0
    while taken < MOST_TAKEN:
        page = board.page(scope, after=after, limit=AT_ONCE, today=today)
        yield from (_line(item) for item in page.items)
        after, taken = page.next, taken + len(page.items)
        if after is None:
            return
    yield line(
        f"The first {MOST_TAKEN:,} rows; narrow the board for the others.", *[""] * (len(HEADINGS) - 1)
    )


def _line(item: Item) -> str:
    agreement, on = item.agreement, item.deadline
    return line(COLUMNS[item.column], agreement.reference, agreement.title, ", ".join(item.parties), on.name, on.on,
                on.why, item.agency, item.owner, item.settled)  # fmt: skip
