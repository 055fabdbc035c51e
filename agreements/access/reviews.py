"""The quarterly review of access: what there is to decide, and which reviews wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from agencies import quarters
from agencies.models import AccessReview, Agency, Membership, Role, SigningAuthority, User
from agreements.access.asof import Grant, given_by
from agreements.models import Agreement


@dataclass(frozen=True)
class Row:
    """One account and one right it has; `fixed` when its end is set already and nothing is left to decide."""

    key: str
    person: User
    right: str
    since: date
    until: date | None
    seen: datetime | None
    fixed: bool = False


@dataclass(frozen=True)
class Waiting:
    """A review that is not signed off yet."""

    agency: Agency
    quarter: date
    overdue: bool

    @property
    def name(self) -> str:
        """Such as "Q4 2026"."""
        return quarters.named(self.quarter)

    @property
    def due_on(self) -> date:
        """The last day on which it is in time."""
        return quarters.due_on(self.quarter)

    @property
    def url(self) -> str:
        """Where it is done."""
        return f"/agencies/{self.agency.slug}/reviews/"


def rows(agency: Agency, *, today: date) -> list[Row]:
    """Every account with a right: roles, authorities to sign, and grants that somebody gave for the agency."""
    return [*_roles(agency, today), *_authorities(agency, today), *_grants(agency, today)]


def waiting(agencies: Iterable[UUID] | None = None, *, today: date) -> list[Waiting]:
    """The reviews of the current quarter that are not signed off, of these agencies or of all.

    An agency in which nobody held a role when the quarter began has nothing to review yet.
    """
    quarter = quarters.quarter_of(today)
    had = Membership.objects.filter(agency=OuterRef("pk"), since__lt=quarter)
    done = AccessReview.objects.filter(agency=OuterRef("pk"), quarter=quarter)
    found: QuerySet[Agency] = Agency.objects.filter(Exists(had), ~Exists(done), active=True).order_by(
        "name", "pk"
    )
    if agencies is not None:
        found = found.filter(pk__in=list(agencies))
    overdue = today > quarters.due_on(quarter)
    return [Waiting(agency, quarter, overdue) for agency in found]


def _roles(agency: Agency, today: date) -> list[Row]:
    held = Membership.objects.filter(agency=agency).active(on=today).select_related("user")
    return [
        Row(f"role:{row.pk}", row.user, Role(row.role).label, row.since, row.until, row.user.last_login,
            row.until is not None)
        for row in held.order_by("user__name", "user_id", "role")
    ]  # fmt: skip


def _authorities(agency: Agency, today: date) -> list[Row]:
    found = SigningAuthority.objects.filter(agency=agency).active(on=today).select_related("person")
    return [
        Row(
            f"authority:{row.pk}",
            row.person,
            f"May sign: {row.basis}",
            row.since,
            row.until,
            row.person.last_login,
        )
        for row in found.order_by("person__name", "person_id", "since", "pk")
    ]


def _grants(agency: Agency, today: date) -> list[Row]:
    given: dict[tuple[UUID, UUID], list[Grant]] = {}
    for grant in given_by(agency.pk, on=today):
        if grant.taken is None:
            given.setdefault((grant.stream, grant.person), []).append(grant)
    titles = dict(
        Agreement.objects.filter(pk__in={stream for stream, _ in given}).values_list("pk", "reference")
    )
    people = User.objects.in_bulk({person for _, person in given})
    return [
        Row(f"grant:{stream}:{person}", people[person], _conveyed(titles[stream], grants),
            grants[0].given.at.date(), max(grant.until for grant in grants), people[person].last_login)
        for (stream, person), grants in sorted(given.items(), key=lambda item: (titles[item[0][0]], item[0][1]))
        if people[person].is_active
    ]  # fmt: skip


def _conveyed(reference: str, grants: list[Grant]) -> str:
    names = " and ".join(sorted({grant.conveys for grant in grants}))
    return f"Grant on {reference}: {names}"
