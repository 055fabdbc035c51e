"""Who else has a row of a draft open. A courtesy kept in the cache: without it nothing is lost, so no fault of it shows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from django.core.cache import cache

from agencies.models import User
from agreements.models import Agreement

LASTS = 180
"""Seconds for which an opened form counts as open."""

log = structlog.get_logger(__name__)


def beside(agreement: Agreement, row: UUID, *, actor: User, agency: UUID, now: datetime) -> list[str]:
    """The names of others who edit this row for the same agency, noting that `actor` does.

    The key names the agency, so no agency ever learns who of another one is at work.
    """
    key = f"editing:{agreement.pk}:{agency}:{row}"
    try:
        known: dict[str, tuple[str, float]] = cache.get(key) or {}
        fresh = {who: said for who, said in known.items() if now.timestamp() - said[1] < LASTS}
        cache.set(key, fresh | {str(actor.pk): (actor.name, now.timestamp())}, LASTS)
    except Exception as fault:  # whatever ails the cache, people must be able to write
        log.warning("presence_unknown", fault=type(fault).__name__)
        return []
    return sorted(name for who, (name, _) in fresh.items() if who != str(actor.pk))
