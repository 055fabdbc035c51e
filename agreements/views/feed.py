"""A person's calendar feed: its page, and the file that calendar programs fetch."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agencies.models import User, held_by, roles_of
from agreements import policy
from agreements.board import Scope, coming
from agreements.calendar import DAYS, ics
from agreements.operations import feeding


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What the feed is, and whether one has an address."""
    return render(request, "agreements/calendar.html", _about(request))


@login_required
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """A new address, shown this once."""
    token = feeding.make(actor=cast(User, request.user), now=timezone.now())
    return render(request, "agreements/calendar.html", _about(request) | {"address": address(token)})


@login_required
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """The address stops working."""
    feeding.revoke(actor=cast(User, request.user), now=timezone.now())
    messages.success(request, "Your calendar address no longer works.")
    return redirect("calendar")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The file, for whoever has the address; 404 for every other address."""
    person = feeding.reader(token)
    if person is None:
        raise Http404("There is no such calendar.")
    now = timezone.now()
    today = timezone.localdate(now)
    seats = tuple(
        m.agency_id for m in held_by(person, today=today) if policy.GRANTS[m.role] & {"edit", "review"}
    )
    found = coming(Scope(seats), days=DAYS, today=today)
    answer = HttpResponse(
        ics(found, site=settings.SITE_URL, now=now), content_type="text/calendar; charset=utf-8"
    )
    answer["Cache-Control"], answer["Referrer-Policy"] = "private, no-store", "no-referrer"
    answer["Content-Disposition"] = 'inline; filename="deadlines.ics"'
    return answer


def address(token: str) -> str:
    """The whole address of a feed."""
    return f"{settings.SITE_URL}{reverse('calendar-feed', args=[token])}"


def _about(request: HttpRequest) -> dict[str, Any]:
    user = cast(User, request.user)
    return {"feed": feeding.of(user), "memberships": roles_of(user, today=timezone.localdate())}
