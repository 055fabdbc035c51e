"""Signing with a certificate outside: the document to take away, and the page that takes it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from agreements import policy, stepup
from agreements.document import structure
from agreements.forms.signing import OutsideForm
from agreements.lifecycle import StepNotOpen
from agreements.operations import outside, signing
from agreements.pdf import DocumentMissing, RenderFailed
from agreements.views.asking import DONE, Asked, of_one_agreement
from agreements.views.frame import framed
from agreements.views.signing import address, at_the_act
from common.http import attached


@of_one_agreement("GET", "HEAD", "POST")
def sign(asked: Asked) -> HttpResponse:
    """The three steps: take the document away, sign it with a card, send it back. The receipt is on the signing page."""
    policy.require(asked.user, "sign", asked.agreement, today=asked.today)
    request = signing.open_request(asked.agreement, asked.user)
    if request is None or not outside.accepts():
        return redirect("agreement-sign", pk=asked.agreement.pk)
    form = OutsideForm(
        asked.data(),
        asked.request.FILES or None,
        name=asked.user.name,
        initial={"seen_hash": request.version.sha256},
    )
    status = at_the_act(form, lambda: _sign(asked, form.cleaned_data)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, "You have signed. Your receipt is below and in your mail.")
        return redirect("agreement-sign", pk=asked.agreement.pk)
    context = framed(asked).context("") | {
        "form": form,
        "request_row": request,
        "text_version": request.version,
        "document": structure(request.version.content),
        "intent": signing.intent(request.party.legal_name),
        "consent": signing.CONSENT,
    }
    return render(asked.request, "agreements/record/sign_outside.html", context, status=status)


def _sign(asked: Asked, said: dict[str, Any]) -> None:
    """Look at the file, then sign."""
    try:
        found = outside.accepted(asked.agreement, said["file"].read(), actor=asked.user, now=asked.now)
    except DocumentMissing as missing:
        raise StepNotOpen(str(missing)) from missing
    claim = stepup.Claim(said["password"], certified=True)
    signing.sign(
        asked.agreement,
        seen_hash=said["seen_hash"],
        typed_name=said["typed_name"],
        consent=said["consent"],
        outside=found,
        prove=lambda locked: stepup.prove(asked.user, claim, now=asked.now),
        actor=asked.user,
        now=asked.now,
        ip=address(asked.request),
    )


@of_one_agreement("GET")
def paper(asked: Asked) -> HttpResponse:
    """The frozen text as a PDF with a field for this person's signature; taking it is recorded."""
    policy.require(asked.user, "sign", asked.agreement, today=asked.today)
    try:
        content = outside.paper(asked.agreement, actor=asked.user, now=asked.now)
    except (StepNotOpen, DocumentMissing) as refused:
        messages.error(asked.request, str(refused))
        return redirect("agreement-sign", pk=asked.agreement.pk)
    except RenderFailed as failed:
        messages.error(asked.request, failed.reason)
        return redirect("agreement-sign", pk=asked.agreement.pk)
    return attached(content, f"{asked.agreement.reference}-to-sign.pdf")
