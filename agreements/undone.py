"""Executed agreements whose final document is due but not there, however long ago, and how its making stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from agreements.models import Agreement, Provenance, Stage
from common.models import Job

LATE = timedelta(minutes=15)
"""A document that is not there by then is worth a look."""


@dataclass(frozen=True)
class Making:
    """How far the final document of an executed agreement is."""

    agreement: Agreement
    job: Job | None

    @property
    def state(self) -> str:
        """`waiting` for its turn or a signed head, `failing` and tried again, or `set aside` until somebody asks."""
        if self.job is None or self.job.parked_at or self.job.done_at:
            return "set aside"
        return "failing" if self.job.failures else "waiting"

    @property
    def why(self) -> str:
        """What went wrong last, in the words of whoever failed."""
        return self.job.last_error if self.job else ""


def key(agreement: Agreement) -> str:
    """The key of the job that makes the final document."""
    return f"pdf:{agreement.pk}"


def documents() -> QuerySet[Agreement]:
    """Agreements that were executed here and have no final document. There is no oldest age."""
    rows = Agreement.objects.filter(
        stage__in=[Stage.EXECUTED, Stage.ENDED], executed_at__isnull=False, frozen__isnull=False, sealed=None
    )
    return rows.exclude(provenance=Provenance.IMPORTED)


def making(agreement: Agreement) -> Making | None:
    """How the final document of this agreement stands; None when none is due or it is there."""
    if not documents().filter(pk=agreement.pk).exists():
        return None
    return Making(agreement, Job.objects.filter(key=key(agreement)).first())


def all_of_them() -> Iterator[Making]:
    """Everything due but undone, longest first."""
    rows = list(documents().order_by("executed_at"))
    jobs = {job.key: job for job in Job.objects.filter(key__in=[key(row) for row in rows])}
    return (Making(row, jobs.get(key(row))) for row in rows)
