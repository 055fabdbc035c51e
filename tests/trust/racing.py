"""What `tests.trust.races` does with the product, once Django is set up."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

from django.conf import settings
from django.db import connection

from agreements import pdf
from agreements.models import Agreement, SealedDocument, SignatureRequest, Stage
from agreements.operations import sealing
from audit.models import Event
from common.models import Job
from tests import builders, notarising
from tests.agreements.attacks.scene import out_for_signature, third_party
from tests.builders import NOW
from tests.trust import races


def build(pairs: int, triples: int) -> list[UUID]:
    """So many agreements of two and of three parties, all out for signature in any order."""
    made = builders.world()
    third_party(made)
    found = [out_for_signature(made).pk for _ in range(pairs)]
    return found + [out_for_signature(made, keys=races.THREE, order=(1, 1, 1)).pk for _ in range(triples)]


def open_requests(agreement: UUID) -> list[UUID]:
    """The requests of one agreement that are open."""
    return races.signers(Agreement.objects.get(pk=agreement))


def signed(agreement: UUID, request: UUID, barrier: Barrier) -> str:
    """Sign as whoever is asked, when everybody is ready; the words of a refusal, if any."""
    try:
        row = SignatureRequest.objects.select_related("signatory", "agreement").get(pk=request)
        barrier.wait(30)
        builders.sign(row.agreement, row.signatory)
    except Exception as refused:
        return f"{agreement}: {type(refused).__name__} {refused}"
    finally:
        connection.close()
    return ""


def seal(agreements: Sequence[UUID]) -> None:
    """Two workers go for each document at the same time."""
    notarising.sign()
    for key in agreements:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_sealed, [key, key]))


def _sealed(agreement: UUID) -> None:
    try:
        sealing.seal({"agreement": str(agreement)}, now=NOW)
    finally:
        connection.close()


def unnamed(agreements: Sequence[UUID]) -> list[str]:
    """The files in the store that no document of these agreements names."""
    rows = SealedDocument.objects.filter(agreement__in=agreements)
    strange = {file.stem for file in Path(settings.DOCUMENTS).rglob("*.pdf")} - set(
        rows.values_list("sha256", flat=True)
    )
    return [f"{sha256[:12]}… is in the store and no document" for sha256 in strange]


def faults(agreement: UUID, *, sealed: bool) -> list[str]:
    """What is wrong with one agreement after the race."""
    row = Agreement.objects.get(pk=agreement)
    counts = {
        "standing signatures": (row.signatures.filter(voided_at=None).count(), row.parties.count()),
        "entries of its execution": (_entries(row, "agreement.executed"), 1),
        "entries of signatures": (_entries(row, "agreement.signed"), row.parties.count()),
        "jobs for its document": (Job.objects.filter(kind="pdf", key=f"pdf:{row.pk}").count(), 1),
    }
    if sealed:
        counts["documents"] = (SealedDocument.objects.filter(agreement=row).count(), 1)
        counts["entries of its document"] = (_entries(row, "document.sealed"), 1)
    found = [f"{row.reference}: {has} {what}, not {due}" for what, (has, due) in counts.items() if has != due]
    if row.stage != Stage.EXECUTED:
        found.append(f"{row.reference} is stuck: {row.get_stage_display()}")
    if sealed and not found:
        pdf.load(SealedDocument.objects.get(agreement=row).sha256, Path(settings.DOCUMENTS))
    return found


def _entries(agreement: Agreement, action: str) -> int:
    return Event.objects.filter(stream=agreement.pk, action=action).count()
