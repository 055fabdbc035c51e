"""Signing: one page with the frozen text, its hash, the statement of intent, and the password asked again."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agencies import factors
from agencies.context import demo_code
from agreements import lifecycle, policy, stepup
from agreements.document import structure
from agreements.forms.signing import SignForm
from agreements.models import Approval, Decision, Signature, SignatureRequest
from agreements.operations import outside, signing
from agreements.redline import Redline, compare
from agreements.views.asking import CONFLICT, DONE, Asked, attempt, of_one_agreement
from agreements.views.frame import framed

LOCKED_OUT = 429


@of_one_agreement("GET", "HEAD", "POST")
def sign(asked: Asked) -> HttpResponse:
    """The page on which a signatory reads and signs; afterwards it is the receipt."""
    policy.require(asked.user, "sign", asked.agreement, today=asked.today)
    request = signing.open_request(asked.agreement, asked.user)
    version = request.version if request else asked.agreement.frozen
    form = SignForm(
        asked.data(), asked.request.FILES or None, name=asked.user.name,
        initial={"seen_hash": version.sha256 if version else ""},
    )  # fmt: skip
    if not asked.posted:
        return _page(asked, request, form, DONE)
    status = at_the_act(form, lambda: _sign(asked, form.cleaned_data))
    if status == DONE:
        messages.success(asked.request, "You have signed. Your receipt is below and in your mail.")
        return redirect("agreement-sign", pk=asked.agreement.pk)
    return _page(asked, signing.open_request(asked.agreement, asked.user), form, status)


def at_the_act(form: Form, act: Callable[[], object]) -> int:
    """Do what asks who it is; the status of the refusal, whose words go to the form, or DONE."""
    try:
        return attempt(form, act)
    except stepup.TooManyTries as locked:
        form.add_error(None, str(locked))
        return LOCKED_OUT
    except OperationalError:  # waited too long for the agreement's lock
        form.add_error(None, "This is busy now, perhaps in another window of yours. Reload the page to see.")
        return CONFLICT


def _sign(asked: Asked, said: dict[str, Any]) -> None:
    claim = stepup.Claim(said["password"], said["code"], said["credential"])
    signing.sign(
        asked.agreement,
        seen_hash=said["seen_hash"],
        typed_name=said["typed_name"],
        consent=said["consent"],
        image=said["image"].read() if said["image"] else b"",
        prove=lambda locked: stepup.prove(asked.user, claim, now=asked.now),
        actor=asked.user,
        now=asked.now,
        ip=address(asked.request),
    )


def address(request: HttpRequest) -> str | None:
    """The address the request came from, as the middleware established it."""
    return getattr(request, "client_ip", None) or request.META.get("REMOTE_ADDR") or None


def _page(asked: Asked, request: SignatureRequest | None, form: SignForm, status: int) -> HttpResponse:
    frame = framed(asked)
    receipt = _receipt(asked)
    version = request.version if request else (receipt.version if receipt else None)
    closed = _closed(asked, request, receipt)
    held = factors.held(asked.user) if request else frozenset()
    context = frame.context("") | {
        "request_row": request,
        "receipt": receipt,
        "text_version": version,
        "document": structure(version.content) if version else None,
        "intent": signing.intent(request.party.legal_name) if request else "",
        "consent": signing.CONSENT,
        "factors": held,
        "too_late": signing.too_late(asked.agreement, request)
        if request and asked.today > request.sign_by
        else "",
        "key_options": {"request_options": factors.challenge(asked.user)} if factors.KEY in held else None,
        "demo_code": demo_code(asked.user, now=asked.now),
        "changes": _changes(request) if request else None,
        "order": frame.waiting.requests,
        "before": _before(frame.waiting.requests, request),
        "takes_certificates": outside.accepts(),
        "closed": closed,
        "form": form,
    }
    wanted = CONFLICT if closed and not form.errors else status
    return render(asked.request, "agreements/record/sign.html", context, status=wanted)


def _before(order: Iterable[SignatureRequest], request: SignatureRequest | None) -> list[str]:
    """Who signs before this person may."""
    if request is None:
        return []
    return [row.party.agency.name for row in order if row.answered_at is None and row.order < request.order]


def _receipt(asked: Asked) -> Signature | None:
    rows = asked.agreement.signatures.filter(signatory=asked.user, voided_at=None)
    return rows.select_related("version", "party__agency").order_by("-signed_at").first()


def _closed(asked: Asked, request: SignatureRequest | None, receipt: Signature | None) -> str:
    """Why this person can't sign now; empty when they can, or have."""
    if receipt is not None and request is None:
        return ""
    why = lifecycle.closed_because(lifecycle.STEPS["sign"], asked.agreement, frozenset(), today=asked.today)
    if why:
        return why
    return "" if request else "This agreement waits for other signatories; you are not asked to sign it."


def _changes(request: SignatureRequest) -> Redline | None:
    """What differs from the text the signatory's agency approved last; None if it approved none."""
    rows = Approval.objects.filter(party=request.party, decision=Decision.APPROVED).select_related("version")
    approved = rows.order_by("-made_at").first()
    return compare(approved.version.content, request.version.content) if approved else None
