"""Putting the text before each party's counsel, and freezing what all approved."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies.models import SigningAuthority, User
from agreements import emails, policy, texts
from agreements.lifecycle import STEPS, StepNotOpen, holder_of, opened
from agreements.models import (
    Agreement,
    Approval,
    Decision,
    Party,
    Stage,
    Version,
    VersionReason,
)
from agreements.operations import reasons
from agreements.operations.outdating import outdated
from agreements.operations.recording import event, index_words, stamped, version_of
from agreements.operations.refusing import refuse_blocks


class NotWhatWasSeen(Exception):
    """The text differs from the one whose hash was shown; nothing was done."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("The text has changed since you opened this page. Read it again, then decide.")


@transaction.atomic
def submit(agreement: Agreement, *, note: str = "", actor: User, now: datetime) -> Version:
    """Put this text before every party's counsel; nobody can edit it until it is reopened."""
    locked = opened("submit", agreement, actor=actor, today=policy.local_day(now, agreement))
    holder = holder_of(locked)
    version = version_of(
        locked, reason=VersionReason.SUBMIT, actor=actor, agency=holder, now=now, note=note.strip()
    )
    refuse_blocks(locked, version.content, stage="approval", today=policy.local_day(now, locked))
    locked.stage, locked.turn, locked.turn_since = Stage.APPROVAL, None, now
    changed = [version, locked, *outdated(locked, version.content, now=now)]
    event(STEPS["submit"].event, locked, actor=actor, now=now, agency=holder, changed=changed,
          version=version.number, sha256=version.sha256, note=version.note)  # fmt: skip
    index_words(locked, version.content)
    emails.approval_asked(locked, version, actor=actor)
    return version


def submitted(agreement: Agreement) -> Version:
    """The version now before counsel or signatories: the newest one."""
    version = texts.newest(agreement)
    if version is None:
        raise StepNotOpen("There is no shared text yet.")
    return version


def standing_approvals(agreement: Agreement) -> list[Approval]:
    """The answers given to the version now open for approval."""
    rows = Approval.objects.filter(agreement=agreement, voided_at=None, decision=Decision.APPROVED)
    return list(rows.select_related("party__agency", "by"))


@transaction.atomic
def approve(agreement: Agreement, *, seen_hash: str, note: str = "", actor: User, now: datetime) -> Approval:
    """Approve the submitted text for the actor's agency. `seen_hash` is the SHA-256 the page showed."""
    today = policy.local_day(now, agreement)
    locked = opened("approve", agreement, actor=actor, today=today)
    given = {approval.party_id for approval in standing_approvals(locked)}
    version, party = submitted(locked), _party(locked, actor, given=given, today=today)
    _same(version, seen_hash)
    if party.pk in given:
        raise StepNotOpen(f"{party.agency.name} has approved this text already.")
    row = Approval(agreement=locked, version=version, party=party, decision=Decision.APPROVED,
                   reason=note.strip(), by=actor, made_at=now)  # fmt: skip
    event(STEPS["approve"].event, locked, actor=actor, now=now, agency=party.agency_id, changed=[row, locked],
          version=version.number, sha256=version.sha256, party=party.agency.name, note=row.reason)  # fmt: skip
    emails.answer_given(locked, row, actor=actor)
    return row


@transaction.atomic
def refuse(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Approval:
    """Send the text back to negotiation; the refusing agency gets the turn and every approval is void."""
    today = policy.local_day(now, agreement)
    locked = opened("refuse", agreement, actor=actor, today=today)
    version, party = submitted(locked), _party(locked, actor, today=today)
    row = Approval(agreement=locked, version=version, party=party, decision=Decision.REFUSED,
                   reason=reasons.given(reason), by=actor, made_at=now, voided_at=now)  # fmt: skip
    voided = stamped(standing_approvals(locked), now, "voided_at")
    _back(locked, party.agency, now)
    event(STEPS["refuse"].event, locked, actor=actor, now=now, agency=party.agency_id,
          changed=[row, *voided, locked], version=version.number, party=party.agency.name, reason=row.reason)  # fmt: skip
    emails.answer_given(locked, row, actor=actor)
    return row


@transaction.atomic
def reopen(agreement: Agreement, *, reason: str, actor: User, now: datetime) -> Agreement:
    """Go back to negotiation; the actor's agency gets the turn and every approval is void."""
    today = policy.local_day(now, agreement)
    locked = opened("reopen", agreement, actor=actor, today=today)
    words, party = reasons.given(reason), _party(locked, actor, action="reopen", today=today)
    voided = stamped(standing_approvals(locked), now, "voided_at")
    _back(locked, party.agency, now)
    event(STEPS["reopen"].event, locked, actor=actor, now=now, agency=party.agency_id, changed=[*voided, locked],
          reason=words, approvals_voided=len(voided))  # fmt: skip
    emails.text_reopened(locked, words, actor=actor)
    return locked


def authority_of(
    person: User, party: Party, agreement: Agreement, *, today: object
) -> SigningAuthority | None:
    """The recorded authority by which `person` may bind the party's agency to this kind of agreement.

    An instrument takes the authority that the agreement it changes takes.
    """
    amended = agreement.parent if agreement.is_instrument else None
    kind = amended.kind if amended else agreement.kind
    held = SigningAuthority.objects.active(on=today).covering(kind)  # type: ignore[arg-type]
    return held.filter(person=person, agency=party.agency_id).order_by("since").first()


def _back(agreement: Agreement, agency: object, now: datetime) -> None:
    agreement.stage, agreement.frozen = Stage.NEGOTIATION, None
    agreement.turn, agreement.turn_since = agency, now  # type: ignore[assignment]


def _same(version: Version, seen_hash: str) -> None:
    if version.sha256 != seen_hash:
        raise NotWhatWasSeen


def _party(
    agreement: Agreement,
    actor: User,
    *,
    action: str = "approve",
    given: Collection[UUID] = (),
    today: date,
) -> Party:
    """For which party the actor speaks; one counsel of two parties answers first for one, then for the other."""
    held = policy.seats(actor, action, today=today)
    rows = (
        agreement.parties.filter(agency__in=held, left_on=None).select_related("agency").order_by("position")
    )
    found = list(rows)
    if not found:
        raise PermissionDenied(policy.refusal(action))
    return next((party for party in found if party.pk not in given), found[0])
