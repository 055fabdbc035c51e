"""How Concordat's accounts behave inside django-allauth: no open sign-up, mail as rows, secrets encrypted."""

import base64
import hashlib
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest  # noqa: TID251  (the edge: allauth calls this)
from django.utils import timezone

from agencies.models import User
from audit.record import SYSTEM, record
from common import mail
from common.middleware import client_address

PRODUCT = "Concordat"


def _ours(url: object) -> object:
    """An address of this site as it is configured: what a request called the site is in no mail."""
    return f"{settings.SITE_URL}{urlsplit(url).path}" if isinstance(url, str) else url


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are opened by invitation only; who failed to sign in is recorded."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: see `agencies.operations.invitations.join`."""
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the failed attempt on the history of the account that was tried, if there is one."""
        address = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
        user = User.objects.filter(email=address.replace("\x00", "")).first()
        if user is not None:
            with transaction.atomic():
                record(
                    "person.sign_in_failed",
                    stream=user.pk,
                    actor=SYSTEM,
                    now=timezone.now(),  # noqa: TID251
                    facts={"person": user.label, "ip": address_of(request)},
                )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail as a row: it is kept, or sent by the worker, like every other mail."""
        request = context.get("request") or self.request
        known = {
            "request": request,
            "email": email,
            "current_site": {"name": PRODUCT, "domain": settings.SITE_URL},
        }
        context |= {name: _ours(value) for name, value in context.items() if name.endswith("_url")}
        message: EmailMessage = self.render_mail(template_prefix, email, known | context)
        owner = User.objects.filter(email=email.lower(), is_active=True).first()
        with transaction.atomic():
            mail.queue(
                f"account:{uuid.uuid4()}",
                to=email,
                subject=str(message.subject),
                text=str(message.body),
                owner=owner.pk if owner else None,
            )

    def get_client_ip(self, request: HttpRequest) -> str:
        """The peer's address by our own rule, so that throttles and history agree."""
        return client_address(request)

    def format_email_subject(self, subject: str) -> str:
        """The subject as it is: the sender's name says where it comes from."""
        return subject


def address_of(request: HttpRequest) -> str:
    """The address a request came from, as far as it is known (over a socket file it is not)."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return "an unknown address"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors' secrets are unreadable in the database and its backups; keys are bound to this site's address."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that a security key answers to: the one that is configured, whatever a request calls it."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "localhost", "name": settings.MFA_TOTP_ISSUER}

    def encrypt(self, text: str) -> str:
        """The text under the newest key."""
        return _cipher().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The text again, under any key still listed in SECRET_KEY_FALLBACKS."""
        return _cipher().decrypt(encrypted_text.encode("ascii")).decode()


def _cipher() -> MultiFernet:
    return MultiFernet(Fernet(key) for key in _keys([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]))


def _keys(secrets: Iterable[str]) -> list[bytes]:
    """One 256-bit Fernet key for each site secret, kept apart from its other uses by a label."""
    return [
        base64.urlsafe_b64encode(
            hashlib.blake2b(s.encode(), digest_size=32, person=b"concordat-mfa").digest()
        )
        for s in secrets
    ]
