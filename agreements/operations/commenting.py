"""Talking about the text: to all parties, or within one's own agency."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, mentions, policy
from agreements.lifecycle import STEPS, opened
from agreements.models import Agreement, Comment, Provision
from agreements.numbering import labels_of
from agreements.operations.recording import event
from agreements.reading import text_for
from agreements.texts import newest
from agreements.topics import topics


@transaction.atomic
def comment(
    agreement: Agreement,
    *,
    text: str,
    actor: User,
    now: datetime,
    provision: Provision | None = None,
    topic: str = "",
    private: bool = False,
    reply_to: Comment | None = None,
    told: Collection[UUID] = (),
) -> Comment:
    """Say something about the agreement, a provision or a structured term, to all parties or to one's own agency only.

    A reply to a private comment is private to the same agency, whatever was asked. `told` are people to be told of it,
    besides those named in it as @name; whoever could not read it is refused, and gets no access by being named.
    """
    today = policy.local_day(now, agreement)
    locked = opened("comment", agreement, actor=actor, today=today)
    agency = policy.acting_agency(actor, "comment", locked, today=today)
    row = Comment(
        agreement=locked, provision=provision, topic=topic, reply_to=reply_to, text=text.strip(), author=actor,
        author_agency_id=agency, made_at=now, private_to_id=_privacy(agency, private, reply_to),
    )  # fmt: skip
    _check(row)
    row.about = _about(row, actor, today)
    people = _told(row, told, actor, today)
    row.mentions = [person.pk for person in people]
    row.clean_fields(exclude=["last_event", "agreement", "author", "author_agency", "provision", "reply_to"])
    action = "comment.made_privately" if row.private_to_id else STEPS["comment"].event
    event(action, locked, actor=actor, now=now, agency=agency, changed=[row], private_to=row.private_to_id,
          text=row.text, about=row.about[:120])  # fmt: skip
    emails.comment_made(locked, row, actor=actor, named=people)
    return row


def _privacy(agency: UUID | None, private: bool, reply_to: Comment | None) -> UUID | None:
    if reply_to is not None and reply_to.private_to_id:
        return reply_to.private_to_id
    if private and agency is None:
        raise ValidationError({"private": "Only people of a party agency can comment privately."})
    return agency if private else None


def _check(row: Comment) -> None:
    if not row.text:
        raise ValidationError({"text": "Write your comment first."})
    for name in ("provision", "reply_to"):
        other = getattr(row, name)
        if other is not None and other.agreement_id != row.agreement_id:
            raise ValidationError({name: "Choose one of this agreement."})
    if row.provision is not None and row.topic:
        raise ValidationError({"topic": "Choose a provision or a term, not both."})


def _about(row: Comment, actor: User, today: date) -> str:
    """What it is about, in words that all its readers can read: those of the text they have before them."""
    if row.provision is None and not row.topic:
        return ""
    content = _read_by_all(row, actor, today)
    labels = labels_of(content)
    said = {
        r["id"]: f"{labels[r['id']]} {r['heading'] or r['text'][:60]}".strip() for r in content["provisions"]
    }
    found = said.get(str(row.provision_id)) if row.provision else topics(content).get(row.topic)
    if found is None:
        name = "provision" if row.provision else "topic"
        raise ValidationError({name: "The other parties have not been shown this yet. Comment for your own agency only, "
                                     "or choose something of the text that was handed over."})  # fmt: skip
    return found[:300]


def _read_by_all(row: Comment, actor: User, today: date) -> Mapping[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(
        ("parties", "provisions", "datasets", "commitments", "measures"), ()
    )
    version = None if row.private_to_id else newest(row.agreement)
    if version is not None:
        return version.content
    return text_for(row.agreement, actor, today=today).content or nothing


def _told(row: Comment, asked: Collection[UUID], actor: User, today: date) -> list[User]:
    """Whom to tell: those asked for, who must be able to read it, and those named in the text."""
    readers = mentions.readers(row.agreement, private_to=row.private_to_id, on=today)
    if set(asked) - {person.pk for person in readers}:
        raise ValidationError(
            {"told": "Somebody you chose can't read this comment. Nobody was told; choose again."}
        )
    named = {person.pk for person in mentions.named(row.text, readers)}
    return [person for person in readers if person.pk in {*asked, *named} and person.pk != actor.pk]


def resolve(remark: Comment, *, actor: User, now: datetime) -> Comment:
    """Mark a comment as dealt with."""
    return _settle(remark, "comment.resolved", now, actor=actor, now=now)


def reopen(remark: Comment, *, actor: User, now: datetime) -> Comment:
    """Take the mark away again: there is more to say."""
    return _settle(remark, "comment.reopened", None, actor=actor, now=now)


@transaction.atomic
def _settle(
    remark: Comment, action: str, resolved: datetime | None, *, actor: User, now: datetime
) -> Comment:
    agreement = remark.agreement
    today = policy.local_day(now, agreement)
    locked = opened("comment", agreement, actor=actor, today=today)
    row = policy.comments_visible_to(actor, locked, today=today).filter(pk=remark.pk).first()
    if row is None:
        raise PermissionDenied(policy.refusal("comment"))
    if (row.resolved_at is None) != (resolved is None):
        row.resolved_at = resolved
        event(action, locked, actor=actor, now=now, changed=[row], private_to=row.private_to_id,
              agency=policy.acting_agency(actor, "comment", locked, today=today))  # fmt: skip
    return row
