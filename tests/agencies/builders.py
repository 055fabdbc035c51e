"""Agencies and people for tests, made through the operations like everybody's."""

import datetime as dt
import re
from typing import Any

from agencies.models import Agency, Membership, Oversight, SigningAuthority, User
from agencies.operations import agencies as agency_operations
from agencies.operations import authority as authority_operations
from agencies.operations import people
from audit.models import Event
from audit.record import SYSTEM
from common.models import Job

NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
PASSWORD = "four plain words together"


def agency(name: str, kind: str = "police", *, now: dt.datetime = NOW, **facts: Any) -> Agency:
    """An agency of the registry."""
    return agency_operations.register_agency(name=name, kind=kind, actor=SYSTEM, now=now, **facts)


def person(
    email: str, name: str = "", *, title: str = "", now: dt.datetime = NOW, **roles: Agency | list[Agency]
) -> User:
    """An account with PASSWORD, and roles: `person("dana@rpd.example", counsel=rpd)`."""
    said = name or email.partition("@")[0].replace(".", " ").title()
    user = people.register_person(
        email=email, name=said, title=title, password=PASSWORD, actor=SYSTEM, now=now
    )
    for role, where in roles.items():
        for one in where if isinstance(where, list) else [where]:
            member(user, one, role, now=now)
    return user


def member(user: User, where: Agency, role: str, *, now: dt.datetime = NOW) -> Membership:
    """A role of somebody who has an account."""
    return people.grant_membership(where, user, role=role, actor=SYSTEM, now=now)


def authority(user: User, where: Agency, *, now: dt.datetime = NOW, **facts: Any) -> SigningAuthority:
    """The authority of a signatory to sign for their agency."""
    said = {"basis_kind": "office", "basis": "C.R.S. 16-2.5-102"} | facts
    return authority_operations.grant_authority(where, user, actor=SYSTEM, now=now, **said)


def actions(stream: Any) -> list[str]:
    """What happened on a stream, oldest first."""
    return list(Event.objects.filter(stream=stream).order_by("id").values_list("action", flat=True))


def mails(to: str) -> list[dict[str, Any]]:
    """The mail written to an address, oldest first."""
    return [job.payload for job in Job.objects.filter(kind="mail").order_by("id") if job.payload["to"] == to]


def invited_token(to: str) -> str:
    """The secret in the newest invitation mailed to this address."""
    found = re.findall(r"/invitations/([^/\s]+)/", mails(to)[-1]["text"])
    return str(found[-1])


def oversight(body: Agency, overseen: Agency, *, now: dt.datetime = NOW) -> Oversight:
    """Auditors of `body` may read what `overseen` is party to."""
    return agency_operations.set_oversight(body, overseen, actor=SYSTEM, now=now)
