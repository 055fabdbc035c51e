"""What happened to an executed agreement: its renewals, changes, notices and breaches, and its text on any day."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import policy, texts
from agreements.api.asking import AsItIs, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.redlines import RedlineRead
from agreements.api.shaping import Day
from agreements.models import Amendment, Breach, Notice, RenewalTerm
from agreements.operations import amending
from agreements.redline import compare

TEXT = serializers.CharField


class RenewalRead(serializers.ModelSerializer[RenewalTerm]):
    """One renewal; `by` is null for one that came about by itself, `reviewed` says whether it had been decided on."""

    agency = serializers.UUIDField(source="agency_id", allow_null=True)
    by = TEXT(source="by.name", allow_null=True, default=None)

    class Meta:
        model = RenewalTerm
        fields = (
            "id",
            "number",
            "first_on",
            "last_on",
            "agency",
            "by",
            "reason",
            "consulted",
            "reviewed",
            "made_at",
        )
        read_only_fields = fields


class AmendmentRead(serializers.ModelSerializer[Amendment]):
    """One instrument that changes the agreement: the text it was drafted on and, once executed, the text it made."""

    id = serializers.UUIDField(source="agreement_id")
    reference = TEXT(source="agreement.reference")
    title = TEXT(source="agreement.title")
    stage = TEXT(source="agreement.stage")
    kind = TEXT()
    base = serializers.IntegerField(source="base.number")
    result = serializers.IntegerField(source="result.number", allow_null=True, default=None)
    like = serializers.UUIDField(source="like_id", allow_null=True)

    class Meta:
        model = Amendment
        fields = ("id", "reference", "title", "stage", "kind", "number", "base", "result", "removes", "like",
                  "takes_effect_on", "effective_on")  # fmt: skip
        read_only_fields = fields


class NoticeRead(serializers.ModelSerializer[Notice]):
    """A notice: `last_day` is null while it waits to be acknowledged, and where that came too late to end anything."""

    agency = serializers.UUIDField(source="agency_id")
    ground = TEXT()

    class Meta:
        model = Notice
        fields = ("id", "agency", "ground", "reason", "given_on", "sent_on", "received_on", "last_day")
        read_only_fields = fields


class BreachRead(serializers.ModelSerializer[Breach]):
    """A notice of a breach, and by when it is to be cured."""

    agency = serializers.UUIDField(source="agency_id")

    class Meta:
        model = Breach
        fields = ("id", "agency", "party", "what", "notified_on", "cure_by", "cured_on", "cured_how")
        read_only_fields = fields


class Renewals(OneAgreement):
    """The renewals made."""

    @says("renewals_list", paged(RenewalRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In their order."""
        rows = self.asked().agreement.renewals.select_related("by").order_by("number")
        return listed(request, list(rows), RenewalRead)


class Amendments(OneAgreement):
    """The amendments and joinders."""

    @says("amendments_list", paged(AmendmentRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """Those the reader may see, in the order in which they were begun."""
        asked = self.asked()
        seen = policy.visible(asked.user, today=asked.today).values("pk")
        rows = asked.agreement.amendments.filter(agreement__in=seen).select_related(
            "agreement", "base", "result"
        )
        return listed(request, list(rows.order_by("agreement__drafted_at")), AmendmentRead)


class Notices(OneAgreement):
    """The notices given."""

    @says("notices_list", paged(NoticeRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In the order in which they were recorded."""
        return listed(request, list(self.asked().agreement.notices.order_by("given_on", "id")), NoticeRead)


class Breaches(OneAgreement):
    """The notices of breaches."""

    @says("breaches_list", paged(BreachRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In the order in which they were given."""
        return listed(
            request, list(self.asked().agreement.breaches.order_by("notified_on", "id")), BreachRead
        )


class InstrumentChanges(OneAgreement):
    """What an amendment or a joinder changes."""

    @says("instrument_changes", RedlineRead)
    def get(self, request: Request, pk: UUID) -> Response:
        """Field by field, by its text as the reader sees it; 404 for an agreement that changes no other."""
        asked = self.asked()
        sides = amending.changes(asked.agreement, asked.reading().content or {})
        if sides is None:
            raise Http404
        return Response(RedlineRead(compare(*sides)).data)


class DayAsked(serializers.Serializer[Any]):
    """A day."""

    on = Day(required=False)


class TextOn(OneAgreement):
    """The conformed text on a day."""

    content_negotiation_class = AsItIs

    @says("text_on_day", OpenApiTypes.OBJECT,
          parameters=(OpenApiParameter("on", OpenApiTypes.DATE, description="The day; today if not given."),))  # fmt: skip
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The exact bytes of the version that holds on the day; 404 before anything was agreed."""
        asked = self.asked()
        said = DayAsked(data=request.query_params.dict())
        said.is_valid(raise_exception=True)
        day: dt.date = said.validated_data.get("on") or asked.today
        version = texts.on(asked.agreement, day)
        if version is None:
            raise Http404
        headers = {"ETag": f'"{version.sha256}"', "Cache-Control": "private, no-store"}
        return HttpResponse(version.canonical.encode(), content_type="application/json", headers=headers)
