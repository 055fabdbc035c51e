"""One row of a draft opened for editing, and what becomes of it when its form is sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from agreements.forms import drafting as forms
from agreements.models import Agreement, Flow, Ordered, Provision
from agreements.views import merging
from agreements.views.asking import CONFLICT, DONE, INVALID, STALE, Asked, attempt, of_one_agreement
from agreements.views.inhand import (
    by_itself,
    form_of,
    given_back,
    in_hand,
    kind_of,
    now_of,
    row_page,
    saved,
)
from agreements.views.parts import Kind, home, part_url
from agreements.views.saving import as_seen, save, told, who


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def edit(asked: Asked, kind: str, row: UUID) -> HttpResponse:
    """One row of the draft, opened for editing among its neighbours."""
    found = kind_of(kind)
    target = _row(asked, found, row)
    if not asked.posted and _removed(target):
        messages.warning(
            asked.request, f"The {found.noun} “{target}” was taken out of the agreement. Its history stays."
        )
        return redirect(part_url(asked.agreement, home(asked, found, target).slug))
    return answer(asked, found, target)


@of_one_agreement("POST")
@in_hand
def merge(asked: Asked, kind: str, row: UUID) -> HttpResponse:
    """What the second of two editors decided: saved, or opened once more to be written by hand."""
    found = kind_of(kind)
    target = _row(asked, found, row)
    form = form_of(asked, found, target, asked.data())
    if not form.is_valid():
        return row_page(asked, found, target, form, INVALID, shown=asked.request.POST.get("shown", ""))
    if _removed(target):
        return taken_out(asked, found, target, form)
    merged = merging.decided(asked, found, target, form)
    if isinstance(merged, HttpResponse):
        return merged
    if asked.request.POST.get("act") == "edit":
        return row_page(asked, found, target, merged, put_together=True, autosave="")
    return _sent(asked, found, target, merged, typed=form)


def _row(asked: Asked, kind: Kind, key: UUID) -> Any:
    if kind.model is Agreement:
        if key != asked.agreement.pk:
            raise Http404("There is no such row in this agreement.")
        return asked.agreement
    return get_object_or_404(kind.model.objects.filter(agreement=asked.agreement), pk=key)


def answer(asked: Asked, kind: Kind, row: Any) -> HttpResponse:
    """The row's form; when it was sent, what became of it."""
    form = form_of(asked, kind, row, asked.data())
    return _sent(asked, kind, row, form) if asked.posted else row_page(asked, kind, row, form)


def _sent(
    asked: Asked, kind: Kind, row: Any, form: forms.RowForm, *, typed: forms.RowForm | None = None
) -> HttpResponse:
    """Save, or say why not; `typed` is the form as it came where `form` is what was made of it."""
    status = attempt(form, lambda: save(asked, row, form))
    if by_itself(asked):
        return told(asked, row, form, status)
    if status == DONE:
        return saved(asked, kind, row)
    if status == STALE:
        return merging.page(asked, kind, row, typed or form)
    if status == CONFLICT and _removed(row):
        return taken_out(asked, kind, row, form)
    return row_page(asked, kind, row, form, status, shown=asked.request.POST.get("shown", ""))


def _removed(row: Any) -> bool:
    return isinstance(row, Ordered) and bool(now_of(row).removed)


def taken_out(asked: Asked, kind: Kind, row: Any, form: forms.RowForm) -> HttpResponse:
    """Somebody took the row out meanwhile: what was typed may go in again as a new one."""
    newer = now_of(row)
    why = f"{who(asked, as_seen(asked, newer, form))} took this {kind.noun} out while you were writing. It is not saved."
    if isinstance(newer, Flow) and newer.dataset.removed:
        return given_back(asked, f"{why} Its dataset is gone as well.")
    fresh = form_of(asked, kind, row, asked.data())
    fresh.is_valid()
    add_url = reverse("agreement-draft-add", args=[asked.agreement.pk, kind.name])
    context = {
        "agreement": asked.agreement, "form": fresh, "kind": kind, "why": why, "add_url": add_url,
        "dataset": getattr(newer, "dataset", None), "after": _stood_after(newer),
    }  # fmt: skip
    return render(asked.request, "agreements/drafting/taken_out.html", context, status=CONFLICT)


def _stood_after(row: Any) -> Provision | None:
    """The provision still there before which a removed one stood."""
    if not isinstance(row, Provision):
        return None
    rows = row.agreement.provisions.filter(removed=False, position_in_order__lte=row.position_in_order)
    return rows.order_by("-position_in_order", "-id").first()
