"""Signatures in ink: putting a scan in, and confirming the one another party put in."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agencies import factors
from agencies.context import demo_code
from agreements import lifecycle, policy, stepup
from agreements.forms.checking import EndForm
from agreements.forms.signing import ConfirmInkForm, InkForm
from agreements.models import InkSignature
from agreements.operations import inking
from agreements.pdf import DocumentMissing
from agreements.views.asking import (
    DONE,
    Asked,
    attempt,
    made_already,
    of_one_agreement,
    remember,
)
from agreements.views.frame import framed
from agreements.views.signing import address, at_the_act
from common.http import attached


@of_one_agreement("GET", "HEAD", "POST")
def ink(asked: Asked) -> HttpResponse:
    """What waits to be confirmed, and the form with which one's own agency puts a scan in."""
    policy.require(asked.user, "ink", asked.agreement, today=asked.today)
    if asked.posted and (there := made_already(asked.request, asked.request.POST.get("once"))):
        return redirect(there)
    form = InkForm(asked.data(), asked.request.FILES or None, initial={"signed_on": asked.today})
    status = attempt(form, lambda: _record(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, "The scan is in. The other parties are asked to confirm it.")
        return redirect("agreement-ink", pk=asked.agreement.pk)
    own = policy.agencies_of(asked.user, today=asked.today)
    scans = list(inking.waiting(asked.agreement))
    mine = inking.open_requests(asked.agreement, asked.user, today=asked.today).first()
    put_in = {row.request_id for row in scans}
    context = framed(asked).context("") | {
        "form": form,
        "scans": [{"row": row, "own": row.party.agency_id in own} for row in scans],
        "mine": None if mine is None or mine.pk in put_in else mine,
        "earlier": _answered(asked),
        "closed": lifecycle.closed_because(lifecycle.STEPS["ink"], asked.agreement, own, today=asked.today),
    }
    return render(asked.request, "agreements/record/ink.html", context, status=status)


def _answered(asked: Asked) -> list[InkSignature]:
    rows = asked.agreement.ink_signatures.exclude(confirmed=None)
    return list(
        rows.select_related("party__agency", "request__signatory", "decided_by", "decided_agency").order_by(
            "-decided_at"
        )
    )


def _record(asked: Asked, form: InkForm) -> None:
    said = form.cleaned_data
    inking.record(
        asked.agreement,
        scan=said["scan"].read(),
        signed_on=said["signed_on"],
        actor=asked.user,
        now=asked.now,
    )
    remember(asked.request, said["once"], f"{asked.url}ink/")


@of_one_agreement("GET", "HEAD", "POST")
def confirm(asked: Asked, row: UUID) -> HttpResponse:
    """Look at the scan and say that it shows the signature, proving who says so."""
    found = _scan(asked, row, "ink")
    form = ConfirmInkForm(asked.data())
    status = at_the_act(form, lambda: _confirm(asked, found, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, f"Confirmed: {found.party.agency.name} has signed.")
        return redirect("agreement-approvals", pk=asked.agreement.pk)
    held = factors.held(asked.user)
    context = framed(asked).context("") | {
        "form": form,
        "scan": found,
        "own": found.party.agency_id in policy.agencies_of(asked.user, today=asked.today),
        "factors": held,
        "key_options": {"request_options": factors.challenge(asked.user)} if factors.KEY in held else None,
        "demo_code": demo_code(asked.user, now=asked.now),
    }
    return render(asked.request, "agreements/record/ink_confirm.html", context, status=status)


def _confirm(asked: Asked, scan: InkSignature, form: ConfirmInkForm) -> None:
    said = form.cleaned_data
    claim = stepup.Claim(said["password"], said["code"], said["credential"])
    inking.confirm(
        asked.agreement, scan=scan.file_sha256, prove=lambda locked: stepup.prove(asked.user, claim, now=asked.now),
        actor=asked.user, now=asked.now, ip=address(asked.request),
    )  # fmt: skip


@of_one_agreement("GET", "HEAD", "POST")
def refuse(asked: Asked, row: UUID) -> HttpResponse:
    """Say why a scan is not confirmed."""
    found = _scan(asked, row, "ink")
    form = EndForm(asked.data())

    def act() -> object:
        reason = form.cleaned_data["reason"]
        return inking.refuse(
            asked.agreement, scan=found.file_sha256, reason=reason, actor=asked.user, now=asked.now
        )

    status = attempt(form, act) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, "Your objection is recorded. Every party reads it.")
        return redirect("agreement-ink", pk=asked.agreement.pk)
    context = {"agreement": asked.agreement, "form": form, "scan": found}
    return render(asked.request, "agreements/record/ink_refuse.html", context, status=status)


@of_one_agreement("GET")
def scan(asked: Asked, row: UUID) -> HttpResponse:
    """The scan itself, to be opened outside; taking it is recorded."""
    found = _scan(asked, row, "download", waiting=False)
    try:
        content = inking.take(found, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
    except DocumentMissing as missing:
        messages.error(asked.request, str(missing))
        return redirect("agreement-approvals", pk=asked.agreement.pk)
    return attached(content, f"{asked.agreement.reference}-signed-in-ink.pdf")


def _scan(asked: Asked, row: UUID, action: str, *, waiting: bool = True) -> InkSignature:
    policy.require(asked.user, action, asked.agreement, today=asked.today)
    rows = (
        inking.waiting(asked.agreement)
        if waiting
        else asked.agreement.ink_signatures.select_related("party__agency")
    )
    found = get_object_or_404(rows.select_related("agreement"), pk=row)
    if waiting and asked.agreement.stage != "signing":
        raise Http404("This scan no longer waits for an answer.")
    return found
