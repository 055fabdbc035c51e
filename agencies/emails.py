"""What Concordat writes to people about their place in an agency."""

import datetime as dt

from django.conf import settings
from django.urls import reverse

from agencies.models import Agency, Invitation, Membership, SigningAuthority, User
from common import mail
from common.dates import day


def invitation_link(token: str) -> str:
    """The absolute address at which an invitation is accepted."""
    return f"{settings.SITE_URL}{reverse('agencies:invitation', args=[token])}"


def agency_link(agency: Agency) -> str:
    """The absolute address of an agency's page."""
    return f"{settings.SITE_URL}{reverse('agencies:agency', args=[agency.slug])}"


def invited(invitation: Invitation, token: str) -> None:
    """Ask somebody to join an agency. The only copy of the token that leaves this site."""
    agency = invitation.agency
    mail.queue(
        f"invitation:{invitation.pk}",
        to=invitation.email,
        subject=_line(f"Join {agency.short_name} on Concordat"),
        text=(
            f"Hello {invitation.name or invitation.email},\n\n"
            f"{invitation.invited_by_label} asks you to be {_role(invitation)} of {agency.name} on Concordat, where "
            "agencies write, sign and keep their data sharing agreements.\n\n"
            f"Accept here: {invitation_link(token)}\n\n"
            f"The link works once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC. If you did not expect this, "
            "do nothing.\n"
        ),
    )


def role_granted(membership: Membership) -> None:
    """Tell a person about a new role."""
    agency = membership.agency
    mail.queue(
        f"membership-granted:{membership.pk}",
        to=membership.user.email,
        subject=_line(f"You are now {_role(membership)} of {agency.short_name}"),
        text=(
            f"Hello {membership.user.name},\n\nYou are {_role(membership)} of {agency.name} from {membership.since}.\n\n"
            f"{agency_link(agency)}\n"
        ),
        owner=membership.user_id,
    )


def role_ended(membership: Membership) -> None:
    """Tell a person that a role has ended or will."""
    agency = membership.agency
    mail.queue(
        f"membership-ended:{membership.pk}:{membership.until}",
        to=membership.user.email,
        subject=_line(f"Your role at {agency.short_name} ends"),
        text=(
            f"Hello {membership.user.name},\n\nFrom {membership.until} you are no longer {_role(membership)} of "
            f"{agency.name}.\n"
        ),
        owner=membership.user_id,
    )


def authority_changed(authority: SigningAuthority) -> None:
    """Tell a person that they may sign for an agency, or no longer may."""
    agency, person = authority.agency, authority.person
    if authority.until is None:
        said = f"You may sign for {agency.name} from {authority.since}"
    else:
        said = f"You may sign for {agency.name} from {authority.since}, and no longer from {authority.until}"
    mail.queue(
        f"authority:{authority.pk}:{authority.last_event_id}",
        to=person.email,
        subject=_line(f"Your authority to sign for {agency.short_name}"),
        text=f"Hello {person.name},\n\n{said}. Basis: {authority.basis}.\n\n{agency_link(agency)}\n",
        owner=person.pk,
    )


def access_review(
    agency: Agency, person: User, quarter: str, due_on: dt.date, *, overdue: bool, path: str
) -> bool:
    """Ask an administrator for the quarter's review of access, once when it begins and once when it is late."""
    late = f"It was due by {day(due_on)}." if overdue else f"Please sign it off by {day(due_on)}."
    return mail.queue(
        f"access-review:{agency.pk}:{quarter}:{'overdue' if overdue else 'begun'}:{person.pk}",
        to=person.email,
        subject=_line(f"{'Overdue: ' if overdue else ''}Access review {quarter} of {agency.short_name}"),
        text=(
            f"Hello {person.name},\n\nOnce a quarter an administrator of {agency.name} looks at every account and right: "
            f"roles, authority to sign, and grants to people outside. {late}\n\n{settings.SITE_URL}{path}\n"
        ),
        owner=person.pk,
    )


def _role(row: Invitation | Membership) -> str:
    return str(row.get_role_display()).lower()


def _line(text: str) -> str:
    """A mail subject is one line, whatever an agency is called."""
    return " ".join(text.split())[:200]
