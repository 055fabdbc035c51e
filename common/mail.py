"""Mail as outbox jobs: never lost; repeated only with the same Message-ID and the same text.

A mail may ask for a closing part that is known only when it goes (`closes`). It is written into the job first and
sent in a second step, so that whoever is killed in between leaves a text that is fixed, and what was sent is what
the person reads here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from common import outbox

KIND = "mail"


@dataclass(frozen=True)
class Letter:
    """One plain-text mail; the key makes it exist once. `owner` is the person who can read it here.

    `closes` is handed to the function that MAIL_CLOSING names when the mail is about to go: what it answers is put
    under the text.
    """

    key: str
    to: str
    subject: str
    text: str
    owner: UUID | None = None
    closes: Mapping[str, Any] | None = None

    @property
    def job(self) -> tuple[str, dict[str, Any], UUID | None]:
        """What the outbox keeps of it."""
        payload: dict[str, Any] = {
            "to": self.to,
            "subject": " ".join(self.subject.split())[:200],
            "text": self.text.strip() + "\n",
            "message_id": message_id(self.key),
        }
        if self.closes is not None:
            payload["closes"] = dict(self.closes)
        return f"mail:{self.key}", payload, self.owner


def queue(
    key: str,
    *,
    to: str,
    subject: str,
    text: str,
    owner: UUID | None = None,
    closes: Mapping[str, Any] | None = None,
) -> bool:
    """Queue one mail in the caller's transaction. Whether it is new."""
    return queue_all([Letter(key, to, subject, text, owner, closes)]) == 1


def queue_all(letters: Iterable[Letter]) -> int:
    """Queue mails in the caller's transaction, with one statement. How many are new."""
    return outbox.put_all(KIND, [letter.job for letter in letters])


def message_id(key: str) -> str:
    """The Message-ID that belongs to a key: the same however often the mail is sent."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{urlsplit(settings.SITE_URL).hostname}>"


@outbox.handler(KIND)
def send(payload: Mapping[str, Any], *, now: datetime) -> outbox.Later | None:
    """Send by SMTP when a mail server is configured; otherwise the mail is kept for its owner to read here.

    Raises Hopeless when the server refuses this recipient or this text for good (RFC 5321 section 4.2.1: 5yz).
    """
    if "closes" in payload:
        return _closed(payload, now)
    if not settings.EMAIL_URL:
        return None
    mail = EmailMessage(
        payload["subject"], payload["text"], to=[payload["to"]], headers={"Message-ID": payload["message_id"]}
    )
    try:
        mail.send()
    except (SMTPRecipientsRefused, SMTPDataError) as refused:
        if min(_codes(refused)) >= 500:
            raise outbox.Hopeless(repr(refused)) from refused
        raise
    if "closed" in payload:
        accepted: Callable[..., None] = import_string(settings.MAIL_ACCEPTED)
        accepted(payload["closed"], now=now)
    return None


def _closed(payload: Mapping[str, Any], now: datetime) -> outbox.Later:
    """Fix the closing part, to be sent with the text at once; or wait for what it waits for."""
    closing: Callable[..., str | outbox.Later] = import_string(settings.MAIL_CLOSING)
    found = closing(payload["closes"], now=now)
    if isinstance(found, outbox.Later):
        return found
    fixed = {name: value for name, value in payload.items() if name != "closes"}
    return outbox.Later(
        now, fixed | {"text": f"{payload['text']}\n{found}", "closed": found} if found else fixed
    )


def _codes(refused: SMTPRecipientsRefused | SMTPDataError) -> list[int]:
    if isinstance(refused, SMTPDataError):
        return [refused.smtp_code]
    return [code for code, _ in refused.recipients.values()]
