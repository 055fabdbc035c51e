"""The days by which a party agency must decide about an executed agreement: the board's own index."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from agreements.models.agreement import Agreement

HORIZON = 180
"""Days before a deadline from which on a recorded decision answers it (agreements_deadlines in migration 0002)."""


class What(models.TextChoices):
    """What falls on the day."""

    LAST_DAY = "last_day", "Last day"
    NOTICE = "notice", "Notice deadline"
    REVIEW = "review", "Review"
    RENEWED = "renewed", "Renewed without a decision"


class Deadline(models.Model):
    """One day of one agreement for one party agency. Derived by triggers (migration 0002); nobody writes it by hand.

    `settled` says that a decision of the agency answers it, `leads` that it is the first open one of the agreement for
    this agency, `endless` that the agreement has no last day. `owner` is the person named, whether or not they still
    hold a role.
    """

    agency = models.UUIDField()
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="deadlines", db_index=False)
    what = models.CharField(max_length=8, choices=What.choices)
    due_on = models.DateField()
    owner = models.UUIDField(null=True)
    settled = models.BooleanField()
    leads = models.BooleanField()
    endless = models.BooleanField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agreement", "agency", "what"], name="one_deadline_of_a_sort")
        ]
        indexes = [
            models.Index(
                fields=["agency", "due_on", "agreement", "what"],
                include=["endless"],
                condition=Q(leads=True),
                name="deadline_open",
            ),
            models.Index(
                fields=["agency", "due_on", "agreement", "what"],
                condition=Q(leads=True, endless=True),
                name="deadline_open_endless",
            ),
            models.Index(fields=["agency", "due_on", "agreement", "what"], name="deadline_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.due_on}"
