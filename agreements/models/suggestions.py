"""Text that one side proposes while the other has the turn."""

from __future__ import annotations

from django.db import models

from agencies.models import Agency
from agreements.models.agreement import Agreement, InAgreement
from agreements.models.content import MAX_TEXT, Provision


class SuggestionKind(models.TextChoices):
    """What is proposed."""

    REPLACE = "replace", "Other words"
    INSERT = "insert", "A new provision"
    DELETE = "delete", "Take it out"
    MOVE = "move", "Another place"
    VALUE = "value", "Another value"


class SuggestionState(models.TextChoices):
    """What became of it."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    OUTDATED = "outdated", "Outdated"


class Suggestion(InAgreement):
    """A proposed change of one provision or structured term, or a new provision, and what was decided about it.

    `base_heading` and `base_text` are the words it was made against, as `made_against` (a version's number) has them.
    A new or moved provision goes after `after` (none: first), or after the one that `follows` brings in.
    Suggestions made at once are read, and decided, in the order of `place`. `made` is the provision that an accepted
    insertion became. For a structured term `topic` names its row ("flow:…", "term") and `field` one of its fields;
    `base_value` and `value` are canonical data, which the headings and texts say in words.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="suggestions")
    provision = models.ForeignKey(
        Provision, models.PROTECT, related_name="suggestions", null=True, blank=True
    )
    kind = models.CharField(max_length=8, choices=SuggestionKind.choices)
    after = models.ForeignKey(Provision, models.PROTECT, related_name="+", null=True, blank=True)
    follows = models.ForeignKey("self", models.PROTECT, related_name="+", null=True, blank=True)
    part = models.CharField(max_length=120, blank=True)
    level = models.PositiveSmallIntegerField(default=2)
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField(max_length=MAX_TEXT, blank=True)
    base_heading = models.CharField(max_length=300, blank=True)
    base_text = models.TextField(max_length=MAX_TEXT, blank=True)
    base_level = models.PositiveSmallIntegerField(null=True, blank=True)
    topic = models.CharField(max_length=60, blank=True)
    field = models.CharField(max_length=40, blank=True)
    base_value = models.JSONField(null=True, blank=True)
    value = models.JSONField(null=True, blank=True)
    made_against = models.PositiveIntegerField()
    reason = models.TextField(max_length=2000, blank=True)
    author = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    place = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=SuggestionState.choices, default=SuggestionState.OPEN)
    decided_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    decided_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField("Reason of the decision", max_length=2000, blank=True)
    amended = models.BooleanField("Accepted with other words", default=False)
    made = models.ForeignKey(Provision, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["agreement", "state", "made_at"], name="suggestion_in_order")]

    def __str__(self) -> str:
        return (self.heading or self.base_heading or self.text or self.base_text)[:60]

    @property
    def open(self) -> bool:
        """Whether it waits for a decision."""
        return self.state == SuggestionState.OPEN
