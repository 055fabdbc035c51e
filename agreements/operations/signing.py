"""Signing the frozen text. The order and the hash are checked under the agreement's row lock."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, Signature, SignatureRequest, Stage, Version
from agreements.operations import dating
from agreements.operations.approving import NotWhatWasSeen, authority_of, standing_approvals
from agreements.operations.recording import event, stamped
from agreements.operations.refusing import refuse_blocks
from common import outbox

INTENT = (
    "I have read this agreement, I am authorized to bind {agency} to it, and I intend my typed name to be my "
    "signature and to have the same effect as one in ink."
)


def intent(agency_name: str) -> str:
    """The statement a signatory makes: intent to sign, authority, and consent to sign electronically.

    15 USC 7006(5) asks for a process executed with the intent to sign the record.
    """
    return INTENT.format(agency=agency_name)


def open_request(agreement: Agreement, person: User) -> SignatureRequest | None:
    """The unanswered request that names this person, if any."""
    rows = agreement.signature_requests.filter(signatory=person, answered_at=None, voided_at=None)
    return rows.select_related("party__agency", "version").order_by("order").first()


@transaction.atomic
def sign(
    agreement: Agreement,
    *,
    seen_hash: str,
    typed_name: str,
    consent: bool,
    authenticated_by: str,
    actor: User,
    now: datetime,
    ip: str | None = None,
) -> Signature:
    """Sign the frozen version whose SHA-256 is `seen_hash`; the last signature executes the agreement.

    `authenticated_by` says how the signer proved who they are at the act. Raises NotWhatWasSeen when the frozen
    text is another one, StepNotOpen out of turn or without authority, ValidationError for what was typed.
    """
    today = policy.local_day(now, agreement)
    locked = opened("sign", agreement, actor=actor, today=today)
    request = _request(locked, actor)
    version = _frozen(locked, request, seen_hash)
    _typed(typed_name, actor, consent)
    authority = authority_of(actor, request.party, locked, today=today)
    if authority is None:
        raise StepNotOpen(f"No authority to sign for {request.party.agency.name} is recorded for you today.")
    signature = Signature(
        agreement=locked, version=version, request=request, party=request.party, signatory=actor, name=actor.name,
        title=actor.title, agency_name=request.party.legal_name, authority=authority,
        authority_basis=authority.basis, intent=intent(request.party.legal_name), authenticated_by=authenticated_by,
        document_sha256=version.sha256, signed_at=now, ip=ip,
    )  # fmt: skip
    request.answered_at = now
    event(STEPS["sign"].event, locked, actor=actor, now=now, agency=request.party.agency_id,
          changed=[signature, request, locked], party=request.party.agency.name, sha256=version.sha256,
          authority=authority.basis, authenticated_by=authenticated_by, intent=signature.intent)  # fmt: skip
    dating.reckoned(locked, version.content, signed_on=today)
    refuse_blocks(locked, version.content, stage="execution", today=today)
    emails.signed(locked, signature)
    if not locked.signature_requests.filter(answered_at=None, voided_at=None).exists():
        _execute(locked, version, actor=actor, now=now)
    return signature


def _request(agreement: Agreement, actor: User) -> SignatureRequest:
    request = open_request(agreement, actor)
    if request is None:
        if agreement.signatures.filter(signatory=actor, voided_at=None).exists():
            raise StepNotOpen("You have signed already. Nothing more is needed from you.")
        raise PermissionDenied("This agreement waits for other signatories; you are not asked to sign it.")
    earlier = agreement.signature_requests.filter(answered_at=None, voided_at=None, order__lt=request.order)
    waiting = [row.party.agency.name for row in earlier.select_related("party__agency")]
    if waiting:
        raise StepNotOpen(f"It is not your turn to sign yet: {', '.join(waiting)} signs first.")
    return request


def _frozen(agreement: Agreement, request: SignatureRequest, seen_hash: str) -> Version:
    version = agreement.frozen
    if version is None or version.pk != request.version_id or version.sha256 != seen_hash:
        raise NotWhatWasSeen
    return version


def _typed(typed_name: str, actor: User, consent: bool) -> None:
    problems: dict[str, str] = {}
    if " ".join(typed_name.split()).casefold() != " ".join(actor.name.split()).casefold():
        problems["typed_name"] = f"Type your name as it stands here: {actor.name}."
    if not consent:
        problems["consent"] = "Tick the box to say that you intend to sign electronically."
    if problems:
        raise ValidationError(problems)


def _execute(agreement: Agreement, version: Version, *, actor: User, now: datetime) -> None:
    """What the last signature brings about: the dates in force, and the final document as a job."""
    today = policy.local_day(now, agreement)
    agreement.stage, agreement.executed_at, agreement.turn_since = Stage.EXECUTED, now, now
    dating.put(agreement, dating.reckoned(agreement, version.content, signed_on=today))
    event("agreement.executed", agreement, actor=actor, now=now, agency=None,
          changed=[agreement, *dating.cover(agreement, version=version)],
          sha256=version.sha256, **dating.as_facts(agreement))  # fmt: skip
    outbox.put("pdf", f"pdf:{agreement.pk}", {"agreement": str(agreement.pk)})
    emails.executed(agreement)


@transaction.atomic
def decline(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Refuse to sign; the agreement ends here, with the reason."""
    today = policy.local_day(now, agreement)
    locked = opened("decline", agreement, actor=actor, today=today)
    request = _request_to_decline(locked, actor)
    words = _reason(reason)
    requests = list(locked.signature_requests.filter(answered_at=None, voided_at=None))
    voided = stamped(requests, now, "voided_at")
    locked.stage, locked.turn_since = Stage.DECLINED, now
    event(STEPS["decline"].event, locked, actor=actor, now=now, agency=request.party.agency_id,
          changed=[*voided, locked], party=request.party.agency.name, reason=words)  # fmt: skip
    emails.text_reopened(locked, words, actor=actor)
    return locked


def _request_to_decline(agreement: Agreement, actor: User) -> SignatureRequest:
    request = open_request(agreement, actor)
    if request is None:
        raise PermissionDenied("You are not asked to sign this agreement, so you can't decline it.")
    return request


@transaction.atomic
def recall(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Take a text out for signature back to negotiation; signatures given are void, visibly, with the reason."""
    today = policy.local_day(now, agreement)
    locked = opened("recall", agreement, actor=actor, today=today)
    words = _reason(reason)
    signatures = list(locked.signatures.filter(voided_at=None))
    for signature in signatures:
        signature.voided_at, signature.void_reason = now, words
    requests = stamped(locked.signature_requests.filter(voided_at=None), now, "voided_at")
    approvals = stamped(standing_approvals(locked), now, "voided_at")
    locked.stage, locked.frozen, locked.turn, locked.turn_since = Stage.NEGOTIATION, None, locked.lead, now
    event(STEPS["recall"].event, locked, actor=actor, now=now, agency=locked.lead_id,
          changed=[*signatures, *requests, *approvals, locked], reason=words,
          signatures_voided=[f"{s.name} for {s.agency_name}" for s in signatures])  # fmt: skip
    emails.text_reopened(locked, words, actor=actor)
    return locked


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": "Give the reason; it is recorded and the parties read it."})
    return reason.strip()
