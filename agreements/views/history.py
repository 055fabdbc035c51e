"""One agreement's history in sentences, newest first, with what each act changed; and the text as it was then."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime

from agreements import asof, finding, policy, standing
from agreements.document import structure
from agreements.forms.history import AsOfForm, HistoryForm
from agreements.history import Line, events, lines
from agreements.operations.erasing import agency_of
from agreements.redline import words
from agreements.views.asking import Asked, of_one_agreement
from agreements.views.frame import framed
from audit import before_after, exports, reading
from audit.before_after import Change

PAGE = 50
FORMATS = {"csv": "Table (CSV)", "jsonl": "Exact entries (JSON Lines)"}


@of_one_agreement()
def history(asked: Asked) -> HttpResponse:
    """What was done, by whom and when, fifty at a time."""
    seen = events(asked.agreement, asked.user, today=asked.today)
    form = HistoryForm(asked.request.GET, events=seen)
    before = _number(asked.request.GET.get("before", ""))
    found = form.narrowed(seen)
    each = bool(asked.request.GET.get("each"))
    rows, more = lines(found.filter(number__lt=before) if before else found, most=PAGE, each=each)
    theirs = policy.seats(asked.user, "confirm_erasure", today=asked.today)
    last = rows[-1].first.number if more else None
    kept = {name: value for name, value in form.data.items() if name in {*form.fields, "each"} and value}
    context = framed(asked).context("history") | {
        "form": form,
        "narrowed": bool(kept),
        "each": each,
        "days": _days(asked, rows, theirs),
        "shown": sum(len(row.entries) for row in rows),
        "next_url": f"?{urlencode(kept | {'before': last})}" if last else "",
        "first_url": f"{asked.request.path}?{urlencode(kept)}" if before else "",
        "exports": _exports(asked),
    }
    return render(asked.request, "agreements/history.html", context)


def _number(text: str) -> int | None:
    """The place in the history; None for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _days(asked: Asked, rows: list[Line], theirs: list[UUID]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The lines under the days on which they were made; `theirs` are the agencies one may ask erasures for."""
    told = before_after.read_together([row.entries for row in rows], finding.labels)
    first = asof.entry_of(asked.agreement, 1)
    shown: list[dict[str, Any]] = [
        {
            "line": row,
            "event": row.event,
            "sentence": row.sentence,
            "changes": [_change(one) for one in told[row.event.pk]],
            "may_erase": agency_of(row.event, asked.agreement) in theirs,
            "as_of": first is not None and row.event.number >= first,
        }
        for row in rows
    ]
    return [
        (day, list(group)) for day, group in groupby(shown, lambda line: localtime(line["event"].at).date())
    ]


def _change(change: Change) -> dict[str, Any]:
    """Before and after; a long text as a redline, word by word."""
    return {"said": change, "pieces": words(change.old, change.new) if change.long else None}


def _exports(asked: Asked) -> list[tuple[str, str]]:
    """Where the history can be taken away from, for those who may."""
    if reading.exporter(asked.user, asked.agreement.pk, today=asked.today) is None:
        return []
    return [
        (FORMATS.get(name, name), reverse("audit-export-stream", args=[asked.agreement.pk, name]))
        for name in exports.FORMATS
    ]


@of_one_agreement()
def as_of(asked: Asked) -> HttpResponse:
    """The agreement as it stood at a time, after an entry, or with a version: what had been handed over by then."""
    seen = events(asked.agreement, asked.user, today=asked.today)
    form = AsOfForm(asked.request.GET if "at" in asked.request.GET else None)
    found = _then(asked, form, seen)
    context = framed(asked).context("history") | {"form": form, "then": found, "document": None}
    if found:
        day = localtime(found.event.at).date()
        until = form.cleaned_data["at"] if form.is_valid() else None
        context |= {
            "shown_for": form.said() if until else "",
            "standing_then": standing.of(found.agreement, today=form.day() if until else day),
            "document": structure(found.version.content) if found.version else None,
        }
    return render(asked.request, "agreements/as_of.html", context)


def _then(asked: Asked, form: AsOfForm, seen: Any) -> asof.AsOf | None:
    """What was asked for; 404 for an entry or a version that is not there, or not the reader's to see."""
    asked_for = asked.request.GET
    if "at" in asked_for:
        number = asof.entry_before(seen, form.cleaned_data["at"]) if form.is_valid() else None
        return asof.at_entry(asked.agreement, seen, number) if number else None
    if "version" in asked_for:
        number = asof.entry_of(asked.agreement, _number(asked_for["version"][:9]) or 0)
    elif "entry" in asked_for:
        number = _number(asked_for["entry"])
    else:
        return None
    found = asof.at_entry(asked.agreement, seen, number) if number else None
    if found is None:
        raise Http404("There is no such entry of this agreement, or you may not see it.")
    return found
