"""Asking for dossiers, seeing how far they are, and taking them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from agencies.models import Agency
from agreements import listing, policy
from agreements.forms.dossiers import ChosenForm, DossierForm
from agreements.forms.listing import ListForm
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Dossier, DossierState
from agreements.operations import assembling, dossiers, packing
from agreements.pdf import DocumentMissing
from agreements.views.asking import DONE, Asked, attempt, of_one_agreement
from agreements.views.desk import Desk, desk
from audit import heads
from common.http import file_answer
from common.models import Job

Ask = Callable[..., Dossier]
PER_PAGE = 25


@of_one_agreement("GET", "HEAD", "POST")
def of_agreement(asked: Asked) -> HttpResponse:
    """A dossier of one agreement: posted from its history and files pages, or with a head from here."""
    policy.require(asked.user, "export", asked.agreement, today=asked.today)
    context = {"what": str(asked.agreement), "agreement": asked.agreement, "cancel": f"{asked.url}history/"}
    return _asking(
        asked.request, context, lambda head: dossiers.ask(asked.agreement, head=head, actor=asked.user, now=asked.now)
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def of_agency(request: HttpRequest, slug: str) -> HttpResponse:
    """A dossier of all that an agency may export; for whoever may not, there is no such address."""
    asking = desk(request)
    agency = get_object_or_404(Agency.objects.filter(pk__in=asking.seats("export")), slug=slug)
    context = {"what": f"all agreements of {agency.name}", "cancel": "/dossiers/"}
    return _asking(
        request, context, lambda head: dossiers.ask_for_agency(agency, head=head, actor=asking.user, now=asking.now)
    )  # fmt: skip


def _asking(request: HttpRequest, context: dict[str, Any], ask: Callable[[str], Dossier]) -> HttpResponse:
    """The form with the one optional field, and where asking leads."""
    form, made = DossierForm(request.POST if request.method == "POST" else None), list[Dossier]()
    status = attempt(form, lambda: made.append(ask(form.cleaned_data["head"]))) if form.is_bound else DONE
    if made:
        return redirect(made[0])
    return render(request, "agreements/dossiers/ask.html", context | {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def of_many(request: HttpRequest) -> HttpResponse:
    """A dossier of what the list found: all of it at once (`all`), or what is ticked here."""
    asking, posted = desk(request), request.method == "POST"
    everything = posted and "all" in request.POST
    keys = _ticked(request) if posted and not everything else _found(asking, posted)
    wanted = dossiers.exportable(keys, asking.user, now=asking.now)
    rows = {row.pk: row for row in Agreement.objects.filter(pk__in=wanted)}
    choices = [(str(key), str(rows[key])) for key in wanted]
    data = request.POST.copy() if posted else None
    if data is not None and everything:
        data.setlist("agreement", [key for key, _ in choices])
    form = ChosenForm(data, choices=choices, initial={"agreement": [key for key, _ in choices]})
    made = list[Dossier]()

    def ask() -> None:
        said = form.cleaned_data
        found = [UUID(key) for key in said["agreement"]]
        made.append(dossiers.ask_for_many(found, head=said["head"], actor=asking.user, now=asking.now))

    status = attempt(form, ask) if form.is_bound else DONE
    if made:
        return redirect(made[0])
    context = {
        "form": form,
        "count": len(choices),
        "left_out": len(keys) - len(choices),
        "most": dossiers.MOST,
    }
    return render(request, "agreements/dossiers/choose.html", context, status=status)


def _ticked(request: HttpRequest) -> list[UUID]:
    """What was ticked; what is no key is no agreement."""
    try:
        return [UUID(key) for key in request.POST.getlist("agreement")[: dossiers.MOST + 1]]
    except ValueError:
        raise Http404("There is no such agreement, or you may not see it.") from None


def _found(asking: Desk, posted: bool) -> list[UUID]:
    """What the list finds with these choices, at most one more than a dossier holds."""
    form = ListForm(asking.request.POST if posted else asking.request.GET)
    form.is_valid()
    filters, principals = form.filters(asking.agencies), asking.principals()
    if filters.text:
        page = listing.search(principals, filters=filters, limit=dossiers.MOST, today=asking.today)
        return [row.agreement.pk for row in page.rows]
    keys: list[UUID] = []
    after = None
    while len(keys) <= dossiers.MOST:
        page = listing.page(
            principals, filters=filters, after=after, limit=listing.MAX_PAGE, today=asking.today
        )
        keys += [row.agreement.pk for row in page.rows]
        if page.next is None:
            break
        after = page.next
    return keys


@login_required
@require_safe
def all_of_mine(request: HttpRequest) -> HttpResponse:
    """The dossiers one asked for, and the agencies for which one may ask."""
    asking = desk(request)
    rows = list(dossiers.mine(asking.user)[:PER_PAGE])
    agencies = Agency.objects.filter(pk__in=asking.seats("export")).order_by("name")
    context = {"rows": rows, "agencies": agencies, **_checking()}
    return render(request, "agreements/dossiers/list.html", context)


@login_required
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a dossier is; then where to take it, its hash, and how it is checked."""
    asking = desk(request)
    row = get_object_or_404(dossiers.mine(asking.user), pk=pk)
    context = {
        "dossier": row,
        "steps": row.steps,
        "job": Job.objects.filter(key=f"{dossiers.JOB}:{row.pk}:{row.turns}").first(),
        "late": row.state == DossierState.SIGNING and row.waiting_since is not None
        and (asking.now - row.waiting_since).total_seconds() > assembling.PATIENCE,
        "refused": heads.refused(),
        "permitted": row.state != DossierState.READY or dossiers.still_permitted(row, now=asking.now),
        "changed": dossiers.CHANGED,
        **_checking(),
    }  # fmt: skip
    return render(request, "agreements/dossiers/one.html", context)


@login_required
@require_http_methods(["GET"])
def take(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The file, or the part of it that a broken download still lacks; taking it is recorded."""
    asking = desk(request)
    row = get_object_or_404(dossiers.mine(asking.user), pk=pk)

    def path(start: int) -> Any:
        return dossiers.take(row, start=start, actor=asking.user, now=asking.now)

    try:
        return file_answer(request, path, size=row.size, etag=row.sha256, name=row.filename)
    except (StepNotOpen, DocumentMissing) as refused:
        messages.error(request, str(refused))
        return redirect(row)


def _checking() -> dict[str, Any]:
    """What lets somebody check a dossier without trusting it: the verifier's hash and the log's public key."""
    return {"verifier": packing.verifier_sha256(), "vkey": heads.vkey(), "kept": settings.DOSSIER_DAYS}
