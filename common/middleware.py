"""Per-request facts: an id, where the request came from, how long a session may last."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

Next = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """An id for each request, in every log line and event it causes."""

    def __init__(self, get_response: Next) -> None:
        """Keep what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Bind the id and the peer's address while the request is answered."""
        request_id = uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.client_ip = client_address(request)  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


def client_address(request: HttpRequest) -> str:
    """The peer's address; behind configured proxies, the right-most hop that is not one of them."""
    direct: str = request.META.get("REMOTE_ADDR", "")
    peer = _address(direct)
    proxies = [ip_network(net) for net in settings.TRUSTED_PROXIES]
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    while hops and peer and _among(peer, proxies):
        peer = _address(hops.pop())
    return str(peer or direct)


def _among(address: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address without its zone, an IPv4 one as such however it was written; None for anything else."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class SessionLimits:
    """Signs people out after a time without a request, and after a working day in any case."""

    def __init__(self, get_response: Next) -> None:
        """Keep what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing yet: the words for people need what later middleware prepares."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        """Sign out when a limit has passed; else remember that the person is there."""
        if request.user.is_authenticated:
            self._limit(request, int(time.time()))

    def _limit(self, request: HttpRequest, now: int) -> None:
        began = request.session.setdefault("began", now)
        seen = request.session.get("seen", now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - began > settings.SESSION_ABSOLUTE_SECONDS:
            logout(request)
            messages.info(request, "You were signed out because the session had ended. Sign in to go on.")
        elif now - seen > 60 or "seen" not in request.session:
            request.session["seen"] = now
