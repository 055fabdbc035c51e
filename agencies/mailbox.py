"""The mail Concordat wrote to a person, kept for them to read."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from agencies.models import User
from common.models import Job

UNREAD_LIMIT = 99


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
    waiting = mail_of(user)
    if user.mail_seen_at is not None:
        waiting = waiting.filter(created_at__gt=user.mail_seen_at)
    return waiting[:UNREAD_LIMIT].count()


def seen(user: User, *, now: dt.datetime) -> None:
    """Remember that the person has opened their mail; not an event, it concerns nobody else."""
    User.objects.filter(pk=user.pk).update(mail_seen_at=now)
