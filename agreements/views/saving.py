"""Saving one row of a draft from its form, by its button or as it is typed, without ever overwriting somebody."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from agreements import earlier, policy
from agreements.forms import drafting as forms
from agreements.models import Ordered
from agreements.operations import drafting
from agreements.views.asking import CONFLICT, DONE, INVALID, STALE, Asked
from agreements.views.inhand import now_of, others, proof
from audit.record import Stale

TRIES = 3


def save(asked: Asked, row: Any, form: forms.RowForm) -> None:
    """Set what the form says; Stale if somebody changed any of its fields since it was shown.

    What changed of the row besides (it was moved, or its agreement got a new provision) stands in nobody's way.
    """
    seen, sitting = form.cleaned_data["seen"] or 0, str(form.cleaned_data["once"] or "")
    for _ in range(TRIES):
        try:
            drafting.edit(
                row, values=form.values(), seen=seen, sitting=sitting, actor=asked.user, now=asked.now
            )
            return
        except Stale:
            newer = now_of(row)
            was = as_seen(asked, newer, form).row
            if was is None or any(differ(was, newer, name) for name in names(form)):
                raise
            seen = newer.last_event_id
    raise Stale(row)


def as_seen(asked: Asked, row: Any, form: forms.RowForm) -> earlier.Before:
    """The row as the form showed it, or as it saved it itself since."""
    seen, sitting = form.cleaned_data.get("seen") or 0, str(form.cleaned_data.get("once") or "")
    return earlier.as_seen(row, seen=seen, actor=asked.user, sitting=sitting)


def names(form: forms.RowForm) -> list[str]:
    """The row's fields that the form sets."""
    return [name for name in form._meta.fields or [] if name in form.fields]


def differ(one: Any, other: Any, name: str) -> bool:
    """Whether two states of a row differ in a field."""
    column = one._meta.get_field(name).attname
    return bool(getattr(one, column) != getattr(other, column))


def who(asked: Asked, before: earlier.Before) -> str:
    """Who changed the row meanwhile, as far as this person may know."""
    return before.by(asked.user, policy.agencies_of(asked.user, today=asked.today))


def told(asked: Asked, row: Any, form: forms.RowForm, status: int) -> JsonResponse:
    """What became of a form that was sent as it is typed, for static/js/autosave.js."""
    newer = now_of(row)
    if status == DONE:
        number = newer.last_event_id
        return JsonResponse(
            {
                "state": "saved",
                "seen": number,
                "shown": proof(asked, row, number),
                "others": others(asked, row),
            }
        )
    if status == INVALID:
        errors = {name: [str(word) for word in words] for name, words in form.errors.items()}
        return JsonResponse({"state": "invalid", "errors": errors}, status=INVALID)
    person = who(asked, as_seen(asked, newer, form))
    if status == STALE:
        says = (
            f"{person} changed this while you were writing. Nothing is overwritten and your words are kept."
        )
        return JsonResponse({"state": "changed", "says": says}, status=STALE)
    gone = isinstance(newer, Ordered) and newer.removed
    says = f"{person} took this out while you were writing." if gone else str(form.non_field_errors()[0])
    return JsonResponse({"state": "gone" if gone else "closed", "says": says}, status=CONFLICT)
