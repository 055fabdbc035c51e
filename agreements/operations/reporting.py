"""Taking reports out of the house: like exports, they are events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies.models import Agency, Membership, Oversight, Role, User
from agreements import policy, standing
from agreements import portfolios as portfolios_then
from agreements.models import Access, Agreement, AgreementQuerySet
from agreements.reports import history
from agreements.reports import portfolio as portfolios
from audit import log, reading
from audit.exports import line
from audit.record import record


def print_history(agreement: Agreement, *, actor: User, now: datetime) -> bytes:
    """The history as a PDF, recorded. Raises PermissionDenied and pdf.RenderFailed; then nothing is recorded."""
    today = policy.local_day(now, agreement)
    agency = reading.exporter(actor, agreement.pk, today=today)
    if agency is None:
        raise PermissionDenied(policy.refusal("export"))
    log.enter()
    own, stands = reading.own(actor, today=today), standing.of(agreement, today=today)
    content = history.pdf(agreement, standing=stands, own=own, actor=actor, now=now)
    facts = {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
    with transaction.atomic():
        record("history.printed", stream=agreement.pk, actor=actor, now=now, agency=agency, facts=facts)
    return content


def reportable(actor: User, *, today: date) -> list[Agency]:
    """The agencies of which `actor` may take a portfolio: those they export for, and those they oversee as auditors."""
    bodies = Membership.objects.filter(user=actor.pk, role=Role.AUDITOR).active(on=today).values("agency_id")
    overseen = Oversight.objects.active(on=today).filter(body__in=bodies).values_list("agency_id", flat=True)
    found = {*policy.seats(actor, "export", today=today), *overseen}
    return list(Agency.objects.filter(pk__in=found).order_by("name", "pk"))


def agreements_of(agency: Agency, actor: User, *, today: date) -> AgreementQuerySet:
    """The agency's agreements that `actor` may export."""
    seen = Access.objects.filter(principal=agency.pk).values("agreement")
    return policy.permitted(actor, "export", Agreement.objects.filter(pk__in=seen), today=today)


def take_table(asked: portfolios_then.Asked, *, now: datetime) -> str:
    """An agency's agreements as they stood at the end of a day, as CSV, recorded. Raises PermissionDenied."""
    agency, actor = asked.agency, asked.user
    if agency not in reportable(actor, today=asked.today):
        raise PermissionDenied(policy.refusal("export"))
    rows = list(portfolios_then.every(replace(asked, action="export")))
    content = line(*portfolios_then.COLUMNS) + "".join(line(*portfolios_then.cells(row)) for row in rows)
    facts = {
        "day": asked.on,
        "format": "csv",
        "agreements": len(rows),
        "sha256": sha256(content.encode()).hexdigest(),
    }
    with transaction.atomic():
        record("portfolio.taken", stream=agency.pk, actor=actor, now=now, agency=agency.pk, facts=facts)
    return content


def take_portfolio(
    agency: Agency, *, on: date, format: str, actor: User, now: datetime, today: date
) -> bytes:
    """The portfolio of an agency on a day, recorded. Raises PermissionDenied, TooLong and pdf.RenderFailed."""
    if agency not in reportable(actor, today=today):
        raise PermissionDenied(policy.refusal("export"))
    found = portfolios.portfolio(agency, agreements_of(agency, actor, today=today), on=on, now=now)
    content = found.written(format)
    facts = {
        "day": on,
        "format": format,
        "agreements": len(found.rows),
        "sha256": sha256(content).hexdigest(),
    }
    with transaction.atomic():
        record("portfolio.taken", stream=agency.pk, actor=actor, now=now, agency=agency.pk, facts=facts)
    return content
