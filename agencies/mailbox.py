"""The mail Concordat wrote to a person, kept for them to read."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import DateTimeField, QuerySet, UUIDField

from agencies.models import User
from common.models import Job
from common.prepared import Prepared, Slot

UNREAD_LIMIT = 99
NEVER = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
_UNREAD = Prepared(
    lambda: Job.objects.filter(
        kind="mail",
        owner=Slot("owner", UUIDField()),
        created_at__gt=Slot("since", DateTimeField()),
    ).values_list("pk")[:UNREAD_LIMIT]
)


@dataclass(frozen=True)
class Letter:
    """One mail as its recipient reads it."""

    id: int
    subject: str
    text: str
    written_at: dt.datetime


def mail_of(user: User) -> QuerySet[Job]:
    """The mail jobs written to `user`, newest first."""
    return Job.objects.filter(kind="mail", owner=user.pk).order_by("-id")


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
