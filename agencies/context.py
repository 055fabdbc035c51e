"""What every page knows: the product, who is signed in for whom, and (with demo data) whom one can try."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest  # noqa: TID251  (the edge: templates ask this)
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from agencies import factors
from agencies.days import civil_day
from agencies.mailbox import unread
from agencies.models import Membership, Role, User, roles_of
from audit import heads

PRODUCT = "Concordat"
DEMO_DOMAIN = ".example"
DEMO_LIMIT = 60


def site(request: HttpRequest) -> dict[str, Any]:
    """Names for the templates; each that needs the database asks only if the page uses it."""
    user = getattr(request, "user", None)
    known: dict[str, Any] = {"product": PRODUCT, "version": getattr(settings, "VERSION", "")}
    if isinstance(user, User):
        known["memberships"] = SimpleLazyObject(lambda: _memberships(user))
        known["log_refused"] = SimpleLazyObject(lambda: _log_refused(known["memberships"]))
        known["unread_mail"] = SimpleLazyObject(lambda: unread(user))
    elif _at_sign_in(request) and _demo_password():
        known["demo_password"] = _demo_password()
        known["demo_people"] = demo_people()
    if _asks_for_a_code(request):
        known["demo_code"] = _code_at_the_door(request)
    return known


def demo_code(user: object, *, now: dt.datetime) -> str | None:
    """The code a demo person's authenticator app shows; None for everybody whose app holds a secret of their own."""
    secret = str(getattr(settings, "DEMO_TOTP", "") or "")
    return factors.next_code(user, secret, now=now) if secret and isinstance(user, User) else None


def demo_people() -> list[dict[str, str]]:
    """The fictional people of the demo data, by agency: name, title, e-mail, agency and role."""
    today = _today()
    held = Membership.objects.active(on=today).filter(user__email__endswith=DEMO_DOMAIN)
    people: dict[str, dict[str, str]] = {}
    for row in held.select_related("user", "agency").order_by("agency__name", "user__name", "role")[
        : DEMO_LIMIT * 2
    ]:
        said = people.setdefault(row.user.email, _person(row))
        if said["agency"] == row.agency.short_name and row.get_role_display() not in said["role"]:
            said["role"] += f", {row.get_role_display()}"
    return list(people.values())[:DEMO_LIMIT]


def _person(row: Membership) -> dict[str, str]:
    return {
        "name": row.user.name,
        "title": row.user.title,
        "email": row.user.email,
        "agency": row.agency.short_name,
        "role": row.get_role_display(),
    }


def _memberships(user: User) -> list[Membership]:
    return roles_of(user, today=_today())


def _log_refused(memberships: Iterable[Membership]) -> str:
    """Why the notary refuses the log, for those who answer for it; empty for others and when all is well."""
    told = any(row.role in {Role.AUDITOR, Role.ADMINISTRATOR} for row in memberships)
    return heads.refused() if told else ""


def _demo_password() -> str:
    return str(getattr(settings, "DEMO_PASSWORD", "") or "")


def _at_sign_in(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name == "account_login"


def _asks_for_a_code(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in {"mfa_authenticate", "mfa_reauthenticate"}


def _code_at_the_door(request: HttpRequest) -> str | None:
    """For a demo person who has given their password, or is signed in and asked again."""
    stage = getattr(request, "_login_stage", None)
    user = stage.login.user if stage is not None else getattr(request, "user", None)
    return demo_code(user, now=timezone.now())  # noqa: TID251


def _today() -> dt.date:
    return civil_day(timezone.now())  # noqa: TID251
