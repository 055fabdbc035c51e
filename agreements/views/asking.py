"""How a page of one agreement is asked for, and how a refused act is answered."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agencies.models import User
from agreements import policy
from agreements.forms.shared import report
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement
from agreements.operations.approving import NotWhatWasSeen
from agreements.outline import UnreadableText
from audit.record import Stale

View = Callable[..., HttpResponse]

DONE = 200
INVALID, CONFLICT, STALE = 400, 409, 412
STALE_WORDS = "Somebody changed this while you were writing. Nothing was saved; both texts are below."


@dataclass(frozen=True)
class Asked:
    """One agreement as one person asked for it, at an instant, on the day it is in the agreement's time zone."""

    request: HttpRequest
    agreement: Agreement
    user: User
    now: dt.datetime
    today: dt.date

    @property
    def posted(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    @property
    def url(self) -> str:
        """The agreement's own address."""
        return self.agreement.get_absolute_url()

    def data(self) -> Any:
        """What was sent, for a form; None when nothing was."""
        return self.request.POST if self.posted else None


def asked(request: HttpRequest, pk: UUID) -> Asked:
    """The agreement this person may see under this id; 404 for all others."""
    now = timezone.now()
    user = cast(User, request.user)
    found = policy.one(user, pk, today=now.date())
    if found is None:
        raise Http404("There is no such agreement, or you may not see it.")
    request.agreement = found  # type: ignore[attr-defined]  # for agreements.middleware
    return Asked(request, found, user, now, policy.local_day(now, found))


def of_one_agreement(*methods: str) -> Callable[[View], View]:
    """A view of one agreement: signed in, by one of these methods, and found through what the person may see."""

    def wrap(view: View) -> View:
        @login_required
        @require_http_methods(list(methods) or ["GET", "HEAD"])
        @wraps(view)
        def answer(request: HttpRequest, pk: UUID, **parts: Any) -> HttpResponse:
            found = asked(request, pk)
            with timezone.override(ZoneInfo(found.agreement.timezone)):  # its pages show its own wall clock
                return view(found, **parts)

        return cast(View, answer)

    return wrap


def attempt(form: forms.BaseForm, act: Callable[[], object]) -> int:
    """Run one operation; a refusal's words go to the form and its status is returned, DONE if it was done."""
    if not form.is_valid():
        return INVALID
    try:
        act()
    except Stale:
        form.add_error(None, STALE_WORDS)
        return STALE
    except (StepNotOpen, NotWhatWasSeen) as refused:
        form.add_error(None, str(refused))
        return CONFLICT
    except UnreadableText as unreadable:
        form.add_error("file" if "file" in form.fields else None, str(unreadable))
        return INVALID
    except ValidationError as invalid:
        report(form, invalid)
        return INVALID
    return DONE


KEPT = 40


def made_already(request: HttpRequest, once: object) -> str | None:
    """Where the same form led when it was sent before, if it was."""
    found = request.session.get("made", {}).get(str(once)) if once else None
    return str(found) if found else None


def remember(request: HttpRequest, once: object, url: str) -> None:
    """Keep where a form led, so that sending it again makes nothing a second time."""
    if once:
        made = dict(request.session.get("made", {}))
        made[str(once)] = url
        request.session["made"] = dict(list(made.items())[-KEPT:])
