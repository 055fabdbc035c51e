"""Taking an agreement's history out of the house: a read that matters is an event."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies.days import civil_day
from agencies.models import Agency, User
from agencies.policy import require
from agreements import policy
from agreements.models import Agreement
from agreements.operations.recording import event
from audit import reading, taking
from audit.record import record
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


@transaction.atomic
def export_access(agreement: Agreement, *, report: str, actor: User, now: datetime) -> None:
    """Record that a report of who has access, or who has read, is taken away. Raises PermissionDenied."""
    today = policy.local_day(now, agreement)
    policy.require(actor, "export", agreement, today=today)
    agency = reading.exporter(actor, agreement.pk, today=today)
    event("access_report.exported", agreement, actor=actor, now=now, agency=agency, report=report)


@transaction.atomic
def export_agency_access(agency: Agency, *, report: str, actor: User, now: datetime) -> None:
    """The same of a report about an agency. Raises PermissionDenied."""
    require(actor, "read_access", agency, today=civil_day(now))
    record(
        "access_report.exported",
        stream=agency.pk,
        actor=actor,
        now=now,
        agency=agency.pk,
        facts={"report": report},
    )
