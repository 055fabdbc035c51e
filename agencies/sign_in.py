"""What django-allauth says happened to an account, written into the person's history."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest  # noqa: TID251  (the edge: allauth calls this)
from django.utils import timezone

from agencies.adapter import address_of
from agencies.models import User
from audit.record import record

EVENTS: dict[str, Signal] = {
    "person.signed_in": account.user_logged_in,
    "person.signed_out": account.user_logged_out,
    "person.password_set": account.password_set,
    "person.password_changed": account.password_changed,
    "person.password_reset": account.password_reset,
    "person.email_changed": account.email_changed,
    "person.second_factor_added": mfa.authenticator_added,
    "person.second_factor_removed": mfa.authenticator_removed,
    "person.second_factor_reset": mfa.authenticator_reset,
}


def listen() -> None:
    """Connect every event to its signal; called once, when the application starts."""
    for action, signal in EVENTS.items():
        signal.connect(_recorder(action), weak=False, dispatch_uid=f"agencies.{action}")


def _recorder(action: str) -> Any:
    def write(*, request: HttpRequest | None = None, user: User | None = None, **said: Any) -> None:
        if user is None or user.pk is None:  # signing out of no session
            return
        with transaction.atomic():
            now = timezone.now()  # noqa: TID251
            record(action, stream=user.pk, actor=user, now=now, facts=_facts(request, said))

    return write


def _facts(request: HttpRequest | None, said: dict[str, Any]) -> dict[str, str]:
    facts = {"ip": address_of(request)} if request is not None else {}
    if "authenticator" in said:
        facts["kind"] = str(said["authenticator"].type)
    if "to_email_address" in said:
        facts["to"] = str(said["to_email_address"].email)
    return facts
