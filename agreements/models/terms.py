"""The agreed term: when it begins, how long it lasts, how it goes on and how it may be left."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from agreements.models.agreement import Agreement, InAgreement

FIRST_YEAR, LAST_YEAR = 1900, 2200


class EffectiveRule(models.TextChoices):
    """What makes the first day in force."""

    DATE = "date", "On a stated date"
    LAST_SIGNATURE = "last_signature", "On the day of the last signature"
    GOVERNING_APPROVAL = "governing_approval", "When the last governing body has approved it"
    EACH_SIGNATURE = "each_signature", "For each party on the day of its own signature"
    CONDITIONS = "conditions", "When its conditions are met"


class TermKind(models.TextChoices):
    """How long it lasts."""

    FIXED_DATE = "fixed_date", "Until a stated last day"
    MONTHS = "months", "A number of months"
    FISCAL_YEARS = "fiscal_years", "For fiscal years"
    EVERGREEN = "evergreen", "Until ended"


class Renewal(models.TextChoices):
    """How it may go on after its last day."""

    NONE = "none", "No renewal"
    MUTUAL_WRITTEN = "mutual_written", "By mutual written agreement"
    OPTION = "option", "At one party's option"
    AUTOMATIC = "automatic", "Automatically unless notice is given"


class NoticeBase(models.TextChoices):
    """The day from which notice of non-renewal is counted back."""

    EXPIRY = "expiry", "The last day in force"
    ANNIVERSARY = "anniversary", "The day of renewal, which is the day after"


class Term(InAgreement):
    """When it begins, how long it lasts and how it goes on."""

    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="term")
    effective_rule = models.CharField(
        max_length=20, choices=EffectiveRule.choices, default=EffectiveRule.LAST_SIGNATURE
    )
    effective_on = models.DateField(null=True, blank=True)
    conditions_precedent = models.CharField("On what conditions it begins", max_length=600, blank=True)
    kind = models.CharField(max_length=12, choices=TermKind.choices, default=TermKind.MONTHS)
    months = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(1200)])
    last_day = models.DateField(null=True, blank=True)
    first_fiscal_year = models.PositiveSmallIntegerField(
        "First fiscal year",
        null=True,
        blank=True,
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)],
    )
    fiscal_years = models.PositiveSmallIntegerField(
        "Number of fiscal years", null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    fiscal_year_start = models.PositiveSmallIntegerField(
        "First month of the fiscal year",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    renewal = models.CharField(max_length=16, choices=Renewal.choices, default=Renewal.MUTUAL_WRITTEN)
    renewal_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(1200)]
    )
    renewal_max = models.PositiveSmallIntegerField(null=True, blank=True)
    absolute_end = models.DateField("No renewal goes beyond", null=True, blank=True)
    notice_base = models.CharField(
        "Notice against renewal is counted from",
        max_length=12,
        choices=NoticeBase.choices,
        default=NoticeBase.EXPIRY,
    )
    business_days = models.BooleanField("Deadlines move off weekends and holidays", default=True)
    review_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(120)]
    )
    cure_days = models.PositiveSmallIntegerField(
        "Days to cure a breach", null=True, blank=True, validators=[MaxValueValidator(3660)]
    )
    suspension_max_days = models.PositiveSmallIntegerField(
        "Suspended at most (days)", null=True, blank=True, validators=[MaxValueValidator(3660)]
    )
    suspension_stops_clock = models.BooleanField("A suspension prolongs the term", default=False)
    min_parties = models.PositiveSmallIntegerField(
        "It ends with fewer parties than", null=True, blank=True, validators=[MinValueValidator(2)]
    )
    incident_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    closeout_days = models.PositiveSmallIntegerField(null=True, blank=True)
    closeout = models.CharField(
        max_length=8,
        choices=[("return", "Return"), ("destroy", "Destroy"), ("either", "Return or destroy")],
        default="either",
    )
    survival = models.CharField(max_length=600, blank=True)
    survival_months = models.PositiveSmallIntegerField(
        "Survives for (months)", null=True, blank=True, validators=[MaxValueValidator(1200)]
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Term of {self.agreement_id}"

    def clean(self) -> None:
        """Dates that end before they begin, and terms without the fact they need."""
        problems = {**self._missing(), **self._in_disorder()}
        if problems:
            raise ValidationError(problems)

    def _missing(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.effective_rule == EffectiveRule.DATE and not self.effective_on:
            found["effective_on"] = "Give the first day in force, or choose the day of the last signature."
        if self.effective_rule == EffectiveRule.CONDITIONS and not self.conditions_precedent.strip():
            found["conditions_precedent"] = "Say on what conditions it takes effect."
        if self.kind == TermKind.FIXED_DATE and not self.last_day:
            found["last_day"] = "Give the last day in force."
        if self.kind == TermKind.MONTHS and not self.months:
            found["months"] = "Give the number of months."
        if self.kind == TermKind.FISCAL_YEARS:
            said = {"first_fiscal_year": "Give the first fiscal year.", "fiscal_years": "Give the number of fiscal years.",
                    "fiscal_year_start": "Say in which month the fiscal year begins: parties have different ones."}  # fmt: skip
            found |= {name: words for name, words in said.items() if not getattr(self, name)}
        return found

    def _in_disorder(self) -> dict[str, str]:
        found: dict[str, str] = {}
        first = self.effective_on if self.effective_rule == EffectiveRule.DATE else None
        if self.kind == TermKind.FIXED_DATE and first and self.last_day and self.last_day < first:
            found["last_day"] = "The last day is before the first day. Give a last day on or after it."
        if first and self.absolute_end and self.absolute_end < first:
            found["absolute_end"] = "This is before the first day. Give a later day, or leave it open."
        for name in ("effective_on", "last_day", "absolute_end"):
            stated = getattr(self, name)
            if stated and not FIRST_YEAR <= stated.year <= LAST_YEAR:
                found[name] = f"Give a day between {FIRST_YEAR} and {LAST_YEAR}."
        return found
