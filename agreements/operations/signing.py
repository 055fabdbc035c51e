"""Signing the frozen text. The order and the hash are checked under the agreement's row lock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import UUIDField

from agencies import factors
from agencies.models import SigningAuthority, User
from agreements import emails, pdf, pictures, policy, undone
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, Means, Signature, SignatureRequest, Stage, Version
from agreements.operations import applying, dating, noting, reasons
from agreements.operations.approving import NotWhatWasSeen, authority_of, standing_approvals
from agreements.operations.recording import event, stamped
from agreements.operations.refusing import refuse_blocks
from agreements.stepup import Proof, TooManyTries
from audit.models import Event
from common import outbox
from common.dates import day
from common.prepared import Prepared, Slot

INTENT = (
    "I have read this agreement, I am authorized to bind {agency} to it, and I intend my typed name to be my "
    "signature and to have the same effect as one in ink."
)
CONSENT = (
    "I agree to sign this agreement and to receive it electronically. I can open and keep PDF files. I know that I may "
    "decline here and ask my agency for another way to sign, and that my consent covers this agreement only."
)
"""What the signatory agrees to before signing (15 USC 7001(c) asks for it of consumers; it harms nobody to ask all)."""


def intent(agency_name: str) -> str:
    """The statement a signatory makes: intent to sign, and authority.

    15 USC 7006(5) asks for a process executed with the intent to sign the record.
    """
    return INTENT.format(agency=agency_name)


def open_request(agreement: Agreement, person: User) -> SignatureRequest | None:
    """The unanswered request that asks this person, if any."""
    return _OPEN.one(agreement=agreement.pk, person=person.pk)


_OPEN = Prepared(
    lambda: (
        SignatureRequest.objects.filter(
            agreement=Slot("agreement", UUIDField()),
            signatory=Slot("person", UUIDField()),
            answered_at=None,
            voided_at=None,
        )
        .select_related("party__agency", "version", "named", "deputy")
        .order_by("order")[:1]
    )
)


def sign(
    agreement: Agreement,
    *,
    seen_hash: str,
    typed_name: str,
    consent: bool,
    image: bytes = b"",
    outside: pdf.Certified | None = None,
    prove: Callable[[Agreement], Proof],
    actor: User,
    now: datetime,
    ip: str | None = None,
) -> Signature:
    """Sign the frozen version whose SHA-256 is `seen_hash`; the last signature executes the agreement.

    `prove` looks at how the signer proved at the act who they are; it is asked last and under the agreement's lock,
    so that a signature that could not be given uses up no code. `image` is an optional picture (PNG or JPEG).
    `outside` is the signature in the PDF that was prepared for it, accepted by `pdf.examine` and kept.
    Raises NotWhatWasSeen when the frozen text is another one, StepNotOpen out of turn, too late or without authority,
    ValidationError for what was typed, and what `prove` raises. A failed proof is counted and recorded.
    """
    outcome = _attempted(
        agreement, seen_hash, typed_name, consent, image, outside, prove, actor=actor, now=now, ip=ip
    )
    return or_refused(outcome, agreement, "sign", actor=actor, now=now)


def or_refused(
    outcome: Signature | ValidationError | TooManyTries,
    agreement: Agreement,
    act: str,
    *,
    actor: User,
    now: datetime,
) -> Signature:
    """The signature; a failed proof is recorded and raised, once the transaction that counted it has ended."""
    if isinstance(outcome, Signature):
        return outcome
    kind = "code" if isinstance(outcome, ValidationError) and "code" in outcome.message_dict else "password"
    noting.refused(agreement, kind=kind, tried=f"{act} with a wrong {kind}", actor=actor, now=now)
    raise outcome


@transaction.atomic
def _attempted(
    agreement: Agreement,
    seen_hash: str,
    typed_name: str,
    consent: bool,
    image: bytes,
    outside: pdf.Certified | None,
    prove: Callable[[Agreement], Proof],
    *,
    actor: User,
    now: datetime,
    ip: str | None,
) -> Signature | ValidationError | TooManyTries:
    """The signature, or why the proof failed: returned and not raised, so that the count of tries is kept."""
    today = policy.local_day(now, agreement)
    wait_in_line()
    locked = opened("sign", agreement, actor=actor, today=today)
    request = _request(locked, actor, today)
    frozen(locked, request, seen_hash)
    _typed(typed_name, actor, consent)
    authority = authority_of(actor, request.party, locked, today=today)
    if authority is None:
        raise StepNotOpen(f"No authority to sign for {request.party.agency.name} is recorded for you today.")
    if outside is not None and outside.prepared_sha256 != request.paper_sha256:
        raise NotWhatWasSeen
    picture = pictures.cleaned(image) if image else b""
    proof = there(prove, locked, actor)
    if not isinstance(proof, Proof):
        return proof
    if (proof.factor == factors.CERTIFICATE) != (outside is not None):
        raise PermissionDenied("A certificate proves only who signed the document with it.")
    signature = signature_of(locked, request, authority, authenticated_by=proof.words, consent=CONSENT,
                             intent=intent(request.party.legal_name), now=now, ip=ip)  # fmt: skip
    _keep(signature, picture)
    if outside is not None:
        signature.means, signature.file_sha256, signature.certificate = (
            Means.CERTIFICATE,
            outside.sha256,
            outside.words,
        )
    return complete(signature, locked, action=STEPS["sign"].event, actor=actor, now=now, agency=request.party.agency_id,
                    consent=signature.consent, image=signature.image_sha256)  # fmt: skip


def there(
    prove: Callable[[Agreement], Proof], locked: Agreement, actor: User
) -> Proof | ValidationError | TooManyTries:
    """How the person who acts proved to be there, or why the proof failed: returned, so that the count of tries is kept."""
    try:
        proof = prove(locked)
    except (TooManyTries, ValidationError) as failed:
        return failed
    if proof.person != actor.pk:
        raise PermissionDenied("Somebody else was proved to be there.")
    return proof


def complete(
    signature: Signature, locked: Agreement, *, action: str, actor: User, now: datetime, **facts: Any
) -> Signature:
    """Write a signature, however it was made, with all that follows from it. Call it under the agreement's lock.

    `facts` go into its event, `agency` and `changed` rows among them. The last signature executes the agreement.
    """
    today, request, version = policy.local_day(now, locked), signature.request, signature.version
    request.answered_at = now
    event(action, locked, actor=actor, now=now, changed=[signature, request, *facts.pop("changed", ()), locked],
          party=request.party.agency.name, sha256=version.sha256, authority=signature.authority_basis,
          authenticated_by=signature.authenticated_by, intent=signature.intent, file=signature.file_sha256,
          certificate=signature.certificate, **facts)  # fmt: skip
    dating.reckoned(locked, version.content, signed_on=today)
    refuse_blocks(locked, version.content, stage="execution", today=today)
    emails.signed(locked, signature)
    if locked.signature_requests.filter(answered_at=None, voided_at=None).exists():
        emails.signatures_asked(locked, version)
    else:
        _execute(locked, version, actor=actor, now=now)
    return signature


def wait_in_line() -> None:
    """Many copies of one form are answered one after another, and none for having waited: longer than for other acts."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '12s'")


