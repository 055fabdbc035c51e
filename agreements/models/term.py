"""Dated facts of an executed agreement and the reminders that follow from its dates."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from agencies.models import Agency
from agencies.models.validators import DAYS_BEFORE_LIMIT
from agreements.models.agreement import Agreement, InAgreement

MOST_DAYS = 40
"""So many rungs of its own a party may ask for."""


class Suspension(InAgreement):
    """A dated pause; it does not stop the term's clock."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="suspensions")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    grounds = models.TextField(max_length=4000)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    resumed_on = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Suspended from {self.from_on}"


class Ground(models.TextChoices):
    """Why an agreement is ended before its last day."""

    NOTICE = "notice", "By notice"
    NO_RENEWAL = "no_renewal", "By notice against its renewal"
    CAUSE = "cause", "For cause"
    UNLAWFUL = "unlawful", "At once: a breach that can’t be cured, or going on would be unlawful"
    MUTUAL = "mutual", "By mutual agreement"


LEAVES = "leaves"
"""The ground of a notice by which one party leaves and the others go on."""


class Notice(InAgreement):
    """A notice of termination or of leaving: by whom, on what ground, and the last day in force that follows.

    `given_on` is the day it was recorded, `wanted_on` the last day it names, if any. While a party that must acknowledge
    it has not, `received_on` and `last_day` are empty and nothing ends; `acknowledged` has the day for each such party by
    its id. One that was received too late to end anything has no last day.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="notices")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    ground = models.CharField(
        max_length=10, choices=[*Ground.choices, (LEAVES, "One party leaves; the others go on")]
    )
    reason = models.TextField(max_length=4000)
    given_on = models.DateField()
    sent_on = models.DateField()
    wanted_on = models.DateField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True)
    acknowledged = models.JSONField(default=dict, blank=True)
    last_day = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Notice of {self.given_on}"


OWNER = "owner"
"""What a reminder is called that tells somebody that they answer for their agency's part now."""


class Reminder(models.Model):
    """One rung of the ladder for one person, or for an address of a party that has nobody here.

    Of what is owed under an agreement on one day (`duty`) there is one for all; `owner` says that somebody answers for
    their agency's part now.

    The keys make it exist once, whatever runs twice. `told_at` is empty until the mail that tells of it is queued, at
    the person's pace. Not an audited row: it is written by the sweep, and what it says is an event when it matters.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reminders")
    person = models.ForeignKey("agencies.User", models.PROTECT, related_name="reminders", null=True)
    address = models.EmailField(blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    deadline = models.CharField(max_length=20)
    deadline_on = models.DateField()
    rung = models.IntegerField(help_text="Days before the deadline; negative when overdue")
    due_on = models.DateField()
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "deadline", "deadline_on", "rung", "person"],
                name="one_reminder_per_rung",
            ),
            models.UniqueConstraint(
                fields=["agreement", "deadline", "deadline_on", "rung", "address"],
                condition=Q(person=None),
                name="one_reminder_per_address",
            ),
            models.CheckConstraint(
                condition=Q(person=None) ^ Q(address=""), name="reminder_of_a_person_or_an_address"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-made_at"], name="reminder_of_person"),
            models.Index(fields=["person"], condition=Q(told_at=None), name="reminder_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.deadline} {self.deadline_on} ({self.rung})"


class ReminderSweep(models.Model):
    """When deadlines were last looked at, and how far the log went then: the next look begins there. One row.

    `event` is the newest entry there was, `horizon` the number of the oldest transaction that was still open.
    """

    at = models.DateTimeField()
    event = models.BigIntegerField()
    horizon = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Looked at {self.at}"


class ReminderWish(InAgreement):
    """How one party wants to be reminded of one agreement, other than of its agreements as a rule.

    `days` before each deadline, empty for the agency's own; `weekly` when overdue.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reminder_wishes")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, size=MOST_DAYS)
    weekly = models.BooleanField(default=True)
    set_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agreement", "agency"], name="one_reminder_wish_per_party"),
        ]

    def __str__(self) -> str:
        return f"Reminders for {self.agency}"

    def clean(self) -> None:
        """Whole days within two years, each once."""
        if len(set(self.days)) < len(self.days) or any(
            not 0 <= day <= DAYS_BEFORE_LIMIT for day in self.days
        ):
            raise ValidationError({"days": f"Give whole days from 0 to {DAYS_BEFORE_LIMIT}, each once."})
