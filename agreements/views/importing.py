"""Bringing an existing agreement in: the file, what was read of it, and what a person confirms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from agreements import policy
from agreements.forms.importing import SIGNED, ConfirmForm, PutInForm
from agreements.models import Intake
from agreements.operations import importing, intake
from agreements.operations.drafting import PartySpec
from agreements.pdf import DocumentMissing
from agreements.recognition import Findings
from agreements.views.asking import DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.desk import Desk, desk
from common.http import attached

SURE = {"high": ("Read clearly", "good"), "fair": ("Check this", "attention"), "low": ("A guess", "urgent")}
READ_FROM = {"signed_on": ("signed_on",), "effective_on": ("effective_on", "effective_rule"), "last_day": ("last_day", "term_kind"),
             "months": ("months",), "notice_days": ("notice_days",), "renewal": ("renewal",), "title": ("title",),
             "renewal_months": ("renewal_months",), "review_months": ("review_months",), "kind": ("kind",),
             "partners": ("party",)}  # fmt: skip
"""For each question, the recognised fields that bear on it."""
SPOKEN = {"last_signature": "the day of the last signature", "evergreen": "until ended", "automatic": "automatically",
          "mutual_written": "by agreement", "option": "at one side’s option", "none": "not at all"}  # fmt: skip
MAIN = (
    "signed_on",
    "effective_on",
    "last_day",
    "months",
    "notice_days",
    "renewal",
    "renewal_months",
    "review_months",
)
SHOWN = 30


def drafter(request: HttpRequest) -> tuple[Desk, list[UUID]]:
    """Who asks, and the agencies they draft for; refused without any."""
    asking = desk(request)
    own = policy.may_draft_for(asking.user, today=asking.today)
    if not own:
        raise PermissionDenied(policy.refusal("edit"))
    return asking, own


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def put_in(request: HttpRequest) -> HttpResponse:
    """Choose a file; then its terms are proposed. Below: what waits to be confirmed."""
    asking, _ = drafter(request)
    posted = request.method == "POST"
    before = made_already(request, request.POST.get("once")) if posted else None
    if before:
        return redirect(before)
    form, made = (
        PutInForm(request.POST if posted else None, request.FILES if posted else None),
        list[Intake](),
    )

    def take() -> None:
        file = form.cleaned_data["file"]
        made.append(
            intake.take(file.read(), file.name, root=settings.DOCUMENTS, actor=asking.user, now=asking.now)
        )

    status = attempt(form, take) if posted else DONE
    if made:
        remember(request, form.cleaned_data["once"], made[0].get_absolute_url())
        return redirect(made[0])
    waiting = intake.mine(asking.user).filter(agreement=None, dropped_at=None)[:SHOWN]
    context = {"form": form, "waiting": waiting}
    return render(request, "agreements/import/put_in.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Each proposed term beside the words it was read from; confirmed, it becomes a record or a draft."""
    asking = desk(request)
    row = get_object_or_404(intake.mine(asking.user), pk=pk)
    if row.agreement is not None:
        return redirect(row.agreement)
    if not row.open:
        raise Http404("This file was given up. Put it in again.")
    own, found = policy.may_draft_for(asking.user, today=asking.today), intake.findings(row)
    if not own:
        raise PermissionDenied(policy.refusal("edit"))
    posted = request.method == "POST"
    form = ConfirmForm(request.POST if posted else None, own=own, initial=proposed(row, found, own))
    status = attempt(form, lambda: _confirm(asking, row, form)) if posted else DONE
    if posted and status == DONE:
        return redirect(intake.mine(asking.user).get(pk=row.pk).agreement or row)
    return render(request, "agreements/import/review.html", _context(row, form, found, own), status=status)


def proposed(row: Intake, found: Findings, own: list[UUID]) -> dict[str, Any]:
    """The form's first values: what was recognised, the surest reading of each."""
    best = {name: said.value for name in (*MAIN, "title", "kind") if (said := found.best(name)) is not None}
    if "last_day" in best:
        best.pop("months", None)
    agencies = intake.matched(found)
    mine = [agency for agency in agencies if agency.pk in own]
    lead = mine[0].pk if mine else own[0]
    partners = [agency.pk for agency in agencies if agency.pk != lead]
    return {"title": row.name.rpartition(".")[0][:200]} | best | {"lead": lead, "partners": partners}


def _confirm(asking: Desk, row: Intake, form: ConfirmForm) -> None:
    said = form.cleaned_data
    signed = said["state"] == SIGNED
    made = intake.confirm(
        row, title=said["title"], kind=said["kind"], lead=said["lead"], lead_roles=form.roles("lead_role"),
        partners=[PartySpec(agency, form.roles("partner_role")) for agency in said["partners"]],
        terms=form.terms, signed=signed, actor=asking.user, now=asking.now,
    )  # fmt: skip
    told = f"{made.reference} is a record now. Every party sees it, and that your agency imported it."
    messages.success(
        asking.request, told if signed else f"{made.reference} is begun as a draft. Nobody else sees it yet."
    )


def _context(row: Intake, form: ConfirmForm, found: Findings, own: list[UUID]) -> dict[str, Any]:
    parts = [one for one in row.content.get("provisions", []) if one["heading"] and one["level"] < 3]
    return {
        "intake": row, "form": form, "several": len(own) > 1, "found": found, "parts": parts,
        "questions": [(form[name], _readings(found, name)) for name in MAIN],
        "readings": {name: _readings(found, name) for name in ("title", "kind", "partners")},
        "provisions": len(row.content.get("provisions", [])),
        "before": [source for source in [importing.already_anywhere(row.sha256, own)] if source],
    }  # fmt: skip


def _readings(found: Findings, name: str) -> list[dict[str, Any]]:
    """What was read for one question: the value in words, the quotation, and how sure it is."""
    rows = [row for field in READ_FROM[name] for row in found.of(field)]
    return [{"value": SPOKEN.get(str(row.value), row.value), "words": row.words, "where": row.where, "because": row.because,
             "sure": SURE[row.confidence][0], "tone": SURE[row.confidence][1]} for row in rows]  # fmt: skip


@login_required
@require_http_methods(["POST"])
def give_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a file up before it is confirmed."""
    asking = desk(request)
    row = get_object_or_404(intake.mine(asking.user), pk=pk)
    intake.drop(row, actor=asking.user, now=asking.now)
    messages.success(request, f"“{row.name}” is given up and its copy here deleted.")
    return redirect("import")


@of_one_agreement("GET")
def source(asked: Asked) -> HttpResponse:
    """The file an agreement was imported from; taking it is recorded."""
    policy.require(asked.user, "download", asked.agreement, today=asked.today)
    row = importing.source_for(asked.agreement, asked.user, today=asked.today)
    if row is None:
        raise Http404("There is no file here that this agreement was imported from.")
    try:
        content = importing.take(row, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
    except DocumentMissing as missing:
        messages.error(asked.request, str(missing))
        return redirect("agreement-files", pk=asked.agreement.pk)
    name = f"{asked.agreement.reference}-as-imported{row.suffix}"
    return attached(content, name, "application/octet-stream")
