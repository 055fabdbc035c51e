"""Taking the final document out of the house: a read that matters is an event."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from agencies.models import User
from agreements import docx, pdf, policy
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, SealedDocument, Version
from agreements.operations.recording import event


def kept_file(
    agreement: Agreement,
    place: str,
    *,
    action: str,
    missing: str = "The file is not there.",
    suffix: str = ".pdf",
    root: Path,
    actor: User,
    now: datetime,
    **facts: Any,
) -> bytes:
    """The file stored below `root` under the hash `place`, byte for byte, with the download recorded as `action`.

    Raises PermissionDenied, StepNotOpen with the words `missing` where there is none, and pdf.DocumentMissing if the
    stored file is gone or altered; nothing is recorded then.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    if not place:
        raise StepNotOpen(missing)
    content = pdf.load(place, root, suffix=suffix)
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    with transaction.atomic():
        event(action, agreement, actor=actor, now=now, agency=agency, **facts)
    return content


def download(agreement: Agreement, *, root: Path, actor: User, now: datetime) -> bytes:
    """The final PDF, as `kept_file`."""
    sealed = SealedDocument.objects.filter(agreement=agreement).first()
    place = sealed.sha256 if sealed else ""
    return kept_file(
        agreement, place, action="document.downloaded", sha256=place, root=root, actor=actor, now=now,
        missing="The final document is not there yet. It is made once every party has signed.",
    )  # fmt: skip


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
