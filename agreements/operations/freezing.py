"""Sending an approved text for signature: it can't be changed from here on, and each signatory is asked."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from agencies.models import User
from agreements import emails, policy
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement, Approval, Party, Stage, Version
from agreements.operations import dating
from agreements.operations.approving import NotWhatWasSeen, standing_approvals, submitted
from agreements.operations.recording import event
from agreements.operations.refusing import refuse_blocks
from agreements.operations.requesting import latest, request_of, within_reach
from audit.models import Audited


@transaction.atomic
def freeze(
    agreement: Agreement, *, seen_hash: str, sign_by: date | None = None, actor: User, now: datetime
) -> Version:
    """Freeze the text every party approved and ask each party's signatory to sign by a day (in 60 days if not given).

    Each signatory, and each deputy named, must hold a recorded authority to bind their agency for this kind of
    agreement today. Those who sign first are told now, the others when it is their turn.
    """
    today = policy.local_day(now, agreement)
    locked = opened("freeze", agreement, actor=actor, today=today)
    version = submitted(locked)
    if version.sha256 != seen_hash:
        raise NotWhatWasSeen
    until = within_reach(sign_by or latest(today), today=today)
    rows = locked.parties.filter(left_on=None).select_related("agency", "signatory", "deputy")
    parties = list(rows.order_by("position"))
    _all_approved(parties, standing_approvals(locked))
    refuse_blocks(locked, version.content, stage="signing", today=today)
    dating.reckoned(locked, version.content, signed_on=today)
    requests: list[Audited] = [
        request_of(locked, version, party, sign_by=until, now=now) for party in parties
    ]
    locked.stage, locked.frozen, locked.turn_since = Stage.SIGNING, version, now
    event(STEPS["freeze"].event, locked, actor=actor, now=now, agency=locked.lead_id, changed=[*requests, locked],
          version=version.number, sha256=version.sha256, sign_by=until.isoformat(),
          signatories=[f"{p.signatory_name} for {p.agency.name}" for p in parties],
          deputies=[f"{p.deputy_name} for {p.signatory_name}" for p in parties if p.deputy])  # fmt: skip
    emails.signatures_asked(locked, version)
    return version


def _all_approved(parties: list[Party], approvals: list[Approval]) -> None:
    given = {approval.party_id for approval in approvals}
    missing = [party.agency.name for party in parties if party.pk not in given]
    if missing:
        raise StepNotOpen(f"Still to approve: {', '.join(missing)}.")
