"""The address under which a person's calendar program reads their coming days."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from agencies.models import User
from audit.models import Audited


class CalendarFeed(Audited):
    """One secret address of one person; only its SHA-256 is kept. It works until it is revoked."""

    STREAM_FIELD = "person_id"

    person = models.ForeignKey(User, models.PROTECT, related_name="calendar_feeds")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at=None), name="one_feed_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"Calendar address of {self.made_at:%Y-%m-%d}"
