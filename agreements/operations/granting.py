"""Giving one person access to one agreement, until a day. The only caller of guardian's grants."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy
from agreements.models import Agreement, AgreementUserObjectPermission
from agreements.operations.recording import event


@transaction.atomic
def grant(
    agreement: Agreement, *, person: User, conveys: str, until: date, reason: str, actor: User, now: datetime
) -> AgreementUserObjectPermission:
    """Let `person` view, comment on or export one agreement, before the day `until` (at most one year ahead)."""
    today = policy.local_day(now, agreement)
    locked, agency = _locked(agreement, actor, today)
    if conveys not in policy.GRANTABLE:
        raise ValidationError({"conveys": "Choose what the grant allows."})
    if not today < until <= today.replace(year=today.year + 1, day=min(today.day, 28)):
        raise ValidationError({"until": "Give an end date after today and within one year."})
    if not reason.strip():
        raise ValidationError({"reason": "Give the reason; it is recorded."})
    row = _put(locked, person, "view", until, reason.strip(), actor)
    if conveys != "view":
        row = _put(locked, person, conveys, until, reason.strip(), actor)
    event("access.granted", locked, actor=actor, now=now, agency=agency, changed=[locked], person=person.label,
          person_id=str(person.pk), conveys=conveys, until=until.isoformat(), reason=reason.strip())  # fmt: skip
    emails.access_granted(locked, person, until)
    return row


def _put(
    agreement: Agreement, person: User, name: str, until: date, reason: str, actor: User
) -> AgreementUserObjectPermission:
    permission = Permission.objects.get(codename=f"{name}_agreement", content_type__app_label="agreements")
    row: AgreementUserObjectPermission
    row, _ = AgreementUserObjectPermission.objects.update_or_create(
        user=person, permission=permission, content_object=agreement,
        defaults={"until": until, "reason": reason[:300], "granted_by": actor.label[:200]},
    )  # fmt: skip
    return row


@transaction.atomic
def revoke(agreement: Agreement, *, person: User, reason: str, actor: User, now: datetime) -> None:
    """Take every grant of `person` on this agreement away, at once."""
    today = policy.local_day(now, agreement)
    locked, agency = _locked(agreement, actor, today)
    gone, _ = AgreementUserObjectPermission.objects.filter(user=person, content_object=locked).delete()
    if gone:
        event("access.revoked", locked, actor=actor, now=now, agency=agency, changed=[locked], person=person.label,
              person_id=str(person.pk), reason=reason.strip())  # fmt: skip


def _locked(agreement: Agreement, actor: User, today: date) -> tuple[Agreement, UUID]:
    policy.require(actor, "grant", agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    return locked, policy.speaking_for(actor, "grant", locked, today=today)
