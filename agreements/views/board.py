"""The expiry board: what counsel must decide and by when, each row ending in a recorded decision."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agreements import coverage, lifecycle, policy
from agreements.board import COLUMNS, ROWS, Item, Scope, board, settled
from agreements.forms.listing import BoardForm
from agreements.forms.steps import ReviewForm
from agreements.models import Outcome
from agreements.operations import reviewing
from agreements.views.asking import CONFLICT, DONE, Asked, attempt, of_one_agreement
from agreements.views.desk import Desk, desk
from agreements.views.frame import framed
from audit.exports import cell

HEADINGS = ("column", "reference", "title", "parties", "what", "day", "why")
WORDS = {
    "now": "A deadline has passed and no decision is recorded.",
    "notice": "Notice must be received within 30 days.",
    "quarter": "The next deadline is less than three months away.",
    "half": "The next deadline is less than six months away.",
    "open": "These run until somebody ends them; their review is the only stop.",
}


@login_required
@require_safe
def board_page(request: HttpRequest) -> HttpResponse:
    """The board of the person's agencies, in a constant number of queries."""
    asking = desk(request)
    form, scope = _scope(asking)
    found = board(scope, today=asking.today)
    context = {
        "form": form,
        "columns": [_column(name, found[name]) for name in COLUMNS],
        "decided": settled(scope, today=asking.today),
        "incidents": coverage.incidents(scope.agencies, today=asking.today),
        "any": any(found.values()),
        "may_decide": bool(asking.seats("review")),
        "outcomes": Outcome.choices,
        "query": request.GET.urlencode(),
        "memberships": asking.held,
    }
    return render(request, "agreements/board.html", context, status=200)


def _scope(asking: Desk) -> tuple[BoardForm, Scope]:
    """Whose board and how narrowed; counsel see the agencies they decide for, others all of theirs."""
    agencies = asking.seats("review") or asking.agencies
    names = {row.agency.slug: row.agency for row in asking.held if row.agency_id in agencies}
    form = BoardForm(asking.request.GET, agencies=names)
    form.is_valid()
    said = form.cleaned_data
    chosen = (names[said["agency"]].pk,) if said.get("agency") else agencies
    return form, Scope(chosen, kind=said.get("kind", ""), category=said.get("category", ""))


def _column(name: str, items: list[Item]) -> dict[str, Any]:
    return {
        "name": name,
        "label": COLUMNS[name],
        "meaning": WORDS[name],
        "items": items[:ROWS],
        "count": f"{ROWS}+" if len(items) > ROWS else len(items),
        "more": len(items) > ROWS,
    }


@login_required
@require_safe
def board_csv(request: HttpRequest) -> HttpResponse:
    """The board as a table for a spreadsheet."""
    asking = desk(request)
    _, scope = _scope(asking)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="board-{asking.today.isoformat()}.csv"'
    writer = csv.writer(answer, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    writer.writerows(_lines(board(scope, today=asking.today)))
    return answer


def _lines(found: dict[str, list[Item]]) -> Iterator[list[str]]:
    for name, items in found.items():
        for item in items[:ROWS]:
            agreement, on = item.agreement, item.deadline
            parties = ", ".join(item.parties)
            values = (COLUMNS[name], agreement.reference, agreement.title, parties, on.name, on.on, on.why)
            yield [cell(value) for value in values]


@of_one_agreement("GET", "HEAD", "POST")
def decide(asked: Asked) -> HttpResponse:
    """Record a decision; what was typed is kept when it is refused."""
    policy.require(asked.user, "review", asked.agreement, today=asked.today)
    form = ReviewForm(asked.data(), agreement=asked.agreement, today=asked.today)
    status = attempt(form, lambda: _decided(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        outcome = Outcome(form.cleaned_data["outcome"]).label
        messages.success(asked.request, f"Recorded for {asked.agreement.reference}: {outcome}.")
        return redirect("board")
    return _decision_page(asked, form, status)


def _decided(asked: Asked, form: ReviewForm) -> None:
    reviewing.decide(asked.agreement, **form.cleaned_data, actor=asked.user, now=asked.now)


def _decision_page(asked: Asked, form: ReviewForm, status: int) -> HttpResponse:
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    closed = lifecycle.closed_because(lifecycle.STEPS["review"], asked.agreement, agencies, today=asked.today)
    context = framed(asked).context("") | {"form": form, "closed": closed}
    return render(asked.request, "agreements/decide.html", context, status=CONFLICT if closed else status)
