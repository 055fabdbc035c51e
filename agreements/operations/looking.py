"""Saying that one has looked at something of the list of what is worth a look."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.days import civil_day
from agencies.models import User
from agreements.access import rules
from audit.models import Event
from audit.record import record

NOTE = 1000


@transaction.atomic
def looked_at(*, key: str, note: str, actor: User, now: datetime) -> Event | None:
    """Record that `actor` has looked at the finding `key`, with a note; None if the finding is not on their list.

    Raises PermissionDenied for whoever audits and administers nothing, ValidationError without a note.
    """
    today = civil_day(now)
    seats = rules.seats(actor, today=today)
    if not seats:
        raise PermissionDenied("You can't do this: it takes the role auditor or administrator of an agency.")
    if not note.strip() or len(note) > NOTE:
        raise ValidationError({"note": f"Say in a few words what you found, at most {NOTE:,} characters."})
    for shown in rules.shown(actor, today=today, now=now):
        for finding in shown.found:
            if finding.key == key:
                return record(rules.LOOKED, stream=seats[0], actor=actor, now=now, agency=seats[0], private_to=seats[0],
                              facts={"key": key, "rule": shown.rule.key, "name": shown.rule.name,
                                     "about": finding.about, "note": note.strip()})  # fmt: skip
    return None
