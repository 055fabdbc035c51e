"""Existing agreements brought in: their file read and kept, their text as provisions, and what people confirmed.

A text still to be negotiated becomes a draft. One that was signed outside becomes a record in force like any other,
reminded and watched; that it was imported, by whom and from which file stays with it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from agencies.models import Agency, User
from agreements import docx, emails, outline, pdf, policy, textlayer
from agreements.keyterms import Terms, as_data
from agreements.lifecycle import STEPS, opened
from agreements.models import (
    Agreement,
    Batch,
    BatchState,
    Filing,
    InkSignature,
    Intake,
    Provenance,
    SealedDocument,
    Signature,
    SignatureRequest,
    Source,
    Stage,
    VersionReason,
)
from agreements.operations import dating, downloading, reasons
from agreements.operations.beginning import Agreed
from agreements.operations.drafting import PartySpec, draft
from agreements.operations.recording import event, version_of
from agreements.outline import UnreadableText
from agreements.prose import literal
from agreements.textlayer import Scanned

TYPES = (".docx", ".pdf", ".txt", ".md")
PUT_IN: tuple[tuple[type[Model], str], ...] = (
    (Filing, "file_sha256"), (InkSignature, "file_sha256"), (Signature, "file_sha256"), (SignatureRequest, "paper_sha256"),
)  # fmt: skip
"""Where else a stored file may be named: papers on file, and what belongs to signatures."""
MAX_FILE = 25 * 1024 * 1024
SCANNED = "The text of this agreement is in the file it was imported from, “{name}”, which could not be read as text."
SCAN_HERE = (
    "This PDF is a scan: its pages are pictures without text. Bring it in as an existing agreement instead, where its key "
    "terms are typed and the file is kept."
)


@dataclass(frozen=True)
class Kept:
    """A file that was read and kept: its name, hash and size, and its text as provisions."""

    name: str
    suffix: str
    sha256: str
    size: int
    readable: bool
    provisions: Sequence[Mapping[str, Any]]


def read(data: bytes, name: str) -> list[dict[str, Any]]:
    """The provisions in a .docx, .pdf, .txt or .md file. Raises outline.UnreadableText with what to do."""
    suffix = suffix_of(name)
    if suffix == ".docx":
        blocks = docx.read(data)
    elif suffix == ".pdf":
        blocks = outline.parse_text(textlayer.read(data).text, fmt="txt")
    else:
        blocks = outline.parse_text(outline.decode(data), fmt="md" if suffix == ".md" else "txt")
    return outline.to_provisions(blocks)


def suffix_of(name: str) -> str:
    """The kind of file by its name. Raises UnreadableText for one that is not read."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in TYPES:
        raise UnreadableText(
            "Choose a .docx, .pdf, .txt or .md file. Save other formats as one of these first."
        )
    return suffix


def keep(data: bytes, name: str, *, root: Path) -> Kept:
    """Read a file and keep it below `root`. A scan is kept too, with a sentence in place of its text."""
    suffix, called = suffix_of(name), called_by(name)
    readable = True
    try:
        provisions = read(data, name)
    except Scanned:
        readable, provisions = False, unread(called)
    stored = pdf.store(data, root, suffix=suffix)
    return Kept(called, suffix, stored.sha256, len(data), readable, provisions)


def called_by(name: str) -> str:
    """A file's own name as it can be shown: without directories and without characters that hide or turn others."""
    shown = "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else "\ufffd"
        for c in PurePath(name).name
    )
    return shown[-200:]


def unread(name: str) -> list[dict[str, Any]]:
    """The text of an agreement whose file is pictures."""
    return [{"part": "", "heading": "Text of the agreement", "text": SCANNED.format(name=literal(name)),
             "origin": "", "position": "own", "level": 1, "withheld": False}]  # fmt: skip


