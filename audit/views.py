"""The audit desk: what was done in all that one covers, found again; and the searches one keeps."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from audit import before_after, reading, searching
from audit.forms import KEPT, DeskForm, KeepForm
from audit.models import Event, SavedSearch
from audit.searching import Mark
from audit.sentences import sentence

DESK = "/audit/"
WRONG = 400


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What was done lately in all that one covers, with a search."""
    return _desk(request, request.GET)


def _desk(
    request: HttpRequest, asked: QueryDict, keep: KeepForm | None = None, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    form = DeskForm(asked, user=request.user, today=today)
    search = form.search()
    found = searching.Page([])
    if search is not None:
        found = searching.find(request.user, search, after=Mark.read(asked.get("before", "")), today=today)
    query = form.query()
    context = {
        "form": form,
        "keep": keep or KeepForm(initial={"query": query}),
        "saved": list(SavedSearch.objects.filter(person=_person(request)).order_by("name")),
        "suggested": (form.finding.people(request.user, today=today), form.finding.agencies()),
        "rows": _rows(found.rows),
        "found": found,
        "query": query,
        "narrowed": bool(query),
        "more": f"?{query}&{urlencode({'before': str(found.next)})}".replace("?&", "?") if found.next else "",
        "first": f"{DESK}?{query}" if asked.get("before") else "",
    }
    return render(request, "audit/desk.html", context, status=status)


def _rows(events: list[Event]) -> list[dict[str, Any]]:
    """What a line says of each event, with the name of what it belongs to."""
    finding = reading.finding()
    names = finding.names({event.stream for event in events})
    told = before_after.read(events, finding.labels)
    return [
        {
            "event": event,
            "sentence": sentence(event),
            "changes": told[event.pk],
            "leaf": bytes(event.leaf).hex()[:12],
            "of": names.get(event.stream),
        }
        for event in events
    ]


def _person(request: HttpRequest) -> UUID:
    return cast(UUID, request.user.pk)


@login_required
@require_POST
def keep_search(request: HttpRequest) -> HttpResponse:
    """Keep a search under a name; it is the person's own."""
    form = KeepForm(request.POST)
    if form.is_valid() and _kept(request, form):
        messages.success(request, f"The search “{form.cleaned_data['name']}” is kept.")
        return redirect(f"{DESK}?{form.cleaned_data['query']}")
    return _desk(request, QueryDict(request.POST.get("query", "")), form, WRONG)


def _kept(request: HttpRequest, form: KeepForm) -> bool:
    mine = SavedSearch.objects.filter(person=_person(request))
    if mine.count() >= KEPT:
        form.add_error("name", f"You keep {KEPT} searches already. Delete one first.")
        return False
    facts = {"query": form.cleaned_data["query"], "made_at": timezone.now()}
    with transaction.atomic():
        _, new = SavedSearch.objects.get_or_create(
            person=_person(request), name=form.cleaned_data["name"], defaults=facts
        )
    if not new:
        form.add_error(
            "name", "You keep a search of this name already. Give another name, or delete that one."
        )
    return new


@login_required
@require_POST
def delete_search(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget one of one's own searches."""
    row = get_object_or_404(SavedSearch, pk=pk, person=_person(request))
    row.delete()
    messages.success(request, f"The search “{row.name}” is deleted.")
    return redirect(DESK)
