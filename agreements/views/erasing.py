"""Erasing the text of one entry: asked for by one person, decided by another."""

from __future__ import annotations

from functools import partial

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from agreements.forms.shared import no_control_characters
from agreements.history import events
from agreements.operations import erasing
from agreements.views.asking import DONE, Asked, attempt, of_one_agreement
from agreements.views.frame import framed
from audit.models import Erasure, Event
from audit.sentences import sentence

LONGEST_NUMBER = 2**62


class ErasureForm(forms.Form):
    """What demands it."""

    order = forms.CharField(
        label="Order or law", max_length=200, validators=[no_control_characters],
        help_text="What demands the erasure: a court's order with its number, or a provision of law.",
    )  # fmt: skip
    reason = forms.CharField(
        label="Reason", max_length=500, validators=[no_control_characters],
        help_text="In one sentence, without repeating what is to be erased: these words stay in the history.",
    )  # fmt: skip


class DecisionForm(forms.Form):
    """What the second person decides."""

    decision = forms.ChoiceField(
        label="Your decision",
        widget=forms.RadioSelect,
        choices=[("confirm", "Erase the text, for good"), ("decline", "Leave the text as it is")],
    )


@of_one_agreement("GET", "HEAD", "POST")
def erase(asked: Asked, number: int) -> HttpResponse:
    """Ask for an erasure, decide on one that was asked for, or read what was decided."""
    event = _event(asked, number)
    may_ask = erasing.may(asked.user, "ask_erasure", event, asked.agreement, today=asked.today)
    row = Erasure.objects.filter(event=event).first()
    waiting = row if row and not row.outcome else None
    erasing.require(asked.user, "confirm_erasure", event, asked.agreement, now=asked.now)
    form = _form(asked, event, waiting, may_ask)
    status = DONE
    if asked.posted and form is not None:
        act = partial(_decide, asked, waiting, form) if waiting else partial(_ask, asked, event, form)
        status = attempt(form, act)
        if status == DONE:
            return redirect(asked.request.path)
    context = framed(asked).context("history") | {
        "event": event, "sentence": sentence(event), "form": form, "row": row, "waiting": waiting,
        "own": waiting is not None and waiting.asked_by == asked.user.pk,
    }  # fmt: skip
    return render(asked.request, "agreements/record/erase.html", context, status=status)


def _event(asked: Asked, number: int) -> Event:
    seen = events(asked.agreement, asked.user, today=asked.today)
    event = seen.filter(number=number).first() if number < LONGEST_NUMBER else None
    if event is None:
        raise Http404("There is no such entry, or you may not see it.")
    return event


def _form(asked: Asked, event: Event, waiting: Erasure | None, may_ask: bool) -> forms.Form | None:
    """What there is to fill in now; nothing when it is erased, or for somebody who can only confirm."""
    if waiting:
        return DecisionForm(asked.data())
    return ErasureForm(asked.data()) if event.body and may_ask else None


def _ask(asked: Asked, event: Event, form: forms.Form) -> None:
    erasing.ask(event, asked.agreement, **form.cleaned_data, actor=asked.user, now=asked.now)
    messages.success(asked.request, "Asked for. A second person of your agency decides.")


def _decide(asked: Asked, row: Erasure, form: forms.Form) -> None:
    act = erasing.confirm if form.cleaned_data["decision"] == "confirm" else erasing.decline
    act(row, asked.agreement, actor=asked.user, now=asked.now)
    messages.success(asked.request, "Your decision is recorded in the history.")