def import_text(
    *,
    data: bytes,
    name: str,
    title: str,
    kind: str,
    lead: Agency,
    partners: Sequence[PartySpec],
    actor: User,
    now: datetime,
    lead_roles: Sequence[str] = (),
) -> Agreement:
    """A new draft holding the file's text. The file's name is kept as its source."""
    try:
        provisions: list[Mapping[str, Any]] = list(read(data, name))
    except Scanned:
        raise UnreadableText(SCAN_HERE) from None
    return draft(title=title, lead=lead, partners=partners, actor=actor, now=now, kind=kind,
                 lead_roles=lead_roles, provisions=provisions, source_name=called_by(name))  # fmt: skip


@transaction.atomic
def begin_from(
    kept: Kept, *, title: str, kind: str, lead: Agency, partners: Sequence[PartySpec], terms: Terms, actor: User,
    now: datetime, lead_roles: Sequence[str] = (),
) -> Agreement:  # fmt: skip
    """A draft from a file, with the terms somebody confirmed; the file is kept with it."""
    made = draft(title=title, lead=lead, partners=partners, actor=actor, now=now, kind=kind, lead_roles=lead_roles,
                 provisions=kept.provisions, source_name=kept.name, agreed=_agreed(terms))  # fmt: skip
    source = _source(made, kept, terms, now)
    event("source.kept", made, actor=actor, now=now, agency=lead.pk, private_to=lead.pk, changed=[source],
          file=kept.name, sha256=kept.sha256)  # fmt: skip
    return made


@transaction.atomic
def enter(
    kept: Kept, *, title: str, kind: str, lead: Agency, partners: Sequence[PartySpec], terms: Terms, actor: User,
    now: datetime, lead_roles: Sequence[str] = (), batch: UUID | None = None, row: int | None = None,
) -> Agreement:  # fmt: skip
    """An agreement that was signed outside, as a record in force: its dates follow from the confirmed terms.

    Every party sees it, and that it was imported by `lead`. Raises ValidationError for terms that can't be so,
    PermissionDenied for people who do not draft for `lead`.
    """
    problems = terms.problems(today=now.astimezone(ZoneInfo(lead.timezone)).date())
    if problems:
        raise ValidationError(problems)
    made = draft(title=title, lead=lead, partners=partners, actor=actor, now=now, kind=kind, lead_roles=lead_roles,
                 provisions=kept.provisions, source_name=kept.name, agreed=_agreed(terms))  # fmt: skip
    version = version_of(made, reason=VersionReason.IMPORT, actor=actor, agency=lead.pk, now=now)
    source = _source(made, kept, terms, now, batch=batch, row=row)
    _in_force(made, terms, version.content, now)
    made.frozen = version
    event("agreement.imported", made, actor=actor, now=now, agency=lead.pk, changed=[version, source, made, *dating.cover(made, version=version)],
          file=kept.name, file_sha256=kept.sha256, sha256=version.sha256, lead=lead.name, terms=as_data(terms),
          batch=str(batch) if batch else None, row=row)  # fmt: skip
    if batch is None:  # of hundreds at once nobody wants a mail each
        emails.state_changed(made, f"Signed outside and imported by {lead.name}", actor=actor)
    return made


