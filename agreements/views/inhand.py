"""The pages of a draft: only while its text is in the reader's hands, each with its parts and the document beside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from agreements import lifecycle, policy, presence
from agreements.forms import drafting as forms
from agreements.guide import Part
from agreements.models import Flow, Provision
from agreements.views.asking import CONFLICT, DONE, Asked
from agreements.views.parts import KINDS, Kind, home, part_context, part_url
from agreements.writing import offered

PageView = Callable[..., HttpResponse]
TOKENS = frozenset({"csrfmiddlewaretoken", "once", "seen", "shown", "newer", "act"})
"""What a form carries besides what people type."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def closed(asked: Asked) -> str:
    """Why this person can't edit now, in words; 403 if they never may."""
    step = lifecycle.STEPS["edit"]
    policy.require(asked.user, step.permission, asked.agreement, today=asked.today)
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    return lifecycle.closed_because(step, asked.agreement, agencies, today=asked.today)


def in_hand(view: PageView) -> PageView:
    """Only while the text is in the hands of the person's agency: the rows of others' drafts are never shown.

    What was typed into a form that came too late is given back to copy.
    """

    def answer(asked: Asked, **parts: Any) -> HttpResponse:
        why = closed(asked)
        if not why:
            return view(asked, **parts)
        if by_itself(asked):
            return JsonResponse({"state": "closed", "says": why}, status=CONFLICT)
        return given_back(asked, why)

    return answer


def by_itself(asked: Asked) -> bool:
    """Whether the form was sent as it is typed (static/js/autosave.js), not by its button."""
    return "X-Autosave" in asked.request.headers


def given_back(asked: Asked, why: str) -> HttpResponse:
    """Why nothing was saved, and what was typed, to copy."""
    typed = [
        (name, "\n".join(said))
        for name, values in asked.request.POST.lists()
        if name not in TOKENS and (said := [value for value in values if value and not ID.fullmatch(value)])
    ]
    context = {"agreement": asked.agreement, "why": why, "typed": typed}
    return render(asked.request, "agreements/drafting/closed.html", context, status=CONFLICT)


def kind_of(name: str) -> Kind:
    """The kind of row an address names."""
    if name not in KINDS:
        raise Http404("There is no such kind of row.")
    return KINDS[name]


def uuid_of(text: str | None) -> UUID:
    """A row's id as it was sent."""
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404("There is no such row in this agreement.") from None


def now_of(row: Any) -> Any:
    """The row as the database has it now."""
    return type(row).objects.get(pk=row.pk)


def form_of(asked: Asked, kind: Kind, row: Any, data: Any = None) -> forms.RowForm:
    """The row's form. It works on a copy: what it was sent must not leak into what the rest of the page shows."""
    more = {"dataset": row.dataset} if isinstance(row, Flow) else {}
    return cast(forms.RowForm, kind.form(data, instance=now_of(row), agreement=asked.agreement, **more))


def page(asked: Asked, part: Part, status: int = DONE, **more: Any) -> HttpResponse:
    """One part of the draft."""
    context = part_context(asked, part) | more
    form, kind = more.get("form"), more.get("kind")
    if form is not None and kind is not None and kind.name == "provision":
        about = {"id": more.get("editing"), "part": form["part"].value(), "heading": form["heading"].value()}
        context["writing"] = offered(context["content"], about)
    return render(asked.request, f"agreements/drafting/{part.template}.html", context, status=status)


def row_page(
    asked: Asked,
    kind: Kind,
    row: Any,
    form: forms.RowForm,
    status: int = DONE,
    *,
    shown: str = "",
    **more: Any,
) -> HttpResponse:
    """A row opened among its neighbours; `shown` proves as what it was shown before, if it was."""
    address = reverse("agreement-draft-edit", args=[asked.agreement.pk, kind.name, row.pk])
    if asked.request.GET.get("in") == "text":
        address += "?in=text"  # opened in the whole text, where one comes back to
    context: dict[str, Any] = {
        "form": form,
        "row": row,
        "kind": kind,
        "editing": str(row.pk),
        "anchor": kind.anchor(row),
        "shown": shown or proof(asked, row, row.last_event_id),
        "save_to": address,
        "autosave": address,
        "keep": str(row.pk),
        "others": others(asked, row),
    }
    if isinstance(row, Provision):
        context["move"] = forms.MoveForm(provision=row, initial={"after": _before(row)})
    return page(asked, home(asked, kind, row), status, **context | more)


def _before(row: Provision) -> UUID | None:
    """The provision that stands before this one."""
    rows = Provision.objects.filter(agreement=row.agreement_id, removed=False)
    ids = list(rows.order_by("position_in_order", "id").values_list("pk", flat=True))
    place = ids.index(row.pk) if row.pk in ids else 0
    return ids[place - 1] if place else None


def landing(asked: Asked, kind: Kind, row: Any) -> str:
    """Where one stands after a row was saved."""
    anchor = kind.anchor(row)
    return f"{part_url(asked.agreement, home(asked, kind, row).slug)}?changed={row.pk}{'#' + anchor if anchor else ''}"


def saved(asked: Asked, kind: Kind, row: Any) -> HttpResponseRedirect:
    """Back to the part, with the row marked."""
    messages.success(asked.request, "Saved.")
    return redirect(landing(asked, kind, row))


def others(asked: Asked, row: Any) -> list[str]:
    """Who else of the same agency has this row open."""
    agency = policy.speaking_for(asked.user, "edit", asked.agreement, today=asked.today)
    return presence.beside(asked.agreement, row.pk, actor=asked.user, agency=agency, now=asked.now)


def proof(asked: Asked, row: Any, seen: int) -> str:
    """That this person was shown the row as event `seen` left it."""
    return _signer().signature(f"{asked.user.pk}:{row.pk}:{seen}")


def proven(asked: Asked, row: Any, seen: int | None) -> bool:
    """Whether the form was shown so by us: how a text came about is not to be had by naming numbers."""
    said = asked.request.POST.get("shown", "")
    return seen is not None and constant_time_compare(said, proof(asked, row, seen))


def _signer() -> signing.Signer:
    return signing.Signer(salt="agreements.views.inhand")
