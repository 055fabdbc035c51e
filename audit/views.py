"""The audit desk, and taking a history away."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit import exports, log, reading
from audit.forms import DeskForm
from audit.models import Event
from audit.record import Actor, record
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


@login_required
@require_GET
def export_stream(request: HttpRequest, stream: UUID, format: str) -> StreamingHttpResponse:
    """One agreement's history as a file; the export is itself an event of it."""
    today = timezone.localdate()
    agency = reading.exporter(request.user, stream, today=today)
    events = Event.objects.filter(stream=stream).select_related("entry")
    if format not in exports.FORMATS or agency is None:
        raise Http404("There is no such export.")
    return _answer(request, stream, agency, events.order_by("number"), format)


@login_required
@require_GET
def export_agency(request: HttpRequest, agency: UUID, format: str) -> StreamingHttpResponse:
    """An agency's whole history as a file; the export is itself an event of the agency."""
    if (
        format not in exports.FORMATS
        or reading.exporter(request.user, agency, today=timezone.localdate()) != agency
    ):
        raise Http404("There is no such export.")
    return _answer(
        request, agency, agency, reading.of_agency(agency).select_related("entry").order_by("id"), format
    )


def _answer(
    request: HttpRequest, stream: UUID, agency: UUID, events: QuerySet[Event], format: str
) -> StreamingHttpResponse:
    with transaction.atomic():
        record("history.exported", stream=stream, actor=cast("Actor", request.user), now=timezone.now(),
               agency=agency, facts={"format": format})  # fmt: skip
    log.enter()
    writer, kind = exports.FORMATS[format]
    hidden = reading.withheld(request.user, today=timezone.localdate())
    lines = writer(events.iterator(chunk_size=exports.CHUNK), hidden)
    answer = StreamingHttpResponse(lines, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="history-{stream}.{format}"'
    answer["Cache-Control"] = "no-store"
    return answer
