"""Taking an agreement's history out of the house: a read that matters is an event."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied

from agencies.models import User
from agreements import policy
from agreements.models import Agreement
from audit import reading, taking
from audit.taking import Export


def export_history(agreement: Agreement, *, format: str, actor: User, now: datetime) -> Export:
    """Record that the whole history is taken away; `taking.contents` are its lines. `format`: see exports.FORMATS.

    Raises PermissionDenied.
    """
    agency = reading.exporter(actor, agreement.pk, today=policy.local_day(now, agreement))
    if agency is None:
        raise PermissionDenied(policy.refusal("export"))
    return taking.begin(
        agreement.pk, scope=taking.AGREEMENT, format=format, agency=agency, actor=actor, now=now
    )
