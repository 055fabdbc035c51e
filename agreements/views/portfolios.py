"""An agency's agreements on a day that has passed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.models import Agency
from agreements import portfolios
from agreements.forms.portfolios import PortfolioDayForm
from agreements.operations import reporting
from agreements.views.desk import Desk, address, desk
from common.http import attached

INVALID = 422


@login_required
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """What was in force on the day, what not yet and what was over, page by page."""
    asking = desk(request)
    form = _form(asking)
    after = request.GET.get("after", "").replace("\x00", "")[:40]
    asked = _asked(asking, form)
    found = portfolios.page(asked, after=after) if asked else None
    context = {
        "form": form,
        "asked": asked,
        "rows": found.rows if found else [],
        "next_url": f"{address(request)}{'&' if request.GET else '?'}after={found.after}"
        if found and found.after
        else "",
        "first_url": address(request) if after else "",
        "table": _table(asking, asked),
    }
    return render(
        request, "agreements/portfolio.html", context, status=200 if asked or not form.agencies else INVALID
    )


@login_required
@require_safe
def table(request: HttpRequest) -> HttpResponse:
    """The whole of it as CSV; taking it is recorded."""
    asking = desk(request)
    form = _form(asking)
    asked = _asked(asking, form)
    if asked is None:
        raise Http404("There is no such table: choose an agency and a day that has come.")
    try:
        content = reporting.take_table(asked, now=asking.now)
    except PermissionDenied as refused:
        raise Http404("There is no such agency, or you may not take its table.") from refused
    name = f"portfolio-{asked.agency.slug}-on-{asked.on:%Y-%m-%d}.csv"
    return attached(content, name, "text/csv; charset=utf-8")


def _form(asking: Desk) -> PortfolioDayForm:
    """The agencies one is asked to choose from, and any other that was named: of it, what one may see."""
    agencies = portfolios.choosable(asking.user, today=asking.today)
    slug = asking.request.GET.get("agency", "").replace("\x00", "")
    if slug and slug not in {agency.slug for agency in agencies}:
        agencies += list(Agency.objects.filter(slug=slug))
    return PortfolioDayForm(asking.request.GET.dict(), agencies=agencies, today=asking.today)


def _asked(asking: Desk, form: PortfolioDayForm) -> portfolios.Asked | None:
    if not form.is_valid():
        return None
    said = form.cleaned_data
    return portfolios.Asked(
        form.agencies[said["agency"]], said["on"], asking.user, asking.today, said["held"]
    )


def _table(asking: Desk, asked: portfolios.Asked | None) -> str:
    """Where the table is, for those who may take it."""
    if asked is None or asked.agency not in reporting.reportable(asking.user, today=asking.today):
        return ""
    return urlencode({"agency": asked.agency.slug, "on": asked.on.isoformat(), "held": asked.held})
