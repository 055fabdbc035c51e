"""One row of a bulk import: what is wrong with it, and bringing it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.days import civil_day
from agencies.models import Agency
from agreements import catalog, keyterms, pdf
from agreements.models import Batch, BatchRow, RowState, Source
from agreements.operations import importing
from agreements.operations.drafting import PartySpec
from agreements.outline import UnreadableText

Problem = tuple[str, str]


def check(batch: Batch, rows: Sequence[BatchRow], *, root: Path, now: datetime) -> None:
    """Try rows without bringing anything in: each becomes ready, or faulty with every reason found."""
    names = _names()
    for row in rows:
        read = _understood(batch, row, now)
        problems = list(read.problems)
        problems += _partners(batch, read.partners, names)[1] if read.partners else []
        problems += _file(batch, row, read.file, root)
        row.state = RowState.FAULTY if problems else RowState.READY
        row.problems = [{"column": column, "says": says} for column, says in problems]
    BatchRow.objects.bulk_update(rows, ["state", "problems"], batch_size=100)


def bring_in(batch: Batch, row: BatchRow, *, root: Path, now: datetime) -> None:
    """Make the agreement of one row. What can't be done any more makes the row faulty and stops nothing else."""
    try:
        with transaction.atomic():
            row.agreement = _made(batch, row, root, now)
            row.state, row.problems = RowState.DONE, []
    except (ValidationError, PermissionDenied, UnreadableText, pdf.DocumentMissing) as refused:
        row.agreement, row.state = None, RowState.FAULTY
        row.problems = [{"column": "", "says": words} for words in _words(refused)]
    row.save(update_fields=["agreement", "state", "problems"])


def _made(batch: Batch, row: BatchRow, root: Path, now: datetime) -> Any:
    before = Source.objects.filter(batch=batch.pk, row=row.number).select_related("agreement").first()
    if before is not None:
        return before.agreement
    read = _understood(batch, row, now)
    partners, problems = _partners(batch, read.partners, _names())
    problems = [*read.problems, *problems]
    entry = batch.files.get(keyterms.file_key(read.file))
    if problems or entry is None:
        raise ValidationError([says for _, says in problems] or ["Its file is not among those put in."])
    kept = importing.keep(pdf.load(entry["sha256"], root, suffix=entry["suffix"]), entry["name"], root=root)
    return importing.enter(
        kept, title=read.title, kind=read.kind, lead=batch.lead, partners=[PartySpec(agency) for agency in partners],
        terms=read.terms, actor=batch.asked_by, now=now, batch=batch.pk, row=row.number,
    )  # fmt: skip


def _words(refused: Exception) -> list[str]:
    return list(refused.messages) if isinstance(refused, ValidationError) else [str(refused)]


def _understood(batch: Batch, row: BatchRow, now: datetime) -> keyterms.Read:
    known = catalog.load().kinds.values()
    kinds = {word.lower(): kind.key for kind in known for word in (kind.key, kind.name)}
    return keyterms.understood(row.cells, batch.mapping, kinds=kinds, today=civil_day(now))


def _names() -> Mapping[str, set[UUID]]:
    """Which agencies are meant by a name, a short name, an ORI or a slug, in small letters."""
    found: dict[str, set[UUID]] = defaultdict(set)
    fields = ("pk", "name", "short_name", "legal_name", "slug", "ori")
    for pk, *names in Agency.objects.filter(active=True).values_list(*fields):
        for name in names:
            if name:
                found[str(name).casefold()].add(pk)
    return found


def _partners(
    batch: Batch, named: Sequence[str], names: Mapping[str, set[UUID]]
) -> tuple[list[Agency], list[Problem]]:
    """The partner agencies; one's own may be named among the parties and is passed over."""
    problems: list[Problem] = []
    keys: list[UUID] = []
    for name in named:
        found = names.get(" ".join(name.split()).casefold(), set())
        if len(found) == 1:
            keys += [pk for pk in found if pk not in keys and pk != batch.lead_id]
        elif found:
            problems.append(
                ("partners", f"“{name[:80]}” means more than one agency. Use its full name or ORI.")
            )
        else:
            problems.append(
                ("partners", f"“{name[:80]}” is no agency registered here. Register it, or mend the name.")
            )
    if not keys and not problems:
        problems.append(("partners", "Only your own agency is named. Name a partner."))
    agencies = {agency.pk: agency for agency in Agency.objects.filter(pk__in=keys)}
    return [agencies[pk] for pk in keys], problems


def _file(batch: Batch, row: BatchRow, name: str, root: Path) -> list[Problem]:
    """What is wrong with the row's file: missing, named twice, brought in before, or not to be read."""
    if not name:
        return [("file", "No file is named.")]
    entry = batch.files.get(keyterms.file_key(name))
    if entry is None:
        return [("file", f"“{name[:80]}” is not in the ZIP, or is no .docx, .pdf, .txt or .md file.")]
    place = batch.mapping["file"]
    twin = (
        batch.rows.filter(number__lt=row.number, **{f"cells__{place}__iexact": row.cells[place]})
        .order_by("number")
        .first()
    )
    if twin is not None:
        return [("file", f"Row {twin.number} names the same file. Each agreement has its own.")]
    before = importing.already(batch.lead, entry["sha256"])
    if before is not None:
        return [("file", f"This file was brought in before: it is {before.agreement.reference}.")]
    try:
        importing.keep(pdf.load(entry["sha256"], root, suffix=entry["suffix"]), entry["name"], root=root)
    except (UnreadableText, pdf.DocumentMissing) as unreadable:
        return [("file", str(unreadable))]
    return []
