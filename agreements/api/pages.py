"""Pages of at most a hundred rows, by the key of the last row seen."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

PAGE, MOST = 25, 100
Shape = type[BaseSerializer[Any]]


def size(request: Request) -> int:
    """How many rows a page holds: what was asked for, at most a hundred."""
    asked = request.query_params.get("page_size", "")
    if not asked:
        return PAGE
    if not (asked.isascii() and asked.isdigit() and int(asked[:9])):
        raise ValidationError({"page_size": ["Give the number of rows, from 1 to 100."]})
    return min(int(asked[:9]), MOST)


def next_page(request: Request, cursor: object) -> str | None:
    """The address of the page after this one."""
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = str(cursor)
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))


def answer(request: Request, rows: Sequence[Any], shape: Shape, cursor: object) -> Response:
    """A page whose last row has the key `cursor`, None if it is the last page."""
    return Response({"next": next_page(request, cursor), "results": shape(rows, many=True).data})


def listed(
    request: Request,
    rows: Sequence[Any],
    shape: Shape,
    *,
    key: Callable[[Any], str] = lambda row: str(row.pk),
) -> Response:
    """A page of rows that are at hand, in their order."""
    keys, cursor, first = [key(row) for row in rows], request.query_params.get("cursor", ""), 0
    if cursor:
        if cursor not in keys:
            raise ValidationError({"cursor": ["There is no such place in this list. Begin anew without it."]})
        first = keys.index(cursor) + 1
    last = first + size(request)
    return answer(request, rows[first:last], shape, keys[last - 1] if last < len(rows) else None)


def numbered(request: Request, rows: QuerySet[Any], shape: Shape) -> Response:
    """A page of rows with a `number`, the highest first; one query however many there are."""
    cursor, most = request.query_params.get("cursor", ""), size(request)
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 18):
        raise ValidationError({"cursor": ["There is no such place in this list. Begin anew without it."]})
    below = rows.filter(number__lt=int(cursor)) if cursor else rows
    found = list(below.order_by("-number")[: most + 1])
    return answer(request, found[:most], shape, found[most - 1].number if len(found) > most else None)
