"""Making a dossier: jobs that follow one another, each doing a part that may be done again after a death.

Collect the documents, one agreement a job; record in the history that the dossier is made, by the hash of its
manifest; enter that record in the log; wait until the notary has signed a head over it; write the file.
Whether the asker may still have it is asked again before each part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from agencies.models import Agency
from agreements import docx, dossier, emails, pdf
from agreements.models import Agreement, Dossier, DossierState, Provenance, SealedDocument
from agreements.operations import dossiers, packing
from agreements.operations.recording import event
from agreements.texts import newest
from audit import bundle, heads, log
from audit.models import Event, Stream
from audit.record import record
from common import outbox

INCLUDED = 200
CHUNK = 2000
LOOKS, LOOK_SECONDS = 10, 0.2
WAIT = timedelta(seconds=5)
TRIES = 3
PATIENCE = 60.0
"""Seconds after which a page says that the notary should have signed by now."""

logger = structlog.get_logger(__name__)


@outbox.handler(dossiers.JOB)
def make(payload: Mapping[str, Any], *, now: datetime) -> None:
    """Do the next part of a dossier and put the job for the one after."""
    rows = Dossier.objects.select_for_update(of=("self",)).select_related("asked_by", "agency")
    row = rows.filter(pk=payload["dossier"], turns=payload["turn"]).first()
    if row is None or row.finished:
        return
    if not dossiers.still_permitted(row, now=now):
        row.state, row.note = DossierState.REFUSED, dossiers.CHANGED
        dossiers.clear_later(row, now=now)
        row.save()
        return
    before = row.state
    PARTS[DossierState(row.state)](row, now)
    waiting = before == row.state == DossierState.SIGNING
    row.turns += 1
    row.save()
    if not row.finished:
        dossiers.next_turn(row, after=now + WAIT if waiting else now)


def _collect(row: Dossier, now: datetime) -> None:
    """The files of the next history. The first turn only enters the log, so that entries have their places."""
    if row.turns == 0:
        log.enter()
        return
    stream, reader = row.streams[row.done], dossier.Reader(frozenset(row.own))
    for _ in range(TRIES):
        reach = _size(stream)
        _keep(row, _files(row, stream, reader, reach))
        if _size(stream) == reach:
            break
    row.reach = {**row.reach, str(stream): reach}
    row.done += 1
    if row.done == len(row.streams):
        _keep(row, packing.overview(row))
        row.state = DossierState.RECORDING


def _files(
    row: Dossier, stream: UUID, reader: dossier.Reader, reach: int
) -> Iterable[tuple[str, bytes | Iterable[bytes]]]:
    """The documents and the history of one agreement, or the history of the agency itself."""

    def events() -> Iterable[Event]:
        found = Event.objects.filter(stream=stream, number__lte=reach).select_related("entry")
        return found.order_by("number").iterator(chunk_size=CHUNK)

    if stream == row.agency_id:
        agency = Agency.objects.get(pk=stream)
        at, title = f"history/{packing.agency_folder(agency)}", f"{agency.name}, history"
    else:
        agreement = Agreement.objects.get(pk=stream)
        yield from dossier.members(agreement, reader, final=_final(row, agreement), word=_word(agreement),
                                   source=_source(row, agreement))  # fmt: skip
        at, title = f"history/{dossier.folder_of(agreement)}", f"{agreement.reference}, history"
    yield from dossier.histories(events, reader, at=at, title=title)


def _word(agreement: Agreement) -> bytes | None:
    """The newest version as a Word file to work on; nothing before the first."""
    version = newest(agreement)
    if version is None:
        return None
    note = f"Version {version.number}, text hash {version.sha256[:16]}"
    return docx.write(version.content, note=note, made_at=version.made_at)


def _final(row: Dossier, agreement: Agreement) -> bytes | None:
    """The signed PDF as stored; one that is lost is said so, and the dossier is made without it."""
    sealed = SealedDocument.objects.filter(agreement=agreement).first()
    if sealed is None:
        return None
    try:
        return pdf.load(sealed.sha256, Path(settings.DOCUMENTS))
    except pdf.DocumentMissing as missing:
        logger.error("dossier.document_missing", agreement=str(agreement.pk), sha256=sealed.sha256)
        row.note = f"The signed document of {agreement.reference} is not in it. {missing}"[:500]
        return None


def _source(row: Dossier, agreement: Agreement) -> tuple[str, bytes] | None:
    """The file of an agreement that was signed outside, under the kind of file it is; one that is lost is said so."""
    source = agreement.sources.order_by("kept_at").first()
    if source is None or agreement.provenance != Provenance.IMPORTED:
        return None
    try:
        return source.suffix, pdf.load(source.sha256, Path(settings.DOCUMENTS), suffix=source.suffix)
    except pdf.DocumentMissing as missing:
        logger.error("dossier.source_missing", agreement=str(agreement.pk), sha256=source.sha256)
        row.note = f"The file that {agreement.reference} was imported from is not in it. {missing}"[:500]
        return None


def _keep(row: Dossier, files: Iterable[tuple[str, bytes | Iterable[bytes]]]) -> None:
    """Write files below the dossier's folder, over what an earlier try may have left."""
    for name, content in files:
        target = dossiers.folder(row) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for part in (content,) if isinstance(content, bytes) else content:
                file.write(part)


