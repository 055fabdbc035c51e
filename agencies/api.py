"""Agencies, their people, and oneself, through the REST API."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from agencies.days import civil_day
from agencies.models import Agency, Membership, Pace, User, memberships_of
from agencies.operations.people import choose_pace
from agencies.policy import permitted


class AgencySerializer(serializers.ModelSerializer[Agency]):
    """What the registry says of an agency."""

    class Meta:
        model = Agency
        fields = (
            "id",
            "name",
            "short_name",
            "slug",
            "kind",
            "jurisdiction",
            "legal_name",
            "ori",
            "cj_status",
            "parent",
            "timezone",
            "fiscal_year_start",
            "address",
            "phone",
            "website",
            "governing_body",
            "governing_body_approves",
            "cjis_audit_on",
            "privacy_officer",
            "active",
        )
        read_only_fields = fields


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """One person's role in an agency."""

    name = serializers.CharField(source="user.name", read_only=True)
    title = serializers.CharField(source="user.title", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "user", "name", "title", "email", "role", "since", "until")
        read_only_fields = fields


class OwnRoleSerializer(serializers.ModelSerializer[Membership]):
    """One of my roles."""

    agency_name = serializers.CharField(source="agency.name", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "agency", "agency_name", "role", "since", "until")
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer[User]):
    """The person whose credentials came with the request."""

    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("id", "email", "name", "title", "phone", "roles")
        read_only_fields = fields

    @extend_schema_field(OwnRoleSerializer(many=True))
    def get_roles(self, user: User) -> Any:
        """The roles held today."""
        return OwnRoleSerializer(memberships_of(user, today=civil_day(timezone.now())), many=True).data


class PaceSerializer(serializers.Serializer[Any]):
    """How often I am told of deadlines."""

    pace = serializers.ChoiceField(choices=Pace.choices)


class ByName(CursorPagination):
    """Keyset pages in the order of names."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = ("name", "id")


class AgencyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Agency]):
    """The registry of agencies."""

    queryset = Agency.objects.none()
    serializer_class = AgencySerializer
    permission_classes = (IsAuthenticated,)
    pagination_class = ByName
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Agency]:
        """The agencies the person may see, narrowed by `q` and `kind`."""
        query, today = self.request.query_params, civil_day(timezone.now())
        found = permitted(cast(User, self.request.user), "view_agency", Agency.objects.all(), today=today)
        if kind := query.get("kind"):
            found = found.filter(kind=kind.replace("\x00", ""))
        return found.search(query.get("q", ""))

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="Words of a name, place or ORI."),
            OpenApiParameter("kind", OpenApiTypes.STR, description="Only this kind of agency."),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Agencies in the order of their names."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def people(self, request: Request, pk: str) -> Response:
        """Who holds which role in the agency today; for its own people and those who oversee it, else 404."""
        today = civil_day(timezone.now())
        shown = permitted(cast(User, request.user), "view_people", Agency.objects.all(), today=today)
        agency = get_object_or_404(shown, pk=pk)
        held = Membership.objects.filter(agency=agency).active(on=today).select_related("user")
        return Response(MemberSerializer(held.order_by("user__name", "user_id", "role"), many=True).data)


class MeViewSet(viewsets.GenericViewSet[User]):
    """The person whose credentials came with the request."""

    serializer_class = MeSerializer
    permission_classes = (IsAuthenticated,)
    pagination_class = None

    @extend_schema(responses=MeSerializer, operation_id="me")
    def list(self, request: Request) -> Response:
        """My name, address and roles."""
        return Response(MeSerializer(cast(User, request.user)).data)

    @extend_schema(responses=PaceSerializer, operation_id="me_reminders")
    @action(detail=False, url_path="reminders")
    def reminders(self, request: Request) -> Response:
        """How often I am told of deadlines."""
        return Response({"pace": cast(User, request.user).reminder_pace})

    @extend_schema(request=PaceSerializer, responses=PaceSerializer, operation_id="me_reminders_choose")
    @reminders.mapping.put
    def choose_reminders(self, request: Request) -> Response:
        """Choose it: `at_once`, `daily` or `weekly`."""
        said = PaceSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        user = cast(User, request.user)
        row = choose_pace(user, pace=said.validated_data["pace"], actor=user, now=timezone.now())
        return Response({"pace": row.reminder_pace})


def register(router: BaseRouter) -> None:
    """Add these resources to the API."""
    router.register("agencies", AgencyViewSet, basename="agency")
    router.register("me", MeViewSet, basename="me")
