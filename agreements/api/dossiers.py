"""Dossiers: asking for one, how far it is, and the file."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models import Agency
from agreements import policy
from agreements.api.asking import AsItIs, Door, OneAgreement, sent
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Strict, Text
from agreements.models import Agreement, Dossier, DossierState
from agreements.operations import dossiers
from common.http import file_answer

NEWEST = 1000
RANGE = OpenApiParameter(
    "Range",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="One range of bytes, to take up a broken download.",
)


class DossierRead(serializers.ModelSerializer[Dossier]):
    """How far a dossier is; when it is ready, what its file is. `done` of `histories` are collected."""

    state = serializers.ChoiceField(choices=[state.value for state in DossierState])
    scope = serializers.CharField()
    histories = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()

    class Meta:
        model = Dossier
        fields = ("id", "title", "scope", "state", "done", "histories", "note", "asked_at", "made_at", "expires_at",
                  "manifest", "sha256", "size", "entries", "withheld", "head_size", "file")  # fmt: skip
        read_only_fields = fields

    def get_histories(self, row: Dossier) -> int:
        """How many histories it is to hold."""
        return len(row.streams)

    def get_file(self, row: Dossier) -> str | None:
        """Where the file is; null until it is ready."""
        return f"/api/v1/dossiers/{row.pk}/file/" if row.state == DossierState.READY else None


class DossierOfOne(Strict):
    """A head of the log that one holds, so that its proof is put in."""

    head = Text(required=False, allow_blank=True, default="", max_length=2000, trim_whitespace=False)


class DossierNew(DossierOfOne):
    """Which agreements; or which agency, by its slug, for everything it may export."""

    agreements = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=dossiers.MOST
    )
    agency = Text(required=False, allow_blank=True, default="", max_length=60)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if bool(attrs["agreements"]) == bool(attrs["agency"]):
            raise serializers.ValidationError("Name agreements, or an agency; not both.")
        return attrs


def _accepted(row: Dossier) -> Response:
    return Response(DossierRead(row).data, status=202, headers={"Location": f"/api/v1/dossiers/{row.pk}/"})


class OfOneAgreement(OneAgreement):
    """A dossier of one agreement."""

    http_method_names = ["post"]

    @says("dossier_create", DossierRead, request=DossierOfOne, status=202)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask for it; follow `Location` to see how far it is."""
        asked = self.asked()
        asked.require("export")
        head = sent(DossierOfOne, request)["head"]
        return _accepted(dossiers.ask(asked.agreement, head=head, actor=asked.user, now=asked.now))


class Dossiers(Door):
    """The dossiers one asked for."""

    http_method_names = ["get", "post"]

    @says("dossiers_list", paged(DossierRead), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """The newest first."""
        return listed(request, list(dossiers.mine(self.user)[:NEWEST]), DossierRead)

    @says("dossiers_create", DossierRead, request=DossierNew, status=202)
    def post(self, request: Request) -> Response:
        """Ask for one of several agreements, or of a whole agency."""
        said, now = sent(DossierNew, request), timezone.now()
        if said["agency"]:
            seats = policy.seats(self.user, "export", today=timezone.localdate(now))
            agency = get_object_or_404(Agency.objects.filter(pk__in=seats), slug=said["agency"])
            return _accepted(dossiers.ask_for_agency(agency, head=said["head"], actor=self.user, now=now))
        try:
            row = dossiers.ask_for_many(said["agreements"], head=said["head"], actor=self.user, now=now)
        except Agreement.DoesNotExist:
            raise Http404 from None
        return _accepted(row)


class OneDossier(Door):
    """One dossier of one's own."""

    http_method_names = ["get"]

    @says("dossiers_retrieve", DossierRead)
    def get(self, request: Request, dossier: UUID) -> Response:
        """How far it is."""
        return Response(DossierRead(get_object_or_404(dossiers.mine(self.user), pk=dossier)).data)


class DossierFile(Door):
    """The file of a dossier."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("dossiers_file", OpenApiTypes.BINARY, media="application/zip", parameters=[RANGE])
    def get(self, request: Request, dossier: UUID) -> HttpResponseBase:
        """The ZIP, or one range of it; its SHA-256 is the ETag. Each request for it is recorded."""
        row, now = get_object_or_404(dossiers.mine(self.user), pk=dossier), timezone.now()
        return file_answer(
            request._request, lambda start: dossiers.take(row, start=start, actor=self.user, now=now),
            size=row.size, etag=row.sha256, name=row.filename,
        )  # fmt: skip
