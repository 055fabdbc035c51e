"""What parties do with an executed agreement besides ending it: renew it, amend it, hold a party to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from agencies.models import Agency
from agreements.models.agreement import Agreement, InAgreement, Party
from agreements.models.versions import Version


class RenewalTerm(InAgreement):
    """One renewal of the term: days, first and last included. The term before it is never edited.

    `number` counts from 1 and makes a renewal exist once, whatever runs twice. `by` is empty for one that came about
    by itself; `reviewed` says whether a decision to go on was recorded before it.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="renewals")
    number = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    last_on = models.DateField(null=True, blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.TextField(max_length=4000, blank=True)
    consulted = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField()
    reviewed = models.BooleanField(default=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_renewal_per_number"),
        ]

    def __str__(self) -> str:
        return f"Renewal {self.number}"


class RenewalConsent(InAgreement):
    """One party's agreement in writing to one renewal; it is made when all parties have given theirs."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="renewal_consents")
    number = models.PositiveSmallIntegerField()
    party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    authority_basis = models.CharField(max_length=600)
    reason = models.TextField(max_length=4000)
    consulted = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "number", "party"], name="one_consent_per_renewal_and_party"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party}: renewal {self.number}"


class Amends(models.TextChoices):
    """What an instrument does to the agreement it belongs to."""

    AMENDMENT = "amendment", "Changes its terms"
    JOINDER = "joinder", "Brings a party in on its terms"


class Amendment(InAgreement):
    """That one agreement, the instrument, changes another: which text of it, from which day, and what came of it.

    The instrument's own text is that of the amended agreement with the changes made in it. `takes_effect_on` empty
    means the day of its last signature. `effective_on` and `result`, the conformed text, are set when it is executed.
    `removes` are the parties it lets go, `like` is the party whose part somebody who joins takes as well.
    """

    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="amendment")
    amends = models.ForeignKey(Agreement, models.PROTECT, related_name="amendments")
    kind = models.CharField(max_length=10, choices=Amends.choices, default=Amends.AMENDMENT)
    base = models.ForeignKey(Version, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    takes_effect_on = models.DateField(null=True, blank=True)
    removes = ArrayField(models.UUIDField(), default=list, blank=True)
    like = models.ForeignKey(Party, models.PROTECT, related_name="+", null=True, blank=True)
    effective_on = models.DateField(null=True, blank=True)
    result = models.ForeignKey(Version, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["amends", "number"],
                condition=models.Q(effective_on__isnull=False),
                name="one_amendment_in_force_per_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.number})"


class Breach(InAgreement):
    """A notice that a party breaks the agreement, and by when it must be mended before the agreement may be ended for it."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="breaches")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    what = models.TextField(max_length=4000)
    notified_on = models.DateField()
    cure_by = models.DateField()
    cured_on = models.DateField(null=True, blank=True)
    cured_how = models.TextField(max_length=4000, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Breach by {self.party}"
