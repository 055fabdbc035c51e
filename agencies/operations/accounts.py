"""People's accounts. Users are not audited rows, so each change is written beside its event on the stream `user.id`."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from agencies.days import civil_day
from agencies.models import Agency, Invitation, Membership, Pace, User
from agencies.operations.rows import authorities_ending, beyond, checked, keep_an_administrator
from agencies.operations.tokens import drop_token
from agencies.policy import is_operator, may_speak_for
from audit.record import Actor, record

_TAKEN = "Somebody already uses this e-mail address."


@transaction.atomic
def register_person(
    *,
    email: str,
    name: str,
    actor: Actor,
    now: dt.datetime,
    title: str = "",
    phone: str = "",
    password: str | None = None,
    encoded: str | None = None,
) -> User:
    """Open an account directly (operators only; everybody else is invited). No password: none can sign in yet.

    `encoded` is a password in the encoded form of `make_password`, for accounts taken over from elsewhere.
    """
    if not is_operator(actor):
        raise PermissionDenied(
            "Only an operator of this site opens accounts directly. Invite the person instead."
        )
    user = User(email=email, name=name, title=title, phone=phone)
    return open_account(user, password=password, encoded=encoded, actor=actor, now=now)


def open_account(
    user: User, *, password: str | None, actor: Actor, now: dt.datetime, encoded: str | None = None
) -> User:
    """Write a new or closed account with this password (15 characters or more) and its confirmed address."""
    action = "person.registered" if user._state.adding else "person.reactivated"
    user.is_active = True
    checked(user)
    if encoded is None:
        set_valid_password(user, password)
    else:
        user.password = encoded
    record(action, stream=user.pk, actor=actor, now=now, facts={"name": user.name, "email": user.email})
    try:
        with transaction.atomic():
            user.save()
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
    except IntegrityError:
        raise ValidationError({"email": _TAKEN}) from None
    return user


def set_valid_password(user: User, password: str | None) -> None:
    """Set the password on the row (not saved); ValidationError at `password` if it is weak."""
    try:
        if password is not None:
            validate_password(password, user)
    except ValidationError as weak:
        raise ValidationError({"password": weak.error_list}) from None
    user.set_password(password)


@transaction.atomic
def rename(
    user: User,
    *,
    name: str,
    actor: Actor,
    now: dt.datetime,
    title: str | None = None,
    phone: str | None = None,
) -> User:
    """Change how a person is called, their title and telephone; themselves or who may speak for them."""
    if actor.id != user.pk and not may_speak_for(actor, user, today=civil_day(now)):
        raise PermissionDenied(
            "You can't do this: only the person, or an administrator of all their agencies, can."
        )
    row = User.objects.select_for_update().get(pk=user.pk)
    wanted = {"name": name, "title": title, "phone": phone}
    changes = {
        key: value for key, value in wanted.items() if value is not None and getattr(row, key) != value
    }
    if not changes:
        return row
    facts = {key: {"from": getattr(row, key), "to": value} for key, value in changes.items()}
    for key, value in changes.items():
        setattr(row, key, value)
    checked(row)
    record("person.renamed", stream=row.pk, actor=actor, now=now, facts=facts)
    row.save(update_fields=list(changes))
    return row


@transaction.atomic
def choose_pace(user: User, *, pace: str, actor: Actor, now: dt.datetime) -> User:
    """Choose how often one is told of deadlines that fall due: a person's own choice, nobody else's.

    Raises PermissionDenied for others, ValidationError at `pace` for a pace there is not.
    """
    if actor.id != user.pk:
        raise PermissionDenied("You can't do this: everybody chooses for themselves.")
    if pace not in Pace.values:
        raise ValidationError({"pace": "Choose one of the ways listed."})
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.reminder_pace == pace:
        return row
    facts = {"from": row.get_reminder_pace_display(), "to": Pace(pace).label}
    row.reminder_pace = pace
    record("person.reminders_chosen", stream=row.pk, actor=actor, now=now, facts=facts)
    row.save(update_fields=["reminder_pace"])
    return row


@transaction.atomic
def change_email(user: User, *, email: str, actor: Actor, now: dt.datetime) -> User:
    """Give an account another address, which is its login; who may speak for the person decides, not they."""
    if not may_speak_for(actor, user, today=civil_day(now)):
        raise PermissionDenied("You can't do this: only an administrator of all this person's agencies can.")
    row = User.objects.select_for_update().get(pk=user.pk)
    old, row.email = row.email, email.strip().lower()
    if row.email == old:
        return row
    checked(row)
    record("person.email_changed", stream=row.pk, actor=actor, now=now, facts={"from": old, "to": row.email})
    EmailAddress.objects.filter(user=row).delete()
    EmailAddress.objects.create(user=row, email=row.email, verified=True, primary=True)
    row.save(update_fields=["email"])
    return row


@transaction.atomic
def deactivate_user(user: User, *, actor: Actor, now: dt.datetime) -> User:
    """Close an account: no sign-in, no API token, every role and signing authority ended today.

    Raises PermissionDenied, or ValidationError where the person is an agency's last administrator.
    """
    today = civil_day(now)
    if not may_speak_for(actor, user, today=today):
        raise PermissionDenied("You can't do this: only an administrator of all this person's agencies can.")
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.is_active:
        return row
    _end_every_role(row, actor=actor, now=now, today=today)
    row.is_active = False
    record("person.deactivated", stream=row.pk, actor=actor, now=now, facts={"person": row.label})
    row.save(update_fields=["is_active"])
    drop_token(row)
    return row


def _end_every_role(user: User, *, actor: Actor, now: dt.datetime, today: dt.date) -> None:
    open_roles = Membership.objects.filter(beyond(today), user=user)
    # One order of locks for everybody, so that two closings at once can't wait for each other.
    for agency in (
        Agency.objects.select_for_update().filter(pk__in=open_roles.values("agency_id")).order_by("pk")
    ):
        rows = list(open_roles.filter(agency=agency))
        keep_an_administrator(agency, rows, on=today)
        for row in rows:
            row.until = max(today, row.since)
        authorities = authorities_ending(agency, user, until=today)
        record(
            "membership.ended",
            stream=agency.pk,
            actor=actor,
            now=now,
            changed=[*rows, *authorities, *_invitations_ending(agency, user, now)],
            agency=agency.pk,
            facts={"person": user.label, "role": ", ".join(row.role for row in rows), "until": str(today)},
        )


def _invitations_ending(agency: Agency, user: User, now: dt.datetime) -> list[Invitation]:
    rows = list(Invitation.objects.filter(agency=agency, email=user.email).open())
    for row in rows:
        row.revoked_at = now
    return rows
