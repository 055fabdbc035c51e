"""Managing an agency's people: invitations and roles."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from agencies import emails
from agencies.forms import EndForm, InvitationForm, MembershipForm, RoleForm, report
from agencies.models import Agency, Invitation, Membership, SigningAuthority, User
from agencies.operations import people as operations
from agencies.policy import may
from agencies.views.finding import invitation_or_404, managed, membership_or_404, person, today


@login_required
@require_http_methods(["GET", "HEAD"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody with a role in the agency, waiting invitations, and what an administrator can do."""
    return _page(request, managed(request, slug, "manage_people"))


@login_required
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite somebody by e-mail."""
    agency = managed(request, slug, "manage_people")
    form = InvitationForm(request.POST, prefix="invite")
    if not form.is_valid():
        return _page(request, agency, invite_form=form)
    try:
        sent = operations.invite(agency, **form.cleaned_data, actor=person(request), now=timezone.now())
    except ValidationError as refused:
        report(form, refused)
        return _page(request, agency, invite_form=form)
    _tell(request, sent)
    return redirect("agencies:people", slug=agency.slug)


@login_required
@require_POST
def revoke_invitation(request: HttpRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Withdraw an invitation."""
    agency = managed(request, slug, "manage_people")
    invitation = invitation_or_404(agency, pk)
    try:
        operations.revoke_invitation(invitation, actor=person(request), now=timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(
            request, f"The invitation to {invitation.email} is withdrawn; its link no longer works."
        )
    return redirect("agencies:people", slug=agency.slug)


@login_required
@require_POST
def add_role(request: HttpRequest, slug: str) -> HttpResponse:
    """Give somebody of the agency another role."""
    agency = managed(request, slug, "manage_people")
    form = MembershipForm(request.POST, prefix="add", people=members(agency))
    if not form.is_valid():
        return _page(request, agency, add_form=form)
    try:
        new = operations.grant_membership(
            agency, **form.cleaned_data, actor=person(request), now=timezone.now()
        )
    except ValidationError as refused:
        report(form, refused)
        return _page(request, agency, add_form=form)
    messages.success(request, f"{new.user.name} is now {_role(new)} of {agency.short_name}.")
    return redirect("agencies:people", slug=agency.slug)


@login_required
@require_http_methods(["GET", "HEAD"])
def membership(request: HttpRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """One person's role: change it or end it."""
    agency = managed(request, slug, "manage_people")
    return _role_page(request, membership_or_404(agency, pk))


@login_required
@require_POST
def change_role(request: HttpRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Put another role in the place of this one."""
    held = membership_or_404(managed(request, slug, "manage_people"), pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _role_page(request, held, role_form=form)
    try:
        new = operations.change_role(held, **form.cleaned_data, actor=person(request), now=timezone.now())
    except ValidationError as refused:
        report(form, refused)
        return _role_page(request, held, role_form=form)
    messages.success(request, f"{held.user.name} is now {_role(new)}.")
    return redirect("agencies:people", slug=slug)


@login_required
@require_POST
def end_role(request: HttpRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """End a person's role."""
    held = membership_or_404(managed(request, slug, "manage_people"), pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _role_page(request, held, end_form=form)
    try:
        ended = operations.retire_membership(
            held, **form.cleaned_data, actor=person(request), now=timezone.now()
        )
    except ValidationError as refused:
        report(form, refused)
        return _role_page(request, held, end_form=form)
    messages.success(request, f"{held.user.name} is no longer {_role(held)} from {ended.until}.")
    return redirect("agencies:people", slug=slug)


def members(agency: Agency) -> QuerySet[User]:
    """The people with a role in the agency today."""
    held = Membership.objects.filter(agency=agency).active(on=today())
    return User.objects.filter(pk__in=held.values("user_id"))


def _page(request: HttpRequest, agency: Agency, **bound: BaseForm) -> HttpResponse:
    held = Membership.objects.filter(agency=agency).active(on=today()).select_related("user")
    signers = SigningAuthority.objects.filter(agency=agency).active(on=today()).select_related("person")
    now = timezone.now()
    context: dict[str, Any] = {
        "agency": agency,
        "memberships": held.order_by("user__name", "user_id", "role"),
        "invitations": Invitation.objects.filter(agency=agency)
        .waiting(now=now)
        .order_by("-created_at", "id"),
        "authorities": signers.order_by("person__name", "since", "id"),
        "may_grant": may(person(request), "grant_authority", agency, today=today()),
        "invite_form": InvitationForm(prefix="invite"),
        "add_form": MembershipForm(prefix="add", people=members(agency)),
    }
    return render(request, "agencies/people.html", context | bound, status=422 if bound else 200)


def _role_page(request: HttpRequest, held: Membership, **bound: BaseForm) -> HttpResponse:
    context: dict[str, Any] = {
        "agency": held.agency,
        "membership": held,
        "role_form": RoleForm(initial={"role": held.role}),
        "end_form": EndForm(),
    }
    return render(request, "agencies/membership.html", context | bound, status=422 if bound else 200)


def _tell(request: HttpRequest, sent: operations.Invited) -> None:
    for warning in sent.warnings:
        messages.warning(request, warning)
    messages.success(request, f"{sent.invitation.email} is invited. The link works once, for 14 days.")
    if not settings.EMAIL_URL:
        # Mail stays on this site, where somebody without an account could not read it.
        messages.info(
            request, f"No mail leaves this site. Pass this link on: {emails.invitation_link(sent.token)}"
        )


def _role(held: Membership) -> str:
    return held.get_role_display().lower()
