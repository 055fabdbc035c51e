"""Immutable versions of the shared text."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from agencies.models import Agency
from agreements.models.agreement import Agreement, InAgreement


class VersionReason(models.TextChoices):
    """The act that made the version."""

    SHARE = "share", "Shared"
    RETURN = "return", "Returned"
    SUBMIT = "submit", "Submitted for approval"
    IMPORT = "import", "Imported as signed outside"
    AMEND = "amend", "As amended"


class Version(InAgreement):
    """The exact canonical JSON of the agreement as one agency handed it over, and its SHA-256.

    Nothing about a version ever changes; signatures and approvals name it by hash.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    canonical = models.TextField()
    sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=8, choices=VersionReason.choices)
    note = models.TextField(max_length=2000, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_by_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def content(self) -> dict[str, Any]:
        """The content as data."""
        content: dict[str, Any] = json.loads(self.canonical)
        return content
