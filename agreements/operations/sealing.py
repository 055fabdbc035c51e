"""The final document: rendered once from the frozen version, sealed once, kept by content hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pikepdf
import structlog
from django.conf import settings
from django.db import transaction

from agreements import codes, pdf
from agreements.models import Agreement, SealCertificate, SealedDocument, Signature, Version
from agreements.operations.recording import event
from agreements.pdf import keys, sealing
from audit import witnessing
from audit.models import Event
from audit.record import SYSTEM, record
from audit.sentences import sentence
from common import outbox
from common.locking import one_at_a_time

LIFE = ("agreement.drafted", "agreement.shared", "agreement.returned", "agreement.submitted", "agreement.approved",
        "agreement.frozen", "agreement.delegated", "agreement.signed", "ink.confirmed",
        "agreement.executed")  # fmt: skip
PATIENCE, AGAIN = timedelta(minutes=30), timedelta(minutes=2)
"""For how long a document waits for a time stamp authority that is away, and how often it asks; then it goes without."""
FIELDS = {
    sealing.FIELD: "Seal of the platform over the whole document, made after the last signature",
    sealing.ARCHIVE: "Time stamp over the whole document and what its seal is checked with",
}
INTRODUCED = "seal.introduced"
_INTRODUCING = 0x5EA1

log = structlog.get_logger(__name__)


@outbox.handler("pdf")
def seal(payload: Mapping[str, Any], *, now: datetime) -> outbox.Later | None:
    """Render, seal and keep the final document of an executed agreement, unless it has one.

    It waits, within limits, until a signed head of the log covers the execution: the proof goes with the document.
    The file is written before the row; a worker killed in between leaves a file that no row names, the worker of two
    that comes second takes its own away.
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
    level, code = settings.SEAL_LEVEL, codes.of(agreement.frozen.sha256)
    held = keys.installed(place(), now=now)
    plain = _render(agreement, held[1], witnessing.proof_of(executed) if executed else None)
    try:
        content = _sealed(plain, code, held, level, now=now)
    except sealing.NoTimestamp as away:
        log.warning("sealing.no_timestamp", error=str(away))
        if executed and now - executed.at < PATIENCE:
            return outbox.Later(now + AGAIN)
        level = "B-B"
        content = _sealed(plain, code, held, level, now=now)
    _keep(agreement, content, held[1], level, now=now)
    return None


def place() -> keys.Place:
    """Where the platform's key is, as configured."""
    return keys.Place(
        directory=settings.SEAL_DIR, name=f"Concordat at {urlsplit(settings.SITE_URL).hostname}",
        certificate=settings.SEAL_CERTIFICATE, key=settings.SEAL_KEY, passphrase=settings.SEAL_KEY_PASSPHRASE,
        token=settings.SEAL_TOKEN, label=settings.SEAL_TOKEN_LABEL, key_label=settings.SEAL_TOKEN_KEY,
        pin=settings.SEAL_TOKEN_PIN,
    )  # fmt: skip


def _sealed(plain: bytes, code: str, held: keys.Installed, level: str, *, now: datetime) -> bytes:
    signer, chain = held
    words = sealing.Words(
        name=place().name,
        reason="All parties have signed. This seal shows any later change.",
        place=str(urlsplit(settings.SITE_URL).hostname),
        contact=f"{settings.SITE_URL}/verify/ {codes.MARK}{code}",
    )
    return sealing.sealed(
        plain, signer, words, now=now,
        authority=sealing.Authority(settings.TIMESTAMP_URL) if level != "B-B" else None,
        archive=sealing.archive([chain.pem, *stamp_roots()]) if level == "B-LTA" else None,
    )  # fmt: skip


def stamp_roots() -> list[str]:
    """The roots of the time stamp authority, as PEM, where the operator named them."""
    return [Path(settings.TIMESTAMP_CA).read_text(encoding="ascii")] if settings.TIMESTAMP_CA else []


