"""The requests to sign: who is asked, by when, who may stand in, and telling people that it is their turn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import Role, User, memberships_of
from agreements import emails, policy
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, Party, SignatureRequest, Stage, Version
from agreements.operations import reasons
from agreements.operations.approving import authority_of
from agreements.operations.recording import event

DAYS_TO_SIGN = 60
MOST_DAYS = 366
REMIND_EVERY, LAST_CALL = 7, 3
"""Days between reminders of a request, and how many days before its end the last one goes out."""


def latest(today: date) -> date:
    """The day by which signatories are asked to sign unless another is given."""
    return today + timedelta(days=DAYS_TO_SIGN)


def within_reach(sign_by: date, *, today: date) -> date:
    """The day, if one may be asked to sign by it; ValidationError at `sign_by` if not."""
    if not today <= sign_by <= today + timedelta(days=MOST_DAYS):
        raise ValidationError({"sign_by": "Give a day from today on, within one year."})
    return sign_by


def request_of(
    agreement: Agreement, version: Version, party: Party, *, sign_by: date, now: datetime
) -> SignatureRequest:
    """The request to one party's signatory, not yet written; StepNotOpen where nobody is named or has authority.

    The deputy goes with it if they have authority too: whoever can ever sign is fixed here.
    """
    person, today = party.signatory, policy.local_day(now, agreement)
    if person is None:
        raise StepNotOpen(f"{party.agency.name} has not named its signatory. Reopen the text and name one.")
    for who in filter(None, (person, party.deputy)):
        if authority_of(who, party, agreement, today=today) is None:
            raise StepNotOpen(
                f"{who.name} has no recorded authority to sign this for {party.agency.name}. "
                f"Ask its administrator to record one."
            )
    return SignatureRequest(agreement=agreement, version=version, party=party, signatory=person, named=person,
                            deputy=party.deputy, order=party.signing_order, requested_at=now, sign_by=sign_by)  # fmt: skip


@transaction.atomic
def delegate(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> SignatureRequest:
    """Ask the deputy named in the text instead of the signatory, or the signatory again.

    It is for whoever is asked to sign, or for an administrator of their agency. Anybody else than these two can sign
    only another version. Both sides are told.
    """
    today = policy.local_day(now, agreement)
    locked = opened("delegate", agreement, actor=actor, today=today)
    words = reasons.given(reason)
    row = _held(locked, actor, today)
    other = row.named if row.delegated else row.deputy
    if other is None:
        raise StepNotOpen(
            f"No deputy of {row.signatory.name} is named in this text. Ask {locked.lead.name} to recall it and name one."
        )
    if authority_of(other, row.party, locked, today=today) is None:
        raise StepNotOpen(f"{other.name} has no recorded authority to sign this today.")
    before, row.signatory, row.delegated_at, row.delegation_reason = row.signatory, other, now, words
    event(STEPS["delegate"].event, locked, actor=actor, now=now, agency=row.party.agency_id, changed=[row, locked],
          party=row.party.agency.name, old=before.name, new=other.name, reason=words)  # fmt: skip
    emails.delegated(locked, row, before, words, actor=actor)
    emails.signatures_asked(locked, row.version)
    return row


def may_hand_over(row: SignatureRequest, person: User, *, today: date) -> bool:
    """Whether this person can hand over this request, to the deputy or back."""
    if row.answered_at is not None or not (row.deputy_id or row.delegated):
        return False
    return row.signatory_id == person.pk or row.party.agency_id in _administered(person, today)


def _administered(person: User, today: date) -> list[UUID]:
    held = memberships_of(person, today=today).filter(role=Role.ADMINISTRATOR)
    return list(held.values_list("agency", flat=True))


def _held(agreement: Agreement, actor: User, today: date) -> SignatureRequest:
    """The open request that this person may hand over: their own, or one of the agency they administer."""
    rows = agreement.signature_requests.filter(answered_at=None, voided_at=None).select_related(
        "party__agency", "signatory", "named", "deputy", "version"
    )
    own = rows.filter(signatory=actor).order_by("order").first()
    found = own or rows.filter(party__agency__in=_administered(actor, today)).order_by("order").first()
    if found is None:
        raise PermissionDenied(
            "You are not asked to sign this agreement, so you can't hand the request over."
        )
    return found


@transaction.atomic
def extend(agreement: Agreement, *, sign_by: date, reason: str, actor: User, now: datetime) -> Agreement:
    """Give the signatories who have not signed another day to sign by, sooner or later than the one they had."""
    today = policy.local_day(now, agreement)
    locked = opened("extend", agreement, actor=actor, today=today)
    words, until = reasons.given(reason), within_reach(sign_by, today=today)
    rows = list(
        locked.signature_requests.filter(answered_at=None, voided_at=None).select_related("signatory")
    )
    for row in rows:
        row.sign_by = until
    event(STEPS["extend"].event, locked, actor=actor, now=now, agency=locked.lead_id, changed=[*rows, locked],
          until=until.isoformat(), reason=words)  # fmt: skip
    emails.time_to_sign(locked, rows, words, actor=actor)
    return locked


def chase(*, now: datetime) -> int:
    """Remind whoever's turn it is to sign, each week and before the end, and tell the lead when a time ran out.

    Each mail has a key of its own, so that it is there once however often this runs. Returns the requests looked at.
    """
    rows = SignatureRequest.objects.filter(
        answered_at=None, voided_at=None, agreement__stage=Stage.SIGNING
    ).select_related("agreement", "version", "signatory", "party__agency")
    return sum(_chased(row, now) for row in _in_turn(rows.order_by("agreement_id", "order")))


def _in_turn(rows: Iterable[SignatureRequest]) -> Iterable[SignatureRequest]:
    """Of rows in the order of signing, those of the first place of each agreement."""
    first: dict[object, int] = {}
    for row in rows:
        if first.setdefault(row.agreement_id, row.order) == row.order:
            yield row


@transaction.atomic
def _chased(row: SignatureRequest, now: datetime) -> int:
    today = policy.local_day(now, row.agreement)
    left = (row.sign_by - today).days
    weeks = (today - policy.local_day(row.requested_at, row.agreement)).days // REMIND_EVERY
    if left < 0:
        emails.time_ran_out(row.agreement, row)
    elif left <= LAST_CALL or weeks:
        emails.still_to_sign(row.agreement, row, "last" if left <= LAST_CALL else str(weeks))
    return 1
