"""Taking a history away."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit import exports, log, reading
from audit.models import Event
from audit.record import Actor, record


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
