"""Many existing agreements at once: a table and its files put in, columns named, a trial, then row by row.

Each row is one job in the outbox: what it writes commits together with the mark that it is done, so that a kill
loses at most the row under way, and a row that is there already is never brought in twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet

from agencies.days import civil_day
from agencies.models import Agency, User
from agreements import keyterms, pdf, policy, sheets, unpacking
from agreements.models import Batch, BatchRow, BatchState, RowState
from agreements.operations import importing, rowwise
from agreements.operations.importing import MAX_FILE, TYPES
from agreements.outline import UnreadableText
from common import outbox

JOB = "import"
MAX_FILES = 5_000
MAX_TOTAL = 1_000_000_000
AT_ONCE = 3
CHUNK = 25
DAMAGED = "The ZIP is damaged or protected by a password. Make it again without a password."


def mine(user: User) -> QuerySet[Batch]:
    """The bulk imports this person began, the newest first."""
    return Batch.objects.filter(asked_by=user).select_related("lead").order_by("-asked_at")


def begin(
    *, table: bytes, table_name: str, archive: IO[bytes], lead: Agency, root: Path, actor: User, now: datetime
) -> Batch:
    """Put a table and its ZIP of files in; nothing is brought in yet.

    Raises PermissionDenied for people who do not draft for `lead`, UnreadableText and ValidationError with what to do.
    """
    if lead.pk not in policy.may_draft_for(actor, today=civil_day(now)):
        raise PermissionDenied(policy.refusal("edit"))
    open_ = mine(actor).exclude(state__in=[BatchState.DONE, BatchState.DROPPED])
    if open_.count() >= AT_ONCE:
        raise ValidationError(
            f"{AT_ONCE} bulk imports of yours are under way. Finish or give up one of them first."
        )
    sheet = sheets.read(table, table_name)
    files = _files(archive, root)
    with transaction.atomic():
        batch = Batch.objects.create(asked_by=actor, asked_at=now, lead=lead, name=PurePath(table_name).name[:200],
                                     header=list(sheet.header), mapping=keyterms.guessed(sheet.header), files=files)  # fmt: skip
        BatchRow.objects.bulk_create(
            [BatchRow(batch=batch, number=number, cells=list(cells)) for number, cells in sheet.rows],
            batch_size=500,
        )
    return batch


def _files(archive: IO[bytes], root: Path) -> dict[str, dict[str, Any]]:
    """Every file of a kind we read, kept by its hash, under its name in small letters; directories do not matter."""
    found: dict[str, dict[str, Any]] = {}
    total = 0
    with unpacking.opened(archive, damaged=DAMAGED) as opened:
        parts = [part for part in opened.infolist() if not part.is_dir() and "__MACOSX" not in part.filename]
        if len(parts) > MAX_FILES:
            raise UnreadableText(f"The ZIP holds more than {MAX_FILES:,} files. Divide it into several.")
        for part in parts:
            name = PurePosixPath(part.filename.replace("\\", "/")).name
            suffix = PurePosixPath(name).suffix.lower()
            if suffix not in TYPES:
                continue
            content = unpacking.member(opened, part, most=MAX_FILE, damaged=DAMAGED)
            total += len(content)
            if total > MAX_TOTAL:
                raise UnreadableText(
                    "The ZIP unpacks to more than 1 GB and was refused. Divide it into several."
                )
            if keyterms.file_key(name) in found:
                raise UnreadableText(f"The ZIP holds two files named “{name[:80]}”. Give each its own name.")
            stored = pdf.store(content, root, suffix=suffix)
            found[keyterms.file_key(name)] = {
                "name": name[:200],
                "sha256": stored.sha256,
                "suffix": suffix,
                "size": len(content),
            }
    return found


@transaction.atomic
def check(batch: Batch, *, mapping: Mapping[str, int], actor: User, now: datetime) -> Batch:
    """Say which column holds which term, and try every row without bringing anything in."""
    row = _mine(batch, actor, {BatchState.MAPPING, BatchState.CHECKED})
    wrong = {
        name: place
        for name, place in mapping.items()
        if name not in keyterms.BY_KEY or place >= len(row.header)
    }
    lacking = [
        column.name
        for column in keyterms.COLUMNS
        if (column.must or column.key == "file") and column.key not in mapping
    ]
    if wrong:
        raise ValidationError("There is no such term or column.")
    if len(set(mapping.values())) < len(mapping):
        raise ValidationError("A column can hold one term only. Choose another for one of the two.")
    if lacking:
        raise ValidationError(f"Say which column holds: {', '.join(lacking)}.")
    BatchRow.objects.filter(batch=row).exclude(state=RowState.DONE).update(state=RowState.NEW, problems=[])
    row.mapping, row.state, row.reached = dict(mapping), BatchState.CHECKING, 0
    return _next(row)


@transaction.atomic
def run(batch: Batch, *, actor: User, now: datetime) -> Batch:
    """Bring the rows in that are ready. The faulty ones stay out, with their reasons."""
    row = _mine(batch, actor, {BatchState.CHECKED})
    if row.lead_id not in policy.may_draft_for(actor, today=civil_day(now)):
        raise PermissionDenied(policy.refusal("edit"))
    if not row.rows.filter(state=RowState.READY).exists():
        raise ValidationError("No row is ready. Mend the table and put it in again.")
    row.state, row.reached = BatchState.RUNNING, 0
    return _next(row)


@transaction.atomic
def drop(batch: Batch, *, actor: User, now: datetime) -> None:
    """Give a bulk import up, also one under way: what was brought in stays, nothing more is."""
    row = _mine(batch, actor, set(BatchState) - {BatchState.DONE, BatchState.DROPPED})
    row.state, row.finished_at = BatchState.DROPPED, now
    row.save(update_fields=["state", "finished_at"])
    _forget(row)


def _mine(batch: Batch, actor: User, states: set[Any]) -> Batch:
    row = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if row.asked_by_id != actor.pk:
        raise PermissionDenied("Only the person who began a bulk import can go on with it.")
    if row.state not in states:
        raise ValidationError(f"This can't be done now: {row.get_state_display().lower()}.")
    return row


def _next(row: Batch) -> Batch:
    """Put the next job; each turn is numbered so that it exists once."""
    row.turn += 1
    row.save()
    outbox.put(JOB, f"{JOB}:{row.pk}:{row.turn}", {"batch": str(row.pk), "turn": row.turn})
    return row


@outbox.handler(JOB)
def work(payload: Mapping[str, Any], *, now: datetime) -> None:
    """One turn: try some rows, or bring one in; then the next turn, until none is left."""
    batch = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("lead", "asked_by")
        .get(pk=payload["batch"])
    )
    if not batch.working or batch.turn != payload["turn"]:
        return
    checking = batch.state == BatchState.CHECKING
    rows = batch.rows.filter(state=RowState.NEW if checking else RowState.READY, number__gt=batch.reached)
    taken = list(islice(rows.order_by("number").iterator(), CHUNK if checking else 1))
    if not taken:
        batch.state = BatchState.CHECKED if checking else BatchState.DONE
        batch.finished_at = None if checking else now
        batch.save()
        if not checking:
            _forget(batch)
        return
    if checking:
        rowwise.check(batch, taken, root=Path(settings.DOCUMENTS), now=now)
    else:
        rowwise.bring_in(batch, taken[0], root=Path(settings.DOCUMENTS), now=now)
    batch.reached = taken[-1].number
    _next(batch)


def tally(batch: Batch) -> dict[str, int]:
    """How many rows are in each state, and in all."""
    counts = dict(batch.rows.values_list("state").annotate(n=Count("pk")).order_by())
    return {state.value: counts.get(state.value, 0) for state in RowState} | {"all": sum(counts.values())}


def _forget(batch: Batch) -> None:
    """Delete the files that no agreement was made from."""
    held = {entry["sha256"]: entry["suffix"] for entry in batch.files.values()}
    importing.forget(held, root=Path(settings.DOCUMENTS))