def _request(agreement: Agreement, actor: User, today: date) -> SignatureRequest:
    """The request that asks this person, if it is their turn and not too late."""
    request = open_request(agreement, actor)
    if request is None:
        if agreement.signatures.filter(signatory=actor, voided_at=None).exists():
            raise StepNotOpen("You have signed already. Nothing more is needed from you.")
        raise PermissionDenied("This agreement waits for other signatories; you are not asked to sign it.")
    in_turn(agreement, request, today)
    return request


def in_turn(agreement: Agreement, request: SignatureRequest, today: date) -> None:
    """Refuse a signature before its turn, or when the time is over."""
    earlier = agreement.signature_requests.filter(answered_at=None, voided_at=None, order__lt=request.order)
    waiting = [row.party.agency.name for row in earlier.select_related("party__agency")]
    if waiting:
        raise StepNotOpen(f"It is not your turn to sign yet: {', '.join(waiting)} signs first.")
    if today > request.sign_by:
        raise StepNotOpen(too_late(agreement, request))


def too_late(agreement: Agreement, request: SignatureRequest) -> str:
    """What a signatory is told when the time to sign is over."""
    return f"The time to sign ended on {day(request.sign_by)}. Ask {agreement.lead.name} to extend it, or to recall the text."


def signature_of(agreement: Agreement, request: SignatureRequest, authority: SigningAuthority, *, authenticated_by: str,
                 consent: str, intent: str, now: datetime, ip: str | None) -> Signature:  # fmt: skip
    """The row, not yet written, of whoever the request asks; a deputy's says in whose place and why."""
    actor, party = request.signatory, request.party
    place = f"; as deputy of {request.named.name}, named in the text"
    return Signature(
        agreement=agreement, version=request.version, request=request, party=party, signatory=actor, name=actor.name,
        title=actor.title, agency_name=party.legal_name, authority=authority,
        authority_basis=f"{authority.basis}{place if request.delegated else ''}", consent=consent,
        intent=intent, authenticated_by=authenticated_by, document_sha256=request.version.sha256,
        signed_at=now, ip=ip,
    )  # fmt: skip


