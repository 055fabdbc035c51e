"""Whether a document is genuine, for any program: no account, and nothing is kept."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import codes, verifying
from agreements.api.asking import Door, Form, Json, sent
from agreements.api.describing import says
from agreements.api.refusals import TooLarge
from agreements.api.shaping import Strict, Text
from agreements.forms.verifying import MOST_BYTES, NOT_A_CODE
from common.limits import WINDOW_SECONDS, too_long, too_many

ROOM = 1024 * 1024
"""What a form takes beside the file in it."""
NOT_KNOWN = "No document made here has this code, or these bytes."


class Shown(Strict):
    """A file (as a form), or the code printed on it."""

    file = serializers.FileField(required=False)
    code = Text(max_length=60, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two, of a size and form that can be ours."""
        if ("file" in attrs) == ("code" in attrs):
            raise serializers.ValidationError("Give a file or a code.")
        if "file" in attrs and attrs["file"].size > MOST_BYTES:
            raise serializers.ValidationError({"file": ["This file is larger than any document made here."]})
        if "code" in attrs and not codes.read(attrs["code"]):
            raise serializers.ValidationError({"code": [NOT_A_CODE]})
        return attrs


class SignedRead(serializers.Serializer[Any]):
    """For which agency somebody signed, when and how."""

    agency = serializers.CharField()
    at = serializers.DateTimeField()
    means = serializers.CharField()


class VerdictRead(serializers.Serializer[Any]):
    """`state` is `genuine` or `changed`; what is not known is 404. `sha256` is of the genuine file."""

    state = serializers.ChoiceField(choices=[verifying.GENUINE, verifying.CHANGED])
    kind = serializers.ChoiceField(choices=[verifying.FINAL, verifying.COPY, verifying.IMPORTED])
    sha256 = serializers.CharField()
    reference = serializers.CharField()
    parties = serializers.ListField(child=serializers.CharField())
    signatures = SignedRead(many=True)
    signed_on = serializers.DateField(allow_null=True)
    made_at = serializers.DateTimeField()
    copied_at = serializers.DateTimeField(allow_null=True)
    standing = serializers.CharField()
    in_force = serializers.BooleanField()
    ended_on = serializers.DateField(allow_null=True)
    superseded_by = serializers.CharField(allow_blank=True)


class Verify(Door):
    """Whether a document is genuine."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes = (AllowAny,)
    parser_classes: Sequence[type[BaseParser]] = (Json, Form)

    @says("verify", VerdictRead, request={"application/json": Shown, "multipart/form-data": Shown})
    def post(self, request: Request) -> Response:
        """Which agencies signed it and when, and whether it has ended since; never its text."""
        if too_many(request._request, "verify"):
            raise Throttled(wait=WINDOW_SECONDS)
        if too_long(request._request, MOST_BYTES + ROOM):
            raise TooLarge
        said, now = sent(Shown, request), timezone.now()
        found = (
            verifying.of_file(said["file"].read(), now=now)
            if "file" in said
            else verifying.of_code(said["code"], now=now)
        )
        if not found.known:
            raise NotFound(NOT_KNOWN)
        return Response(VerdictRead(found).data, headers={"Cache-Control": "no-store"})
