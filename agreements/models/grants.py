"""Who sees what: the one access table, and the object grants that feed it."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from guardian.models import UserObjectPermissionBase

from agreements.models.agreement import Agreement


class AgreementUserObjectPermission(UserObjectPermissionBase):
    """A person's grant on one agreement (outside counsel, visiting auditor, observer) with an end date.

    Written by operations.granting alone; the table has a direct foreign key, so no grant outlives its object.
    """

    content_object = models.ForeignKey(Agreement, models.PROTECT, related_name="grants")
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    granted_by = models.CharField(max_length=200, blank=True)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        default_permissions = ()


class Access(models.Model):
    """One row per principal and agreement it may see: the only visibility path.

    Derived by triggers from parties, oversight and grants (migration 0002); nobody writes it by hand.
    A principal is an agency, an oversight body (see `oversight_principal`) or a person holding a grant.
    """

    principal = models.UUIDField()
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="access_rows")
    sort_on = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["principal", "agreement"], name="one_access_per_principal")
        ]
        indexes = [models.Index(fields=["principal", "sort_on", "agreement"], name="access_in_order")]

    def __str__(self) -> str:
        return f"{self.principal} sees {self.agreement_id}"


class SearchEntry(models.Model):
    """The words of an agreement as last handed over, with its principals as lexemes.

    `words` is written with each version whose words differ, which `digest` tells (a SHA-256); `tsv` is `words` and one
    lexeme per principal, kept by the same triggers.
    """

    agreement = models.OneToOneField(Agreement, models.CASCADE, primary_key=True, related_name="search_entry")
    words = SearchVectorField(editable=False)
    digest = models.CharField(max_length=64, db_default="", editable=False)
    tsv = SearchVectorField(editable=False)

    class Meta:
        default_permissions = ()
        indexes = [GinIndex(fields=["tsv"], name="search_words")]

    def __str__(self) -> str:
        return str(self.agreement_id)


def oversight_principal(body: UUID) -> UUID:
    """The principal of an oversight body's auditors: apart from the body itself, whose liaisons see less."""
    return UUID(bytes=hashlib.md5(f"oversight:{body}".encode(), usedforsecurity=False).digest())
