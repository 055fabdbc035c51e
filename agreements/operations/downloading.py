"""Taking the final document out of the house: a read that matters is an event."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from agencies.models import User
from agreements import docx, pdf, policy
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, SealedDocument, Version
from agreements.operations.recording import event


@transaction.atomic
def download(agreement: Agreement, *, root: Path, actor: User, now: datetime) -> bytes:
    """The final PDF, byte for byte as stored below `root`, with the download recorded.

    Raises PermissionDenied, StepNotOpen while there is no final document, and pdf.DocumentMissing if the stored
    file is gone or altered; nothing is recorded then.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    sealed = SealedDocument.objects.filter(agreement=agreement).first()
    if sealed is None:
        raise StepNotOpen("The final document is not there yet. It is made once every party has signed.")
    content = pdf.load(sealed.sha256, root)
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    event("document.downloaded", agreement, actor=actor, now=now, agency=agency, sha256=sealed.sha256)
    return content


def download_paper(version: Version, *, actor: User, now: datetime) -> bytes:
    """A version as a PDF, without any signature, with the download recorded.

    Raises PermissionDenied and pdf.RenderFailed; nothing is recorded then.
    """
    agreement = version.agreement
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    content = pdf.render(version.content, sha256=version.sha256, number=version.number)
    _taken(version, "pdf", actor=actor, now=now)
    return content


def download_word(version: Version, *, actor: User, now: datetime) -> bytes:
    """A version as a Word file to work on outside, with the download recorded. Raises PermissionDenied."""
    agreement = version.agreement
    policy.require(actor, "download", agreement, today=policy.local_day(now, agreement))
    note = f"Version {version.number}, text hash {version.sha256[:16]}"
    content = docx.write(version.content, note=note, made_at=version.made_at, version=version.number)
    _taken(version, "docx", actor=actor, now=now)
    return content


@transaction.atomic
def _taken(version: Version, format: str, *, actor: User, now: datetime) -> None:
    agreement = version.agreement
    agency = policy.acting_agency(actor, "download", agreement, today=policy.local_day(now, agreement))
    event(
        "version.downloaded",
        agreement,
        actor=actor,
        now=now,
        agency=agency,
        version=version.number,
        format=format,
    )
