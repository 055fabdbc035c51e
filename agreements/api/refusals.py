"""Refusals that only exist between programs."""

from http import HTTPStatus

from rest_framework import exceptions


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
