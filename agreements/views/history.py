"""One agreement's history in sentences, newest first, with what each act changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from agreements import policy
from agreements.history import events
from agreements.operations.erasing import agency_of
from agreements.views.asking import Asked, of_one_agreement
from agreements.views.frame import framed
from audit import exports, reading
from audit.models import Event
from audit.sentences import changes, sentence

PAGE = 50
FORMATS = {"csv": "Table (CSV)", "jsonl": "Exact entries (JSON Lines)"}


@of_one_agreement()
def history(asked: Asked) -> HttpResponse:
    """What was done, by whom and when, fifty at a time."""
    before = _number(asked.request.GET.get("before", ""))
    found = events(asked.agreement, asked.user, today=asked.today).order_by("-number")
    rows = list((found.filter(number__lt=before) if before else found)[: PAGE + 1])
    theirs = policy.seats(asked.user, "confirm_erasure", today=asked.today)
    last = rows[PAGE - 1].number if len(rows) > PAGE else None
    context = framed(asked).context("history") | {
        "rows": [_row(event, asked, theirs) for event in rows[:PAGE]],
        "next_url": f"?before={last}" if last else "",
        "first_url": asked.request.path if before else "",
        "exports": _exports(asked),
    }
    return render(asked.request, "agreements/history.html", context)


def _number(text: str) -> int | None:
    """The place in the history; None for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _row(event: Event, asked: Asked, theirs: list[UUID]) -> dict[str, Any]:
    """One entry; `may_erase` for those who ask for or confirm erasures for the agency whose entry it is."""
    said = [change | {"field": change["field"].replace("_", " ")} for change in changes(event)]
    may_erase = agency_of(event, asked.agreement) in theirs
    return {"event": event, "sentence": sentence(event), "changes": said, "may_erase": may_erase}


def _exports(asked: Asked) -> list[tuple[str, str]]:
    """Where the history can be taken away from, for those who may."""
    if reading.exporter(asked.user, asked.agreement.pk, today=asked.today) is None:
        return []
    return [
        (FORMATS.get(name, name), reverse("audit-export-stream", args=[asked.agreement.pk, name]))
        for name in exports.FORMATS
    ]
