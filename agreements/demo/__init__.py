"""A fictional region to look at: agencies, people and sixty agreements, told through the operations alone."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from agencies import mailbox
from agencies.models import Agency, Role
from agreements.demo import attending, region, story
from agreements.demo.acting import Acting
from agreements.operations import granting, reminding
from common import outbox

__all__ = ["build", "present"]

BEGAN = timedelta(days=760)
MAIL_UNREAD = timedelta(days=4)
RING_PER_JOBS = 100


def present() -> bool:
    """Whether the region is there already."""
    first = region.read("region.toml")["agency"][0]
    return Agency.objects.filter(name=first["name"]).exists()


@transaction.atomic
def build(*, password: str, now: datetime, totp: str = "") -> int:
    """Tell the whole history of the region up to `now`; returns how many agreements there are.

    Everybody's password is `password`, and each signatory's authenticator app holds the secret `totp`. All or nothing, in one transaction.
    """
    with outbox.written(now - BEGAN):
        made = region.build(password=password, totp=totp, now=now - BEGAN)
    book = region.read("agreements.toml")
    tales = [
        Acting(number, said, book, made, now.astimezone(made.zone).date())
        for number, said in enumerate(book["agreements"])
    ]
    acts = [act for tale in tales for act in story.acts(tale, now)]
    acts += [_grant(one, tales, now) for one in book["grant"]]
    acts += story.mornings(now, lambda at: reminding.remind(now=at))
    for act in story.told(acts):
        with outbox.written(act.at):
            act.do(act.at)
    with outbox.written(now):
        attending.attend(now=now)
    for person in made.people.values():
        mailbox.seen(person, now=now - MAIL_UNREAD)
    outbox.begin_waiting(now)
    _ring(now)
    return len(tales)


def _grant(one: Mapping[str, Any], tales: list[Acting], now: datetime) -> story.Act:
    tale = next(tale for tale in tales if tale.said["title"] == one["title"])
    return story.Act(story.instant(now, one["days"], tale.number), (tale.number, 99), _granting(one, tale))


def _granting(one: Mapping[str, Any], tale: Acting) -> Callable[[datetime], object]:
    """The lead's counsel lets somebody else read it for some time."""
    return lambda at: granting.grant(
        tale.row, person=tale.region.people[one["person"]], conveys=one["conveys"], reason=one["reason"],
        until=at.date() + timedelta(days=one["lasts"]), actor=tale.who(tale.lead, Role.COUNSEL), now=at,
    )  # fmt: skip


def _ring(now: datetime) -> None:
    """A ring for each hundred jobs, so that the worker soon has them behind it."""
    for _ in range(0, outbox.due(now).count(), RING_PER_JOBS):
        transaction.on_commit(outbox.ring, robust=True)
