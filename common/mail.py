"""Mail as outbox jobs: never lost; repeated only with the same Message-ID."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from common import outbox

KIND = "mail"


def queue(key: str, *, to: str, subject: str, text: str, owner: UUID | None = None) -> bool:
    """Queue one plain-text mail; the key makes it exist once. `owner` is the person who can read it here."""
    one_line = " ".join(subject.split())[:200]
    payload = {"to": to, "subject": one_line, "text": text.strip() + "\n", "message_id": message_id(key)}
    return outbox.put(KIND, f"mail:{key}", payload, owner=owner)


def message_id(key: str) -> str:
    """The Message-ID that belongs to a key: the same however often the mail is sent."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{urlsplit(settings.SITE_URL).hostname}>"


@outbox.handler(KIND)
def send(payload: Mapping[str, Any], *, now: datetime) -> None:
    """Send by SMTP when a mail server is configured; otherwise the mail is kept for its owner to read here.

    Raises Hopeless when the server refuses this recipient or this text for good (RFC 5321 section 4.2.1: 5yz).
    """
    if not settings.EMAIL_URL:
        return
    mail = EmailMessage(
        payload["subject"], payload["text"], to=[payload["to"]], headers={"Message-ID": payload["message_id"]}
    )
    try:
        mail.send()
    except (SMTPRecipientsRefused, SMTPDataError) as refused:
        if min(_codes(refused)) >= 500:
            raise outbox.Hopeless(repr(refused)) from refused
        raise


def _codes(refused: SMTPRecipientsRefused | SMTPDataError) -> list[int]:
    if isinstance(refused, SMTPDataError):
        return [refused.smtp_code]
    return [code for code, _ in refused.recipients.values()]