def _keep(agreement: Agreement, content: bytes, chain: keys.Chain, level: str, *, now: datetime) -> None:
    """The file, then its row; whoever comes second leaves the document that is there and drops the file it made.

    After an error nothing is dropped: a commit whose answer was lost may have named the file.
    """
    stored = pdf.store(content, Path(settings.DOCUMENTS))
    version = agreement.frozen
    with transaction.atomic():
        locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
        there = SealedDocument.objects.filter(agreement=locked).first()
        if there is None and version is not None:
            row = SealedDocument(agreement=locked, version=version, sha256=stored.sha256, path=stored.path,
                                 size=len(content), pages=_pages(content), certificate=introduced(chain, now=now),
                                 level=level, code=codes.of(version.sha256), made_at=now)  # fmt: skip
            event("document.sealed", locked, actor=SYSTEM, now=now, agency=None, changed=[row], sha256=stored.sha256,
                  version=version.number, level=level, certificate=chain.sha256)  # fmt: skip
    if there is not None and there.sha256 != stored.sha256:
        pdf.drop(stored.sha256, Path(settings.DOCUMENTS))


def introduced(chain: keys.Chain, *, now: datetime) -> SealCertificate:
    """The row of the certificate, written with an event of its own when it is used for the first time."""
    one_at_a_time(_INTRODUCING)
    known: SealCertificate | None = SealCertificate.objects.filter(sha256=chain.sha256).first()
    if known is not None:
        return known
    row = SealCertificate(
        sha256=chain.sha256, pem=chain.pem, subject=chain.subject, issuer=chain.issuer, first_used_at=now,
        valid_from=chain.leaf.not_valid_before_utc, valid_until=chain.leaf.not_valid_after_utc,
    )  # fmt: skip
    record(INTRODUCED, stream=row.pk, actor=SYSTEM, now=now, changed=[row], agency=None,
           facts={"subject": row.subject, "sha256": row.sha256})  # fmt: skip
    return row


def _render(agreement: Agreement, chain: keys.Chain, proof: witnessing.Proof | None) -> bytes:
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
        seal=pdf.SealFact(chain.subject, chain.issuer, chain.sha256),
    )
    return pdf.render(
        version.content, sha256=version.sha256, number=version.number, evidence=evidence,
        signatures=[fact(row, agreement) for row in rows.order_by("signed_at")],
        verify_url=f"{settings.SITE_URL}/verify/",
        verify_code=codes.grouped(codes.of(version.sha256)), attached=_attached(version, proof),
        fields=fields(settings.SEAL_LEVEL),
    )  # fmt: skip


def fields(level: str) -> list[tuple[str, str]]:
    """The places of signatures that a document of this level needs."""
    return [(name, says) for name, says in FIELDS.items() if name == sealing.FIELD or level == "B-LTA"]


def _attached(version: Version, proof: witnessing.Proof | None) -> list[pdf.Attachment]:
    """The exact text that was signed, and the log's proof of the execution."""
    says = f"The canonical text, version {version.number}: the SHA-256 above is of exactly these bytes."
    files = [pdf.Attachment("agreement.json", version.canonical, says, "Data")]
    if proof is not None:
        says = f"Proof that the execution is entry {proof.entry} of the log, with the head signed over {proof.size} entries."
        files.append(pdf.Attachment("history-proof.txt", proof.text, says, "Supplement"))
    return files


def fact(row: Signature, agreement: Agreement) -> pdf.SignatureFact:
    """A signature as documents show it."""
    return pdf.SignatureFact(
        party=str(row.party_id), agency=row.agency_name, name=row.name, title=row.title,
        authority=row.authority_basis, intent=row.intent, method=row.authenticated_by, signed_at=row.signed_at,
        zone=agreement.timezone, event=row.last_event.number, consent=row.consent, how=row.how,
    )  # fmt: skip


def _pages(content: bytes) -> int:
    with pikepdf.open(BytesIO(content)) as document:
        return len(document.pages)
