"""What parties owe on a day, what they handed in for it, and what was measured."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from agencies.models import Agency
from agreements.models.agreement import Agreement, InAgreement, Party
from agreements.models.content import Measure


class DutyKind(models.TextChoices):
    """Where a duty comes from."""

    COMMITMENT = "commitment", "Commitment"
    MEASURE = "measure", "Measurement"
    CLOSEOUT = "closeout", "Return or destruction"
    ACCESS = "access", "End of access"
    PAPER = "paper", "Training or certificate"


class DutyState(models.TextChoices):
    """What people have done about it; whether it is overdue follows from its day."""

    OPEN = "open", "Open"
    HANDED_IN = "handed_in", "Handed in"
    RETURNED = "returned", "Returned"
    ACCEPTED = "accepted", "Accepted"
    DROPPED = "dropped", "No longer asked"


UNDONE = (DutyState.OPEN, DutyState.RETURNED)
AFTER_END = (DutyKind.CLOSEOUT, DutyKind.ACCESS)
"""The duties that begin when a party's part in the agreement is over."""


class Duty(InAgreement):
    """One thing one party owes on one day. `key` names its source and day, so that it exists once whatever runs twice.

    `source` is the row of the text (or the paper on file) it comes from, `answers` the parties that accept or return
    what is handed in; none means any other party. `owner` sees to it; without one the agency's administrators do.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="duties")
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=DutyKind.choices)
    source = models.UUIDField()
    party = models.ForeignKey(Party, models.PROTECT, related_name="duties")
    what = models.TextField(max_length=4000)
    rule = models.CharField(max_length=300)
    asked_on = models.DateField()
    due_on = models.DateField()
    answers = ArrayField(models.UUIDField(), default=list, blank=True)
    owner = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    state = models.CharField(max_length=10, choices=DutyState.choices, default=DutyState.OPEN)
    closed_why = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["agreement", "key"], name="one_duty_per_key")]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(state__in=UNDONE), name="duty_due"),
            models.Index(fields=["party", "state"], name="duty_of_party"),
        ]

    def __str__(self) -> str:
        return self.what[:80]

    def get_absolute_url(self) -> str:
        """Where it is seen to."""
        return f"/agreements/{self.agreement_id}/duties/{self.pk}/"

    def overdue(self, today: date) -> bool:
        """Whether its day has passed and nothing that stands was handed in."""
        return self.state in UNDONE and self.due_on < today


class Closed(models.TextChoices):
    """What became of the data at the end."""

    RETURNED = "returned", "Returned to the provider"
    DESTROYED = "destroyed", "Destroyed"
    NEVER_HELD = "never_held", "Never received"


class Evidence(InAgreement):
    """What a party handed in for a duty, and how it was answered. Of a certificate also what was done, and who signed."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="evidence")
    duty = models.ForeignKey(Duty, models.PROTECT, related_name="evidence")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    on = models.DateField("Done on")
    note = models.TextField(max_length=4000, blank=True)
    how = models.CharField(max_length=10, choices=Closed.choices, blank=True)
    signed_name = models.CharField(max_length=120, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    accepted = models.BooleanField(null=True, blank=True)
    answered_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    answered_for = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(max_length=4000, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["duty"],
                condition=Q(accepted=None) | Q(accepted=True),
                name="one_standing_evidence_per_duty",
            ),
        ]

    def __str__(self) -> str:
        return f"Evidence for {self.duty_id}"


class Observation(InAgreement):
    """One value of a measure on a day; a mistaken one is taken back, never changed. `duty` is what it answered, if asked for."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="observations")
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="observations")
    value = models.DecimalField(max_digits=16, decimal_places=4)
    on = models.DateField("Measured on")
    source = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    duty = models.ForeignKey(
        Duty, models.PROTECT, related_name="observations", null=True, blank=True, db_index=False
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "on"], condition=Q(withdrawn_at=None), name="one_observation_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.figure} on {self.on}"

    @property
    def figure(self) -> str:
        """The value as people write it."""
        return f"{self.value.normalize():f}"


class DutyClock(models.Model):
    """On which day an agreement is next looked at for what its parties owe; kept by a trigger and by the sweep.

    No fact about the agreement: what is owed follows from its text and days, this only says when to look.
    """

    agreement = models.OneToOneField(
        Agreement, models.CASCADE, related_name="duty_clock", primary_key=True, db_constraint=False
    )
    next_on = models.DateField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.agreement_id}: {self.next_on}"
