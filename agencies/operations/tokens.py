"""A person's own key to the REST API."""

import datetime as dt
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies.models import User
from audit.record import Actor, record


@transaction.atomic
def create_token(user: User, *, actor: Actor, now: dt.datetime) -> str:
    """Make a new key for the person themselves, and answer it; an older one stops working."""
    _only_self(user, actor)
    drop_token(user)
    record("person.api_token_created", stream=user.pk, actor=actor, now=now)
    return str(_tokens().create(user=user).key)


@transaction.atomic
def revoke_token(user: User, *, actor: Actor, now: dt.datetime) -> None:
    """Stop the person's key from working; nothing happens if there is none."""
    _only_self(user, actor)
    if drop_token(user):
        record("person.api_token_revoked", stream=user.pk, actor=actor, now=now)


def drop_token(user: User) -> bool:
    """Delete the person's key, if any, and say whether there was one; the caller records why."""
    count, _ = _tokens().filter(user=user).delete()
    return bool(count)


def has_token(user: User) -> bool:
    """Whether the person has a key."""
    return bool(_tokens().filter(user=user).exists())


def _only_self(user: User, actor: Actor) -> None:
    if actor.id != user.pk:
        raise PermissionDenied("Only the person themselves can make or revoke their API token.")


def _tokens() -> Any:
    # By name, since the domain does not import the REST framework.
    return apps.get_model("authtoken", "Token")._default_manager
