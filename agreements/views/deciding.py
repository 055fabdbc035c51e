"""Deciding what stands on the board: about one agreement, about several in one go, and who owns them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm, BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agreements import board, lifecycle, policy
from agreements.board import Item, key_read
from agreements.forms.board import DecideForm, OwnerForm, own
from agreements.forms.steps import ReviewForm
from agreements.models import Agreement, Outcome, Renewal
from agreements.operations import owning, reviewing, settling
from agreements.operations.several import Choice, Done
from agreements.views.asking import CONFLICT, DONE, Asked, attempt, of_one_agreement
from agreements.views.desk import Desk, desk
from agreements.views.frame import framed

NOTHING = "Choose at least one row first."


@of_one_agreement("GET", "HEAD", "POST")
def decide(asked: Asked) -> HttpResponse:
    """Record a decision, then go on to the step that carries it out; what was typed is kept when it is refused."""
    policy.require(asked.user, "review", asked.agreement, today=asked.today)
    form = ReviewForm(asked.data(), agreement=asked.agreement, today=asked.today)
    status = attempt(form, lambda: _decided(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        outcome = Outcome(form.cleaned_data["outcome"])
        messages.success(asked.request, f"Recorded for {asked.agreement.reference}: {outcome.label}.")
        step = _next_step(asked.agreement, outcome, asked)
        return redirect("agreement-step", pk=asked.agreement.pk, name=step) if step else redirect("board")
    return _decision_page(asked, form, status)


def _next_step(agreement: Agreement, outcome: Outcome, asked: Asked) -> str:
    """The step that carries a decision out; none where nothing more is to be done, or it does so by itself."""
    step = board.NEXT_STEP.get(outcome, "")
    if step != "renew":
        return step
    by_act = agreement.term.renewal in {Renewal.OPTION, Renewal.MUTUAL_WRITTEN}
    return step if by_act and agreement.last_day is not None and agreement.last_day >= asked.today else ""


def _decided(asked: Asked, form: ReviewForm) -> None:
    key = key_read(asked.request.POST.get("row", ""))
    agency = key[0] if key and key[1] == asked.agreement.pk else None
    reviewing.decide(asked.agreement, **form.cleaned_data, agency=agency, actor=asked.user, now=asked.now)


def _decision_page(asked: Asked, form: ReviewForm, status: int) -> HttpResponse:
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    closed = lifecycle.closed_because(lifecycle.STEPS["review"], asked.agreement, agencies, today=asked.today)
    row = asked.request.POST.get("row") or asked.request.GET.get("row", "")
    key = key_read(row)
    ours = next((p.agency for p in asked.agreement.parties.all() if key and p.agency_id == key[0]), None)
    context = framed(asked).context("") | {
        "form": form,
        "closed": closed,
        "row": row if ours else "",
        "ours": ours,
    }
    return render(asked.request, "agreements/decide.html", context, status=CONFLICT if closed else status)


@dataclass(frozen=True)
class Line:
    """One row chosen: what is known of it, the field for its own reason, and why nothing came of it, if so."""

    key: str
    agreement: Any
    item: Item | None
    field: BoundField | None = None
    why: str = ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decide_many(request: HttpRequest) -> HttpResponse:
    """One decision about the rows chosen; each is recorded or says why not, and those that were not stay to be mended."""
    asking = _for("review", request)
    choices = _choices(asking)
    if not choices:
        messages.error(request, NOTHING)
        return redirect("board")
    form = DecideForm(request.POST if request.method == "POST" else None, keys=choices)
    results: list[Done] = []
    status = DONE
    if request.method == "POST":
        status = attempt(form, lambda: results.extend(_settled(asking, form, choices)))
        if results and not any(done.why for done in results):
            messages.success(request, _words(results, Outcome(form.cleaned_data["outcome"]).label))
            return redirect("board")
    context = _outcome(asking, choices, results) | {"form": form}
    context["lines"] = [_with_field(line, form) for line in context["lines"]]
    return render(request, "agreements/board/decide.html", context, status=CONFLICT if results else status)


def _settled(asking: Desk, form: DecideForm, choices: dict[str, tuple[UUID, UUID]]) -> list[Done]:
    said = form.cleaned_data
    rows = [Choice(agreement, agency, form.reason_of(key)) for key, (agency, agreement) in choices.items()]
    return settling.decide_all(rows, outcome=said["outcome"], reason=said["reason"], consulted=said["consulted"],
                               actor=asking.user, now=asking.now)  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_many(request: HttpRequest) -> HttpResponse:
    """Name the owner of the rows chosen, or nobody."""
    asking = _for("assign", request)
    choices = _choices(asking)
    if not choices:
        messages.error(request, NOTHING)
        return redirect("board")
    agencies = {agency for agency, _ in choices.values()}.intersection(asking.seats("assign"))
    people = owning.eligible(*agencies, today=asking.today)
    form = OwnerForm(request.POST if request.method == "POST" else None, people=people)
    results: list[Done] = []
    status = DONE
    if request.method == "POST":
        status = attempt(form, lambda: results.extend(_owned(asking, form, choices)))
        if results and not any(done.why for done in results):
            person = form.cleaned_data["person"]
            messages.success(request, _words(results, f"owner {person.name if person else 'nobody'}"))
            return redirect("board")
    context = _outcome(asking, choices, results) | {"form": form}
    return render(request, "agreements/board/owner.html", context, status=CONFLICT if results else status)


def _owned(asking: Desk, form: OwnerForm, choices: dict[str, tuple[UUID, UUID]]) -> list[Done]:
    rows = [Choice(agreement, agency) for agency, agreement in choices.values()]
    return owning.own_all(rows, person=form.cleaned_data["person"], actor=asking.user, now=asking.now)


def _for(action: str, request: HttpRequest) -> Desk:
    """Who asks, if they hold a role that may do this for some agency."""
    asking = desk(request)
    if not asking.seats(action):
        raise PermissionDenied(policy.refusal(action))
    return asking


def _choices(asking: Desk) -> dict[str, tuple[UUID, UUID]]:
    """The rows chosen, by their keys, each once; what is no key is passed over."""
    sent = asking.request.POST if asking.request.method == "POST" else asking.request.GET
    read = ((text, key_read(text)) for text in sent.getlist("row"))
    return {f"{key[0]}:{key[1]}": key for _, key in read if key is not None}


def _outcome(asking: Desk, choices: dict[str, tuple[UUID, UUID]], results: Iterable[Done]) -> dict[str, Any]:
    """What a page about several rows shows: those done, and those still to do with what is known of them."""
    whys = {f"{done.choice.agency}:{done.choice.agreement}": done for done in results}
    done = [row.agreement for row in whys.values() if not row.why]
    left = {key: pair for key, pair in choices.items() if key not in whys or whys[key].why}
    own_ = tuple(pair for pair in left.values() if pair[0] in asking.agencies)
    items = {item.key: item for item in board.chosen(own_, today=asking.today)}
    known = policy.visible(asking.user, today=asking.today).in_bulk(
        [agreement for _, agreement in left.values()]
    )
    lines = [
        Line(key, known[pair[1]], items.get(key), why=whys[key].why if key in whys else "")
        for key, pair in left.items()
        if pair[1] in known
    ]
    return {"lines": lines, "done": done, "unseen": len(left) - len(lines), "failed": bool(done) or any(row.why for row in whys.values()),
            "memberships": asking.held}  # fmt: skip


def _with_field(line: Line, form: BaseForm) -> Line:
    return Line(line.key, line.agreement, line.item, form[own(line.key)], line.why)


def _words(results: list[Done], what: str) -> str:
    number = len(results)
    return f"Recorded for {number} {'agreement' if number == 1 else 'agreements'}: {what}."
