"""The one way by which the product asks something of an address: one the operator configured, that and no other."""

from __future__ import annotations

import urllib.request
from typing import Any

SCHEMES = ("https://", "http://")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever is asked answers or does not; where else we ought to go is not theirs to say."""

    def redirect_request(self, *given: Any, **named: Any) -> None:
        """Nowhere: the redirection becomes an HTTPError."""


def posted(url: str, body: bytes, *, kind: str, seconds: float, most: int) -> bytes:
    """What a configured address answers to a body of a kind (a media type): at most `most` bytes, in `seconds`.

    Follows no redirection. Raises OSError, and ValueError for an answer that is longer or another kind of address.
    """
    if not url.startswith(SCHEMES):
        raise ValueError("Only http and https addresses are asked.")
    opener = urllib.request.build_opener(_NoRedirects)
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind})  # noqa: S310  # looked at above
    with opener.open(request, timeout=seconds) as answer:
        reply: bytes = answer.read(most + 1)
    if len(reply) > most:
        raise ValueError("The answer is longer than expected.")
    return reply