class _MovedOn(Exception):
    """Something was done meanwhile in the history in which the dossier is recorded."""


def _record(row: Dossier, now: datetime) -> None:
    """Say in the history that the dossier is made, by its manifest's hash and how far each history goes.

    In its own history the record must follow at once on the last event collected, or one would be missing between:
    otherwise the record is taken back and that history is collected again.
    """
    manifest = packing.manifest(row)
    told = {"dossier": str(row.pk), "title": row.title, "scope": row.scope, "manifest": manifest,
            "streams": packing.streams(row)}  # fmt: skip
    try:
        with transaction.atomic():
            made = record("dossier.made", stream=row.stream, actor=row.asked_by, now=now, facts=told,
                          agency=dossiers.acting(row, now=now))  # fmt: skip
            if made.number != row.reach.get(str(row.stream), made.number - 1) + 1:
                raise _MovedOn
    except _MovedOn:
        row.streams = [stream for stream in row.streams if stream != row.stream] + [row.stream]
        row.done, row.state = len(row.streams) - 1, DossierState.COLLECTING
        return
    row.manifest, row.made_event, row.done = manifest, made.pk, 0
    row.state = DossierState.ENTERING


def _enter(row: Dossier, now: datetime) -> None:
    """Let every agreement's history say that it is in the dossier; then into the log, and ask for a head over it."""
    others = [s for s in row.streams if s not in {row.stream, row.agency_id}]
    for agreement in Agreement.objects.filter(pk__in=sorted(others)[row.done : row.done + INCLUDED]).order_by(
        "pk"
    ):
        event("dossier.included", agreement, actor=row.asked_by, now=now, agency=row.agency_id,
              dossier=str(row.pk), manifest=row.manifest)  # fmt: skip
    row.done = min(row.done + INCLUDED, len(row.streams))
    if row.done >= len(others):
        heads.ask()
        row.done, row.waiting_since, row.state = len(row.streams), now, DossierState.SIGNING


def _await(row: Dossier, now: datetime) -> None:
    """Look a few times for a head over the record; if there is none yet, look again in a later job."""
    seq = packing.seq(row)
    for _ in range(LOOKS):
        if seq is not None and heads.covering(seq) is not None:
            row.state = DossierState.PACKING
            return
        time.sleep(LOOK_SECONDS)
    heads.ask()


def _pack(row: Dossier, now: datetime) -> None:
    """Write the ZIP, keep it under its hash, tell whoever asked, and say when it will be deleted."""
    try:
        packing.pack(row)
    except bundle.Unfit as unfit:
        logger.error("dossier.unfit", dossier=str(row.pk), reason=str(unfit))
        row.state, row.note = (
            DossierState.REFUSED,
            f"It could not be proved, and so was not made: {unfit}"[:500],
        )
        return
    row.made_at, row.expires_at, row.state = now, dossiers.kept_until(now), DossierState.READY
    dossiers.clear_later(row, now=now)
    emails.dossier_ready(row)
    outbox.put(dossiers.END, f"{dossiers.END}:{row.pk}", {"dossier": str(row.pk)}, run_after=row.expires_at)


PARTS: dict[DossierState, Callable[[Dossier, datetime], None]] = {
    DossierState.COLLECTING: _collect,
    DossierState.RECORDING: _record,
    DossierState.ENTERING: _enter,
    DossierState.SIGNING: _await,
    DossierState.PACKING: _pack,
}


def _size(stream: UUID) -> int:
    return Stream.objects.filter(pk=stream).values_list("size", flat=True).first() or 0
