"""Making and revoking the address of a person's calendar feed."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from agencies.models import User
from agreements.models import CalendarFeed
from audit.record import record

BYTES = 32
"""256 bits: nobody guesses it."""


@transaction.atomic
def make(*, actor: User, now: datetime) -> str:
    """A new address for the person themselves, shown this once; an earlier one stops working."""
    User.objects.select_for_update().get(pk=actor.pk)
    _revoke(actor, now)
    token = secrets.token_urlsafe(BYTES)
    row = CalendarFeed(person=actor, token_sha256=_hash(token), made_at=now)
    record("calendar.made", stream=actor.pk, actor=actor, now=now, changed=[row])
    return token


@transaction.atomic
def revoke(*, actor: User, now: datetime) -> bool:
    """Stop the person's address from working; whether there was one."""
    User.objects.select_for_update().get(pk=actor.pk)
    return _revoke(actor, now)


def _revoke(person: User, now: datetime) -> bool:
    row = of(person)
    if row is None:
        return False
    row.revoked_at = now
    record("calendar.revoked", stream=person.pk, actor=person, now=now, changed=[row])
    return True


def of(person: User) -> CalendarFeed | None:
    """The person's address that works, if there is one."""
    return CalendarFeed.objects.filter(person=person, revoked_at=None).first()


def reader(token: str) -> User | None:
    """Whose address this is, if it works and they still have an account here."""
    rows = CalendarFeed.objects.filter(token_sha256=_hash(token), revoked_at=None, person__is_active=True)
    found = rows.select_related("person").first()
    return found.person if found else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