def _keep(signature: Signature, picture: bytes) -> None:
    """The picture, cleaned, under its hash; the file is there before the row that names it."""
    if picture:
        stored = pdf.store(picture, Path(settings.DOCUMENTS), suffix=".png")
        signature.image_sha256, signature.image_path = stored.sha256, stored.path


def frozen(agreement: Agreement, request: SignatureRequest, seen_hash: str) -> Version:
    """The text this request is about, if it is the frozen one, still as it was sent, and the one that was seen."""
    version = agreement.frozen
    if version is None or version.pk != request.version_id or version.sha256 != seen_hash:
        raise NotWhatWasSeen
    if not _untouched(agreement, version):
        raise StepNotOpen(
            "The text in the database is not the one that was sent for signature. Nobody can sign it. Tell the operator "
            "of this site and your auditor."
        )
    return version


def _untouched(agreement: Agreement, version: Version) -> bool:
    """Whether the text is still the bytes whose hash the history names; triggers refuse changes, but not to everybody."""
    sent = Event.objects.filter(stream=agreement.pk, action=STEPS["freeze"].event).order_by("number").last()
    if sent is None:
        return False
    body = bytes(sent.body)  # empty if the entry was lawfully erased
    said = json.loads(body)["facts"]["sha256"] if body else version.sha256
    return hashlib.sha256(version.canonical.encode()).hexdigest() == version.sha256 == said


def _typed(typed_name: str, actor: User, consent: bool) -> None:
    problems: dict[str, str] = {}
    if " ".join(typed_name.split()).casefold() != " ".join(actor.name.split()).casefold():
        problems["typed_name"] = f"Type your name as it stands here: {actor.name}."
    if not consent:
        problems["consent"] = "Tick the box to agree to sign electronically; without it you can't sign here."
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
    outbox.put("pdf", undone.key(agreement), {"agreement": str(agreement.pk)})
    emails.executed(agreement)
    applying.executed(agreement, version, actor=actor, now=now)


@transaction.atomic
def decline(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Refuse to sign; the agreement ends here, with the reason."""
    today = policy.local_day(now, agreement)
    locked = opened("decline", agreement, actor=actor, today=today)
    request = _request_to_decline(locked, actor)
    words = reasons.given(reason)
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
    words = reasons.given(reason)
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
