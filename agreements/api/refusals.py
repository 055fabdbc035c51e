"""Refusals that only exist between programs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from rest_framework import exceptions

from common.http import Stale


class Outdated(Stale):
    """If-Match named an older state: RFC 9110 section 13.1.1. Says what the row is now, so that nobody reads twice."""

    def __init__(self, current: Mapping[str, Any]) -> None:
        super().__init__()
        self.current = current


class PreconditionRequired(exceptions.APIException):
    """A write without If-Match: RFC 6585 section 3."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the state you have read."
    default_code = "precondition_required"


class TooLarge(exceptions.APIException):
    """More was sent than is worth reading."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "This is more than is accepted in one request."
    default_code = "too_large"
