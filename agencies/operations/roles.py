"""Giving, changing and ending the roles people hold in an agency."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies import emails
from agencies.days import civil_day
from agencies.models import Agency, Membership, Role, SigningAuthority, User
from agencies.operations.rows import authorities_ending, checked, keep_an_administrator, locked
from agencies.policy import is_operator, require
from audit.record import Actor, record


@transaction.atomic
def grant_membership(
    agency: Agency, user: User, *, role: str, actor: Actor, now: dt.datetime, since: dt.date | None = None
) -> Membership:
    """Give `user` another role in the agency, from `since` (today). Strangers to the agency are invited instead.

    Raises PermissionDenied, or ValidationError for a role already held or a person who is not of the agency.
    """
    today = civil_day(now)
    require(actor, "manage_people", agency, today=today)
    agency = locked(agency)
    belongs = Membership.objects.filter(agency=agency, user=user).active(on=today).exists()
    if not belongs and not is_operator(actor):
        raise ValidationError({"user": "This person has no role here yet. Invite them by e-mail."})
    membership = checked(Membership(agency=agency, user=user, role=role, since=since or today))
    facts = {"person": user.label, "role": role}
    record(
        "membership.granted",
        stream=agency.pk,
        actor=actor,
        now=now,
        changed=[membership],
        agency=agency.pk,
        facts=facts,
    )
    emails.role_granted(membership)
    return membership


@transaction.atomic
def change_role(membership: Membership, *, role: str, actor: Actor, now: dt.datetime) -> Membership:
    """End this role today and begin another; answers the new membership.

    The old row stays, so that who held which role on which day can always be told.
    Raises PermissionDenied, or ValidationError for the last administrator, an ended role or one already held.
    """
    today = civil_day(now)
    require(actor, "manage_people", membership.agency, today=today)
    old = _held(membership)
    if old.role == role:
        return old
    authorities = _ended(old, until=today)
    new = checked(Membership(agency=old.agency, user=old.user, role=role, since=max(today, old.since)))
    record(
        "membership.changed",
        stream=old.agency_id,
        actor=actor,
        now=now,
        changed=[old, *authorities, new],
        agency=old.agency_id,
        facts={"person": old.user.label, "from": old.role, "role": role},
    )
    emails.role_granted(new)
    return new


@transaction.atomic
def retire_membership(
    membership: Membership, *, actor: Actor, now: dt.datetime, until: dt.date | None = None
) -> Membership:
    """End a role, at once or from the later day `until`; what the person may sign ends with the signatory role.

    Raises PermissionDenied, or ValidationError for the last administrator, a day gone by or an ended role.
    """
    today = civil_day(now)
    require(actor, "manage_people", membership.agency, today=today)
    row = _held(membership)
    if until is not None and until < max(today, row.since):
        raise ValidationError({"until": "The end can't be before the beginning, nor before today."})
    authorities = _ended(row, until=until or today)
    record(
        "membership.ended",
        stream=row.agency_id,
        actor=actor,
        now=now,
        changed=[row, *authorities],
        agency=row.agency_id,
        facts={"person": row.user.label, "role": row.role, "until": str(row.until)},
    )
    emails.role_ended(row)
    return row


def _held(membership: Membership) -> Membership:
    agency = locked(membership.agency)
    row = Membership.objects.select_related("user").get(pk=membership.pk)
    row.agency = agency
    if row.until is not None:
        raise ValidationError("This role has already been ended.", code="ended")
    return row


def _ended(row: Membership, *, until: dt.date) -> list[SigningAuthority]:
    """Set the end on the row, and answer the signing authorities that end with it."""
    keep_an_administrator(row.agency, [row], on=max(until, row.since))
    row.until = max(until, row.since)
    if row.role != Role.SIGNATORY:
        return []
    return authorities_ending(row.agency, row.user, until=row.until)
