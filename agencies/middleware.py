"""A request that only reads asks for the person's roles once."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from agencies.models import User
from common.http import SAFE


class RolesOnce:
    """Whoever is signed in and only looks at something has the same roles from the first line of the page to the last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing yet: who is signed in may still change."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        """Let the person's object remember."""
        if request.method in SAFE and isinstance(request.user, User):
            request.user.remember_roles()
