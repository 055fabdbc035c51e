"""Who could see and do what on a day, and who has seen or taken what: of one agreement and of one agency."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from agencies.models import Agency
from agencies.views.finding import managed, person
from agencies.views.finding import today as this_day
from agreements import history, policy
from agreements.access import asof, rights
from agreements.access import readers as access_readers
from agreements.access.readers import READS, told
from agreements.access.rights import Right
from agreements.operations.exporting import export_access, export_agency_access
from agreements.views.asking import Asked, of_one_agreement
from agreements.views.frame import framed
from audit import reading
from audit.exports import cell
from audit.models import Event
from common.http import attached

PAGE = 50
MOST = 20_000
"""How many lines a table takes away at once, the newest."""


@of_one_agreement()
def who(asked: Asked) -> HttpResponse:
    """Who could see and do what with the agreement on a day."""
    policy.require(asked.user, "export", asked.agreement, today=asked.today)
    on, wrong = day_of(asked.request, asked.today)
    found = asof.of_agreement(asked.agreement, on=on)
    context = framed(asked).context("") | _who(found, on, asked.today, wrong)
    return render(asked.request, "agreements/access/who.html", context)


@of_one_agreement()
def who_csv(asked: Asked) -> HttpResponse:
    """The same as a table; taking it away is recorded."""
    on, _ = day_of(asked.request, asked.today)
    export_access(asked.agreement, report=f"who had access on {on}", actor=asked.user, now=asked.now)
    lines = map(rights.cells, asof.of_agreement(asked.agreement, on=on))
    return table(f"access-{asked.agreement.reference}-{on}.csv", rights.COLUMNS, lines)


@of_one_agreement()
def readers(asked: Asked) -> HttpResponse:
    """Who has seen, exported or downloaded the agreement without being told to by its text."""
    policy.require(asked.user, "export", asked.agreement, today=asked.today)
    context = framed(asked).context("") | _readers(asked.request, _reads_of(asked), "-number")
    return render(asked.request, "agreements/access/readers.html", context)


@of_one_agreement()
def readers_csv(asked: Asked) -> HttpResponse:
    """The same as a table; taking it away is recorded."""
    export_access(asked.agreement, report="who has read it", actor=asked.user, now=asked.now)
    lines = map(access_readers.cells, told(list(_reads_of(asked).order_by("-number")[:MOST])))
    return table(f"readers-{asked.agreement.reference}.csv", access_readers.COLUMNS, lines)


@login_required
@require_safe
def agency_who(request: HttpRequest, slug: str) -> HttpResponse:
    """Who could act for the agency, or look into it, on a day."""
    agency = managed(request, slug, "read_access")
    on, wrong = day_of(request, this_day())
    found = asof.of_agency(agency, on=on)
    context = _who(found, on, this_day(), wrong) | {"agency": agency}
    return render(request, "agencies/access/who.html", context)


@login_required
@require_safe
def agency_who_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a table; taking it away is recorded."""
    agency = managed(request, slug, "read_access")
    on, _ = day_of(request, this_day())
    export_agency_access(agency, report=f"who had access on {on}", actor=person(request), now=timezone.now())
    lines = map(rights.cells, asof.of_agency(agency, on=on))
    return table(f"access-{agency.slug}-{on}.csv", rights.COLUMNS, lines)


@login_required
@require_safe
def agency_readers(request: HttpRequest, slug: str) -> HttpResponse:
    """What the agency's people have seen, exported or downloaded, by person and line by line."""
    agency = managed(request, slug, "read_access")
    events = reads_for(request, agency)
    context = _readers(request, events, "-id") | {"agency": agency, "people": by_person(events)}
    return render(request, "agencies/access/readers.html", context)


@login_required
@require_safe
def agency_readers_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a table; taking it away is recorded."""
    agency = managed(request, slug, "read_access")
    export_agency_access(
        agency, report="what its people have read", actor=person(request), now=timezone.now()
    )
    lines = map(access_readers.cells, told(list(reads_for(request, agency).order_by("-id")[:MOST])))
    return table(f"readers-{agency.slug}.csv", access_readers.COLUMNS, lines)


def day_of(request: HttpRequest, today: date) -> tuple[date, str]:
    """The day asked for, and what is wrong with it; the future is not known yet."""
    text = str(request.GET.get("on", "")).strip()
    if not text:
        return today, ""
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None or found.year < 1900:
        return today, "Give a day such as 2026-10-02. Today is shown."
    return (found, "") if found <= today else (today, "That day is yet to come. Today is shown.")


def reads_for(request: HttpRequest, agency: Agency) -> QuerySet[Event]:
    """The reads by the agency's people that the person asking may see."""
    seen = reading.visible(request.user, today=this_day()).filter(agency=agency.pk)
    return access_readers.reads(seen)


def by_person(events: QuerySet[Event]) -> list[dict[str, Any]]:
    """How often each person did what, and when last."""
    rows = events.values("actor", "actor_label", "action").annotate(times=Count("id"), last=Max("at"))
    found: dict[str, dict[str, Any]] = {}
    for row in rows.order_by("actor_label", "action"):
        one = found.setdefault(
            row["actor_label"], {"who": row["actor_label"], "said": [], "last": row["last"]}
        )
        one["said"].append(f"{READS.get(row['action'], row['action'])}: {row['times']}")
        one["last"] = max(one["last"], row["last"])
    return list(found.values())


def table(name: str, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> HttpResponse:
    """Lines as a CSV file in which no spreadsheet finds a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in line] for line in lines)
    return attached(out.getvalue(), name, "text/csv; charset=utf-8")


def _reads_of(asked: Asked) -> QuerySet[Event]:
    return access_readers.reads(history.events(asked.agreement, asked.user, today=asked.today))


def _who(found: list[Right], on: date, today: date, wrong: str) -> dict[str, Any]:
    return {
        "on": on,
        "today": today,
        "wrong": wrong,
        "rights": [right for right in found if right.whole_day],
        "brief": [right for right in found if not right.whole_day],
    }


def _readers(request: HttpRequest, events: QuerySet[Event], order: str) -> dict[str, Any]:
    key = order.removeprefix("-")
    mark = request.GET.get("before", "")
    below = int(mark) if mark.isascii() and mark.isdigit() and len(mark) < 18 else None
    rows = list((events.filter(**{f"{key}__lt": below}) if below else events).order_by(order)[: PAGE + 1])
    more = f"?before={getattr(rows[PAGE - 1], key)}" if len(rows) > PAGE else ""
    return {"reads": told(rows[:PAGE]), "next_url": more, "first_url": request.path if below else ""}
