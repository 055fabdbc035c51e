"""Telling the history of reads that matter and of refused attempts, once a request has been answered.

Outside every transaction of the request: what was refused has been rolled back by then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from agencies.models import Agency, User
from agreements import policy
from agreements.operations import noting

log = structlog.get_logger(__name__)

OK, FORBIDDEN, MISSING = 200, 403, 404
TAKING = ("export", "dossier", "history.csv", "history.jsonl", "download", "document", ".csv", ".pdf")
WORDS = {
    "agreement-sign": "open the signing page",
    "agreement-download": "download the final document",
    "agreement-grant": "give somebody access",
    "agreement-revoke": "take somebody's access away",
    "agreement-decide": "record a decision",
    "agreement-resolve": "resolve a comment",
    "agreement-reopen": "reopen a comment",
    "agreement-who": "see who has access",
    "agreement-who-csv": "take away who has access",
    "agreement-readers": "see who has read it",
    "agreement-readers-csv": "take away who has read it",
    "audit-exports": "export a history",
    "audit-export-stream": "export the history",
    "audit-export-agency": "export the agency's whole history",
}
"""What an address is for; an address without a line is called by its name."""


class Notes:
    """Records the opening of an agreement by a grant or as an overseer, and what was refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then note; a note that can't be written is told to the operator and keeps no page from anybody."""
        response = self.get_response(request)
        try:
            note(request, response.status_code)
        except DatabaseError as error:
            log.error("noting.failed", error=str(error))
        return response


def note(request: HttpRequest, status: int) -> None:
    """Write down what deserves it; never for somebody who has not signed in."""
    if status not in {OK, FORBIDDEN, MISSING} or request.resolver_match is None:
        return
    agreement = getattr(request, "agreement", None)
    if agreement is None and (status != MISSING or not _taking(request)):
        return
    user: Any = request.user
    if not isinstance(user, User):
        return
    now = timezone.now()
    if agreement is None:
        _refused_export(request, user, now)
    elif status == FORBIDDEN:
        noting.refused(agreement, kind=_kind(request), tried=_tried(request), actor=user, now=now)
    elif status == OK and request.method == "GET":
        noting.opened(agreement, actor=user, now=now)


def _refused_export(request: HttpRequest, user: User, now: Any) -> None:
    """An export that was answered as if it did not exist, of something the person does see."""
    parts = request.resolver_match.kwargs if request.resolver_match else {}
    key = parts.get("stream") or parts.get("pk") or _posted(request, "agreement")
    today = timezone.localdate(now)
    agreement = policy.one(user, key, today=today) if isinstance(key, UUID) else None
    whose = parts.get("agency") or _posted(request, "agency")
    if agreement is not None:
        if policy.may(user, "export", agreement, today=policy.local_day(now, agreement)):
            return  # it is the address that is wrong
        noting.refused(agreement, kind="export", tried=_tried(request), actor=user, now=now)
    elif whose:
        agency = Agency.objects.filter(pk=whose).first()
        if agency is not None:
            noting.refused_agency(agency, kind="export", tried=_tried(request), actor=user, now=now)


def _posted(request: HttpRequest, field: str) -> UUID | None:
    """An id that the form named."""
    try:
        return UUID(str(request.POST.get(field, "")))
    except ValueError:
        return None


def _name(request: HttpRequest) -> str:
    return str(request.resolver_match.view_name or "") if request.resolver_match else ""


def _taking(request: HttpRequest) -> bool:
    return any(word in f"{_name(request)} {request.path}" for word in TAKING)


def _kind(request: HttpRequest) -> str:
    if request.method != "GET":
        return "act"
    return "export" if _taking(request) else "page"


def _tried(request: HttpRequest) -> str:
    """What the request was for, in words."""
    name = _name(request)
    parts = request.resolver_match.kwargs if request.resolver_match else {}
    if name == "agreement-step":
        return f"take the step “{parts.get('name')}”"
    said = name.partition(":")[2] or name
    return WORDS.get(name) or said.replace("-", " ").replace("_", " ")
