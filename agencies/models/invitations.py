"""Invitations to join an agency."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from agencies.models.agency import Agency
from agencies.models.people import Role, User
from agencies.models.validators import no_control_characters
from audit.models import Audited, AuditedQuerySet

INVITATION_DAYS = 14


class InvitationQuerySet(AuditedQuerySet["Invitation"]):
    """Sets of invitations."""

    def waiting(self, *, now: dt.datetime) -> Self:
        """Those that can still be accepted at `now`."""
        return self.open().filter(expires_at__gt=now)

    def open(self) -> Self:
        """Those neither accepted nor withdrawn, expired or not."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)


class Invitation(Audited):
    """An offer to `email` to take `role` in `agency`. The link's token is kept only as its SHA-256."""

    STREAM_FIELD: ClassVar[str] = "agency_id"

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField("e-mail")
    name = models.CharField(max_length=150, blank=True, validators=[no_control_characters])
    role = models.CharField(max_length=20, choices=Role)
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.UUIDField(null=True, blank=True)
    invited_by_label = models.CharField(max_length=600)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="invitation_email_is_lower_case", condition=Q(email=Lower(F("email")))
            ),
            models.CheckConstraint(name="invitation_dates", condition=Q(expires_at__gt=F("created_at"))),
            models.UniqueConstraint(
                name="invitation_once",
                fields=["agency", "email", "role"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                violation_error_message="This person has already been invited to this role.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} invited to {self.agency}"

    def waits(self, *, now: dt.datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at
