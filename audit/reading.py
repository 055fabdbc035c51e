"""Reading the log: only what a person may see, and what they may take away.

The log knows nothing of agreements: the functions named in settings (AUDIT_STREAMS, AUDIT_EXPORTS, AUDIT_AGENCY,
AUDIT_AGENCIES) do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from audit.models import Event


def visible(user: Any, *, today: date) -> QuerySet[Event]:
    """The events `user` may read on `today`."""
    scope: Callable[..., Q] = import_string(settings.AUDIT_STREAMS)
    return Event.objects.filter(scope(user, today=today))


def exporter(user: Any, stream: UUID, *, today: date) -> UUID | None:
    """The agency for which `user` may export this stream; None if they may not."""
    found: Callable[..., UUID | None] = import_string(settings.AUDIT_EXPORTS)
    return found(user, stream, today=today)


def of_agency(agency: UUID) -> QuerySet[Event]:
    """An agency's whole history."""
    scope: Callable[[UUID], Q] = import_string(settings.AUDIT_AGENCY)
    return Event.objects.filter(scope(agency))


def agencies(user: Any, *, today: date) -> set[UUID]:
    """The person's own agencies, whose private entries they read."""
    find: Callable[..., set[UUID]] = import_string(settings.AUDIT_AGENCIES)
    return find(user, today=today)


def withheld(user: Any, *, today: date) -> Callable[[Event], bool]:
    """Whether an event of a stream the person reads is private to an agency that is not theirs."""
    own = agencies(user, today=today)
    return lambda event: event.private_to is not None and event.private_to not in own
