"""How one's agency is reminded of one agreement."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models.validators import DAYS_BEFORE_LIMIT
from agreements import policy
from agreements.api.asking import Asked, OneAgreement, sent
from agreements.api.describing import says
from agreements.api.shaping import Strict
from agreements.models import ReminderWish
from agreements.models.term import MOST_DAYS
from agreements.operations import wishing


class WishRead(serializers.Serializer[Any]):
    """Own days before each deadline, empty for the agency's usual ones; `set_at` is null while nothing was asked for."""

    agency = serializers.UUIDField()
    days = serializers.ListField(child=serializers.IntegerField())
    weekly = serializers.BooleanField()
    set_at = serializers.DateTimeField(allow_null=True)


class WishNew(Strict):
    """On which days before a deadline, and whether weekly once one has passed."""

    days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=DAYS_BEFORE_LIMIT), max_length=MOST_DAYS, required=False, default=list
    )  # fmt: skip
    weekly = serializers.BooleanField(required=False, default=True)


class Reminders(OneAgreement):
    """The wishes of the person's own agency; another party's are not to be read."""

    @says("reminders_retrieve", WishRead)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it asked for."""
        asked = self.asked()
        asked.require("remind")
        return _shown(asked)

    @says("reminders_set", WishRead, request=WishNew)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask for other days."""
        asked = self.asked()
        asked.require("remind")
        wishing.wish(asked.agreement, **sent(WishNew, request), actor=asked.user, now=asked.now)
        return _shown(asked)


def _shown(asked: Asked) -> Response:
    agency = policy.speaking_for(asked.user, "remind", asked.agreement, today=asked.today)
    row = wishing.of(asked.agreement, agency) or ReminderWish(agency_id=agency)
    facts = {"agency": agency, "days": row.days, "weekly": row.weekly, "set_at": row.set_at}
    return Response(WishRead(facts).data)
