"""The quarterly look at who may do what for an agency, signed off by an administrator."""

from typing import ClassVar

from django.db import models

from agencies.models.agency import Agency
from agencies.models.people import User
from agencies.models.validators import no_control_characters
from audit.models import Audited


class AccessReview(Audited):
    """One agency's review of one quarter: every account and right it had, each kept or ended, with one statement.

    `decisions` holds the rows as they stood: key, person, right, since, until, and "keep" or "end".
    """

    STREAM_FIELD: ClassVar[str] = "agency_id"

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="access_reviews")
    quarter = models.DateField(help_text="The first day of the quarter.")
    decisions = models.JSONField(default=list)
    kept = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    statement = models.CharField(max_length=1000, validators=[no_control_characters])
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["-quarter", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "quarter"], name="one_access_review_a_quarter"),
        ]

    def __str__(self) -> str:
        return f"Access review of {self.agency}, {self.quarter}"
