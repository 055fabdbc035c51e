"""Accepting an invitation."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from agencies.forms import JoinForm, report
from agencies.models import Invitation, Membership, User
from agencies.operations.invitations import (
    InvitationClosed,
    accept_invitation,
    accepted_by,
    account_of,
    invitation_of,
    join,
)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link: newcomers choose a name and password, known people sign in and accept."""
    try:
        offer = invitation_of(token, now=timezone.now())
        if account_of(offer) is not None:
            return _known_person(request, offer, token)
        return _newcomer(request, offer, token)
    except InvitationClosed as closed:
        if mine := accepted_by(token, request.user):
            return redirect("agencies:agency", slug=mine.agency.slug)
        return render(request, "agencies/invitation_closed.html", {"reason": closed.messages[0]}, status=404)


def _known_person(request: HttpRequest, offer: Invitation, token: str) -> HttpResponse:
    user = request.user
    mine = isinstance(user, User) and user.email == offer.email
    if isinstance(user, User) and mine and request.method == "POST":
        held = accept_invitation(token, actor=user, now=timezone.now())
        return _welcome(request, held)
    here = urlencode({"next": request.path})
    context = {"invitation": offer, "mine": mine, "sign_in": f"{reverse('account_login')}?{here}"}
    return render(
        request, "agencies/invitation_accept.html", context, status=403 if _wrong(request, mine) else 200
    )


def _wrong(request: HttpRequest, mine: bool) -> bool:
    return request.method == "POST" and not mine


def _newcomer(request: HttpRequest, offer: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST or None, initial={"name": offer.name})
    if request.method == "POST" and form.is_valid():
        given = {key: form.cleaned_data[key] for key in ("name", "title", "password")}
        try:
            held = join(token, **given, now=timezone.now())
        except InvitationClosed:
            raise
        except ValidationError as refused:
            report(form, refused)
        else:
            perform_login(request, held.user, email_verification="none")
            return _welcome(request, held)
    context = {"invitation": offer, "form": form}
    return render(request, "agencies/invitation_join.html", context, status=422 if form.is_bound else 200)


def _welcome(request: HttpRequest, held: Membership) -> HttpResponse:
    role = held.get_role_display().lower()
    messages.success(request, f"Welcome. You are {role} of {held.agency.name}.")
    return redirect("agencies:agency", slug=held.agency.slug)
