"""One's own calendar feed."""

from typing import Any, cast

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models import User
from agreements.api.asking import Door
from agreements.api.describing import says
from agreements.operations import feeding


class FeedRead(serializers.Serializer[Any]):
    """Whether one has an address, since when, and the address itself where it was just made."""

    made_at = serializers.DateTimeField(allow_null=True)
    address = serializers.CharField(allow_null=True)


def _shown(person: User, address: str | None = None, *, status: int = 200) -> Response:
    row = feeding.of(person)
    return Response(
        FeedRead({"made_at": row.made_at if row else None, "address": address}).data, status=status
    )


class Calendar(Door):
    """The calendar feed of whoever asks."""

    @says("calendar_retrieve", FeedRead)
    def get(self, request: Request) -> Response:
        """When the address was made; null if there is none. The address is not kept and can't be read again."""
        return _shown(cast(User, request.user))

    @says("calendar_create", FeedRead, status=201)
    def post(self, request: Request) -> Response:
        """A new address; an earlier one stops working."""
        person = cast(User, request.user)
        token = feeding.make(actor=person, now=timezone.now())
        return _shown(person, f"{settings.SITE_URL}{reverse('calendar-feed', args=[token])}", status=201)

    @says("calendar_revoke", None, status=204)
    def delete(self, request: Request) -> Response:
        """The address stops working."""
        feeding.revoke(actor=cast(User, request.user), now=timezone.now())
        return Response(status=204)
