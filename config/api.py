"""The API's frame: its router, its pages, and how the domain's refusals become RFC 9457 problem documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from agreements.lifecycle import StepNotOpen
from common.http import Stale

PROBLEM = "application/problem+json"


class PreconditionRequired(exceptions.APIException):
    """A write without If-Match: RFC 6585 section 3."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the state you have read."
    default_code = "precondition_required"


class Pages(CursorPagination):
    """Keyset pages: as quick at the end of a long list as at its beginning."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "pk"


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """A refusal as a problem document; None for a fault of our own, which stays an error 500."""
    refusal = _refusal(error)
    if refusal is not None:
        return _problem(*refusal)
    known = exception_handler(error, context)
    if known is None or not isinstance(error, exceptions.APIException):
        return None
    fields = error.get_full_details() if isinstance(error, exceptions.ValidationError) else None
    answer = _problem(known.status_code, _sentence(error), {"errors": _errors(known.data)} if fields else {})
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in known.headers:
            answer[header] = known.headers[header]
    return answer


def _refusal(error: Exception) -> tuple[int, str, dict[str, object]] | None:
    """What the domain's own exceptions mean in HTTP."""
    match error:
        case Stale():
            return HTTPStatus.PRECONDITION_FAILED, str(error) or "Somebody has changed this meanwhile.", {}
        case StepNotOpen():
            return HTTPStatus.CONFLICT, str(error), {}
        case ValidationError():
            return (
                HTTPStatus.BAD_REQUEST,
                "Some of what was sent cannot be accepted.",
                {"errors": _of_fields(error)},
            )
        case PermissionDenied():
            return HTTPStatus.FORBIDDEN, str(error) or "You may not do this.", {}
        case Http404():
            return HTTPStatus.NOT_FOUND, "There is nothing here that you may see.", {}
    return None


def _problem(status: int, detail: str, more: Mapping[str, object]) -> Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": int(status), "detail": detail, **more}
    return Response(body, status=int(status), content_type=PROBLEM)


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
        return "Some of what was sent cannot be accepted."
    return str(error.detail)
