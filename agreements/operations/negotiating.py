"""Handing the text to and fro."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import Agency, User
from agreements import emails, policy
from agreements.lifecycle import STEPS, StepNotOpen, holder_of, opened
from agreements.models import Agreement, Stage, Version, VersionReason
from agreements.operations.commenting import comment, reopen, resolve
from agreements.operations.outdating import outdated
from agreements.operations.recording import event, index_words, version_of
from agreements.operations.refusing import refuse_blocks

__all__ = ["comment", "reopen", "resolve", "return_text", "share"]


@transaction.atomic
def share(
    agreement: Agreement, *, to: Agency | None = None, note: str = "", actor: User, now: datetime
) -> Version:
    """Show the draft to every party and give one of them the turn.

    Refused while a check that blocks sharing fails. Makes a version.
    """
    locked = opened("share", agreement, actor=actor, today=policy.local_day(now, agreement))
    return _hand_over(locked, "share", VersionReason.SHARE, to=to, note=note, actor=actor, now=now)


@transaction.atomic
def return_text(
    agreement: Agreement, *, to: Agency | None = None, note: str = "", actor: User, now: datetime
) -> Version:
    """Hand the text with one's changes to another party. Makes a version."""
    locked = opened("return", agreement, actor=actor, today=policy.local_day(now, agreement))
    return _hand_over(locked, "return", VersionReason.RETURN, to=to, note=note, actor=actor, now=now)


def _hand_over(
    locked: Agreement,
    step: str,
    reason: VersionReason,
    *,
    to: Agency | None,
    note: str,
    actor: User,
    now: datetime,
) -> Version:
    holder = holder_of(locked)
    receiver = _receiver(locked, holder, to)
    version = version_of(locked, reason=reason, actor=actor, agency=holder, now=now, note=note.strip())
    refuse_blocks(locked, version.content, stage="share", today=policy.local_day(now, locked))
    locked.stage = STEPS[step].target or Stage(locked.stage)
    locked.turn, locked.turn_since = receiver, now
    locked.shared_at = locked.shared_at or now
    changed = [version, locked, *outdated(locked, version.content, now=now)]
    event(STEPS[step].event, locked, actor=actor, now=now, agency=holder, changed=changed,
          version=version.number, sha256=version.sha256, to=receiver.name, note=version.note)  # fmt: skip
    index_words(locked, version.content)
    emails.turn_came(locked, version, actor=actor)
    return version


def _receiver(agreement: Agreement, holder: UUID, to: Agency | None) -> Agency:
    """Who gets the turn: the party named, or the only other one."""
    others = [
        p.agency for p in agreement.parties.filter(left_on=None).select_related("agency").order_by("position")
    ]
    others = [agency for agency in others if agency.pk != holder]
    if not others:
        raise StepNotOpen("There is no other party yet. Add the partner agency first.")
    if to is None and len(others) > 1:
        raise ValidationError({"to": "Choose which party gets the turn."})
    if to is not None and to.pk not in {agency.pk for agency in others}:
        raise ValidationError({"to": "Choose another party of this agreement."})
    return to or others[0]
