"""The API's frame: its router, its pages, and how the domain's refusals become RFC 9457 problem documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from agreements.api.refusals import Outdated, PreconditionRequired
from agreements.lifecycle import StepNotOpen
from agreements.operations.approving import NotWhatWasSeen
from agreements.operations.refusing import Blocked
from agreements.outline import UnreadableText
from agreements.pdf import DocumentMissing
from agreements.stepup import TooManyTries
from common.http import Stale

PROBLEM = "application/problem+json"
INVALID = "Some of what was sent cannot be accepted."

__all__ = ["PROBLEM", "Pages", "PreconditionRequired", "problem_details"]


Refusal = tuple[int, str, dict[str, object]]


class Pages(CursorPagination):
    """Keyset pages: as quick at the end of a long list as at its beginning."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "pk"


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """A refusal as a problem document; None for a fault of our own, which stays an error 500."""
    refusal = _of_a_request(error) or _of_the_domain(error)
    if refusal is not None:
        return _problem(*refusal, headers=_again(error))
    known = exception_handler(error, context)
    if known is None or not isinstance(error, exceptions.APIException):
        return None
    fields = error.get_full_details() if isinstance(error, exceptions.ValidationError) else None
    kept = {
        name: known.headers[name] for name in ("WWW-Authenticate", "Retry-After") if name in known.headers
    }
    return _problem(
        known.status_code, _sentence(error), {"errors": _errors(known.data)} if fields else {}, headers=kept
    )


def _of_a_request(error: Exception) -> Refusal | None:
    """What Django and its database refuse."""
    match error:
        case ValidationError():
            return HTTPStatus.BAD_REQUEST, INVALID, {"errors": _of_fields(error)}
        case PermissionDenied():
            return HTTPStatus.FORBIDDEN, str(error) or "You may not do this.", {}
        case Http404():
            return HTTPStatus.NOT_FOUND, "There is nothing here that you may see.", {}
        case SuspiciousOperation():
            return HTTPStatus.BAD_REQUEST, "This request cannot be read.", {}
        case OperationalError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "This is busy now. Nothing was changed; try again.", {}
    return None


def _of_the_domain(error: Exception) -> Refusal | None:
    """What the domain's own refusals mean in HTTP."""
    match error:
        case Outdated():
            return HTTPStatus.PRECONDITION_FAILED, str(error), {"current": error.current}
        case Stale():
            return HTTPStatus.PRECONDITION_FAILED, str(error) or "Somebody has changed this meanwhile.", {}
        case Blocked():
            return HTTPStatus.CONFLICT, str(error), {"errors": _of_findings(error)}
        case StepNotOpen() | NotWhatWasSeen():
            return HTTPStatus.CONFLICT, str(error), {}
        case UnreadableText():
            return HTTPStatus.BAD_REQUEST, INVALID, {"errors": [{"field": "file", "message": str(error)}]}
        case TooManyTries():
            return HTTPStatus.TOO_MANY_REQUESTS, str(error), {}
        case DocumentMissing():
            return HTTPStatus.SERVICE_UNAVAILABLE, str(error), {}
    return None


def _again(error: Exception) -> dict[str, str]:
    """When it may be tried again, in seconds; or on which state."""
    if isinstance(error, Outdated):
        return {"ETag": str(error.current["etag"])}
    wait = (
        error.wait if isinstance(error, TooManyTries) else 1 if isinstance(error, OperationalError) else None
    )
    return {} if wait is None else {"Retry-After": str(wait)}


def _of_findings(error: Blocked) -> list[dict[str, str]]:
    """Each check that stops the step, with where to mend it."""
    return [{"field": finding.points_to, "message": finding.message} for finding in error.findings]


def _problem(
    status: int, detail: str, more: Mapping[str, object], *, headers: Mapping[str, str] | None = None
) -> Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": int(status), "detail": detail, **more}
    return Response(body, status=int(status), content_type=PROBLEM, headers=dict(headers or {}))


def _of_fields(error: ValidationError) -> list[dict[str, str]]:
    """One line for each complaint, with the field it belongs to ("" for the whole)."""
    fields = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    return [
        {"field": "" if name == NON_FIELD_ERRORS else name, "message": message}
        for name, messages in fields.items()
        for message in messages
    ]


def _errors(data: object, where: str = "") -> list[dict[str, str]]:
    """DRF's nested complaints made flat: `parties.0.name`."""
    if isinstance(data, Mapping):
        return [line for name, inner in data.items() for line in _errors(inner, f"{where}.{name}".strip("."))]
    if isinstance(data, list):
        nested = [isinstance(inner, Mapping | list) for inner in data]
        return [
            line
            for place, inner in enumerate(data)
            for line in _errors(inner, f"{where}.{place}".strip(".") if nested[place] else where)
        ]
    return [{"field": "" if where == "non_field_errors" else where, "message": str(data)}]


def _sentence(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return INVALID
    return str(error.detail)
