"""Suggestions: what the others would have otherwise, one by one, and what is decided about each."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import lifecycle, policy, proposals
from agreements.forms.suggesting import FIRST, DecideForm, MergeForm, SuggestForm
from agreements.lifecycle import StepNotOpen
from agreements.models import Suggestion, SuggestionKind
from agreements.models.snapshot import content_of
from agreements.numbering import labels_of
from agreements.operations import suggesting
from agreements.operations.placing import TextChanged
from agreements.operations.suggesting import Proposal
from agreements.texts import newest
from agreements.views.asking import CONFLICT, DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import Frame, framed
from agreements.worddiff import words
from agreements.writing import offered

PAGE = "agreement-suggestions"


@of_one_agreement()
def listed(asked: Asked) -> HttpResponse:
    """Every suggestion: the open ones to decide, then what became of the others."""
    return _page(asked)


def _page(asked: Asked, status: int = DONE, **more: Any) -> HttpResponse:
    frame = framed(asked)
    rows = proposals.shown(
        proposals.of(asked.agreement), labels_of(frame.reading.content or {"provisions": []})
    )
    steps = {step.name for step in frame.steps}
    context = frame.context("suggestions") | {
        "open_rows": [one for one in rows if one.row.open],
        "authors": proposals.by_author(rows),
        "past_rows": [one for one in rows if not one.row.open],
        "may_decide": "edit" in steps,
        "may_suggest": "suggest" in steps,
        "own": set(policy.seats(asked.user, "suggest", today=asked.today)),
        **more,
    }
    return render(asked.request, "agreements/record/suggestions.html", context, status=status)


@of_one_agreement("GET", "HEAD", "POST")
def new(asked: Asked) -> HttpResponse:
    """Suggest a change."""
    step = lifecycle.STEPS["suggest"]
    policy.require(asked.user, step.permission, asked.agreement, today=asked.today)
    version = newest(asked.agreement)
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    closed = lifecycle.closed_because(step, asked.agreement, agencies, today=asked.today)
    content = version.content if version else {"provisions": []}
    form = SuggestForm(asked.data(), said=_said(content), initial=_initial(asked, content))
    status = DONE
    if asked.posted and made_already(asked.request, asked.request.POST.get("once")):
        return redirect(PAGE, pk=asked.agreement.pk)
    if asked.posted:
        status = attempt(form, lambda: _suggest(asked, form))
        if status == DONE:
            messages.success(asked.request, "Your suggestion is sent. Whoever has the turn decides about it.")
            return redirect(PAGE, pk=asked.agreement.pk)
    elif closed:
        status = CONFLICT
    context = framed(asked).context("suggestions") | {"form": form, "closed": closed, "text_version": version}
    if version and not closed:
        context["writing"] = offered(version.content)
    return render(asked.request, "agreements/record/suggest.html", context, status=status)


def _said(content: Any) -> dict[str, str]:
    """Each provision of the text handed over by its number and heading."""
    labels = labels_of(content)
    return {
        row["id"]: f"{labels[row['id']]} {row['heading'] or row['text'][:60]}".strip()
        for row in content["provisions"]
    }


def _initial(asked: Asked, content: Any) -> dict[str, Any]:
    """The words of the provision one came from."""
    about = asked.request.GET.get("about", "")
    kind = asked.request.GET.get("kind", "")
    row = next((row for row in content["provisions"] if row["id"] == about), None)
    if row is None:
        return {}
    if kind == SuggestionKind.INSERT:
        return {"kind": kind, "after": about}
    return {
        "kind": SuggestionKind.REPLACE,
        "provision": about,
        "heading": row["heading"],
        "text": row["text"],
        "after": about,
    }


def _suggest(asked: Asked, form: forms.BaseForm) -> None:
    found = form.cleaned_data
    kind = SuggestionKind(found["kind"])
    placed = kind in {SuggestionKind.INSERT, SuggestionKind.MOVE} and found["after"] not in {"", FIRST}
    own = kind in {SuggestionKind.REPLACE, SuggestionKind.INSERT}
    proposal = Proposal(
        kind,
        provision=UUID(found["provision"]) if kind != SuggestionKind.INSERT else None,
        heading=found["heading"] if own else "",
        text=found["text"] if own else "",
        after=UUID(found["after"]) if placed else None,
        reason=found["reason"],
    )
    suggesting.suggest(asked.agreement, [proposal], actor=asked.user, now=asked.now)
    remember(asked.request, found["once"], asked.url)


@of_one_agreement("POST")
def decide(asked: Asked, suggestion: UUID, act: str) -> HttpResponse:
    """Accept, reject or withdraw one."""
    row = get_object_or_404(asked.agreement.suggestions.select_related("agreement"), pk=suggestion)
    if act not in ACTS:
        raise Http404("There is no such decision.")
    form = MergeForm(asked.data()) if "seen" in asked.request.POST else DecideForm(asked.data())
    if not form.is_valid():
        return _refused(asked, row, form, "This needs mending.")
    try:
        ACTS[act](row, dict(form.cleaned_data), {"actor": asked.user, "now": asked.now})
    except TextChanged as changed:
        return _both(asked, changed, form)
    except StepNotOpen as closed:
        messages.error(asked.request, str(closed))
    except ValidationError as invalid:
        return _refused(asked, row, form, " ".join(invalid.messages))
    else:
        messages.success(asked.request, SAID[act])
    return redirect(PAGE, pk=asked.agreement.pk)


def _accept(row: Suggestion, found: dict[str, Any], by: dict[str, Any]) -> None:
    suggesting.accept(row, **found, **by)


def _reject(row: Suggestion, found: dict[str, Any], by: dict[str, Any]) -> None:
    suggesting.reject(row, answer=found["answer"], **by)


def _withdraw(row: Suggestion, found: dict[str, Any], by: dict[str, Any]) -> None:
    suggesting.withdraw(row, **by)


ACTS: dict[str, Callable[[Suggestion, dict[str, Any], dict[str, Any]], None]] = {
    "accept": _accept,
    "reject": _reject,
    "withdraw": _withdraw,
}
SAID = {
    "accept": "The suggestion is accepted and stands in the text.",
    "reject": "The suggestion is rejected; the text stays as it is.",
    "withdraw": "The suggestion is withdrawn.",
}


def _refused(asked: Asked, row: Suggestion, form: forms.Form, why: str) -> HttpResponse:
    messages.error(asked.request, why)
    return _page(asked, 400, answering=str(row.pk), answer_form=form)


def _both(asked: Asked, changed: TextChanged, form: forms.Form) -> HttpResponse:
    """What was suggested, what stands there now, and room to put them together; nothing is lost."""
    row, live = changed.suggestion, changed.live
    first = {
        "heading": row.heading,
        "text": row.text,
        "seen": live.last_event_id,
        "answer": form.cleaned_data["answer"],
    }
    context: dict[str, Any] = {
        "row": row,
        "live": live,
        "why": str(changed),
        "merge": MergeForm(initial=first),
        "suggested": words(row.base_text, row.text),
        "meanwhile": words(row.base_text, live.text),
        "meanwhile_heading": words(row.base_heading, live.heading),
    }
    frame: Frame = framed(asked)
    if row.kind != SuggestionKind.DELETE:
        context["writing"] = offered(content_of(asked.agreement), {"id": live.pk, "part": live.part})
    return render(
        asked.request,
        "agreements/record/suggestion_changed.html",
        frame.context("suggestions") | context,
        status=CONFLICT,
    )
