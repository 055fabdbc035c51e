"""The mail server of these years: what it accepted, when; or that it is away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend

from tests.builders import NOW


@dataclass
class Post:
    """What was accepted, by Message-ID: how often, and when first."""

    away: bool = False
    now: datetime = NOW
    accepted: Counter[str] = field(default_factory=Counter)
    at: dict[str, datetime] = field(default_factory=dict)
    refused: int = 0
    lock: Lock = field(default_factory=Lock)

    def take(self, mail: Any) -> int:
        """One mail, as Django hands it over."""
        with self.lock:
            if self.away:
                self.refused += 1
                raise ConnectionRefusedError("The mail server is away.")
            name = mail.extra_headers["Message-ID"]
            self.accepted[name] += 1
            self.at.setdefault(name, self.now)
            return 1


class Backend(BaseEmailBackend):
    """Hands every mail to the post."""

    post = Post()

    def send_messages(self, messages: Any) -> int:
        """Or raises, while the server is away."""
        return sum(self.post.take(mail) for mail in messages)
