"""A person's own pages: their account and the mail written to them."""

import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies import factors
from agencies.forms import NameForm, PaceForm, report
from agencies.mailbox import letter, mail_of, seen
from agencies.models import Role, memberships_of
from agencies.operations.people import choose_pace, rename
from agencies.operations.tokens import create_token, has_token, revoke_token
from agencies.views.finding import person, today

PAGE = 25


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, my roles, and how I sign in."""
    user = person(request)
    form = NameForm(request.POST or None, instance=copy.copy(user))
    if request.method == "POST" and form.is_valid():
        try:
            rename(user, **form.cleaned_data, actor=user, now=timezone.now())
        except ValidationError as refused:
            report(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("agencies:account")
    return render(
        request, "agencies/account.html", _about(request, form), status=422 if form.is_bound else 200
    )


@login_required
@require_POST
def reminders(request: HttpRequest) -> HttpResponse:
    """Choose how often I am told of deadlines."""
    user = person(request)
    form = PaceForm(request.POST)
    if form.is_valid():
        choose_pace(user, pace=form.cleaned_data["pace"], actor=user, now=timezone.now())
        messages.success(request, "Saved. What waits to be told comes with your next mail.")
        return redirect("agencies:account")
    shown = _about(request, NameForm(instance=copy.copy(user))) | {"pace_form": form}
    return render(request, "agencies/account.html", shown, status=422)


@login_required
@never_cache
@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    """Make an API token and show it this once."""
    user = person(request)
    key = create_token(user, actor=user, now=timezone.now())
    shown = _about(request, NameForm(instance=copy.copy(user))) | {"new_token": key}
    return render(request, "agencies/account.html", shown)


@login_required
@require_POST
def token_revoke(request: HttpRequest) -> HttpResponse:
    """Stop my API token from working."""
    user = person(request)
    revoke_token(user, actor=user, now=timezone.now())
    messages.success(request, "Your API token no longer works.")
    return redirect("agencies:account")


@login_required
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """The mail written to me, newest first."""
    user, before = person(request), request.GET.get("before", "")
    jobs = mail_of(user)
    if before.isdecimal() and len(before) < 19:
        jobs = jobs.filter(pk__lt=int(before))
    rows = [letter(job) for job in jobs[: PAGE + 1]]
    was_seen = user.mail_seen_at
    seen(user, now=timezone.now())
    more = f"?before={rows[PAGE - 1].id}" if len(rows) > PAGE else ""
    first = reverse("agencies:mail") if before else ""
    context = {"letters": rows[:PAGE], "more": more, "first": first, "was_seen": was_seen}
    return render(request, "agencies/mail.html", context)


@login_required
@require_safe
def one_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail written to me; its links can be followed."""
    return render(
        request,
        "agencies/letter.html",
        {"letter": letter(get_object_or_404(mail_of(person(request)), pk=pk))},
    )


def _about(request: HttpRequest, form: NameForm) -> dict[str, object]:
    user = person(request)
    roles = memberships_of(user, today=today())
    return {
        "form": form,
        "pace_form": PaceForm(initial={"pace": user.reminder_pace}),
        "my_roles": roles,
        "has_token": has_token(user),
        "second_factor": bool(factors.held(user)),
        "signs": any(row.role == Role.SIGNATORY for row in roles),
    }
