"""Handing the text to and fro, and talking about it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import Agency, User
from agreements import emails, policy
from agreements.lifecycle import STEPS, StepNotOpen, holder_of, opened
from agreements.models import Agreement, Comment, Provision, Stage, Version, VersionReason
from agreements.operations.recording import event, index_words, version_of
from agreements.operations.refusing import refuse_blocks


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
    event(STEPS[step].event, locked, actor=actor, now=now, agency=holder, changed=[version, locked],
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


@transaction.atomic
def comment(
    agreement: Agreement,
    *,
    text: str,
    actor: User,
    now: datetime,
    provision: Provision | None = None,
    private: bool = False,
    reply_to: Comment | None = None,
) -> Comment:
    """Say something about the agreement or one provision, to all parties or to one's own agency only.

    A reply to a private comment is private to the same agency, whatever was asked.
    """
    today = policy.local_day(now, agreement)
    locked = opened("comment", agreement, actor=actor, today=today)
    agency = policy.acting_agency(actor, "comment", locked, today=today)
    row = Comment(
        agreement=locked, provision=provision, reply_to=reply_to, text=text.strip(), author=actor,
        author_agency_id=agency, made_at=now, private_to_id=_privacy(agency, private, reply_to),
    )  # fmt: skip
    _check_comment(row, actor, today=today)
    action = "comment.made_privately" if row.private_to_id else STEPS["comment"].event
    event(action, locked, actor=actor, now=now, agency=agency, changed=[row], private_to=row.private_to_id,
          text=row.text, about=str(provision)[:120] if provision else "")  # fmt: skip
    emails.comment_made(locked, row, actor=actor)
    return row


def _privacy(agency: UUID | None, private: bool, reply_to: Comment | None) -> UUID | None:
    if reply_to is not None and reply_to.private_to_id:
        return reply_to.private_to_id
    if private and agency is None:
        raise ValidationError({"private": "Only people of a party agency can comment privately."})
    return agency if private else None


def _check_comment(row: Comment, actor: User, *, today: object) -> None:
    if not row.text:
        raise ValidationError({"text": "Write your comment first."})
    for name in ("provision", "reply_to"):
        other = getattr(row, name)
        if other is not None and other.agreement_id != row.agreement_id:
            raise ValidationError({name: "Choose one of this agreement."})
    row.clean_fields(exclude=["last_event", "agreement", "author", "author_agency", "provision", "reply_to"])


@transaction.atomic
def resolve(remark: Comment, *, actor: User, now: datetime) -> Comment:
    """Mark a comment as dealt with."""
    agreement = remark.agreement
    today = policy.local_day(now, agreement)
    locked = opened("comment", agreement, actor=actor, today=today)
    row = policy.comments_visible_to(actor, locked, today=today).filter(pk=remark.pk).first()
    if row is None:
        raise PermissionDenied(policy.refusal("comment"))
    if row.resolved_at is None:
        row.resolved_at = now
        event("comment.resolved", locked, actor=actor, now=now, changed=[row], private_to=row.private_to_id,
              agency=policy.acting_agency(actor, "comment", locked, today=today))  # fmt: skip
    return row
