"""An agreement's history as a paper: who did what on which day, the versions with their hashes, the head of the log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from agencies.models import Agency, User
from agreements.models import Agreement
from agreements.pdf import press, printing
from agreements.standing import Standing
from audit import heads
from audit.exports import ERASED, WITHHELD, harmless
from audit.models import Event
from audit.sentences import actor_name, sentence

MOST = 1000
"""A packet is read by people; a longer history is taken whole as a table."""
WIDTHS = (
    ".print .paper-day th:first-child { width: 3.5em } .print .paper-day td:nth-child(2) { width: 3.5em } "
    ".print .paper-day td:nth-child(3) { width: 22% }"
)


@dataclass(frozen=True)
class Line:
    """One entry on paper."""

    number: int
    at: datetime
    who: str
    agency: str
    what: str
    shown: bool


def pdf(
    agreement: Agreement, *, standing: Standing, own: Collection[UUID], actor: User, now: datetime
) -> bytes:
    """The report as PDF/A. Of entries private to agencies not in `own` only the number appears."""
    facts = _facts(agreement, own, now) | {"standing": standing, "asked_by": harmless(actor.label)}
    return press.shared().render(
        render_to_string("agreements/reports/history.html", facts), printing.stylesheet() + WIDTHS
    )


def _facts(agreement: Agreement, own: Collection[UUID], now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(agreement.timezone)
    newest = list(Event.objects.filter(stream=agreement.pk).order_by("-number")[:MOST])
    agencies = dict(Agency.objects.values_list("pk", "short_name"))
    lines = [_line(event, own, agencies, zone) for event in reversed(newest)]
    days = [(day, list(found)) for day, found in groupby(lines, lambda line: line.at.date())]
    return {
        "agreement": agreement,
        "parties": [harmless(party.legal_name) for party in agreement.parties.filter(left_on=None).order_by("position")],
        "people": _people(lines),
        "days": days,
        "left_out": lines[0].number - 1 if lines else 0,
        "withheld": sum(not line.shown for line in lines),
        "versions": list(agreement.versions.order_by("number").select_related("made_by", "made_by_agency")),
        "last": newest[0] if newest else None,
        "last_leaf": printing.grouped(bytes(newest[0].leaf).hex()) if newest else "",
        "head": (head := heads.newest()),
        "root": printing.grouped(bytes(head.root).hex()) if head else "",
        "now": now.astimezone(zone),
        "zone": zone,
        "made_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip


def _line(event: Event, own: Collection[UUID], agencies: dict[UUID, str], zone: ZoneInfo) -> Line:
    shown = event.private_to is None or event.private_to in own
    what = ERASED if not event.body else harmless(sentence(event)) if shown else WITHHELD
    who = harmless(actor_name(event.actor_label)) if shown else ""
    agency = harmless(agencies.get(event.agency, "")) if shown and event.agency else ""
    return Line(event.number, event.at.astimezone(zone), who, agency, what, shown)


def _people(lines: list[Line]) -> list[tuple[str, str, date, date, int]]:
    """Who acted, for which agency, from when to when, how often; in the order in which they first did."""
    found: dict[tuple[str, str], list[date]] = {}
    for line in lines:
        if line.shown:
            found.setdefault((line.who, line.agency), []).append(line.at.date())
    return [(who, agency, days[0], days[-1], len(days)) for (who, agency), days in found.items()]
