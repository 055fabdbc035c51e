"""What an auditor typed, found: people, agencies and agreements they may know of; and what a stream is called.

Settings name this module (AUDIT_FINDING) for the audit desk, which knows nothing of agreements.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from agencies import policy as agencies_policy
from agencies.models import Agency, Membership, User
from agreements import listing, policy
from agreements.models import Agreement

SUGGESTED = 300
MOST_AGENCIES, MOST_AGREEMENTS = 20, 50


class TooMany(Exception):
    """More fit what was typed than are looked through at once."""


def _known(user: User, today: date) -> QuerySet[User]:
    """The people of the agencies whose people `user` may see, past ones too."""
    agencies = agencies_policy.permitted(user, "view_people", Agency.objects.all(), today=today)
    return User.objects.filter(
        pk__in=Membership.objects.filter(agency__in=agencies.values("pk")).values("user")
    )


def people(user: User, *, today: date) -> list[str]:
    """Whom to suggest: "Name (address)"."""
    rows = _known(user, today).order_by("name", "id").values_list("name", "email")
    return [f"{name} ({email})" for name, email in rows[:SUGGESTED]]


def person(user: User, text: str, *, today: date) -> UUID | None:
    """The one person meant by a suggestion, an address or a whole name, among those `user` may see."""
    name, _, email = text.removesuffix(")").rpartition("(")
    meant = Q(email=text.lower()) | Q(name__iexact=text) | Q(name=name.strip(), email=email.lower())
    found = list(_known(user, today).filter(meant).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def agencies() -> list[str]:
    """Which agencies to suggest."""
    return list(Agency.objects.order_by("name", "id").values_list("name", flat=True)[:SUGGESTED])


def agency_ids(text: str) -> list[UUID]:
    """The agencies of this name; else those that have its words. Raises TooMany."""
    exact = Agency.objects.filter(Q(name__iexact=text) | Q(short_name__iexact=text) | Q(slug=text))
    found = list(exact.values_list("pk", flat=True)[:2]) or list(
        Agency.objects.search(text).values_list("pk", flat=True)[: MOST_AGENCIES + 1]
    )
    if len(found) > MOST_AGENCIES:
        raise TooMany
    return found


def agreement_ids(user: User, text: str, *, today: date) -> list[UUID]:
    """Of the agreements `user` may see, the one of this reference; else those of these words. Raises TooMany."""
    seen = policy.visible(user, today=today)
    exact = list(seen.filter(reference__in={text, text.upper()}).values_list("pk", flat=True))
    if exact:
        return exact
    own = policy.agencies_of(user, today=today)
    drafts = seen.filter(
        lead__in=own, shared_at=None, title__icontains=text
    )  # their words are not listed yet
    words = listing.Filters(text=text)
    listed = listing.search(
        policy.principals(user, today=today), filters=words, limit=MOST_AGREEMENTS + 1, today=today
    )
    found = [row.agreement.pk for row in listed.rows]
    found += drafts.exclude(pk__in=found).values_list("pk", flat=True)[:MOST_AGREEMENTS]
    if len(found) > MOST_AGREEMENTS:
        raise TooMany
    return found


def names(streams: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """What streams are called and where they are read: agreements, agencies, accounts; three queries."""
    found = {
        row.pk: (str(row), f"/agreements/{row.pk}/history/")
        for row in Agreement.objects.filter(pk__in=streams).only("reference", "title")
    }
    found |= {row.pk: (row.name, f"/agencies/{row.slug}/") for row in Agency.objects.filter(pk__in=streams)}
    return found | {row.pk: (f"Account of {row}", "") for row in User.objects.filter(pk__in=streams)}


def labels(ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of agencies and people, for rows that point to them."""
    found = {row.pk: row.name for row in Agency.objects.filter(pk__in=ids)}
    return found | {row.pk: str(row) for row in User.objects.filter(pk__in=ids)}
