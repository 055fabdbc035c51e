"""What an agreement says: provisions, data and its flows, commitments, measures, term."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from agreements import catalog
from agreements.models.agreement import Agreement, InAgreement, Party

MAX_TEXT = 60_000
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Position(models.TextChoices):
    """How far a provision may be negotiated."""

    MANDATORY = "mandatory", "Mandatory"
    STANDARD = "standard", "Standard"
    FALLBACK = "fallback", "Fallback"
    NEGOTIABLE = "negotiable", "Negotiable"
    OWN = "own", "Own text"


class Ordered(InAgreement):
    """A row of the agreement's content; taken out rows stay as history."""

    position_in_order = models.PositiveIntegerField("Order", default=0, db_column="place")
    removed = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Provision(Ordered):
    """A numbered piece of the text, in restricted Markdown; its number is derived from its place."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="provisions")
    part = models.CharField(max_length=120, blank=True)
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField(max_length=MAX_TEXT, blank=True)
    origin = models.CharField(max_length=120, blank=True)
    position = models.CharField(max_length=12, choices=Position.choices, default=Position.OWN)
    level = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    withheld = models.BooleanField("Withheld from the public register", default=False)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["agreement", "position_in_order"], name="provision_in_order")]

    def __str__(self) -> str:
        return self.heading or self.text[:60]


class Dataset(Ordered):
    """A row of schedule A: what is shared."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=160)
    description = models.TextField(max_length=4000, blank=True)
    category = models.CharField(max_length=40)
    classification = models.CharField(max_length=40, blank=True)
    personal_data = models.BooleanField("Holds personal data", default=True)
    elements = ArrayField(models.CharField(max_length=160), default=list, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A category of the catalog: the checks depend on it."""
        if self.category not in catalog.load().categories:
            raise ValidationError({"category": "Choose one of the categories listed."})


class FlowStatus(models.TextChoices):
    """Whether the data moves."""

    PLANNED = "planned", "Planned"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"


class Flow(Ordered):
    """One direction in which a dataset moves, with the conditions under which it may."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="flows")
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="flows")
    provider = models.ForeignKey(Party, models.PROTECT, related_name="flows_out")
    recipient = models.ForeignKey(Party, models.PROTECT, related_name="flows_in")
    purposes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    prohibited_uses = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    legal_basis = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=300, blank=True)
    frequency = models.CharField(max_length=120, blank=True)
    transit = models.CharField("Protection in transit", max_length=300, blank=True)
    rest = models.CharField("Protection at rest", max_length=300, blank=True)
    verification = models.CharField(max_length=600, blank=True)
    storage = models.CharField(max_length=300, blank=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    retention_event = models.CharField(max_length=300, blank=True)
    destruction = models.CharField(max_length=300, blank=True)
    onward = models.CharField("Onward disclosure", max_length=600, blank=True)
    logging = models.CharField(max_length=600, blank=True)
    breach_hours = models.PositiveIntegerField(null=True, blank=True)
    mfa = models.BooleanField("Multi-factor authentication required", default=False)
    screening = models.CharField(max_length=300, blank=True)
    training = models.CharField(max_length=300, blank=True)
    hit_confirmation = models.BooleanField("Hit confirmation required", default=False)
    status = models.CharField(max_length=10, choices=FlowStatus.choices, default=FlowStatus.PLANNED)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.dataset.name}: {self.provider.legal_name} to {self.recipient.legal_name}"

    def clean(self) -> None:
        """Data does not flow from an agency to itself."""
        if self.provider_id == self.recipient_id:
            raise ValidationError({"recipient": "Choose a recipient other than the provider."})


class Commitment(Ordered):
    """What one party undertakes to do or to pay."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="commitments")
    party = models.ForeignKey(Party, models.PROTECT, related_name="commitments")
    text = models.TextField(max_length=4000)
    category = models.CharField(max_length=40, blank=True)
    resource = models.CharField(max_length=200, blank=True)
    due = models.CharField(max_length=120, blank=True)
    recurrence = models.CharField(max_length=120, blank=True)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.text[:60]


class Measure(Ordered):
    """How the parties will know whether the agreement works."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="measures")
    name = models.CharField(max_length=160)
    definition = models.TextField(max_length=2000, blank=True)
    target = models.CharField(max_length=160, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=200, blank=True)
    frequency = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="measures", null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class EffectiveRule(models.TextChoices):
    """What makes the first day in force."""

    DATE = "date", "On a stated date"
    LAST_SIGNATURE = "last_signature", "On the day of the last signature"


class TermKind(models.TextChoices):
    """How long it lasts."""

    FIXED_DATE = "fixed_date", "Until a stated last day"
    MONTHS = "months", "A number of months"
    EVERGREEN = "evergreen", "Until ended"


class Renewal(models.TextChoices):
    """How it may go on after its last day."""

    NONE = "none", "No renewal"
    MUTUAL_WRITTEN = "mutual_written", "By mutual written agreement"
    OPTION = "option", "At one party's option"
    AUTOMATIC = "automatic", "Automatically unless notice is given"


class Term(InAgreement):
    """When it begins, how long it lasts and how it goes on."""

    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="term")
    effective_rule = models.CharField(
        max_length=16, choices=EffectiveRule.choices, default=EffectiveRule.LAST_SIGNATURE
    )
    effective_on = models.DateField(null=True, blank=True)
    kind = models.CharField(max_length=12, choices=TermKind.choices, default=TermKind.MONTHS)
    months = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(1200)])
    last_day = models.DateField(null=True, blank=True)
    renewal = models.CharField(max_length=16, choices=Renewal.choices, default=Renewal.MUTUAL_WRITTEN)
    renewal_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(1200)]
    )
    renewal_max = models.PositiveSmallIntegerField(null=True, blank=True)
    review_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(120)]
    )
    incident_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    closeout_days = models.PositiveSmallIntegerField(null=True, blank=True)
    closeout = models.CharField(
        max_length=8,
        choices=[("return", "Return"), ("destroy", "Destroy"), ("either", "Return or destroy")],
        default="either",
    )
    survival = models.CharField(max_length=600, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Term of {self.agreement_id}"

    def clean(self) -> None:
        """Dates that end before they begin, and terms without the fact they need."""
        problems: dict[str, str] = {}
        if self.effective_rule == EffectiveRule.DATE and not self.effective_on:
            problems["effective_on"] = "Give the first day in force, or choose the day of the last signature."
        if self.kind == TermKind.FIXED_DATE and not self.last_day:
            problems["last_day"] = "Give the last day in force."
        if self.kind == TermKind.MONTHS and not self.months:
            problems["months"] = "Give the number of months."
        first = self.effective_on if self.effective_rule == EffectiveRule.DATE else None
        if self.kind == TermKind.FIXED_DATE and first and self.last_day and self.last_day < first:
            problems["last_day"] = "The last day is before the first day. Give a last day on or after it."
        for name in ("effective_on", "last_day"):
            stated = getattr(self, name)
            if stated and not FIRST_YEAR <= stated.year <= LAST_YEAR:
                problems[name] = f"Give a day between {FIRST_YEAR} and {LAST_YEAR}."
        if problems:
            raise ValidationError(problems)
