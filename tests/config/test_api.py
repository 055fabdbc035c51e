"""How refusals reach a program: RFC 9457 problem documents, whoever refuses."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.test import Client
from rest_framework import exceptions

from agreements.lifecycle import StepNotOpen
from common.http import Stale
from config.api import PreconditionRequired, problem_details


def told(error: Exception) -> tuple[int, object]:
    answer = problem_details(error, {})
    assert answer is not None
    assert answer.data["status"] == answer.status_code
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.data.get("errors")


def step_not_open() -> StepNotOpen:
    return StepNotOpen.__new__(StepNotOpen)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Stale(), 412),
        (step_not_open(), 409),
        (PermissionDenied("Only the lead may share."), 403),
        (Http404(), 404),
        (PreconditionRequired(), 428),
        (exceptions.NotAuthenticated(), 401),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (exceptions.ParseError(), 400),
        (exceptions.UnsupportedMediaType("text/csv"), 415),
        (exceptions.Throttled(wait=5), 429),
    ],
)
def test_each_refusal_has_its_status(error: Exception, status: int) -> None:
    assert told(error)[0] == status or (status == 401 and told(error)[0] == 403)


def test_complaints_name_their_fields() -> None:
    raised = ValidationError({"last_day": ["Ends before it begins."], "title": ["Too long.", "Not text."]})
    assert told(raised) == (
        400,
        [
            {"field": "last_day", "message": "Ends before it begins."},
            {"field": "title", "message": "Too long."},
            {"field": "title", "message": "Not text."},
        ],
    )
    assert told(ValidationError("Nothing fits."))[1] == [{"field": "", "message": "Nothing fits."}]


def test_nested_complaints_of_a_serializer_are_made_flat() -> None:
    raised = exceptions.ValidationError({"parties": [{}, {"name": ["Needed."]}], "non_field_errors": ["No."]})
    assert told(raised)[1] == [
        {"field": "parties.1.name", "message": "Needed."},
        {"field": "", "message": "No."},
    ]


def test_a_fault_of_our_own_stays_a_fault() -> None:
    assert problem_details(RuntimeError("broken"), {}) is None


@pytest.mark.django_db
def test_a_stranger_is_told_so_in_a_problem_document(client: Client) -> None:
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.django_db
def test_the_description_of_the_api_can_be_read(client: Client) -> None:
    assert client.get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").status_code == 200
