"""Signing outside with a certificate: the document prepared for it, and what came back.

What is accepted becomes a signature by the same operation as one made in the browser, under the same lock.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import User
from agreements import pdf, policy
from agreements.lifecycle import StepNotOpen, opened
from agreements.models import Agreement, SignatureRequest
from agreements.operations.recording import event
from agreements.operations.signing import in_turn, open_request

NONE_ACCEPTED = "This site accepts no certificates: its operator has named none whose certificates it believes. Sign here instead."


def accepts() -> bool:
    """Whether the operator has named roots whose certificates are believed."""
    return bool(settings.SIGNER_ROOTS)


def paper(agreement: Agreement, *, actor: User, now: datetime) -> bytes:
    """The frozen text as a PDF with a field for this person's signature; taking it is recorded.

    It is made once for a request and the same for ever after: what comes back must begin with exactly these bytes.
    Raises PermissionDenied for whoever is not asked, StepNotOpen out of turn, and pdf.RenderFailed.
    """
    policy.require(actor, "sign", agreement, today=policy.local_day(now, agreement))
    if not accepts():
        raise StepNotOpen(NONE_ACCEPTED)
    request = _asked(agreement, actor)
    content = pdf.load(request.paper_sha256, _root()) if request.paper_sha256 else _made(request)
    return _given(agreement, content, actor=actor, now=now)


def _made(request: SignatureRequest) -> bytes:
    version, party = request.version, request.party
    content = pdf.render(version.content, sha256=version.sha256, number=version.number)
    return pdf.prepared(content, party=str(party.pk), says=f"Signature for {party.legal_name}")


@transaction.atomic
def _given(agreement: Agreement, content: bytes, *, actor: User, now: datetime) -> bytes:
    """The document of the request, recorded as taken: this one, or the one somebody else's click made first."""
    today = policy.local_day(now, agreement)
    locked = opened("sign", agreement, actor=actor, today=today)
    request = _asked(locked, actor)
    in_turn(locked, request, today)
    if request.paper_sha256:
        content = pdf.load(request.paper_sha256, _root())
    else:
        request.paper_sha256 = pdf.store(content, _root()).sha256
    event("paper.prepared", locked, actor=actor, now=now, agency=request.party.agency_id, changed=[request],
          party=request.party.agency.name, sha256=request.paper_sha256, version=request.version.number)  # fmt: skip
    return content


def accepted(agreement: Agreement, file: bytes, *, actor: User, now: datetime) -> pdf.Certified:
    """What a person's signed PDF says, checked and kept. Nothing is signed by this: `signing.sign` takes what it gives.

    Raises ValidationError at `file` with the reason when it is not the document they were given with a signature of
    theirs that holds.
    """
    policy.require(actor, "sign", agreement, today=policy.local_day(now, agreement))
    if not accepts():
        raise StepNotOpen(NONE_ACCEPTED)
    request = _asked(agreement, actor)
    if not request.paper_sha256:
        raise ValidationError(
            {"file": "Download the document prepared for you first, sign it, and send that file."}
        )
    try:
        found = pdf.examine(
            file, prepared=pdf.load(request.paper_sha256, _root()), field=pdf.name_of(str(request.party_id)),
            name=actor.name, email=actor.email, roots=settings.SIGNER_ROOTS, lists=settings.SIGNER_CRLS, now=now,
        )  # fmt: skip
    except pdf.NotAccepted as refused:
        raise ValidationError({"file": refused.reason}) from refused
    pdf.store(file, _root())
    return found


def _asked(agreement: Agreement, actor: User) -> SignatureRequest:
    request = open_request(agreement, actor)
    if request is None:
        raise PermissionDenied("You are not asked to sign this agreement, or you have signed it already.")
    return request


def _root() -> Path:
    return Path(settings.DOCUMENTS)
