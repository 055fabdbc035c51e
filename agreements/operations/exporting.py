"""Taking an agreement's history out of the house: a read that matters is an event."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from agencies.models import User
from agreements import policy
from agreements.history import events
from agreements.models import Agreement
from audit import reading
from audit.models import Event
from audit.record import record


@transaction.atomic
def export_history(agreement: Agreement, *, format: str, actor: User, now: datetime) -> QuerySet[Event]:
    """The events `actor` may read, oldest first, with the export recorded. Raises PermissionDenied."""
    today = policy.local_day(now, agreement)
    agency = reading.exporter(actor, agreement.pk, today=today)
    if agency is None:
        raise PermissionDenied(policy.refusal("export"))
    record(
        "history.exported", stream=agreement.pk, actor=actor, now=now, agency=agency, facts={"format": format}
    )
    return events(agreement, actor, today=today).order_by("number")
