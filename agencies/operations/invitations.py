"""Inviting people by mail, and what becomes of an invitation."""

import datetime as dt
import hashlib
import secrets
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies import emails
from agencies.days import civil_day
from agencies.models import INVITATION_DAYS, Agency, Invitation, Membership, User
from agencies.operations.accounts import open_account
from agencies.operations.rows import checked, locked
from agencies.policy import require
from audit.record import Actor, record

TOKEN_BYTES = 32


class InvitationClosed(ValidationError):
    """The link names no invitation that can still be accepted."""

    def __init__(self) -> None:
        super().__init__(
            "This invitation can't be used: it was used already, withdrawn, or is out of date. "
            "Ask the person who sent it for a new one.",
            code="invitation_closed",
        )


class Invited(NamedTuple):
    """An invitation, the secret of its link (kept nowhere), and what the inviter should look at again."""

    invitation: Invitation
    token: str
    warnings: tuple[str, ...]


@transaction.atomic
def invite(
    agency: Agency, *, email: str, role: str, actor: Actor, now: dt.datetime, name: str = ""
) -> Invited:
    """Ask the owner of `email` by mail to take `role` in the agency; the link works once, for 14 days.

    Raises PermissionDenied, or ValidationError for a role already held or an invitation already waiting.
    """
    today = civil_day(now)
    require(actor, "manage_people", agency, today=today)
    agency = locked(agency)
    if not agency.active:
        raise ValidationError(f"{agency.short_name} is closed and can't take new people.")
    email = email.strip().lower()
    _refuse_doubles(agency, email, role, actor=actor, now=now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = checked(
        _drafted(agency, email=email, role=role, actor=actor, now=now, name=name, token=token)
    )
    facts = {"email": email, "name": name, "role": role}
    record(
        "person.invited",
        stream=agency.pk,
        actor=actor,
        now=now,
        changed=[invitation],
        agency=agency.pk,
        facts=facts,
    )
    emails.invited(invitation, token)
    return Invited(invitation, token, _warnings(agency, email))


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: Actor, now: dt.datetime) -> Invitation:
    """Withdraw an invitation; its link stops working. Withdrawing it twice changes nothing."""
    require(actor, "manage_people", invitation.agency, today=civil_day(now))
    agency = locked(invitation.agency)
    row = Invitation.objects.get(pk=invitation.pk)
    if row.accepted_at is not None:
        raise ValidationError("This invitation has already been accepted. End the person's role instead.")
    if row.revoked_at is None:
        row.revoked_at = now
        _record("invitation.revoked", agency, [row], actor=actor, now=now, email=row.email, role=row.role)
    return row


def invitation_of(token: str, *, now: dt.datetime) -> Invitation:
    """The invitation this link can still accept; raises InvitationClosed."""
    found = Invitation.objects.select_related("agency").filter(token_sha256=digest(token)).first()
    if found is None or not found.waits(now=now) or not found.agency.active:
        raise InvitationClosed
    return found


def account_of(invitation: Invitation) -> User | None:
    """The open account of the invited address, which must then accept signed in."""
    return User.objects.filter(email=invitation.email, is_active=True).first()


def accepted_by(token: str, user: object) -> Invitation | None:
    """The invitation of this link if `user` is who accepted it, so that pressing twice does no harm."""
    if not isinstance(user, User):
        return None
    found = Invitation.objects.filter(token_sha256=digest(token), accepted_by=user)
    return found.select_related("agency").first()


@transaction.atomic
def accept_invitation(token: str, *, actor: User, now: dt.datetime) -> Membership:
    """Take the role offered, as the signed-in person whose address was invited."""
    invitation = _claimed(token, now=now)
    if actor.email != invitation.email or not actor.is_active:
        raise PermissionDenied(f"This invitation is for {invitation.email}. Sign in with that address.")
    return _admitted(invitation, actor, now=now)


@transaction.atomic
def join(token: str, *, name: str, title: str, password: str, now: dt.datetime) -> Membership:
    """Take the role offered, opening an account for the invited address with this name and password.

    Raises PermissionDenied if the address has an open account, ValidationError at `name` or `password`.
    """
    invitation = _claimed(token, now=now)
    user = User.objects.select_for_update().filter(email=invitation.email).first() or User(
        email=invitation.email
    )
    if user.is_active and not user._state.adding:
        raise PermissionDenied("This address already has an account. Sign in to accept.")
    user.name, user.title = name, title
    open_account(user, password=password, actor=user, now=now)
    return _admitted(invitation, user, now=now)


def digest(token: str) -> str:
    """What is kept of a link's secret: 256 random bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _claimed(token: str, *, now: dt.datetime) -> Invitation:
    agency = locked(invitation_of(token, now=now).agency)
    invitation = invitation_of(token, now=now)  # again, now that nobody else can take it
    invitation.agency = agency
    return invitation


def _admitted(invitation: Invitation, user: User, *, now: dt.datetime) -> Membership:
    agency, today = invitation.agency, civil_day(now)
    held = Membership.objects.filter(agency=agency, user=user, role=invitation.role).active(on=today).first()
    membership = held or Membership(agency=agency, user=user, role=invitation.role, since=today)
    invitation.accepted_at, invitation.accepted_by = now, user
    changed: list[Invitation | Membership] = [invitation] if held else [invitation, checked(membership)]
    facts = {"person": user.label, "role": invitation.role}
    _record("invitation.accepted", agency, changed, actor=user, now=now, **facts)
    return membership


def _drafted(
    agency: Agency, *, email: str, role: str, actor: Actor, now: dt.datetime, name: str, token: str
) -> Invitation:
    return Invitation(
        agency=agency,
        email=email,
        name=name,
        role=role,
        token_sha256=digest(token),
        invited_by=actor.id,
        invited_by_label=actor.label,
        created_at=now,
        expires_at=now + dt.timedelta(days=INVITATION_DAYS),
    )


def _refuse_doubles(agency: Agency, email: str, role: str, *, actor: Actor, now: dt.datetime) -> None:
    held = Membership.objects.filter(agency=agency, user__email=email, role=role).active(on=civil_day(now))
    if held.exists():
        raise ValidationError({"email": "This person already has this role."})
    for older in Invitation.objects.filter(agency=agency, email=email, role=role).open():
        if older.waits(now=now):
            raise ValidationError({"email": "An invitation to this role is already waiting for this person."})
        older.revoked_at = now
        _record("invitation.expired", agency, [older], actor=actor, now=now, email=email, role=role)


def _warnings(agency: Agency, email: str) -> tuple[str, ...]:
    if agency.knows_domain_of(email):
        return ()
    return (
        f"{email} is not an address of {agency.short_name} ({', '.join(agency.email_domains)}). Check it.",
    )


def _record(
    action: str,
    agency: Agency,
    changed: list[Invitation | Membership] | list[Invitation],
    *,
    actor: Actor,
    now: dt.datetime,
    **facts: str,
) -> None:
    record(action, stream=agency.pk, actor=actor, now=now, changed=changed, agency=agency.pk, facts=facts)
