"""How the API is asked: by whom, when, for which agreement, and on top of which state."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from agencies.models import User
from agreements import policy
from agreements.api.refusals import PreconditionRequired, TooLarge
from agreements.models import Agreement
from agreements.reading import Reading, text_for
from audit import record
from audit.models import Audited
from common.http import SAFE, Stale

MAX_BODY = 5 * 1024 * 1024


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON.")


class Json(BaseParser):
    """JSON as RFC 8259 has it: UTF-8 whatever is claimed, of a size and a depth that can be read."""

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        """The value, or a ParseError in words."""
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge
        try:
            value = json.loads(body.decode(), parse_constant=_no_constant)
            if (
                b"\\ud" in body.lower()
            ):  # half a character escaped could be neither stored nor named in a refusal
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as wrong:
            raise ParseError("The body is not JSON that can be read.") from wrong
        return value


class Form(MultiPartParser):
    """A form with a file, in UTF-8 whatever is claimed."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The fields and files."""
        return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})


class AsItIs(BaseContentNegotiation):
    """For addresses that answer with a file: what a client says it accepts changes nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The first."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """JSON, for refusals."""
        return renderers[0], renderers[0].media_type


@dataclass(frozen=True)
class Asked:
    """One agreement as one person asked for it, at an instant, on the day it is in the agreement's time zone."""

    request: Request
    agreement: Agreement
    user: User
    now: dt.datetime
    today: dt.date

    def reading(self) -> Reading:
        """The text as this person reads it."""
        return text_for(self.agreement, self.user, today=self.today)

    def require(self, action: str) -> None:
        """Refuse whoever may not do it."""
        policy.require(self.user, action, self.agreement, today=self.today)


class Door(APIView):
    """Every address of the API."""

    parser_classes: Sequence[type[BaseParser]] = (Json,)
    metadata_class = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let every event say through which request it came."""
        facts = {"id": str(getattr(request, "request_id", "")), "ip": address(request), "door": "api"}
        with record.context(**facts):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who only reads has the same roles till the answer is there, as on a page."""
        super().initial(request, *args, **kwargs)
        if request.method in SAFE and isinstance(request.user, User):
            request.user.remember_roles()

    @property
    def user(self) -> User:
        """Whose credentials came with the request."""
        return cast(User, self.request.user)


class OneAgreement(Door):
    """An address below one agreement."""

    def asked(self) -> Asked:
        """The agreement this person may see under the id asked for; 404 for all others."""
        return find(self.request, self.kwargs["pk"])


def find(request: Request, pk: UUID) -> Asked:
    """The agreement this person may see under this id; what they may not see is as if it did not exist."""
    now, user = timezone.now(), cast(User, request.user)
    found = policy.one(user, pk, today=timezone.localdate(now))
    if found is None:
        raise Http404
    request._request.agreement = found  # type: ignore[attr-defined]  # for agreements.middleware
    return Asked(request, found, user, now, policy.local_day(now, found))


def address(request: HttpRequest) -> str:
    """The address a request came from, as the middleware established it."""
    return str(getattr(request, "client_ip", "") or request.META.get("REMOTE_ADDR") or "")


def etag(row: Audited) -> str:
    """The tag of a row's state: its last event."""
    return tag(row.last_event_id)


def tag(number: int) -> str:
    """The strong entity tag of an event's number."""
    return f'"{number}"'


@extend_schema_field(OpenApiTypes.STR)
class StateTag(serializers.Field[Any, Any, str, Any]):
    """The tag of a row's state among its own fields."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Audited) -> str:
        """As `etag` gives it."""
        return etag(value)


def sent(shape: type[serializers.Serializer[Any]], request: Request, **context: Any) -> dict[str, Any]:
    """What a request says in this shape; refused with what is wrong at each field."""
    form = shape(data=request.data, context=context)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def matched(request: Request, row: Audited) -> int:
    """The number of the row's last event, if the request names it in If-Match; else 428 or 412."""
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags or "*" in tags:
        raise PreconditionRequired
    if etag(row) not in tags:
        raise Stale(row)
    return row.last_event_id


@contextmanager
def unchanged(asked: Asked, row: Audited) -> Iterator[None]:
    """Hold the agreement's lock while acting, so that what If-Match named is what the act meets."""
    matched(asked.request, row)
    with transaction.atomic():
        Agreement.objects.select_for_update(of=("self",)).get(pk=asked.agreement.pk)
        matched(asked.request, type(row)._default_manager.get(pk=row.pk))
        yield
