"""The audit desk."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit import reading
from audit.forms import DeskForm
from audit.sentences import changes, sentence

PAGE = 50


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What was done lately in all that one covers, with a search."""
    form = DeskForm(request.GET)
    events = form.narrowed(reading.visible(request.user, today=timezone.localdate()))
    rows = list(events.select_related("entry").order_by("-id")[: PAGE + 1])
    shown = [
        {"event": row, "sentence": sentence(row), "changes": changes(row), "leaf": bytes(row.leaf).hex()[:12]}
        for row in rows[:PAGE]
    ]
    query = request.GET.copy()
    query["before"] = str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    more = f"?{query.urlencode()}" if len(rows) > PAGE else ""
    return render(request, "audit/desk.html", {"form": form, "rows": shown, "more": more})
