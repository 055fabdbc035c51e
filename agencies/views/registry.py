"""The registry of agencies, and one agency's page."""

import calendar
import copy
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from agencies.forms import AgencyForm, NewAgencyForm, SearchForm, report
from agencies.models import Agency, Membership, Oversight, SigningAuthority
from agencies.models.agency import AgencyQuerySet
from agencies.operations.agencies import edit_agency, register_agency
from agencies.policy import is_operator, may, permitted
from agencies.views.finding import agency_or_404, managed, person, today
from common.dates import day
from common.http import Stale

PAGE = 25


@login_required
@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    """All agencies, searched and filtered, 25 at a time."""
    form = SearchForm(request.GET)
    form.is_valid()
    found = permitted(person(request), "view_agency", Agency.objects.filter(active=True), today=today())
    rows = list(_after(_searched(found, form), request.GET.get("after", ""))[: PAGE + 1])
    context = {
        "form": form,
        "agencies": rows[:PAGE],
        "searched": any(request.GET.get(name) for name in ("q", "kind", "after")),
        "more": _more(request, rows),
        "first": _first(request),
        "may_register": is_operator(person(request)),
    }
    return render(request, "agencies/registry.html", context)


@login_required
@require_safe
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """What the registry knows of one agency; its people only for those who belong to it or oversee it."""
    agency, on, user = agency_or_404(request, slug), today(), person(request)
    shown = may(user, "view_people", agency, today=on)
    held = Membership.objects.filter(agency=agency).active(on=on).select_related("user")
    signers = SigningAuthority.objects.filter(agency=agency).active(on=on).select_related("person")
    overseers = Oversight.objects.filter(agency=agency).active(on=on).select_related("body")
    context = {
        "agency": agency,
        "facts": _facts(agency),
        "assurance": _assurance(agency),
        "memberships": held.order_by("user__name", "user_id", "role") if shown else None,
        "authorities": signers.order_by("person__name", "since", "id"),
        "overseers": overseers,
        "may_edit": may(user, "edit_agency", agency, today=on),
        "may_manage": may(user, "manage_people", agency, today=on),
        "may_read_access": may(user, "read_access", agency, today=on),
    }
    return render(request, "agencies/agency.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Edit an agency's facts; its administrators."""
    agency = managed(request, slug, "edit_agency")
    form = AgencyForm(request.POST or None, instance=copy.copy(agency))
    if request.method == "POST" and form.is_valid() and _edited(request, agency, form):
        messages.success(request, "Saved.")
        return redirect("agencies:agency", slug=agency.slug)
    status = 422 if form.is_bound else 200
    return render(request, "agencies/edit.html", {"agency": agency, "form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Enter an agency into the registry; operators of the site."""
    if not is_operator(person(request)):
        raise PermissionDenied("Only an operator of this site registers agencies.")
    form = NewAgencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            agency = register_agency(**form.cleaned_data, actor=person(request), now=timezone.now())
        except ValidationError as refused:
            report(form, refused)
        else:
            messages.success(
                request, f"{agency.name} is in the registry. Now invite its first administrator."
            )
            return redirect("agencies:people", slug=agency.slug)
    return render(request, "agencies/register.html", {"form": form}, status=422 if form.is_bound else 200)


def _edited(request: HttpRequest, agency: Agency, form: AgencyForm) -> bool:
    try:
        seen = form.cleaned_data["seen"]
        edit_agency(agency, actor=person(request), now=timezone.now(), seen=seen, **form.facts())
    except ValidationError as refused:
        report(form, refused)
    except Stale:
        form.add_error(
            None,
            "Somebody else changed this agency while you were typing. What you typed is still here; compare it with "
            "the agency's page, reload, and save again.",
        )
    return form.is_valid()


def _searched(found: AgencyQuerySet, form: SearchForm) -> AgencyQuerySet:
    data = getattr(form, "cleaned_data", {})
    if kind := data.get("kind"):
        found = found.filter(kind=kind)
    return found.search(data.get("q", "")).order_by("name", "id")


def _after(found: AgencyQuerySet, mark: str) -> AgencyQuerySet:
    """Those behind the marked agency in the order of names; a mark that means nothing is the first page."""
    try:
        last = Agency.objects.filter(pk=uuid.UUID(mark)).first()
    except ValueError:
        last = None
    return found.filter(Q(name__gt=last.name) | Q(name=last.name, pk__gt=last.pk)) if last else found


def _more(request: HttpRequest, rows: list[Agency]) -> str:
    """The query string of the next page, or nothing if this is the last."""
    if len(rows) <= PAGE:
        return ""
    query = request.GET.copy()
    query["after"] = str(rows[PAGE - 1].pk)
    return f"?{query.urlencode()}"


def _first(request: HttpRequest) -> str:
    """The query string of the first page, or nothing if this is it."""
    query = request.GET.copy()
    paged = query.pop("after", None)
    return f"?{query.urlencode()}" if paged else ""


def _facts(agency: Agency) -> list[tuple[str, str]]:
    return [
        ("Legal name", agency.contract_name),
        ("Part of", agency.parent.name if agency.parent else ""),
        ("ORI", agency.ori),
        ("Address", agency.address),
        ("Telephone", agency.phone),
        ("Time zone", agency.timezone),
        ("Fiscal year begins in", calendar.month_name[agency.fiscal_year_start]),
        ("E-mail domains", ", ".join(agency.email_domains)),
    ]


def _assurance(agency: Agency) -> list[tuple[str, str]]:
    body = agency.governing_body or ("its governing body" if agency.governing_body_approves else "")
    approves = f"{body} must approve agreements" if agency.governing_body_approves else body
    return [
        ("CJIS status", agency.get_cj_status_display()),
        ("Last CJIS audit", day(agency.cjis_audit_on) if agency.cjis_audit_on else ""),
        ("Privacy officer", agency.privacy_officer),
        ("Governing body", approves),
        ("Approvals before it signs", str(agency.approvals_required)),
    ]
