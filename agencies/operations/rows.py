"""What every operation on agencies does before it writes: lock, and check the row."""

import datetime as dt
from collections.abc import Collection
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from agencies.models import Agency, Membership, Role, SigningAuthority, User

M = TypeVar("M", bound=Model)


def locked(agency: Agency) -> Agency:
    """The agency as it is now, held until the transaction ends; all changes to its people wait in this line."""
    return Agency.objects.select_for_update().get(pk=agency.pk)


def checked(row: M) -> M:
    """The same row, or ValidationError keyed by field (the record fills `last_event` later; a new id is drawn by us)."""
    row.full_clean(exclude={"last_event", "password", "id"})
    return row


def keep_an_administrator(agency: Agency, leaving: Collection[Membership], *, on: dt.date) -> None:
    """Raise ValidationError if on the day `on` nobody else would administer the agency."""
    if not any(row.role == Role.ADMINISTRATOR for row in leaving):
        return
    others = Membership.objects.filter(agency=agency, role=Role.ADMINISTRATOR).active(on=on)
    if not others.exclude(pk__in=[row.pk for row in leaving]).exists():
        raise ValidationError(
            f"{agency.short_name} needs at least one administrator. Give somebody else that role first.",
            code="last_administrator",
        )


def beyond(day: dt.date) -> Q:
    """The condition of rows that still hold after `day` or will."""
    return Q(until__isnull=True) | Q(until__gt=day)


def authorities_ending(agency: Agency, person: User, *, until: dt.date) -> list[SigningAuthority]:
    """The person's authorities to sign for the agency that reach beyond `until`, now cut to end there."""
    reaching = SigningAuthority.objects.filter(beyond(until), agency=agency, person=person)
    rows = list(reaching.select_for_update())
    for row in rows:
        row.until = max(until, row.since)
    return rows
