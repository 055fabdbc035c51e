"""An agency's own clauses and its positions on clauses, and which agreement holds which text of which clause."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from agencies.models import Agency
from agencies.models.validators import no_control_characters
from agreements import catalog
from agreements.catalog import vocabulary as words
from agreements.models.agreement import Agreement
from agreements.models.content import MAX_TEXT, Position
from audit.models import Audited

OWN = "own:"
REF = re.compile(r"own:(?P<slug>[-a-zA-Z0-9_]{1,60}):(?P<key>[-a-zA-Z0-9_]{1,48})")
MAX_KEY, MAX_REF = 48, 120
CONDITIONS = ("categories", "party_types", "jurisdictions", "templates", "bindings")


def own_ref(slug: str, key: str) -> str:
    """How an agency's own clause is named: `own:<agency>:<key>`; with `@<version>` in a provision's origin."""
    return f"{OWN}{slug}:{key}"


def own_parts(ref: str) -> tuple[str, str] | None:
    """The agency's slug and the key that a reference names; None for a clause of the shipped library."""
    found = REF.fullmatch(ref)
    return (found["slug"], found["key"]) if found else None


class AgencyClause(Audited):
    """One version of an agency's own clause: its people alone see it. Another text is another version.

    `family` is the matter of the shipped library on which it is another text; empty if it is on a matter of its own.
    The newest version of a clause that is no longer offered has `retired_at`.
    """

    STREAM_FIELD = "agency_id"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="own_clauses")
    key = models.SlugField(max_length=MAX_KEY, db_index=False)
    version = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    kind = models.CharField(max_length=12, choices=[(word, word.capitalize()) for word in words.CLAUSE_KINDS])
    part = models.CharField(max_length=40)
    heading = models.CharField(max_length=300, validators=[no_control_characters])
    text = models.TextField(max_length=MAX_TEXT)
    position = models.CharField(
        max_length=12, choices=[one for one in Position.choices if one[0] != Position.OWN]
    )
    family = models.CharField("Matter", max_length=MAX_REF, blank=True)
    conditions = models.JSONField(default=dict, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    source = models.CharField(
        "Rule behind it", max_length=300, blank=True, validators=[no_control_characters]
    )
    made_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agency", "key", "version"], name="one_own_clause_per_version")
        ]

    def __str__(self) -> str:
        return self.heading

    @property
    def ref(self) -> str:
        """How it is named."""
        return own_ref(self.agency.slug, self.key)

    def clean(self) -> None:
        """A part and a matter of the catalog, and conditions it knows."""
        known, problems = catalog.load(), dict[str, str]()
        if self.part not in known.parts:
            problems["part"] = "Choose one of the parts listed."
        if self.family and self.family not in known.families:
            problems["family"] = "Choose a matter of the library, or leave it empty."
        problems |= dict.fromkeys(unknown_conditions(self.conditions), "Choose among the words listed.")
        if problems:
            raise ValidationError(problems)


def unknown_conditions(conditions: dict[str, Any]) -> list[str]:
    """The conditions that are no lists of words the catalog knows."""
    known = catalog.load()
    allowed: dict[str, Any] = {
        "categories": known.categories, "party_types": words.PARTY_TYPES, "templates": known.templates,
        "bindings": words.BINDINGS,
    }  # fmt: skip
    return [
        name
        for name, found in conditions.items()
        if name not in CONDITIONS
        or not isinstance(found, list)
        or not all(
            isinstance(word, str) and word.strip() and word in allowed.get(name, (word,)) for word in found
        )
    ]


class AgencyPosition(Audited):
    """What an agency has approved about one matter: how far its drafters may move, and which texts in which order.

    `matter` is a family of the shipped library or an own clause's reference, `preferred` and `fallbacks` name texts.
    """

    STREAM_FIELD = "agency_id"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="positions")
    matter = models.CharField(max_length=MAX_REF)
    stance = models.CharField("Position", max_length=12, choices=[
        (Position.MANDATORY, "We do not move on this"), (Position.STANDARD, "Our standard; move with counsel's agreement"),
        (Position.NEGOTIABLE, "Drafters may agree to other words"),
    ])  # fmt: skip
    preferred = models.CharField("Our standard text", max_length=MAX_REF, blank=True)
    fallbacks = ArrayField(models.CharField(max_length=MAX_REF), default=list, blank=True, size=10)
    note = models.TextField(max_length=2000, blank=True)
    set_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["agency", "matter"], name="one_position_per_matter")]

    def __str__(self) -> str:
        return f"{self.matter}: {self.get_stance_display()}"


class ClauseText(models.Model):
    """A text that some agreement holds of a clause, once however many hold it, and how far it is from the model text.

    `changed` counts words deleted or inserted since `model` (a version of the clause), `said` the words of the model.
    Derived from what was handed over (agreements.library.indexing); texts nobody holds any more are swept.
    """

    clause = models.CharField(max_length=MAX_REF)
    digest = models.CharField(max_length=32)
    text = models.TextField()
    model = models.CharField(max_length=140)
    changed = models.PositiveIntegerField()
    said = models.PositiveIntegerField()
    seen_on = models.DateField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["clause", "digest"], name="one_clause_text")]

    def __str__(self) -> str:
        return f"{self.clause} {self.digest}"


class ClauseUse(models.Model):
    """Which provision of an agreement, as last handed over, came from which version of a clause, and its text's digest."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="clause_uses", db_index=False)
    clause = models.CharField(max_length=MAX_REF)
    provision = models.UUIDField()
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agreement", "clause", "provision"], name="one_use_per_provision")
        ]
        indexes = [
            models.Index(fields=["clause", "agreement"], name="clause_in_agreements"),
            models.Index(fields=["clause", "digest"], name="clause_by_text"),
        ]

    def __str__(self) -> str:
        return f"{self.clause}@{self.version} in {self.agreement_id}"
