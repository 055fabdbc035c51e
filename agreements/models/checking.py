"""What people record about the checks: a requirement waived for a time, a paper kept on file beside the text."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from agencies.models import Agency
from agreements import catalog
from agreements.models.agreement import Agreement, InAgreement, Party
from audit.models import AuditedQuerySet


class WaiverQuerySet(AuditedQuerySet["Waiver"]):
    """Sets of waivers."""

    def active(self, *, on: date) -> WaiverQuerySet:
        """Those that hold on the day `on`: an ended one counts no longer."""
        return self.filter(Q(withdrawn_at=None), until__gte=on)


class Waiver(InAgreement):
    """Counsel sets one requirement aside, for one row of the text or for all it concerns, up to a last day.

    `subject` is the id of the party, dataset or flow; empty for the agreement as a whole.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="waivers")
    rule = models.CharField(max_length=12)
    subject = models.CharField(max_length=40, blank=True)
    reason = models.TextField(max_length=2000)
    until = models.DateField("Last day")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = WaiverQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["agreement", "until"], name="waiver_by_end")]

    def __str__(self) -> str:
        return f"{self.rule} until {self.until}"


class Filing(InAgreement):
    """A paper that a rule asks for beside the text: a resolution, a permission, a certificate, a schedule."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="filings")
    kind = models.CharField(max_length=40)
    party = models.ForeignKey(Party, models.PROTECT, related_name="filings", null=True, blank=True)
    reference = models.CharField(max_length=300)
    on = models.DateField("Day")
    until = models.DateField("Last day", null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{catalog.load().filings[self.kind].name}: {self.reference}"

    def clean(self) -> None:
        """A kind of the catalog, for a party where it is a party's, with days in order."""
        kind = catalog.load().filings.get(self.kind)
        if kind is None:
            raise ValidationError({"kind": "Choose one of the kinds of paper listed."})
        problems: dict[str, str] = {}
        if kind.of == "party" and self.party is None:
            problems["party"] = "Say for which party it is recorded."
        if self.party is not None and self.party.agreement_id != self.agreement_id:
            problems["party"] = "Choose a party of this agreement."
        if kind.renews and self.until is None:
            problems["until"] = "Give the day until which it is valid."
        if self.until is not None and self.until < self.on:
            problems["until"] = "The last day is before the first. Give a later one."
        if self.amount is not None and self.amount < 0:
            problems["amount"] = "Give an amount of zero or more."
        if problems:
            raise ValidationError(problems)
