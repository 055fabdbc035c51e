"""Recording and revoking the authority to sign for an agency."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agencies.forms import AuthorityForm, ReasonForm, report
from agencies.models import Membership, Role, User
from agencies.operations.authority import grant_authority, revoke_authority
from agencies.views.finding import authority_or_404, managed, person, today


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: HttpRequest, slug: str) -> HttpResponse:
    """Write down who may sign for the agency, and why."""
    agency = managed(request, slug, "grant_authority")
    held = Membership.objects.filter(agency=agency, role=Role.SIGNATORY).active(on=today())
    signatories = User.objects.filter(pk__in=held.values("user_id"))
    form = AuthorityForm(request.POST or None, people=signatories, initial={"since": today()})
    if request.method == "POST" and form.is_valid():
        try:
            row = grant_authority(agency, **form.cleaned_data, actor=person(request), now=timezone.now())
        except ValidationError as refused:
            report(form, refused)
        else:
            messages.success(request, f"{row.person.name} may sign for {agency.short_name} from {row.since}.")
            return redirect("agencies:people", slug=agency.slug)
    context = {"agency": agency, "form": form, "signatories": signatories}
    return render(request, "agencies/authority.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """End an authority, with the reason."""
    agency = managed(request, slug, "grant_authority")
    row = authority_or_404(agency, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        revoke_authority(row, **form.cleaned_data, actor=person(request), now=timezone.now())
        messages.success(request, f"{row.person.name} no longer signs for {agency.short_name} on this basis.")
        return redirect("agencies:people", slug=agency.slug)
    context = {"agency": agency, "authority": row, "form": form}
    return render(request, "agencies/authority_end.html", context, status=422 if form.is_bound else 200)
