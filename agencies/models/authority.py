"""Who may bind an agency by a signature, and by what right."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from agencies.models.agency import Agency
from agencies.models.people import User
from agencies.models.spans import ends_after_it_begins, holds
from agencies.models.validators import no_control_characters
from audit.models import Audited, AuditedQuerySet
from common.prepared import Slot


class BasisKind(models.TextChoices):
    """Where an authority to sign comes from."""

    STATUTE = "statute", "Statute or ordinance"
    OFFICE = "office", "Held by the office itself"
    DELEGATION = "delegation", "Written delegation"
    RESOLUTION = "resolution", "Resolution of the governing body"


class SigningAuthorityQuerySet(AuditedQuerySet["SigningAuthority"]):
    """Sets of signing authorities."""

    def active(self, *, on: dt.date) -> Self:
        """Those that hold on the day `on`, of active people in active agencies."""
        return self.filter(holds(on), person__is_active=True, agency__active=True)

    def covering(self, kind: str | Slot) -> Self:
        """Those good for agreements of this kind (an authority that names no kinds is good for all).

        A slot holds a list of it.
        """
        kinds = kind if isinstance(kind, Slot) else [kind]
        return self.filter(models.Q(kinds=[]) | models.Q(kinds__contains=kinds))


class SigningAuthority(Audited):
    """`person` may sign for `agency`, on the `basis` named, from `since` and before `until`."""

    STREAM_FIELD: ClassVar[str] = "agency_id"

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signing_authorities")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="signing_authorities")
    basis_kind = models.CharField("kind of basis", max_length=20, choices=BasisKind)
    basis = models.CharField(
        max_length=500,
        validators=[no_control_characters],
        help_text="The section, resolution or letter it rests on.",
    )
    kinds = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        size=40,
        help_text="Kinds of agreement; none means all.",
    )
    limit_text = models.CharField("limits", max_length=500, blank=True, validators=[no_control_characters])
    document_reference = models.CharField(max_length=200, blank=True, validators=[no_control_characters])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = SigningAuthorityQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name_plural = "signing authorities"
        ordering = ["since", "id"]
        constraints: ClassVar[list[Any]] = [ends_after_it_begins("authority_dates")]

    def __str__(self) -> str:
        return f"{self.person} may sign for {self.agency}"
