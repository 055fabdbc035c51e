"""What is covered: an agreement's spans, its days for notice, and what one agency might give another on a day."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import catalog, coverage, policy, reckoning
from agreements.api.asking import Door, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Day
from agreements.models import Agreement, Coverage

TEXT = serializers.CharField


class CoverageRead(serializers.ModelSerializer[Coverage]):
    """One span of days on which a flow is covered; `last_on` is null while nothing ends it."""

    flow = serializers.UUIDField(source="flow_id")
    agreement = serializers.UUIDField(source="agreement_id")
    reference = TEXT(source="agreement.reference")
    dataset = TEXT(source="flow.dataset.name")
    provider = serializers.UUIDField(source="provider_id")
    recipient = serializers.UUIDField(source="recipient_id")
    version = serializers.IntegerField(source="version.number")
    purposes = serializers.ListField(child=TEXT(), source="flow.purposes")
    last_on = serializers.SerializerMethodField()

    class Meta:
        model = Coverage
        fields = ["id", "flow", "agreement", "reference", "dataset", "category", "provider", "recipient", "version", "purposes",
                  "first_on", "last_on"]  # fmt: skip
        read_only_fields = fields

    def get_last_on(self, row: Coverage) -> dt.date | None:
        """The last day, inclusive."""
        return row.last_on if row.last_on.year < dt.MAXYEAR else None


class WindowRead(serializers.Serializer[Any]):
    """One party's days for notice before the present term ends; `counted` is the day before it was moved to a business day."""

    party = TEXT()
    days = serializers.IntegerField()
    opens_on = serializers.DateField(allow_null=True)
    counted = serializers.DateField(source="raw")
    stated = serializers.DateField()
    due_on = serializers.DateField(source="on")
    send_by = serializers.DateField()


class Covers(OneAgreement):
    """The days on which data may move under the agreement."""

    @says("coverage_list", paged(CoverageRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """Flow by flow, in time."""
        return listed(request, coverage.spans_of(self.asked().agreement), CoverageRead)


class Windows(OneAgreement):
    """The days for notice, party by party."""

    @says("windows_list", paged(WindowRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The first to close first; empty before the agreement took effect or if it has no end."""
        asked = self.asked()
        found = reckoning.of(asked.agreement, today=asked.today)
        rows = [] if found is None else [row for _, row in found.windows]
        return listed(request, rows, WindowRead, key=lambda row: str(row.party))


class AskedRead(serializers.Serializer[Any]):
    """The question as it was understood."""

    provider = serializers.UUIDField()
    recipient = serializers.UUIDField()
    on = Day(required=False)
    category = serializers.CharField(required=False, default="", max_length=40)

    def validate_category(self, value: str) -> str:
        """One of the catalog's."""
        if value and value not in catalog.load().categories:
            raise ValidationError("Choose one of the categories of the catalog.")
        return value


QUESTION = (
    OpenApiParameter("provider", OpenApiTypes.UUID, required=True, description="The agency that gives."),
    OpenApiParameter("recipient", OpenApiTypes.UUID, required=True, description="The agency that receives."),
    OpenApiParameter("on", OpenApiTypes.DATE, description="The day; today if not given."),
    OpenApiParameter("category", OpenApiTypes.STR, description="A category of data; any if not given."),
)


class Permitted(Door):
    """What one agency might give another on a day, under agreements whose answers the person may ask for."""

    @says("permitted_list", paged(CoverageRead), parameters=(*QUESTION, *PAGE))
    def get(self, request: Request) -> Response:
        """The covering flows; none means that no agreement the person may read covers it."""
        said = AskedRead(data=request.query_params.dict())
        said.is_valid(raise_exception=True)
        asked, today = said.validated_data, timezone.localdate(timezone.now())
        rows = coverage.permitted(
            asked["provider"], asked["recipient"], day=asked.get("on") or today, category=asked["category"]
        )
        readable = policy.permitted(request.user, "ask", Agreement.objects.all(), today=today)
        return listed(request, list(rows.filter(agreement__in=readable)[: coverage.LIMIT]), CoverageRead)
