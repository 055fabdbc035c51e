"""What the edges have in common: a refusal they all know, and a stored file as an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
CHUNK = 1 << 18
SAFE = frozenset({"GET", "HEAD"})
"""The methods that only read (RFC 9110 section 9.2.1)."""


class Stale(Exception):
    """The row was changed by somebody else since it was read; nothing was written."""

    def __init__(self, row: Any = None) -> None:
        """Keep the row, whose database state is the newer one."""
        self.row = row
        super().__init__("Somebody changed this meanwhile. Compare both texts, then save again.")


def attached(content: bytes | str, name: str, media: str = "application/pdf", **headers: str) -> HttpResponse:
    """A file that is saved under a name, and kept by nobody on the way."""
    said = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=media, headers=said | headers)


def file_answer(
    request: HttpRequest, opened: Callable[[int], Path], *, size: int, etag: str, name: str
) -> HttpResponseBase:
    """The whole file or one range of it (RFC 9110 section 14), so that a broken download can be taken up again; `opened` says where it is, given the first byte that is asked for."""
    span = _span(request, size, f'"{etag}"')
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{etag}"', "Cache-Control": "private, no-store"}
    if span is None:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    first, last = span
    path = opened(first)
    whole = (first, last) == (0, size - 1)
    answer = StreamingHttpResponse(
        _read(path, first, last),
        status=200 if whole else 206,
        content_type="application/zip",
        headers=headers,
    )
    answer["Content-Length"] = str(last - first + 1)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    if not whole:
        answer["Content-Range"] = f"bytes {first}-{last}/{size}"
    return answer


def _span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """The first and last byte asked for; all of it without a range we serve, None for one beyond the file."""
    asked = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if request.headers.get("If-Range", etag) != etag or not asked or asked.groups() == ("", ""):
        return 0, size - 1
    first, last = asked.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if int(first) <= end else None


def _read(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        left = last - first + 1
        while left and (part := file.read(min(CHUNK, left))):
            left -= len(part)
            yield part
