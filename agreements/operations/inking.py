"""Signatures in ink: the signatory's agency puts the scan in, and another party confirms what it shows.

Only then is it a signature, by the same operation and under the same lock as one made in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet, UUIDField

from agencies.models import User
from agreements import emails, pdf, policy
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, InkSignature, Means, Signature, SignatureRequest
from agreements.operations import downloading, reasons, signing
from agreements.operations.approving import authority_of
from agreements.operations.recording import event
from agreements.stepup import Proof, TooManyTries
from common.dates import day
from common.prepared import Prepared, Slot

MOST_BYTES = 10 * 1024 * 1024
INTENT = "I have signed this agreement by hand, in ink, on {day}."
NOT_THERE = "No such scan waits to be confirmed. Look at the page again: it may have been answered."
OWN = "Another party confirms this: your agency put it in."


def waiting(agreement: Agreement) -> QuerySet[InkSignature]:
    """The scans that wait for another party's word."""
    return (
        agreement.ink_signatures.filter(_WAITS)
        .select_related("party__agency", "request__signatory", "recorded_by", "recorded_agency")
        .order_by("recorded_at")
    )


def scanned(agreement: Agreement) -> dict[UUID, UUID]:
    """The requests for which a scan waits, each with the agency that put it in."""
    return dict(_SCANNED.values(agreement=agreement.pk))


_WAITS = Q(confirmed=None, request__voided_at=None, request__answered_at=None)
_SCANNED = Prepared(
    lambda: (
        InkSignature.objects.filter(_WAITS, agreement=Slot("agreement", UUIDField()))
        .values_list("request", "party__agency")
        .order_by("recorded_at")
    )
)


def open_requests(agreement: Agreement, actor: User, *, today: date) -> QuerySet[SignatureRequest]:
    """What the agencies this person acts for are asked to sign and have not."""
    rows = agreement.signature_requests.filter(answered_at=None, voided_at=None)
    mine = policy.seats(actor, "ink", today=today)
    return (
        rows.filter(party__agency__in=mine)
        .select_related("party__agency", "signatory", "version")
        .order_by("order")
    )


@transaction.atomic
def record(agreement: Agreement, *, scan: bytes, signed_on: date, actor: User, now: datetime) -> InkSignature:
    """Put in the scan (a PDF) of what one's own signatory signed on paper on that day; the others are asked to confirm it.

    Raises StepNotOpen when nothing is asked of one's agency or a scan waits already, ValidationError for scan and day.
    """
    today = policy.local_day(now, agreement)
    locked = opened("ink", agreement, actor=actor, today=today)
    request = open_requests(locked, actor, today=today).first()
    if request is None:
        raise StepNotOpen("Your agency has signed already, or is not asked to sign this.")
    if waiting(locked).filter(request=request).exists():
        raise StepNotOpen("A scan of this signature waits to be confirmed already.")
    _looked_at(scan, signed_on, request, locked, today)
    stored = pdf.store(scan, Path(settings.DOCUMENTS))
    row = InkSignature(agreement=locked, request=request, party=request.party, signed_on=signed_on, recorded_by=actor,
                       file_sha256=stored.sha256, recorded_agency=request.party.agency, recorded_at=now)  # fmt: skip
    event(STEPS["ink"].event, locked, actor=actor, now=now, agency=row.recorded_agency_id, changed=[row], scan=stored.sha256,
          on=signed_on.isoformat(), party=request.party.agency.name, name=request.signatory.name)  # fmt: skip
    what = f"{request.party.agency.name} put in a signature in ink; another party is asked to confirm it"
    emails.state_changed(locked, what, actor=actor)
    return row


def _looked_at(
    scan: bytes, signed_on: date, request: SignatureRequest, agreement: Agreement, today: date
) -> None:
    problems = {}
    if len(scan) > MOST_BYTES or not scan.startswith(b"%PDF-"):
        problems["scan"] = "Choose a PDF of at most 10 MB."
    frozen_on = policy.local_day(request.requested_at, agreement)
    if not frozen_on <= signed_on <= today:
        problems["signed_on"] = f"Give a day from {day(frozen_on)}, when the text was frozen, until today."
    if problems:
        raise ValidationError(problems)


