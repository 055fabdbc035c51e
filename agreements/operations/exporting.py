"""Taking an agreement's history out of the house: a read that matters is an event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies.models import User
from agreements import policy
from agreements.models import Agreement
from audit import exports, log, reading
from audit.models import Event
from audit.record import record


@transaction.atomic
def export_history(agreement: Agreement, *, format: str, actor: User, now: datetime) -> Iterator[str]:
    """The whole history as text, oldest first, with the export recorded; `format` is a key of exports.FORMATS.

    Of an event private to another agency only its numbers and its hash go out. Raises PermissionDenied.
    """
    today = policy.local_day(now, agreement)
    agency = reading.exporter(actor, agreement.pk, today=today)
    if agency is None:
        raise PermissionDenied(policy.refusal("export"))
    record(
        "history.exported", stream=agreement.pk, actor=actor, now=now, agency=agency, facts={"format": format}
    )
    log.enter()
    events = Event.objects.filter(stream=agreement.pk).select_related("entry").order_by("number")
    writer, _ = exports.FORMATS[format]
    return writer(events.iterator(chunk_size=exports.CHUNK), reading.withheld(actor, today=today))
