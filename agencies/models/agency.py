"""An agency, and which body oversees it."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from agencies.models.spans import ends_after_it_begins, holds
from agencies.models.validators import (
    no_control_characters,
    valid_domain,
    valid_ori,
    valid_reminders,
    valid_timezone,
)
from audit.models import Audited, AuditedQuerySet


class AgencyKind(models.TextChoices):
    """What sort of public body this is."""

    POLICE = "police", "Police department"
    SHERIFF = "sheriff", "Sheriff's office"
    PROSECUTOR = "prosecutor", "Prosecutor"
    COURT = "court", "Court"
    CORRECTIONS = "corrections", "Corrections"
    PROBATION = "probation", "Probation or parole"
    SCHOOL_DISTRICT = "school_district", "School district"
    HEALTH = "health", "Health department"
    FIRE_EMS = "fire_ems", "Fire or EMS"
    DISPATCH = "dispatch", "Dispatch center"
    CITY = "city", "City"
    COUNTY = "county", "County"
    STATE = "state", "State agency"
    FEDERAL = "federal", "Federal agency"
    TRIBAL = "tribal", "Tribal government"
    OVERSIGHT = "oversight", "Oversight body"
    UNIVERSITY = "university", "University"
    OTHER = "other", "Other"


class CjStatus(models.TextChoices):
    """Standing under the FBI CJIS Security Policy (criminal justice agency or not)."""

    CJA = "CJA", "Criminal justice agency"
    NCJA_GOV = "NCJA_gov", "Noncriminal justice agency, government"
    NCJA_PUBLIC = "NCJA_public", "Noncriminal justice agency, public"
    NCJA_PRIVATE = "NCJA_private", "Noncriminal justice agency, private"
    CONTRACTOR = "contractor", "Contractor"
    TRIBAL = "tribal", "Tribal"
    FOREIGN = "foreign", "Foreign"
    NONE = "none", "None of these"


class AgencyQuerySet(AuditedQuerySet["Agency"]):
    """Sets of agencies."""

    def search(self, text: str) -> Self:
        """Agencies in whose names, place or ORI each word of `text` occurs."""
        found = self
        for word in text.replace("\x00", "").split()[:8]:
            found = found.filter(
                Q(name__icontains=word)
                | Q(short_name__icontains=word)
                | Q(legal_name__icontains=word)
                | Q(jurisdiction__icontains=word)
                | Q(ori__iexact=word)
            )
        return found


class Agency(Audited):
    """A public body that can be a party to an agreement."""

    STREAM_FIELD: ClassVar[str] = "id"

    name = models.CharField(max_length=200, validators=[no_control_characters])
    short_name = models.CharField(max_length=60, validators=[no_control_characters])
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, choices=AgencyKind)
    jurisdiction = models.CharField(
        max_length=100,
        blank=True,
        validators=[no_control_characters],
        help_text="State or tribe, for example Colorado.",
    )
    legal_name = models.CharField(
        max_length=300,
        blank=True,
        validators=[no_control_characters],
        help_text="As it stands in a contract.",
    )
    ori = models.CharField("ORI", max_length=9, blank=True, validators=[valid_ori])
    cj_status = models.CharField("CJIS status", max_length=20, choices=CjStatus, default=CjStatus.NONE)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    email_domains = ArrayField(
        models.CharField(max_length=253, validators=[valid_domain]),
        default=list,
        blank=True,
        size=20,
        help_text="Domains its people write from, with commas between.",
    )
    timezone = models.CharField(
        "time zone", max_length=60, default="America/Denver", validators=[valid_timezone]
    )
    fiscal_year_start = models.PositiveSmallIntegerField(
        "first month of the fiscal year", default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    address = models.TextField(max_length=500, blank=True, validators=[no_control_characters])
    phone = models.CharField(max_length=40, blank=True, validators=[no_control_characters])
    website = models.URLField(max_length=300, blank=True)
    approvals_required = models.PositiveSmallIntegerField(
        "approvals needed before it signs",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )
    reminders = models.JSONField("reminder settings", default=dict, blank=True, validators=[valid_reminders])
    governing_body = models.CharField(
        max_length=200,
        blank=True,
        validators=[no_control_characters],
        help_text="For example Riverton City Council.",
    )
    governing_body_approves = models.BooleanField(
        "agreements need the governing body's approval", default=False
    )
    cjis_audit_on = models.DateField("last CJIS audit", null=True, blank=True)
    privacy_officer = models.CharField(max_length=200, blank=True, validators=[no_control_characters])
    active = models.BooleanField(default=True)

    objects = AgencyQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name_plural = "agencies"
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name", "id"], name="agency_by_name")]
        constraints = [
            models.CheckConstraint(name="agency_not_own_parent", condition=~Q(parent=F("id"))),
            models.CheckConstraint(name="agency_fiscal_month", condition=Q(fiscal_year_start__range=(1, 12))),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def contract_name(self) -> str:
        """The name to print in an agreement."""
        return self.legal_name or self.name

    def knows_domain_of(self, email: str) -> bool:
        """Whether `email` is written from one of the agency's own domains (true if it has named none)."""
        domain = email.rpartition("@")[2].lower()
        return not self.email_domains or any(
            domain == own or domain.endswith(f".{own}") for own in self.email_domains
        )


class OversightQuerySet(AuditedQuerySet["Oversight"]):
    """Sets of oversight relations."""

    def active(self, *, on: dt.date) -> Self:
        """Those that hold on the day `on`."""
        return self.filter(holds(on))


class Oversight(Audited):
    """Auditors of `body` may read every agreement `agency` is party to, from `since` and before `until`."""

    STREAM_FIELD: ClassVar[str] = "body_id"

    body = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="oversees")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="overseen_by")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = OversightQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["since", "id"]
        constraints: ClassVar[list[Any]] = [
            ends_after_it_begins("oversight_dates"),
            models.CheckConstraint(name="oversight_of_another", condition=~Q(body=F("agency"))),
            models.UniqueConstraint(
                name="oversight_once", fields=["body", "agency"], condition=Q(until__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body} oversees {self.agency}"
