"""Granting and revoking the authority to sign for an agency."""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies import emails
from agencies.days import civil_day
from agencies.models import Agency, Membership, Role, SigningAuthority, User
from agencies.operations.rows import checked, locked
from agencies.policy import require
from audit.record import Actor, record


@transaction.atomic
def grant_authority(
    agency: Agency,
    person: User,
    *,
    basis_kind: str,
    basis: str,
    actor: Actor,
    now: dt.datetime,
    kinds: Sequence[str] = (),
    limit_text: str = "",
    document_reference: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> SigningAuthority:
    """Write down that `person`, a signatory of the agency, may sign for it, and on what basis.

    `kinds` are kinds of agreement (none means all). Raises PermissionDenied, or ValidationError for a person who is
    no signatory, a basis already recorded for the same days, or dates that end before they begin.
    """
    today = civil_day(now)
    _require(actor, agency, today)
    agency = locked(agency)
    row = SigningAuthority(
        agency=agency,
        person=person,
        basis_kind=basis_kind,
        basis=basis,
        kinds=sorted(set(kinds)),
        limit_text=limit_text,
        document_reference=document_reference,
        since=since or today,
        until=until,
    )
    if until is not None and until <= row.since:
        raise ValidationError({"until": "The end must be after the beginning."})
    checked(row)
    _check_person(row, today)
    _refuse_double(row)
    facts = {"person": person.label, "basis": basis, "since": str(row.since), "until": str(until or "")}
    record(
        "authority.granted",
        stream=agency.pk,
        actor=actor,
        now=now,
        changed=[row],
        agency=agency.pk,
        facts=facts,
    )
    emails.authority_changed(row)
    return row


@transaction.atomic
def revoke_authority(
    authority: SigningAuthority, *, actor: Actor, now: dt.datetime, reason: str = ""
) -> SigningAuthority:
    """End an authority today, with the reason to be kept. Revoking one that has ended changes nothing."""
    today = civil_day(now)
    _require(actor, authority.agency, today)
    agency = locked(authority.agency)
    row = SigningAuthority.objects.select_related("person").get(pk=authority.pk)
    row.agency = agency
    if row.until is not None and row.until <= today:
        return row
    row.until = max(today, row.since)
    facts = {"person": row.person.label, "basis": row.basis, "until": str(row.until), "reason": reason}
    record(
        "authority.revoked",
        stream=agency.pk,
        actor=actor,
        now=now,
        changed=[row],
        agency=agency.pk,
        facts=facts,
    )
    emails.authority_changed(row)
    return row


def _require(actor: Actor, agency: Agency, today: dt.date) -> None:
    require(actor, "grant_authority", agency, today=today)


def _check_person(row: SigningAuthority, today: dt.date) -> None:
    roles = Membership.objects.filter(agency=row.agency, user=row.person, role=Role.SIGNATORY)
    if not roles.active(on=max(today, row.since)).exists():
        raise ValidationError(
            {"person": f"{row.person.name} is no signatory of {row.agency.short_name} then."}
        )


def _refuse_double(row: SigningAuthority) -> None:
    same = SigningAuthority.objects.filter(
        agency=row.agency, person=row.person, basis_kind=row.basis_kind, basis=row.basis, kinds=row.kinds
    )
    if any(_overlap(row, other) for other in same):
        raise ValidationError({"basis": "This authority has already been recorded for these days."})


def _overlap(one: SigningAuthority, other: SigningAuthority) -> bool:
    return (one.until is None or other.since < one.until) and (other.until is None or one.since < other.until)
