"""What an agreement says: provisions, data and its flows, commitments, measures, term."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from agreements import catalog
from agreements.models.agreement import Agreement, InAgreement, Party

MAX_TEXT = 60_000


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
    special_category = models.BooleanField("Holds specially protected data", default=False)
    data_subjects = models.CharField(max_length=300, blank=True)
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


class Impact(models.TextChoices):
    """What a loss would mean (FIPS 199)."""

    LOW = "low", "Low"
    MODERATE = "moderate", "Moderate"
    HIGH = "high", "High"


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
    volume = models.CharField(max_length=160, blank=True)
    interface = models.CharField("Systems at both ends", max_length=300, blank=True)
    impact = models.CharField("Impact level", max_length=10, choices=Impact.choices, blank=True)
    transit = models.CharField("Protection in transit", max_length=300, blank=True)
    rest = models.CharField("Protection at rest", max_length=300, blank=True)
    verification = models.CharField(max_length=600, blank=True)
    storage = models.CharField(max_length=300, blank=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    retention_event = models.CharField(max_length=300, blank=True)
    hit_days = models.PositiveIntegerField("Kept after a match (days)", null=True, blank=True)
    destruction = models.CharField(max_length=300, blank=True)
    onward = models.CharField("Onward disclosure", max_length=600, blank=True)
    derived = models.CharField("What is made from it", max_length=300, blank=True)
    logging = models.CharField(max_length=600, blank=True)
    audit = models.CharField("Audit of its use", max_length=300, blank=True)
    breach_hours = models.PositiveIntegerField(null=True, blank=True)
    breach_contact = models.CharField(max_length=200, blank=True)
    access = models.CharField("Who may use it, from where", max_length=300, blank=True)
    mfa = models.BooleanField("Multi-factor authentication required", default=False)
    screening = models.CharField(max_length=300, blank=True)
    training = models.CharField(max_length=300, blank=True)
    hit_confirmation = models.BooleanField("Hit confirmation required", default=False)
    status = models.CharField(max_length=10, choices=FlowStatus.choices, default=FlowStatus.PLANNED)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["agreement"], condition=models.Q(status="live"), name="flow_live")]

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
    baseline = models.CharField(max_length=160, blank=True)
    target = models.CharField(max_length=160, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=200, blank=True)
    frequency = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="measures", null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
