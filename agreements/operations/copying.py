"""Copies of the final document: certified, conformed, and the packet with all that belongs to it. Each is recorded."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from agencies.models import Agency, User
from agreements import codes, pdf, policy, standing
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, CertifiedCopy, SealedDocument
from agreements.operations.recording import event
from agreements.operations.sealing import fact, place
from audit import checkpoints, heads

NOT_YET = "The final document is not there yet. It is made once every party has signed."
ORIGINAL = "The final document of the agreement, byte for byte as it was sealed."


def final_of(agreement: Agreement) -> SealedDocument:
    """Its final document; StepNotOpen while there is none."""
    found = (
        SealedDocument.objects.select_related("version", "certificate").filter(agreement=agreement).first()
    )
    if found is None:
        raise StepNotOpen(NOT_YET)
    return found


def certified(agreement: Agreement, *, root: Path, actor: User, now: datetime) -> bytes:
    """A copy that says what it is a copy of, for whom and when; the original, with its seal, is attached.

    It bears no seal itself: the key is the workers'. It is known again by its SHA-256. Raises PermissionDenied,
    StepNotOpen, pdf.DocumentMissing and pdf.RenderFailed.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    sealed = final_of(agreement)
    original = pdf.load(sealed.sha256, root)
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    head = _newest()
    first = pdf.certificate(_facts(agreement, sealed, head, actor, agency, now))
    content = pdf.joined(first, original, name=f"{agreement.reference}.pdf", says=ORIGINAL)
    row = CertifiedCopy(agreement=agreement, document=sealed, sha256=hashlib.sha256(content).hexdigest(),
                        head=head.size if head else None, asked_by=actor, made_at=now)  # fmt: skip
    with transaction.atomic():
        event("document.certified", agreement, actor=actor, now=now, agency=agency, changed=[row], sha256=row.sha256,
              document=sealed.sha256)  # fmt: skip
    return content


def _newest() -> checkpoints.Head | None:
    found = heads.newest()
    return checkpoints.parse(found.note).head if found else None


def _facts(
    agreement: Agreement,
    sealed: SealedDocument,
    head: checkpoints.Head | None,
    actor: User,
    agency: UUID | None,
    now: datetime,
) -> dict[str, object]:
    """What the page of the certificate says."""
    signatures = agreement.signatures.filter(version=sealed.version, voided_at=None).select_related(
        "last_event"
    )
    of = Agency.objects.filter(pk=agency).values_list("name", flat=True).first() if agency else None
    return {
        "site": place().name, "reference": agreement.reference, "title": agreement.title, "name": f"{agreement.reference}.pdf",
        "pages": sealed.pages, "short_hash": sealed.sha256[:12], "grouped_hash": pdf.grouped(sealed.sha256),
        "grouped_text": pdf.grouped(sealed.version.sha256), "sealed_at": _utc(sealed.made_at),
        "standing": standing.of(agreement, today=policy.local_day(now, agreement)).label,
        "signatures": [fact(row, agreement) for row in signatures.order_by("signed_at")],
        "asked_by": ", ".join(filter(None, (actor.name, actor.title, of))), "made": _utc(now),
        "made_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "head": head, "head_at": _utc(head.at) if head else "",
        "head_root": pdf.grouped(head.root.hex()) if head else "", "verify_url": f"{settings.SITE_URL}/verify/",
        "code": codes.grouped(sealed.code),
    }  # fmt: skip


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def conformed(agreement: Agreement, *, actor: User, now: datetime) -> bytes:
    """The signed text with the names of who signed, marked on every page as no original: to read and to quote from.

    Raises PermissionDenied, StepNotOpen and pdf.RenderFailed.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    sealed = final_of(agreement)
    version = sealed.version
    rows = agreement.signatures.filter(version=version, voided_at=None).select_related("last_event")
    content = pdf.render(
        version.content, sha256=version.sha256, number=version.number, conformed=sealed.sha256,
        signatures=[fact(row, agreement) for row in rows.order_by("signed_at")],
    )  # fmt: skip
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    with transaction.atomic():
        event("document.conformed", agreement, actor=actor, now=now, agency=agency, sha256=sealed.sha256)
    return content
