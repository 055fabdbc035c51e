"""Reports to take away: an agreement's history on paper, an agency's portfolio on a day."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.models import User
from agreements.forms.reports import PortfolioForm
from agreements.operations import reporting
from agreements.pdf import RenderFailed
from agreements.reports.portfolio import FORMATS, TooLong
from agreements.views.asking import Asked, of_one_agreement
from common.http import attached

INVALID = 422


@of_one_agreement("GET")
def history_pdf(asked: Asked) -> HttpResponse:
    """The history as a PDF; printing it is recorded."""
    try:
        content = reporting.print_history(asked.agreement, actor=asked.user, now=asked.now)
    except RenderFailed as failed:
        messages.error(asked.request, failed.reason)
        return redirect("agreement-history", pk=asked.agreement.pk)
    return attached(content, f"history-{asked.agreement.reference}.pdf", FORMATS["pdf"][1])


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """The form; once it is filled in, the report."""
    user, today = cast(User, request.user), timezone.localdate()
    agencies = reporting.reportable(user, today=today)
    asked = "format" in request.GET
    slug = request.GET.get("agency", "")
    if slug and slug not in {agency.slug for agency in agencies}:
        raise Http404("There is no such agency, or you may not take its report.")
    first: dict[str, Any] = {"agency": slug, "day": today, "format": "pdf"}
    form = PortfolioForm(request.GET if asked else None, initial=first, agencies=agencies, today=today)
    if asked and form.is_valid():
        return _taken(request, form, user)
    status = INVALID if asked else 200
    return render(request, "agreements/reports/ask.html", {"form": form, "agencies": agencies}, status=status)


def _taken(request: HttpRequest, form: PortfolioForm, user: User) -> HttpResponse:
    agency, day, format = (
        form.agencies[form.cleaned_data["agency"]],
        form.cleaned_data["day"],
        form.cleaned_data["format"],
    )
    try:
        content = reporting.take_portfolio(
            agency, on=day, format=format, actor=user, now=timezone.now(), today=form.today
        )
    except PermissionDenied as refused:
        raise Http404("There is no such report.") from refused
    except (TooLong, RenderFailed) as failed:
        form.add_error("format", str(failed))
        context = {"form": form, "agencies": list(form.agencies.values())}
        return render(request, "agreements/reports/ask.html", context, status=INVALID)
    return attached(content, f"portfolio-{agency.slug}-{day:%Y-%m-%d}.{format}", FORMATS[format][1])
