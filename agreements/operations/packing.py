"""From the collected files, the events and the heads to the one ZIP that proves itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncDate

from agencies.models import Agency
from agreements import dossier, pdf
from agreements.dossier.texts import page
from agreements.lifecycle import STEPS
from agreements.models import Agreement, Dossier
from agreements.operations.dossiers import folder
from audit import bundle, checkpoints, heads
from audit.log import Reading
from audit.models import LOG_STREAM, Checkpoint, Entry, Event

FEW = 500
"""Histories named one by one in the record; more are named by the hash of a file that lists them."""
HEADS = 500
LIST = "history/streams.txt"
EPOCH = "log.epoch_declared"
CHUNK = 2000
TURNS = tuple(
    sorted(
        {step.event for step in STEPS.values() if step.target}
        | {"agreement.executed", "agreement.imported", "agreement.signed", "ink.confirmed"}
    )
)
"""After these the notary signs at once."""
FORKED = (
    "The head you gave bears the signature of this log’s key, but this log does not begin with what it signed. "
    "Keep that head, and show it to an auditor: it is evidence that this history was rewritten."
)


def overview(row: Dossier) -> Iterator[tuple[str, bytes]]:
    """The page that leads to every agreement, and, when they are many, the list of how far each history goes."""
    agreements = Agreement.objects.filter(pk__in=row.streams).order_by("reference")
    shown = [(dossier.folder_of(each), str(each)) for each in agreements]
    agency = agency_folder(row.agency) if row.agency else ""
    facts = {"agreements": shown, "agency": agency, "asked_by": row.asked_by.label, "asked_at": row.asked_at}
    yield "documents/index.html", page("whole", f"Dossier of {row.title}", **facts)


def agency_folder(agency: Agency) -> str:
    """The name of the folder with an agency's own history."""
    return dossier.slug(f"agency-{agency.slug}", agency.pk)


def manifest(row: Dossier) -> str:
    """The SHA-256 of the list of all that is in it."""
    if len(row.reach) > FEW:
        (folder(row) / LIST).write_text(_listed(row), encoding="ascii")
    return bundle.manifest(documents(row)).sha256


def streams(row: Dossier) -> dict[str, Any] | str:
    """How far each history goes, as the record says it; of many, the hash of the list."""
    if len(row.reach) > FEW:
        return hashlib.sha256(_listed(row).encode("ascii")).hexdigest()
    return dict(row.reach)


def _listed(row: Dossier) -> str:
    return "".join(f"{stream} {number}\n" for stream, number in sorted(row.reach.items()))


def documents(row: Dossier) -> list[tuple[str, Path]]:
    """The collected files by their names."""
    root = folder(row)
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return [(path.relative_to(root).as_posix(), path) for path in files]


def seq(row: Dossier) -> int | None:
    """The place in the log of the record that it was made."""
    found: int | None = Entry.objects.filter(event=row.made_event).values_list("seq", flat=True).first()
    return found


def pack(row: Dossier) -> None:
    """Write the ZIP, keep it under its hash and note what it holds. Raises bundle.Unfit for what can't be proved."""
    reader = dossier.Reader(frozenset(row.own))
    covering = heads.covering(seq(row) or 0)
    if covering is None:
        raise bundle.Unfit("No signed head covers the record of this dossier.")
    if bundle.manifest(documents(row)).sha256 != row.manifest:
        raise bundle.Unfit("The collected documents are no longer those that were recorded.")
    counted = _Counted(_events(row))
    root = Path(settings.DOCUMENTS)
    with NamedTemporaryFile(dir=root, prefix=".dossier-", delete=False) as target:
        made = Path(target.name)
        try:
            bundle.write(
                target, documents=documents(row), events=counted, withheld=lambda event: counted.hidden(reader, event),  # type: ignore[arg-type]
                checkpoint=covering.note, heads=_earlier(row, covering), key=heads.vkey(),
            )  # fmt: skip
            target.flush()
            stored = pdf.keep(made, _sha256(made), root, suffix=".zip")
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    row.sha256, row.path, row.size = stored.sha256, stored.path, (root / stored.path).stat().st_size
    row.entries, row.withheld, row.head_size = counted.entries, counted.withheld, covering.size


