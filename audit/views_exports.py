"""Taking a history away: asking for it, the file, and its receipt."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit import exports, reading, receipts, taking
from audit.forms import TakingForm
from audit.models import Event
from audit.record import Actor
from audit.sentences import body
from audit.taking import AGENCY, AGREEMENT, TAKEN, Export, ScopeChanged

Answer = HttpResponse | StreamingHttpResponse
SHOWN = 50
NONE = "There is no such export."


@login_required
@require_GET
def export_stream(request: HttpRequest, stream: UUID, format: str) -> Answer:
    """One agreement's history as a file; the export is itself an event of it."""
    return _sent(request, _begun(request, AGREEMENT, stream, format))


@login_required
@require_GET
def export_agency(request: HttpRequest, agency: UUID, format: str) -> Answer:
    """An agency's whole history as a file; the export is itself an event of the agency."""
    return _sent(request, _begun(request, AGENCY, agency, format))


@login_required
@require_http_methods(["GET", "POST"])
def taken(request: HttpRequest) -> HttpResponse:
    """The exports one has asked for; a POST asks for another and leads to its page."""
    if request.method == "POST":
        form = TakingForm(request.POST)
        if not form.is_valid():
            raise Http404(NONE)
        export = _begun(request, form.scope, form.stream, form.cleaned_data["format"])
        return redirect("audit-export", number=export.event.pk)
    own = Event.objects.filter(actor=request.user.pk, action=TAKEN).order_by("-pk")[:SHOWN]
    rows = [{"event": event, "facts": body(event)["facts"]} for event in own]
    return render(request, "audit/taken.html", {"rows": rows})


@login_required
@require_GET
def export_page(request: HttpRequest, number: int) -> HttpResponse:
    """One export: the file to take, how far it is, and what was sent."""
    export = _export(request, number)
    completed = export.completed
    context = {
        "export": export,
        "completed": completed,
        "sent": body(completed)["facts"] if completed else None,
        "mine": export.event.actor == request.user.pk and export.facts["format"] in exports.FORMATS,
        "many": export.rows_so_far,
    }
    return render(request, "audit/export.html", context)


@login_required
@require_GET
def export_file(request: HttpRequest, number: int) -> Answer:
    """The file of an export one asked for; `after` continues after the last whole line one has."""
    export = _export(request, number)
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 18):
        raise Http404(NONE)
    agency = reading.exporter(request.user, export.event.stream, today=timezone.localdate())
    if (
        agency is None
        or export.event.actor != request.user.pk
        or export.facts["format"] not in exports.FORMATS
    ):
        raise Http404(NONE)
    if int(after) or export.rows_so_far or export.completed:
        try:
            taking.resume(
                export, after=int(after), agency=agency, actor=cast("Actor", request.user), now=timezone.now()
            )
        except ScopeChanged:
            return render(request, "audit/export_changed.html", status=409)
    return _sent(request, export, after=int(after))


@login_required
@require_GET
def export_receipt(request: HttpRequest, number: int) -> HttpResponse:
    """The receipt as text."""
    text = receipts.receipt(_export(request, number))
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{number}.txt"'
    return answer


def _export(request: HttpRequest, number: int) -> Export:
    """An export whose event this person may read."""
    seen = reading.visible(request.user, today=timezone.localdate())
    event = seen.filter(pk=min(number, 2**63 - 1), action=TAKEN).first()
    if event is None:
        raise Http404(NONE)
    return Export(event)


def _begun(request: HttpRequest, scope: str, stream: UUID, format: str) -> Export:
    agency = reading.exporter(request.user, stream, today=timezone.localdate())
    whole = agency == stream
    if format not in exports.FORMATS or agency is None or whole != (scope == AGENCY):
        raise Http404(NONE)
    return taking.begin(
        stream,
        scope=scope,
        format=format,
        agency=agency,
        actor=cast("Actor", request.user),
        now=timezone.now(),
    )


def _sent(request: HttpRequest, export: Export, *, after: int = 0) -> StreamingHttpResponse:
    own = reading.own(request.user, today=timezone.localdate())
    pieces = taking.contents(export, own=own, clock=timezone.now, after=after)
    answer = StreamingHttpResponse(pieces, content_type=export.format.media)
    answer["Content-Disposition"] = f'attachment; filename="{export.filename}"'
    answer["Cache-Control"] = "no-store"
    answer["Link"] = f'<{export.address}>; rel="describedby"'
    return answer
