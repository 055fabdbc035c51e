"""Dossiers: what somebody asked to take away, how far its making is, and where the finished file is."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from agencies.models import Agency


class Scope(models.TextChoices):
    """What a dossier is about."""

    AGREEMENT = "agreement", "One agreement"
    AGENCY = "agency", "One agency"
    SELECTION = "selection", "Chosen agreements"


class DossierState(models.TextChoices):
    """How far the making is; the words are what its page says."""

    COLLECTING = "collecting", "Collecting the documents"
    RECORDING = "recording", "Recording it in the history"
    ENTERING = "entering", "Entering the record in the log"
    SIGNING = "signing", "Waiting for the notary’s signature"
    PACKING = "packing", "Writing the file"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Deleted"


FINISHED = frozenset({DossierState.READY, DossierState.REFUSED, DossierState.EXPIRED})


class Dossier(models.Model):
    """One ZIP that somebody asked for: documents, history and proofs of the agreements they may export.

    A row of work, not of the record: that it was made and taken is said by events. `own` are the agencies whose private entries it holds, `streams` the
    histories, in the order in which they are collected, `done` how many have been; `reach` says up to which event
    each was read. `turns` numbers the jobs that make it, so that each exists once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="dossiers")
    asked_at = models.DateTimeField()
    scope = models.CharField(max_length=10, choices=Scope.choices)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True)
    own = ArrayField(models.UUIDField(), default=list)
    title = models.CharField(max_length=300)
    streams = ArrayField(models.UUIDField())
    held = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=DossierState.choices, default=DossierState.COLLECTING)
    turns = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    reach = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)
    stream = models.UUIDField()
    made_event = models.BigIntegerField(null=True)
    manifest = models.CharField(max_length=64, blank=True)
    waiting_since = models.DateTimeField(null=True)
    entries = models.PositiveBigIntegerField(default=0)
    withheld = models.PositiveBigIntegerField(default=0)
    head_size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["asked_by", "-asked_at"], name="dossier_of_asker")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where its asker sees how far it is, and takes it."""
        return f"/dossiers/{self.pk}/"

    @property
    def finished(self) -> bool:
        """Whether nothing more will be done."""
        return self.state in FINISHED

    @property
    def filename(self) -> str:
        """The name it is saved under: plain ASCII whatever the title says."""
        said = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.title.split(":")[0])
        words = "-".join(word for word in said.split("-") if word)[:60]
        return f"dossier-{words or 'agreements'}-{self.asked_at:%Y%m%d}.zip"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The making as steps done, under way and to come."""
        names = [state for state in DossierState if state not in FINISHED] + [DossierState.READY]
        at = names.index(DossierState(self.state)) if self.state in names else 0
        ready = self.state == DossierState.READY
        return [
            {
                "label": name.label,
                "state": "complete" if ready or i < at else "current" if i == at else "todo",
            }
            for i, name in enumerate(names)
        ]
