"""What the OpenAPI description says of every address: the answer, the refusals, the state a write must name."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

F = TypeVar("F", bound=Callable[..., Any])
PROBLEM = "application/problem+json"

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the state you have read. Without it 428; if somebody changed it since, 412 with the newer state.",
)
PAGE = (
    OpenApiParameter("page_size", OpenApiTypes.INT, description="Rows on a page, at most 100."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins: follow `next`."),
)


class Complaint(serializers.Serializer[Any]):
    """One thing that is wrong, and with which field; an empty name is the whole."""

    field = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """A refusal as RFC 9457 describes it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = Complaint(many=True, required=False)  # type: ignore[assignment]


@cache
def outdated(row: type[serializers.BaseSerializer[Any]]) -> type[Problem]:
    """A refusal because somebody changed the row since, with the row as it is now and its ETag."""
    doc = "Somebody changed it since; `current` is how it reads now, with the ETag to send next."
    return type(f"{row.__name__}Outdated", (Problem,), {"__doc__": doc, "current": row()})


@cache
def paged(row: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """A page of such rows: the rows, and where the next page is."""
    fields = {
        "__doc__": "A page; `next` is null on the last one.",
        "next": serializers.URLField(allow_null=True),
        "results": row(many=True),
    }
    return type(f"{row.__name__}Page", (serializers.Serializer,), fields)


def says(
    name: str,
    answer: Any,
    *,
    request: Any = None,
    status: int = 200,
    media: str = "application/json",
    parameters: Sequence[Any] = (),
    matched: bool = False,
    current: Any = None,
) -> Callable[[F], F]:
    """Describe one address; `name` is its operation's id, `matched` whether it needs If-Match.

    `current` is how the newer state reads with which a write on an older one is refused.
    """
    refused = {(412, PROBLEM): outdated(current), (428, PROBLEM): Problem} if current is not None else {}
    return extend_schema(
        operation_id=name,
        request=request,
        responses={(status, media): answer, **refused, ("default", PROBLEM): Problem},
        parameters=[*parameters, *([IF_MATCH] if matched else [])],
    )
