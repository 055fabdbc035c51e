"""The mail Concordat wrote to a person, kept for them to read."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import DateTimeField, QuerySet, UUIDField

from agencies.models import User
from common.models import Job
from common.prepared import Prepared, Slot

UNREAD_LIMIT = 99
NEVER = dt.datetime(1, 1, 2, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Letter:
    """One mail as its recipient reads it."""

    id: int
    subject: str
    text: str
    written_at: dt.datetime


def mail_of(user: User) -> QuerySet[Job]:
    """The mail jobs written to `user`, newest first."""
    return _mail_of(user.pk).order_by("-id")


def _mail_of(owner: UUID | Slot) -> QuerySet[Job]:
    return Job.objects.filter(kind="mail", owner=owner)


_OWNER, _SINCE = Slot("owner", UUIDField()), Slot("since", DateTimeField())
_UNREAD = Prepared(lambda: _mail_of(_OWNER).filter(created_at__gt=_SINCE).values_list("pk")[:UNREAD_LIMIT])


def letter(job: Job) -> Letter:
    """What a mail job says."""
    return Letter(job.pk, str(job.payload["subject"]), str(job.payload["text"]), job.created_at)


def unread(user: User) -> int:
    """How many mails have come since the person last opened their mail, counted to 99."""
    since = user.mail_seen_at or NEVER
    return len(_UNREAD.values(owner=user.pk, since=since))


def seen(user: User, *, now: dt.datetime) -> None:
    """Remember that the person has opened their mail; not an event, it concerns nobody else."""
    User.objects.filter(pk=user.pk).update(mail_seen_at=now)