@transaction.atomic
def unimport(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Take back what was imported by mistake or with wrong terms; its history and its file stay. It can be imported anew."""
    locked = opened("unimport", agreement, actor=actor, today=policy.local_day(now, agreement))
    words = reasons.given(reason)
    locked.stage, locked.turn_since = Stage.ABANDONED, now
    event(STEPS["unimport"].event, locked, actor=actor, now=now, agency=locked.lead_id, changed=[locked, *dating.cover(locked)],
          reason=words)  # fmt: skip
    emails.state_changed(locked, f"The import was withdrawn: {words}", actor=actor)
    return locked


def already(lead: Agency, sha256: str) -> Source | None:
    """The agreement of `lead` that was brought in from the same bytes, if any."""
    return already_anywhere(sha256, [lead.pk])


def already_anywhere(sha256: str, leads: Iterable[UUID]) -> Source | None:
    """As `already`, for any of these agencies."""
    rows = Source.objects.filter(sha256=sha256, agreement__lead__in=list(leads)).select_related("agreement")
    return rows.exclude(agreement__stage=Stage.ABANDONED).order_by("kept_at").first()


def forget(files: Mapping[str, str], *, root: Path) -> None:
    """Delete stored files, SHA-256 to suffix, once this commits: all but those that something still refers to."""

    def delete() -> None:
        kept = _referred_to(files)
        for sha256, suffix in files.items():
            if sha256 not in kept:
                pdf.drop(sha256, root, suffix=suffix)

    transaction.on_commit(delete)


def _referred_to(wanted: Iterable[str]) -> set[str]:
    """Which of these files are of an agreement, a final document among them, or wait to become one."""
    hashes = list(wanted)
    kept = set(Source.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))
    kept |= set(SealedDocument.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))
    for model, column in PUT_IN:
        kept |= set(model._default_manager.filter(**{f"{column}__in": hashes}).values_list(column, flat=True))
    waiting = Intake.objects.filter(sha256__in=hashes, agreement=None, dropped_at=None)
    kept |= set(waiting.values_list("sha256", flat=True))
    for entries in Batch.objects.exclude(state__in=[BatchState.DONE, BatchState.DROPPED]).values_list(
        "files", flat=True
    ):
        kept |= {entry["sha256"] for entry in entries.values()}
    return kept


def _in_force(made: Agreement, terms: Terms, content: Mapping[str, Any], now: datetime) -> None:
    """Executed on the day it was signed, with the days that follow from its term."""
    signed = terms.signed_on or terms.begins
    if signed is None:
        raise ValidationError({"signed_on": "Give the day it was signed or the first day in force."})
    noon = datetime.combine(signed, time(12), ZoneInfo(made.timezone)).astimezone(UTC)
    made.stage, made.provenance = Stage.EXECUTED, Provenance.IMPORTED
    made.executed_at, made.shared_at = min(noon, now), now
    made.turn, made.turn_since = None, now
    dating.put(made, dating.reckoned(made, content, signed_on=signed))


def _agreed(terms: Terms) -> Agreed:
    begins = terms.begins
    return Agreed(terms.notice_days, {
        "effective_rule": "date" if begins else "last_signature", "effective_on": begins, "kind": terms.kind,
        "last_day": terms.last_day, "months": terms.months, "renewal": terms.renewal,
        "renewal_months": terms.renewal_months, "review_months": terms.review_months,
    })  # fmt: skip


def _source(
    made: Agreement,
    kept: Kept,
    terms: Terms,
    now: datetime,
    *,
    batch: UUID | None = None,
    row: int | None = None,
) -> Source:
    return Source(
        agreement=made, name=kept.name, sha256=kept.sha256, suffix=kept.suffix, size=kept.size, readable=kept.readable,
        signed_on=terms.signed_on, their_reference=terms.their_reference, batch=batch, row=row, kept_at=now,
    )  # fmt: skip


def source_for(agreement: Agreement, user: policy.Person, *, today: date) -> Source | None:
    """The file an agreement came from, if this person may know of it.

    What was signed outside is every party's; the file of a draft stays within the agency that put it in.
    """
    shared = agreement.provenance == Provenance.IMPORTED
    if not shared and agreement.lead_id not in policy.agencies_of(user, today=today):
        return None
    return agreement.sources.select_related("agreement").order_by("kept_at").first()


def take(source: Source, *, root: Path, actor: User, now: datetime) -> bytes:
    """The file an agreement came from, as `downloading.kept_file`."""
    return downloading.kept_file(
        source.agreement, source.sha256, action="source.downloaded", suffix=source.suffix, root=root, actor=actor, now=now,
        file=source.name, sha256=source.sha256,
    )  # fmt: skip
