"""Suggesting other values of structured terms, and deciding about all suggestions of one person at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from agreements import lifecycle, policy, proposals, values
from agreements.forms.drafting import RowForm
from agreements.forms.valuing import DecideAllForm, changed, value_form
from agreements.lifecycle import StepNotOpen
from agreements.models import SuggestionKind, Version
from agreements.numbering import labels_of
from agreements.operations import deciding, suggesting
from agreements.operations.suggesting import Proposal
from agreements.texts import newest
from agreements.topics import topics
from agreements.views.asking import CONFLICT, DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import framed

PAGE = "agreement-suggestions"
ACTS = {"accept": True, "reject": False}


@of_one_agreement()
def choose(asked: Asked) -> HttpResponse:
    """Which term: those of the text that was handed over."""
    version, closed = _begin(asked)
    rows = {} if version is None else named(version.content)
    context = framed(asked).context("suggestions") | {"rows": rows.items(), "closed": closed, "form": None}
    return render(
        asked.request, "agreements/record/suggest_value.html", context, status=CONFLICT if closed else DONE
    )


def named(content: values.Content) -> dict[str, str]:
    """Each row of structured terms by its name."""
    found = {key: name for key, name in topics(content).items() if not key.startswith("term:")}
    return found | {"term": "Term: its length, renewal, review and end"}


def _begin(asked: Asked) -> tuple[Version | None, str]:
    """The text it is laid beside, and why nothing can be suggested now."""
    step = lifecycle.STEPS["suggest"]
    policy.require(asked.user, step.permission, asked.agreement, today=asked.today)
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    return newest(asked.agreement), lifecycle.closed_because(
        step, asked.agreement, agencies, today=asked.today
    ) or ""


@of_one_agreement("GET", "HEAD", "POST")
def new(asked: Asked, topic: str) -> HttpResponse:
    """Other values of one row: each field that is changed becomes a suggestion."""
    version, closed = _begin(asked)
    if version is None or topic not in named(version.content):
        raise Http404("There is no such term in the text that was handed over.")
    form = value_form(asked.data(), asked.agreement, version.content, topic)
    status = CONFLICT if closed and not asked.posted else DONE
    if asked.posted:
        if made_already(asked.request, asked.request.POST.get("once")):
            return redirect(PAGE, pk=asked.agreement.pk)
        status = attempt(form, lambda: _suggest(asked, form, version, topic))
        if status == DONE:
            messages.success(asked.request, "Your suggestion is sent. Whoever has the turn decides about it.")
            return redirect(PAGE, pk=asked.agreement.pk)
    context = framed(asked).context("suggestions") | {
        "form": form, "closed": closed, "text_version": version, "name": named(version.content)[topic],
    }  # fmt: skip
    return render(asked.request, "agreements/record/suggest_value.html", context, status=status)


def _suggest(asked: Asked, form: RowForm, version: Version, topic: str) -> None:
    reason = form.cleaned_data["reason"]
    found = [
        Proposal(SuggestionKind.VALUE, topic=topic, field=name, value=value, reason=reason)
        for name, value in values.ordered(
            asked.agreement, version.content, topic, changed(form, version.content, topic)
        )
    ]
    if not found:
        raise ValidationError("Nothing differs from the text. Change what you would have otherwise.")
    suggesting.suggest(asked.agreement, found, against=version, actor=asked.user, now=asked.now)
    remember(asked.request, form.cleaned_data["once"], asked.url)


@of_one_agreement("POST")
def decide_all(asked: Asked, act: str) -> HttpResponse:
    """Accept or reject every suggestion of one person that was on the page, with one reason."""
    if act not in ACTS:
        raise Http404("There is no such decision.")
    policy.require(asked.user, "edit", asked.agreement, today=asked.today)
    among = [str(key) for key in asked.agreement.suggestions.values_list("pk", flat=True)]
    form = DecideAllForm(asked.data(), among=among)
    if not form.is_valid():
        messages.error(
            asked.request, " ".join(str(error) for errors in form.errors.values() for error in errors)
        )
        return redirect(PAGE, pk=asked.agreement.pk)
    keys = [UUID(key) for key in form.cleaned_data["suggestions"]]
    try:
        done = deciding.decide_all(asked.agreement, keys, accept=ACTS[act], answer=form.cleaned_data["answer"],
                                   actor=asked.user, now=asked.now)  # fmt: skip
    except (StepNotOpen, ValidationError) as refused:
        said = refused.messages if isinstance(refused, ValidationError) else [str(refused)]
        messages.error(asked.request, " ".join(said))
        return redirect(PAGE, pk=asked.agreement.pk)
    _say(asked, done, act)
    return redirect(PAGE, pk=asked.agreement.pk)


def _say(asked: Asked, done: deciding.Decided, act: str) -> None:
    """How many, and which wait on with why."""
    labels: Any = labels_of(framed(asked).reading.content or {"provisions": []})
    word = "accepted" if act == "accept" else "rejected"
    if done.done:
        messages.success(
            asked.request, f"{done.done} {'suggestion is' if done.done == 1 else 'suggestions are'} {word}."
        )
    for one, (_, why) in zip(proposals.shown([row for row, _ in done.left], labels), done.left, strict=True):
        messages.warning(asked.request, f"{one.says}: {why}")
