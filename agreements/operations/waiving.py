"""Setting a requirement aside for a time, and recording what is kept on file beside the text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import catalog, facts, pdf, policy
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Filing, Stage, Waiver
from agreements.operations import dating, downloading, reasons
from agreements.operations.recording import event
from agreements.reading import text_for
from agreements.requirements import Finding

MOST_BYTES = 3 * 1024 * 1024
"""The largest paper kept: what a program can send in one request."""
LONGEST = timedelta(days=366)
CLOSED = (Stage.DECLINED, Stage.ABANDONED)


def open_finding(
    agreement: Agreement, *, rule: str, subject: str, actor: User, today: date
) -> Finding | None:
    """What this rule found about this row in the text the actor reads, if it fails or is waived."""
    content = text_for(agreement, actor, today=today).content
    found = facts.judge(agreement, content, stage="after", today=today) if content else []
    open_ = (one for one in found if one.result in {"fail", "waived"})
    return next((one for one in open_ if (one.rule, one.subject_id) == (rule, subject)), None)


@transaction.atomic
def waive(
    agreement: Agreement,
    *,
    rule: str,
    reason: str,
    until: date,
    actor: User,
    now: datetime,
    subject: str = "",
) -> Waiver:
    """Set one requirement aside for one row (or the whole) up to and including `until`, at most a year ahead.

    Counsel of a party only. It stops counting after its last day, or when it is ended. What the event says holds no
    words of the text, which other parties may not have seen yet.
    """
    today = policy.local_day(now, agreement)
    locked, agency = _locked(agreement, actor, "waive", today)
    found = open_finding(locked, rule=rule, subject=subject, actor=actor, today=today)
    if found is None:
        raise StepNotOpen("There is nothing to waive: this check is in order, or does not apply.")
    if not found.waivable:
        raise StepNotOpen("This requirement can't be waived. Mend what it asks for.")
    reasons.given(reason)
    if not today <= until <= today + LONGEST:
        raise ValidationError({"until": "Give a last day from today on, within one year."})
    row = Waiver(agreement=locked, rule=rule, subject=subject, reason=reason.strip(), until=until, agency_id=agency,
                 by=actor, made_at=now)  # fmt: skip
    row.clean_fields(exclude=["last_event"])
    event("requirement.waived", locked, actor=actor, now=now, agency=agency, changed=[row], rule=rule,
          citation=found.citation, until=until.isoformat(), reason=row.reason)  # fmt: skip
    return row


@transaction.atomic
def end_waiver(waiver: Waiver, *, reason: str, actor: User, now: datetime) -> Waiver:
    """Let the requirement count again, at once. Counsel of the agency that waived it, or of any other party."""
    today = policy.local_day(now, waiver.agreement)
    locked, agency = _locked(waiver.agreement, actor, "waive", today)
    row = Waiver.objects.get(pk=waiver.pk)
    if row.withdrawn_at is not None:
        raise StepNotOpen("This waiver has ended already.")
    reasons.given(reason)
    row.withdrawn_at = now
    event("requirement.waiver_ended", locked, actor=actor, now=now, agency=agency, changed=[row], rule=row.rule,
          reason=reason.strip())  # fmt: skip
    return row


@transaction.atomic
def record_filing(
    agreement: Agreement,
    *,
    kind: str,
    values: Mapping[str, Any],
    file: bytes = b"",
    actor: User,
    now: datetime,
) -> Filing:
    """Record a paper that is kept on file; `values` are `reference`, `on`, and `party`, `until`, `amount`, `note`.

    `file` is the paper itself, a PDF; it is kept as it is, goes out as a download only, and nothing here opens it.
    """
    today = policy.local_day(now, agreement)
    locked, agency = _locked(agreement, actor, "file", today)
    row = Filing(agreement=locked, kind=kind, agency_id=agency, by=actor, made_at=now, **values)
    row.reference, row.note = row.reference.strip(), row.note.strip()
    row.clean_fields(exclude=["last_event", "agreement"])
    row.clean()
    row.file_sha256 = kept(file)
    event("filing.recorded", locked, actor=actor, now=now, agency=agency, changed=[row], **_said(row))
    _redated(locked, kind, actor, now)
    return row


@transaction.atomic
def withdraw_filing(filing: Filing, *, reason: str, actor: User, now: datetime) -> Filing:
    """Say that a paper no longer counts, with the reason; the record of it stays."""
    today = policy.local_day(now, filing.agreement)
    locked, agency = _locked(filing.agreement, actor, "file", today)
    row = Filing.objects.select_related("party__agency").get(pk=filing.pk)
    if row.withdrawn_at is not None:
        raise StepNotOpen("This was withdrawn already.")
    reasons.given(reason)
    row.withdrawn_at = now
    event("filing.withdrawn", locked, actor=actor, now=now, agency=agency, changed=[row], reason=reason.strip(),
          **_said(row))  # fmt: skip
    _redated(locked, row.kind, actor, now)
    return row


def _redated(agreement: Agreement, kind: str, actor: User, now: datetime) -> None:
    """What an agreement waited for moves its days."""
    changed = dating.anew(agreement) if kind in {dating.APPROVAL, dating.CONDITIONS} else []
    dating.announced(agreement, changed, actor=actor, now=now)


def kept(file: bytes) -> str:
    """The SHA-256 under which the paper is kept; empty when there is none."""
    if not file:
        return ""
    if len(file) > MOST_BYTES or not file.startswith(b"%PDF-"):
        raise ValidationError({"file": "Choose a PDF of at most 3 MB, or record the paper without it."})
    return pdf.store(file, Path(settings.DOCUMENTS)).sha256


def take_filing(filing: Filing, *, root: Path, actor: User, now: datetime) -> bytes:
    """The paper itself, as `downloading.kept_file`."""
    return downloading.kept_file(
        filing.agreement, filing.file_sha256, action="filing.downloaded", root=root, actor=actor, now=now,
        missing="Only the reference of this paper was recorded, not the paper itself.",
        sha256=filing.file_sha256, **_said(filing),
    )  # fmt: skip


def _said(row: Filing) -> dict[str, Any]:
    name = catalog.load().filings[row.kind].name
    of = f" for {row.party.agency.name}" if row.party else ""
    return {"kind": row.kind, "name": f"{name}{of}", "filed": f"{row.reference}, {row.on.isoformat()}"}


def _locked(agreement: Agreement, actor: User, action: str, today: date) -> tuple[Agreement, UUID]:
    policy.require(actor, action, agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    if locked.stage in CLOSED:
        raise StepNotOpen(f"Nothing more is recorded here: the agreement is “{locked.get_stage_display()}”.")
    return locked, policy.speaking_for(actor, action, locked, today=today)
