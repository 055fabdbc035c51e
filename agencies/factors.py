"""A person's second factors: which they have, and whether what they gave is one. A code is good once."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal import auth as keys
from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from audit.record import Actor, record

log = structlog.get_logger(__name__)

TOTP, KEY, RECOVERY, CERTIFICATE = "totp", "webauthn", "recovery_codes", "certificate"
NAMES = {
    TOTP: "authenticator app",
    KEY: "security key",
    RECOVERY: "recovery code",
    CERTIFICATE: "certificate",
}
"""What a factor is called in a record."""
LAST = "last_counter"
DRIFT = 1
"""By how many periods of 30 s a phone's clock may be wrong."""


def held(user: User) -> frozenset[str]:
    """The kinds of second factor a person has; recovery codes alone are none."""
    kinds = frozenset(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return kinds if kinds & {TOTP, KEY} else frozenset()


@transaction.atomic
def accepted(user: User, code: str, *, now: datetime) -> Authenticator | None:
    """The authenticator that this code is of, now used up; None for a wrong, an old or a used one.

    A code of an app counts only if it is later than the last one accepted: that stands in the database, so a code
    seen over a shoulder is good for nothing, whatever becomes of the cache.
    """
    typed = "".join(code.split())
    rows = Authenticator.objects.select_for_update().filter(user=user, type__in=[TOTP, RECOVERY])
    for row in rows.order_by("-type"):
        try:
            if _of_app(row, typed, now) if row.type == TOTP else RecoveryCodes(row).validate_code(typed):
                return row
        except InvalidToken:  # no key here opens it: nothing can be proved with it
            log.error("factor.unreadable", user=str(user.pk), kind=row.type)
    return None


def challenge(user: User) -> dict[str, Any]:
    """What a person's security keys are to answer; it is kept in their session until it is answered or asked anew."""
    asked: dict[str, Any] = keys.begin_authentication(user)
    return asked


def key_accepted(user: User, answer: Mapping[str, Any]) -> Authenticator | None:
    """The security key that answered the challenge kept in this person's session; None if none of theirs did."""
    try:
        keys.parse_authentication_response(answer)
        row: Authenticator = keys.complete_authentication(user, dict(answer))
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None
    row.record_usage()
    return row


def _of_app(row: Authenticator, typed: str, now: datetime) -> bool:
    secret = get_adapter().decrypt(row.data["secret"])
    for counter in _counters(row, now):
        if hmac.compare_digest(_code(secret, counter).encode(), typed.encode()):
            row.data[LAST], row.last_used_at = counter, now
            row.save(update_fields=["data", "last_used_at"])
            return True
    return False


def _counters(row: Authenticator, now: datetime) -> list[int]:
    """The periods whose codes can still be used."""
    at = int(now.timestamp()) // app_settings.TOTP_PERIOD
    return [counter for counter in range(at - DRIFT, at + DRIFT + 1) if counter > row.data.get(LAST, 0)]


def _code(secret: str, counter: int) -> str:
    return str(format_hotp_value(hotp_value(secret, counter)))


def next_code(user: User, secret: str, *, now: datetime) -> str | None:
    """The code to type next for an app with this secret: empty if those of this minute are used up.

    None if the person's app has another secret, or they have no app. For demo people, whose secret is no secret: it is
    shown to whoever tries them.
    """
    row = Authenticator.objects.filter(user=user, type=TOTP).first()
    try:
        if row is None or not hmac.compare_digest(get_adapter().decrypt(row.data["secret"]), secret):
            return None
    except InvalidToken:
        return None
    at = int(now.timestamp()) // app_settings.TOTP_PERIOD
    usable = _counters(row, now)
    return _code(secret, at if at in usable else usable[-1]) if usable else ""


@transaction.atomic
def enrol_app(user: User, secret: str, *, actor: Actor, now: datetime) -> Authenticator:
    """Give a person an authenticator app with this base32 secret, for accounts that are set up for them."""
    row = Authenticator(user=user, type=TOTP, data={"secret": get_adapter().encrypt(secret)}, created_at=now)
    record("person.second_factor_added", stream=user.pk, actor=actor, now=now, facts={"kind": TOTP})
    row.save()
    return row