def confirm(
    agreement: Agreement,
    *,
    scan: str,
    prove: Callable[[Agreement], Proof],
    actor: User,
    now: datetime,
    ip: str | None = None,
) -> Signature:
    """Confirm the scan of this SHA-256: it becomes the signature of the party that put it in.

    Only by people of another party, proving at the act who they are. Turn, time, text and authority are looked at as
    for a signature made in the browser. A failed proof is counted and recorded.
    """
    outcome = _confirmed(agreement, scan, prove, actor=actor, now=now, ip=ip)
    return signing.or_refused(outcome, agreement, "confirm a signature in ink", actor=actor, now=now)


@transaction.atomic
def _confirmed(
    agreement: Agreement,
    scan: str,
    prove: Callable[[Agreement], Proof],
    *,
    actor: User,
    now: datetime,
    ip: str | None,
) -> Signature | ValidationError | TooManyTries:
    today = policy.local_day(now, agreement)
    signing.wait_in_line()
    locked = opened("confirm", agreement, actor=actor, today=today)
    row, agency = _of_another(locked, scan, actor, today)
    request = row.request
    signing.in_turn(locked, request, today)
    signing.frozen(locked, request, request.version.sha256)
    authority = authority_of(request.signatory, request.party, locked, today=row.signed_on)
    if authority is None:
        raise StepNotOpen(
            f"{request.signatory.name} had no recorded authority to sign on {day(row.signed_on)}."
        )
    proof = signing.there(prove, locked, actor)
    if not isinstance(proof, Proof):
        return proof
    row.confirmed, row.decided_by, row.decided_agency_id, row.decided_at = True, actor, agency, now
    names = {party.agency_id: party.agency.name for party in locked.parties.select_related("agency")}
    by = f"ink on {day(row.signed_on)}; scan put in by {row.recorded_by.name}, confirmed by {actor.name} of {names[agency]}"
    signature = signing.signature_of(locked, request, authority, authenticated_by=by[:400], consent="",
                                     intent=INTENT.format(day=day(row.signed_on)), now=now, ip=ip)  # fmt: skip
    signature.means, signature.file_sha256 = Means.INK, row.file_sha256
    return signing.complete(signature, locked, action=STEPS["confirm"].event, actor=actor, now=now, agency=agency,
                            changed=[row], name=request.signatory.name, scan=row.file_sha256)  # fmt: skip


@transaction.atomic
def refuse(agreement: Agreement, *, scan: str, reason: str, actor: User, now: datetime) -> InkSignature:
    """Say why the scan of this SHA-256 is not confirmed; the agency that put it in can put in another, or sign here."""
    today = policy.local_day(now, agreement)
    locked = opened("object", agreement, actor=actor, today=today)
    row, agency = _of_another(locked, scan, actor, today)
    words = reasons.given(reason)
    row.confirmed, row.decided_by, row.decided_agency_id, row.decided_at = False, actor, agency, now
    row.reason = words
    event(STEPS["object"].event, locked, actor=actor, now=now, agency=agency, changed=[row], reason=row.reason,
          party=row.party.agency.name, name=row.request.signatory.name)  # fmt: skip
    emails.state_changed(
        locked, f"The signature in ink of {row.party.agency.name} was not confirmed", actor=actor
    )
    return row


def _of_another(agreement: Agreement, scan: str, actor: User, today: date) -> tuple[InkSignature, UUID]:
    """The scan, and the party for which this person answers: never the one that put it in, nor somebody of its people."""
    row = waiting(agreement).filter(file_sha256=scan).first()
    if row is None:
        raise StepNotOpen(NOT_THERE)
    if row.party.agency_id in policy.agencies_of(actor, today=today) or row.recorded_by_id == actor.pk:
        raise PermissionDenied(OWN)
    return row, policy.speaking_for(actor, "ink", agreement, today=today)


def take(row: InkSignature, *, root: Path, actor: User, now: datetime) -> bytes:
    """The scan itself, as `downloading.kept_file`."""
    return downloading.kept_file(row.agreement, row.file_sha256, action="ink.downloaded", root=root, actor=actor, now=now,
                                 scan=row.file_sha256, party=row.party.agency.name)  # fmt: skip
