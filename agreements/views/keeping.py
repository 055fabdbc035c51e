"""An agency's own clauses and its positions, as its counsel and administrators keep them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agencies.models import Agency
from agencies.policy import roles_for
from agreements import catalog
from agreements.forms.library import ClauseForm, PositionForm, ReasonForm, beginning
from agreements.library import shelf
from agreements.models import AgencyClause, AgencyPosition, own_parts
from agreements.operations import keeping
from agreements.views.asking import DONE, attempt, made_already, remember
from agreements.views.desk import Desk, desk
from agreements.views.library import frame, text_of

METHODS = ["GET", "HEAD", "POST"]


def keepers(asking: Desk) -> list[Agency]:
    """The agencies whose clauses the person keeps; 403 without one."""
    found = shelf.keeps(asking.user, today=asking.today)
    if not found:
        roles = " or ".join(role.label.lower() for role in roles_for("keep_clauses"))
        raise PermissionDenied(f"You can't do this: it takes the role {roles} of an agency.")
    return found


def own_clause(asking: Desk, ref: str) -> AgencyClause:
    """The newest version of a clause that the person reads and keeps: 404 for who may not read it, 403 for who only may."""
    text_of(asking, ref)
    named = own_parts(ref)
    if named is None:
        raise Http404("Clauses that come with Concordat stay as they are. Write your own text on the matter.")
    if named[0] not in {agency.slug for agency in shelf.keeps(asking.user, today=asking.today)}:
        raise PermissionDenied(
            "You can't do this: only counsel and administrators of the agency keep its clauses."
        )
    rows = AgencyClause.objects.filter(agency__slug=named[0], key=named[1]).select_related("agency")
    return rows.order_by("-version")[0]


@login_required
@require_http_methods(METHODS)
def new(request: HttpRequest) -> HttpResponse:
    """A clause of one's agency's own, empty or beginning with a text of the library."""
    asking = desk(request)
    agencies = keepers(asking)
    if request.method == "POST" and (there := made_already(request, request.POST.get("once"))):
        return redirect(there)
    source = request.GET.get("from", "")
    initial = beginning(text_of(asking, source)[0]) | {"agency": agencies[0].slug} if source else {}
    form = ClauseForm(request.POST if request.method == "POST" else None, agencies=agencies, initial=initial)
    made: list[AgencyClause] = []
    status = attempt(form, lambda: made.append(_write(asking, form))) if form.is_bound else DONE
    if made:
        messages.success(request, "The clause is kept. Your agency’s drafters are offered it.")
        remember(request, form.cleaned_data["once"], f"/clauses/{made[0].ref}/")
        return redirect(f"/clauses/{made[0].ref}/")
    return render(request, "agreements/library/write.html", _writing(form), status=status)


def _writing(form: ClauseForm, **more: Any) -> dict[str, Any]:
    return {"form": form, "placeholders": catalog.load().placeholders.values(), **more}


def _write(asking: Desk, form: ClauseForm) -> AgencyClause:
    return keeping.write_clause(form.agency_chosen, values=form.values(), actor=asking.user, now=asking.now)


@login_required
@require_http_methods(METHODS)
def revise(request: HttpRequest, ref: str) -> HttpResponse:
    """A new version of an own clause, typed over the newest."""
    asking = desk(request)
    last = own_clause(asking, ref)
    one, _, held = text_of(asking, ref)
    initial = beginning(one) | {"seen": last.last_event_id}
    data = request.POST if request.method == "POST" else None
    form = ClauseForm(data, agencies=[last.agency], revising=one, initial=initial)

    def act() -> object:
        seen = form.cleaned_data["seen"]
        return keeping.revise_clause(last, values=form.values(), seen=seen, actor=asking.user, now=asking.now)

    status = attempt(form, act) if form.is_bound else DONE
    if form.is_bound and status == DONE:
        messages.success(
            request, "The new version is kept. The one before stays readable, and agreements keep their text."
        )
        return redirect(one.url)
    context = frame(asking, one, held, "") | _writing(
        form, revising=one, theirs=one if status == 412 else None
    )
    return render(request, "agreements/library/write.html", context, status=status)


@login_required
@require_http_methods(METHODS)
def retire(request: HttpRequest, ref: str) -> HttpResponse:
    """Offer an own clause no longer."""
    asking = desk(request)
    last = own_clause(asking, ref)
    form = _reason(request, last.last_event_id)

    def act() -> object:
        return keeping.retire_clause(last, **form.cleaned_data, actor=asking.user, now=asking.now)

    return _ended(request, form, act, f"/clauses/{ref}/", f"Retire “{last.heading}”",
                  "It is offered no longer. Its versions stay readable, and agreements keep its text.")  # fmt: skip


def _reason(request: HttpRequest, seen: int) -> ReasonForm:
    return ReasonForm(request.POST if request.method == "POST" else None, initial={"seen": seen})


def _ended(
    request: HttpRequest, form: ReasonForm, act: Any, back: str, title: str, done: str
) -> HttpResponse:
    status = attempt(form, act) if form.is_bound else DONE
    if form.is_bound and status == DONE:
        messages.success(request, done)
        return redirect(back)
    context = {"form": form, "act": title, "back": back}
    return render(request, "agreements/library/end.html", context, status=status)


@login_required
@require_http_methods(METHODS)
def position(request: HttpRequest, ref: str) -> HttpResponse:
    """What one's agency has approved on the matter of a clause."""
    asking = desk(request)
    one, _, held = text_of(asking, ref)
    agency = _for(request, keepers(asking), one.slug)
    there = _there(agency, one.matter)
    texts = [text for text in held.on(one.matter) if text.slug in {"", agency.slug}]
    form = PositionForm(request.POST if request.method == "POST" else None, texts=texts, position=there)

    def act() -> object:
        return keeping.set_position(
            agency, matter=one.matter, actor=asking.user, now=asking.now, **form.values()
        )

    status = attempt(form, act) if form.is_bound else DONE
    if form.is_bound and status == DONE:
        messages.success(
            request, f"The position of {agency.short_name} is set. Its drafters see it beside the text."
        )
        return redirect(one.url)
    context = frame(asking, one, held, "") | {"form": form, "agency": agency, "there": there}
    return render(request, "agreements/library/position.html", context, status=status)


@login_required
@require_http_methods(METHODS)
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Let one's agency have no position on the matter any more."""
    asking = desk(request)
    one, _, _ = text_of(asking, ref)
    agency = _for(request, keepers(asking), one.slug)
    there = _there(agency, one.matter)
    if there is None:
        messages.info(request, f"{agency.short_name} has no position on this.")
        return redirect(one.url)
    form = _reason(request, there.last_event_id)

    def act() -> object:
        return keeping.withdraw_position(there, **form.cleaned_data, actor=asking.user, now=asking.now)

    return _ended(request, form, act, one.url, f"Withdraw the position of {agency.short_name} on {one.heading}",
                  "The position is withdrawn; the record of it stays.")  # fmt: skip


def _there(agency: Agency, matter: str) -> AgencyPosition | None:
    return AgencyPosition.objects.filter(agency=agency, matter=matter, withdrawn_at=None).first()


def _for(request: HttpRequest, agencies: list[Agency], slug: str) -> Agency:
    """The agency meant: the one named, the clause's own, else the first the person keeps clauses for."""
    wanted = slug or request.GET.get("agency", "")
    return next((one for one in agencies if one.slug == wanted), agencies[0])
