"""What was permitted when: one row per flow, executed version and span of days."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from agencies.models import Agency
from agreements.models.agreement import WITHOUT_END, Agreement, InAgreement
from agreements.models.content import Flow
from agreements.models.versions import Version


class Coverage(InAgreement):
    """The days, first and last included, on which one flow is covered by one executed version.

    Derived from people's acts by the operations, so that questions about a day need not replay them. Rows of one flow
    never overlap. A span that an act takes back altogether keeps its row with a last day before its first.
    Provider, recipient and category repeat what the version says: a question about a day is answered by one index.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="coverage")
    flow = models.ForeignKey(Flow, models.PROTECT, related_name="coverage")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    provider = models.ForeignKey(Agency, models.PROTECT, related_name="+", db_index=False)
    recipient = models.ForeignKey(Agency, models.PROTECT, related_name="+", db_index=False)
    category = models.CharField(max_length=40)
    first_on = models.DateField()
    last_on = models.DateField(default=WITHOUT_END)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["provider", "recipient", "category", "first_on", "last_on"], name="coverage_asked"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "first_on"],
                condition=models.Q(last_on__gte=F("first_on")),
                name="one_cover_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} {self.first_on} to {self.last_on}"
