"""An agency's agreements as they stood on a day."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models import Agency
from agreements import portfolios
from agreements.api.asking import Door
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import answer, size
from agreements.api.shaping import Day

TEXT = serializers.CharField
DATE = serializers.DateField


class PortfolioRead(serializers.Serializer[Any]):
    """One agreement at the end of the day: where it was, with whom, and its days as they were known then."""

    id = serializers.UUIDField(source="agreement.pk")
    reference = TEXT(source="agreement.reference")
    title = TEXT(source="agreement.title")
    held = serializers.ChoiceField(choices=list(portfolios.HELD.items()))
    standing = TEXT(source="standing.key")
    parties = serializers.ListField(child=TEXT())
    effective_on = DATE(source="agreement.effective_on", allow_null=True)
    last_day = DATE(source="agreement.last_day", allow_null=True)
    ended_on = DATE(source="agreement.ended_on", allow_null=True)
    review_due_on = DATE(source="agreement.review_due_on", allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    term = TEXT()


class QuestionRead(serializers.Serializer[Any]):
    """The question as it was understood."""

    agency = serializers.PrimaryKeyRelatedField(queryset=Agency.objects.all())
    on = Day()
    held = serializers.ChoiceField(choices=list(portfolios.HELD), required=False, default="")

    def validate_on(self, value: Any) -> Any:
        """What will be is not known."""
        if value > timezone.localdate(timezone.now()):
            raise ValidationError("Give a day that has come.")
        return value


QUESTION = (
    OpenApiParameter("agency", OpenApiTypes.UUID, required=True, description="Whose agreements."),
    OpenApiParameter("on", OpenApiTypes.DATE, required=True, description="At the end of which day."),
    OpenApiParameter("held", OpenApiTypes.STR, enum=list(portfolios.HELD), description="Only these."),
)


class Portfolio(Door):
    """What was in force on a day, what not yet and what was over, of the agreements the person may see."""

    @says("portfolio_list", paged(PortfolioRead), parameters=(*QUESTION, *PAGE))
    def get(self, request: Request) -> Response:
        """By reference. With `held` a page can be shorter than asked for and still have a next one."""
        said = QuestionRead(data=request.query_params.dict())
        said.is_valid(raise_exception=True)
        given, today = said.validated_data, timezone.localdate(timezone.now())
        asked = portfolios.Asked(given["agency"], given["on"], self.user, today, given["held"])
        after = request.query_params.get("cursor", "").replace("\x00", "")[:40]
        found = portfolios.page(asked, after=after, limit=size(request))
        return answer(request, found.rows, PortfolioRead, found.after)
