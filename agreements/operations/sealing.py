"""The final document: rendered once from the frozen version, kept by content hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from django.conf import settings
from django.db import transaction

from agreements import pdf
from agreements.models import Agreement, SealedDocument, Signature, Version
from agreements.operations.recording import event
from audit import witnessing
from audit.models import Event
from audit.record import SYSTEM
from audit.sentences import sentence
from common import outbox

LIFE = ("agreement.drafted", "agreement.shared", "agreement.returned", "agreement.submitted", "agreement.approved",
        "agreement.frozen", "agreement.delegated", "agreement.signed", "ink.confirmed",
        "agreement.executed")  # fmt: skip


@outbox.handler("pdf")
def seal(payload: Mapping[str, Any], *, now: datetime) -> outbox.Later | None:
    """Render and keep the final document of an executed agreement, unless it has one.

    It waits, within limits, until a signed head of the log covers the execution: the proof goes with the document.
    The file is written before the row; a worker killed in between leaves a file of the same name for the next one.
    """
    agreement = Agreement.objects.select_related("frozen").get(pk=payload["agreement"])
    if agreement.frozen is None or SealedDocument.objects.filter(agreement=agreement).exists():
        return None
    executed = (
        Event.objects.filter(stream=agreement.pk, action="agreement.executed").order_by("number").last()
    )
    covered = witnessing.covered(executed, now=now)
    if isinstance(covered, outbox.Later):
        return covered
    content = _render(agreement, witnessing.proof_of(executed) if executed else None)
    stored = pdf.store(content, Path(settings.DOCUMENTS))
    with transaction.atomic():
        locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
        if SealedDocument.objects.filter(agreement=locked).exists():
            return None
        row = SealedDocument(agreement=locked, version=agreement.frozen, sha256=stored.sha256, path=stored.path,
                             size=len(content), pages=_pages(content), made_at=now)  # fmt: skip
        event("document.sealed", locked, actor=SYSTEM, now=now, agency=None, changed=[row], sha256=stored.sha256,
              version=agreement.frozen.number)  # fmt: skip
    return None


def _render(agreement: Agreement, proof: witnessing.Proof | None) -> bytes:
    version = agreement.frozen
    if version is None:
        raise ValueError("Only a frozen text is rendered as the final document.")
    rows = agreement.signatures.filter(voided_at=None, version=version).select_related(
        "party__agency", "last_event"
    )
    shown = Event.objects.filter(stream=agreement.pk, private_to=None, action__in=LIFE).order_by("number")
    evidence = pdf.EvidenceFact(
        frozen_at=version.made_at,
        executed_at=agreement.executed_at,
        events=tuple(pdf.EventFact(number=row.number, at=row.at, what=sentence(row)) for row in shown),
        proof=pdf.ProofFact(proof.entry, proof.size, proof.signed) if proof else None,
    )
    return pdf.render(
        version.content, sha256=version.sha256, number=version.number, evidence=evidence,
        signatures=[_fact(row, agreement) for row in rows.order_by("signed_at")],
        verify_url=f"{settings.SITE_URL}{agreement.get_absolute_url()}", attached=_attached(version, proof),
    )  # fmt: skip


def _attached(version: Version, proof: witnessing.Proof | None) -> list[pdf.Attachment]:
    """The exact text that was signed, and the log's proof of the execution."""
    says = f"The canonical text, version {version.number}: the SHA-256 above is of exactly these bytes."
    files = [pdf.Attachment("agreement.json", version.canonical, says, "Data")]
    if proof is not None:
        says = f"Proof that the execution is entry {proof.entry} of the log, with the head signed over {proof.size} entries."
        files.append(pdf.Attachment("history-proof.txt", proof.text, says, "Supplement"))
    return files


def _fact(row: Signature, agreement: Agreement) -> pdf.SignatureFact:
    return pdf.SignatureFact(
        party=str(row.party_id), agency=row.agency_name, name=row.name, title=row.title,
        authority=row.authority_basis, intent=row.intent, method=row.authenticated_by, signed_at=row.signed_at,
        zone=agreement.timezone, event=row.last_event.number, consent=row.consent,
    )  # fmt: skip


def _pages(content: bytes) -> int:
    with pikepdf.open(BytesIO(content)) as document:
        return len(document.pages)
