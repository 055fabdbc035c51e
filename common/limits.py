"""How often one address may ask a public page for something; a lost cache stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.cache import cache as counters
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TRIES, WINDOW_SECONDS = 30, 60

View = Callable[..., HttpResponse]


def too_many(request: HttpRequest, what: str) -> bool:
    """Whether this address asks for the same thing more than 30 times a minute; this one is counted."""
    key = f"{what}:{getattr(request, 'client_ip', '')}"
    try:
        counters.add(key, 0, WINDOW_SECONDS)
        return counters.incr(key) > TRIES
    except (ValueError, OSError):
        return False


def too_long(request: HttpRequest, most: int) -> bool:
    """Whether a request says that it is longer than `most` bytes; what says nothing of its length is read as empty."""
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    return not said.isdigit() or int(said[:18]) > most


def rarely(what: str) -> Callable[[View], View]:
    """At most so many posts a minute from one address; all views of the same `what` count together."""

    def wrap(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.method == "POST" and too_many(request, what):
                answer = render(request, "429.html", status=429)
                answer["Retry-After"] = str(WINDOW_SECONDS)
                return answer
            return view(request, *args, **kwargs)

        return limited

    return wrap
