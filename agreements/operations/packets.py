"""The packet: one ZIP with the agreement, its annexes, the evidence of its signing and the certificates to check it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.db import transaction

from agencies.models import User
from agreements import catalog, codes, pdf, policy
from agreements.dossier import evidence, slug
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Means, Provenance, SealedDocument
from agreements.operations.copying import NOT_YET
from agreements.operations.importing import source_for
from agreements.operations.recording import event
from audit import heads

Member = tuple[str, bytes]
README = """{reference}: the packet

Put together for {who} on {made} at {site}.

{main}
  {what}
annexes/
  what is on file beside it, as it was put in
evidence/
  agreement.json   the exact text that was signed; its SHA-256 is what every party signed
  signatures.json, approvals.json   who signed and approved, when, on what authority, and how they were known
  signed/          what was signed outside this site: PDFs with their signers' certificates, scans of signatures in ink
  head.txt         the newest signed head of the history when this was made
certificates/
  seal.pem         the certificate of the seal on the agreement, with those above it

Check that nothing was changed on the way:   sha256sum -c SHA256SUMS
Verify the agreement:   {site}/verify/{code}
"""


def packet(agreement: Agreement, out: IO[bytes], *, root: Path, actor: User, now: datetime) -> None:
    """Write the packet to `out`; taking it is recorded.

    Raises PermissionDenied, StepNotOpen while nothing is signed, and pdf.DocumentMissing for a file that is gone.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    members = list(_members(agreement, root, actor, now))
    folder = slug(agreement.reference, agreement.pk)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in members)
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in [*members, ("SHA256SUMS", sums.encode())]:
            info = ZipInfo(f"{folder}/{name}", date_time=now.astimezone(UTC).timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, content)
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    with transaction.atomic():
        event("packet.downloaded", agreement, actor=actor, now=now, agency=agency, files=len(members),
              sums=hashlib.sha256(sums.encode()).hexdigest())  # fmt: skip


def _members(agreement: Agreement, root: Path, actor: User, now: datetime) -> Iterator[Member]:
    sealed = (
        SealedDocument.objects.select_related("version", "certificate").filter(agreement=agreement).first()
    )
    source = source_for(agreement, actor, today=policy.local_day(now, agreement))
    imported = agreement.provenance == Provenance.IMPORTED and source is not None
    if sealed is not None:
        main, what = f"{agreement.reference}.pdf", "the final document, sealed after the last signature"
        yield main, pdf.load(sealed.sha256, root)
        yield "certificates/seal.pem", sealed.certificate.pem.encode()
    elif imported and source is not None:
        main = f"{agreement.reference}-as-signed{source.suffix}"
        what = "the file that was signed elsewhere and imported: the document of record"
        yield main, pdf.load(source.sha256, root, suffix=source.suffix)
    else:
        raise StepNotOpen(NOT_YET)
    code = f"\nwith the code   {codes.grouped(sealed.code)}" if sealed else ""
    yield "README.txt", README.format(
        reference=agreement.reference, who=actor.name, made=f"{now.astimezone(UTC):%Y-%m-%d %H:%M UTC}", main=main, what=what,
        site=f"{urlsplit(settings.SITE_URL).scheme}://{urlsplit(settings.SITE_URL).netloc}", code=code,
    ).encode()  # fmt: skip
    yield from _annexes(agreement, root)
    yield from _evidence(agreement, root)


def _annexes(agreement: Agreement, root: Path) -> Iterator[Member]:
    """What is on file and still counts, numbered in the order it was put in."""
    known = catalog.load().filings
    rows = agreement.filings.filter(withdrawn_at=None).exclude(file_sha256="").order_by("made_at", "id")
    for number, row in enumerate(rows, 1):
        yield f"annexes/{number:02}-{slug(known[row.kind].name, row.pk)}.pdf", pdf.load(row.file_sha256, root)


def _evidence(agreement: Agreement, root: Path) -> Iterator[Member]:
    if agreement.frozen is not None:
        yield "evidence/agreement.json", agreement.frozen.canonical.encode()
    yield from evidence(agreement, "evidence")
    rows = (
        agreement.signatures.filter(voided_at=None).exclude(means=Means.HERE).select_related("party__agency")
    )
    for row in rows.order_by("signed_at"):
        yield f"evidence/signed/{row.means}-{row.party.agency.slug}.pdf", pdf.load(row.file_sha256, root)
    head = heads.newest()
    if head is not None:
        yield "evidence/head.txt", head.note.encode()