class _Counted:
    """The events on their way into the file, counted."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events, self.entries, self.withheld = events, 0, 0

    def __iter__(self) -> Iterator[Event]:
        for event in self.events:
            self.entries += 1
            yield event

    def hidden(self, reader: dossier.Reader, event: Event) -> bool:
        """Whether only its hash goes in."""
        found = reader.withheld(event)
        self.withheld += found
        return found


def _events(row: Dossier) -> Iterable[Event]:
    """The histories as far as the record says they go, every declaration of an epoch, and the record, in the log's order."""
    reached = RawSQL(
        "SELECT e.id FROM unnest(%s::uuid[], %s::bigint[]) AS w(stream, reach) "
        "JOIN audit_event e ON e.stream = w.stream AND e.number <= w.reach",
        (list(row.reach), list(row.reach.values())),
    )
    wanted = Q(pk__in=reached) | Q(pk=row.made_event) | Q(stream=LOG_STREAM, action=EPOCH)
    found = (
        Event.objects.filter(wanted, entry__seq__lte=seq(row)).select_related("entry").order_by("entry__seq")
    )
    rows: Iterable[Event] = found.iterator(chunk_size=CHUNK)
    return rows


def _earlier(row: Dossier, covering: Checkpoint) -> list[str]:
    """Heads published earlier: the held one, those after the agreements' own turns, the last of each day."""
    earlier = Checkpoint.objects.filter(
        Q(epoch=covering.epoch, size__lt=covering.size) | Q(epoch__lt=covering.epoch)
    )
    found = {note.pk: note for note in [*_after_turns(row, earlier), *_daily(earlier)][:HEADS]}
    notes = [note.note for note in found.values()]
    return [*notes, *_held(row, covering, notes)]


def _after_turns(row: Dossier, earlier: QuerySet[Checkpoint]) -> list[Checkpoint]:
    """For each step in the life of these agreements, the first head that covers it."""
    places = Entry.objects.filter(event__stream__in=list(row.reach), event__action__in=TURNS)
    found: dict[int, Checkpoint] = {}
    for place in places.order_by("-seq").values_list("seq", flat=True)[:HEADS]:
        head = earlier.filter(size__gte=place).order_by("epoch", "size").first()
        if head is not None:
            found[head.pk] = head
    return list(found.values())


def _daily(earlier: QuerySet[Checkpoint]) -> list[Checkpoint]:
    """The last head of each day, the newest days first."""
    days = earlier.annotate(day=TruncDate("signed_at", tzinfo=UTC))
    return list(days.order_by("-day", "-epoch", "-size").distinct("day")[:HEADS])


def _held(row: Dossier, covering: Checkpoint, notes: list[str]) -> list[str]:
    """The head its asker holds, if it can stand in the file; what is wrong with it is noted."""
    if not row.held or row.held in notes:
        return []
    held = checkpoints.parse(row.held).head
    if (held.epoch, held.size) >= (covering.epoch, covering.size):
        if held.epoch != covering.epoch or held.size > covering.size:
            row.note = (
                "The head you gave is newer than this dossier’s own. Ask for a dossier once more, later."
            )
        return []
    if held.epoch == covering.epoch and Reading().hashes(0, held.size) != held.root:
        row.note = FORKED
        return []
    same_size = {(read.epoch, read.size) for read in (checkpoints.parse(note).head for note in notes)}
    return [] if (held.epoch, held.size) in same_size else [row.held]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def verifier_sha256() -> str:
    """The hash of the program by which a dossier is checked, as every dossier holds it."""
    return hashlib.sha256(bundle.SHIPPED["verify.py"].read_bytes()).hexdigest()
