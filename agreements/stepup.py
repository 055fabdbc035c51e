"""Proving at the act who one is: the password again and a second factor, five wrong tries at most in 15 minutes.

The tries are counted in PostgreSQL, under the lock of the act: there is no cache whose loss would open the door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from agencies import factors
from agencies.models import User
from agreements.lifecycle import StepNotOpen
from agreements.models import begun, taken_back

TRIES = 5
PAUSE = timedelta(minutes=15)

LOCKED = (
    "What you gave was wrong five times. To protect your signature, signing is closed to you for 15 minutes. "
    "Nothing was signed."
)
NOT_YOURS = "This is not your password. Nothing was signed."
WRONG_CODE = (
    "This code is not right, or it was used before. Type the code your app shows now; wait for the next one if you "
    "have just used it. Nothing was signed."
)
WRONG_KEY = "The security key did not answer as expected. Try it again, or type a code. Nothing was signed."
NO_CODE = "Type the code from your authenticator app, or use your security key."


class TooManyTries(Exception):
    """Wrong tries used up; `wait` is the number of seconds after which one may try again, at most."""

    def __init__(self) -> None:
        """Say how long."""
        self.wait = int(PAUSE.total_seconds())
        super().__init__(LOCKED)


class NotEnrolled(StepNotOpen):
    """The person has no second factor, so nobody can know at the act that it is them."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "You can't sign yet: your account has no second factor. Set up an authenticator app or a security key "
            "under “Two-step sign-in” of your account, then come back."
        )


@dataclass(frozen=True)
class Claim:
    """What a person gives at the act: the password, and a code, a security key's answer or a certificate's signature."""

    password: str
    code: str = ""
    key: Mapping[str, Any] | None = None
    certified: bool = False
    """The document itself was signed with a certificate that names the person, and that was found to hold."""


@dataclass(frozen=True)
class Proof:
    """Who was proved to be there, and by which kind of second factor beside the password."""

    person: UUID
    factor: str

    @property
    def words(self) -> str:
        """How a signature says that its signer was known."""
        return f"password and {factors.NAMES[self.factor]} at the act"


def prove(user: User, claim: Claim, *, now: datetime) -> Proof:
    """Look at the password and at the second factor. Call it inside a transaction that ends well either way.

    A try is counted before anything is looked at, so that tries at once are all counted. Raises NotEnrolled,
    TooManyTries, or ValidationError at `password` or `code`.
    """
    if not claim.certified and not factors.held(user):
        raise NotEnrolled
    if begun(user.pk, now=now, pause=PAUSE) > TRIES:
        raise TooManyTries
    if not user.check_password(claim.password):
        raise ValidationError({"password": NOT_YOURS})
    proof = Proof(user.pk, _second(user, claim, now))
    taken_back(user.pk)
    return proof


def _second(user: User, claim: Claim, now: datetime) -> str:
    if claim.certified:
        return factors.CERTIFICATE
    if claim.key is not None:
        row = factors.key_accepted(user, claim.key)
    elif claim.code.strip():
        row = factors.accepted(user, claim.code, now=now)
    else:
        raise ValidationError({"code": NO_CODE})
    if row is None:
        raise ValidationError({"code": WRONG_KEY if claim.key is not None else WRONG_CODE})
    return str(row.type)
