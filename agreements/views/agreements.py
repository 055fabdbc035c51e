"""The list of agreements: facets, search, pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agreements import listing
from agreements.forms.listing import WHEN, ListForm, categories, kinds, standings
from agreements.listing import Facets, Filters, Page
from agreements.models import Stage
from agreements.views.desk import Desk, address, desk

Option = dict[str, Any]
FACETS = ("stage", "standing", "kind", "party", "category")
OPEN = ("stage", "standing", "kind", "category")
"""The facets whose every value is offered when not all agreements were looked at."""
NARROWING = (*FACETS, "ends_before", "mine", "when")


@login_required
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """The agreements the person may see, in at most six queries whatever their number."""
    asking = desk(request)
    form = ListForm(request.GET)
    form.is_valid()
    principals, filters = asking.principals(), form.filters(asking.agencies)
    filters, facets = _counted(asking, principals, filters, form)
    page = _page(asking, principals, filters, form)
    context = {
        "form": form,
        "page": page,
        "filters": filters,
        "total": facets.said,
        "sampled": facets.sampled,
        "cut": bool(filters.text) and facets.more,
        "facets": facets_of(request, filters, facets),
        "may_draft": bool(asking.seats("edit")),
        "exporting": [
            (name, value) for name, value in request.GET.items() if name in (*NARROWING, "q") and value
        ],
        "memberships": asking.held,
        **_links(request, page),
    }
    return render(request, "agreements/list.html", context)


def _counted(asking: Desk, principals: list[Any], filters: Filters, form: ListForm) -> tuple[Filters, Facets]:
    """Counts and facets; a party nobody knows is said so and left out."""
    facets = listing.facets(principals, filters=filters, today=asking.today)
    if filters.party and "known" not in facets.counts:
        form.add_error("party", "There is no such agency; the choice was left out.")
        filters = replace(filters, party="")
        facets = listing.facets(principals, filters=filters, today=asking.today)
    return filters, facets


def _page(asking: Desk, principals: list[Any], filters: Filters, form: ListForm) -> Page:
    if filters.text:
        return listing.search(principals, filters=filters, today=asking.today)
    after = form.cleaned_data.get("after")
    return listing.page(principals, filters=filters, after=after, limit=form.size_of_page, today=asking.today)


def _links(request: HttpRequest, page: Page) -> dict[str, Any]:
    """Where the page leads: further, back to the start, and without any choice."""
    narrowed = any(request.GET.get(name) for name in NARROWING)
    keep = [(name, value) for name, value in request.GET.items() if name in NARROWING and value]
    return {
        "next_url": address(request, after=page.next) if page.next else "",
        "first_url": address(request) if request.GET.get("after") else "",
        "clear_url": address(request, **dict.fromkeys(NARROWING)) if narrowed else "",
        "keep": keep,
        "keep_date": [*(pair for pair in keep if pair[0] != "ends_before"), *_text(request)],
        "narrowed": narrowed,
    }


def _text(request: HttpRequest) -> list[tuple[str, str]]:
    return [("q", request.GET["q"])] if request.GET.get("q") else []


def facets_of(request: HttpRequest, filters: Filters, facets: Facets) -> list[dict[str, Any]]:
    """The facets as links with counts; a choice already made leads back out of it."""
    names: dict[str, Mapping[str, str]] = {
        "stage": dict(Stage.choices),
        "standing": standings(),
        "kind": kinds(),
        "party": facets.names,
        "category": categories(),
    }
    labels = ("Stage", "Standing", "Kind", "Party", "Data category")
    found = [_when(request, filters), _mine(request, filters)]
    for name, label in zip(FACETS, labels, strict=True):
        chosen = getattr(filters, name)
        counts = facets.counts.get(name, {})
        options = [
            _option(
                request,
                name,
                value,
                names[name].get(value, value),
                _said(counts.get(value, 0), facets),
                chosen,
            )
            for value in names[name]
            if counts.get(value) or value == chosen or (facets.sampled and name in OPEN)
        ]
        found.append({"label": label, "options": options})
    return [facet for facet in found if facet["options"]]


def _said(count: int, facets: Facets) -> str | None:
    """A count as people read it: at least so many where not all were looked at."""
    if facets.sampled:
        return f"{count}+" if count else None
    return str(count)


def _option(
    request: HttpRequest, name: str, value: str, label: str, count: str | None, chosen: str
) -> Option:
    selected = value == chosen
    url = address(request, **{name: None if selected else value})
    return {"label": label, "url": url, "count": count, "selected": selected}


def _when(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    options = [_option(request, "when", value, label, None, "") for value, label in WHEN.items()]
    for value, option in zip(WHEN, options, strict=True):
        option["selected"] = value == filters.when
    return {"label": "When", "options": options}


def _mine(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    chosen = "1" if filters.mine else ""
    return {"label": "Lead", "options": [_option(request, "mine", "1", "Led by my agencies", None, chosen)]}
