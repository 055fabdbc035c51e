"""What every event of a request says about it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.record import context


class RequestFacts:
    """The request's id and the peer's address, as common.middleware found them, go into every event it causes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside its facts."""
        facts = {"id": getattr(request, "request_id", ""), "ip": getattr(request, "client_ip", "")}
        with context(**facts):
            return self.get_response(request)
