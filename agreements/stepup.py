"""Proving at the act who one is: the password again, five wrong ones at most in a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.core.exceptions import ValidationError
from redis.exceptions import RedisError

from agencies.models import User

TRIES = 5
PAUSE = timedelta(minutes=15)
METHOD = "password at the act"
"""How a signature says that its signer was known."""

LOCKED = (
    "The password was wrong five times. To protect your signature, signing is closed to you for 15 minutes. "
    "Nothing was signed."
)


class TooManyTries(Exception):
    """Wrong passwords used up; `wait` is the number of seconds after which one may try again, at most."""

    def __init__(self) -> None:
        """Say how long."""
        self.wait = int(PAUSE.total_seconds())
        super().__init__(LOCKED)


def prove(user: User, password: str) -> str:
    """How the person proved who they are, in words for the record.

    A try is counted before the password is looked at, so that tries at once are all counted. Raises TooManyTries,
    or ValidationError at `password`.
    """
    if _begun(user) > TRIES:
        raise TooManyTries
    if not user.check_password(password):
        raise ValidationError({"password": "This is not your password. Nothing was signed."})
    _taken_back(user)
    return METHOD


def _key(user: User) -> str:
    return f"signing-failures:{user.pk}"


def _begun(user: User) -> int:
    """The number of this try; none are counted while the counter can't be reached: signing doesn't hang on it."""
    try:
        cache.add(_key(user), 0, PAUSE.total_seconds())
        return int(cache.incr(_key(user)))
    except (RedisError, ValueError):
        return 0


def _taken_back(user: User) -> None:
    """A right password is no failure."""
    try:
        cache.decr(_key(user))
    except (RedisError, ValueError):
        return
