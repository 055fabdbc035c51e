"""Existing agreements on their way in: the file an agreement came from, a file under review, and many at once."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from agencies.models import Agency
from agreements.models.agreement import Agreement, InAgreement


class Source(InAgreement):
    """The file an agreement was brought in from, kept by its SHA-256 and never changed.

    `signed_on` is the day of the last signature as somebody read it there. `batch` and `row` say by which bulk import it came.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="sources")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    suffix = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    readable = models.BooleanField("Its text could be read", default=True)
    signed_on = models.DateField(null=True, blank=True)
    their_reference = models.CharField("Reference it bears", max_length=80, blank=True)
    batch = models.UUIDField(null=True, blank=True)
    row = models.PositiveIntegerField(null=True, blank=True)
    kept_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["batch", "row"], name="one_agreement_per_imported_row"),
        ]
        indexes = [models.Index(fields=["sha256"], name="source_by_hash")]

    def __str__(self) -> str:
        return self.name


class Intake(models.Model):
    """A file that somebody put in and has not confirmed yet: a row of work, not of the record.

    `content` holds the provisions as read and what was recognised; `agreement` what became of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="intakes")
    asked_at = models.DateTimeField()
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    suffix = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    readable = models.BooleanField(default=True)
    content = models.JSONField(default=dict)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="+", null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["asked_by", "-asked_at"], name="intake_of_asker")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where it is reviewed."""
        return f"/agreements/import/{self.pk}/"

    @property
    def open(self) -> bool:
        """Whether it still waits for a person."""
        return self.agreement_id is None and self.dropped_at is None


class BatchState(models.TextChoices):
    """How far a bulk import is; the words are what its page says."""

    MAPPING = "mapping", "Waiting for you to say what the columns mean"
    CHECKING = "checking", "Checking the rows"
    CHECKED = "checked", "Checked: nothing is brought in yet"
    RUNNING = "running", "Bringing the agreements in"
    DONE = "done", "Done"
    DROPPED = "dropped", "Given up"


class Batch(models.Model):
    """Many agreements at once: a table of key terms and the files it names. A row of work, not of the record.

    `header` and the rows are as the table has them; `mapping` says which column holds which term. `turn` numbers the
    jobs that do it, so that each exists once; `reached` is the last row that was looked at.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="batches")
    asked_at = models.DateTimeField()
    lead = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    header = ArrayField(models.CharField(max_length=200))
    mapping = models.JSONField(default=dict)
    files = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.MAPPING)
    turn = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["asked_by", "-asked_at"], name="batch_of_asker")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where its asker maps the columns and sees how far it is."""
        return f"/agreements/import/many/{self.pk}/"

    @property
    def working(self) -> bool:
        """Whether a job is at it."""
        return self.state in {BatchState.CHECKING, BatchState.RUNNING}


class RowState(models.TextChoices):
    """What became of one row."""

    NEW = "new", "Not checked"
    READY = "ready", "Ready"
    FAULTY = "faulty", "Faulty"
    DONE = "done", "Brought in"


class BatchRow(models.Model):
    """One row of the table: its cells, what is wrong with it, and the agreement it became. Row 2 is the first below the header."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    cells = ArrayField(models.TextField())
    state = models.CharField(max_length=8, choices=RowState.choices, default=RowState.NEW)
    problems = models.JSONField(default=list)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="+", null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="one_row_per_number")]
        indexes = [models.Index(fields=["batch", "state"], name="row_by_state")]

    def __str__(self) -> str:
        return f"row {self.number}"

    @property
    def said(self) -> list[dict[str, Any]]:
        """Each problem: the column it is about and the words."""
        return list(self.problems)
