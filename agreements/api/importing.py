"""Existing agreements: a file put in, what was recognised in it, and its terms confirmed."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import AsItIs, Door, Form, OneAgreement, sent
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Day, Known, Strict, Text, agencies, roles
from agreements.api.showing import AgreementRead
from agreements.api.whole import begun
from agreements.forms.importing import MAX_FILE
from agreements.keyterms import MAX_DAYS, MAX_MONTHS, Terms
from agreements.models import Intake, Renewal
from agreements.operations import importing, intake
from agreements.operations.drafting import PartySpec
from common.http import attached

NEWEST = 500


def limited(file: Any, most: int) -> Any:
    """The file, if it is no larger than is worth reading."""
    if file.size > most:
        raise serializers.ValidationError(f"The file is larger than {most // 1_000_000} MB.")
    return file


class ProposalRead(serializers.Serializer[Any]):
    """A term as read: its field, the words, where they stand, and how sure the reading is (high, fair, low)."""

    field = serializers.CharField()
    value = serializers.JSONField()
    words = serializers.CharField()
    where = serializers.CharField()
    confidence = serializers.CharField()
    because = serializers.CharField()


class PartFound(serializers.Serializer[Any]):
    """A part or provision as recognised."""

    level = serializers.IntegerField()
    heading = serializers.CharField()


class IntakeRead(serializers.ModelSerializer[Intake]):
    """A file that was put in: what was recognised in it, and the agreement it became."""

    proposals = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    blanks = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField()

    class Meta:
        model = Intake
        fields = ("id", "name", "sha256", "size", "readable", "asked_at", "dropped_at", "agreement", "proposals", "missing",
                  "blanks", "parts")  # fmt: skip
        read_only_fields = fields

    def get_proposals(self, row: Intake) -> list[dict[str, Any]]:
        """Every proposed term, the surest of a field first."""
        return [dict(one) for one in ProposalRead(intake.findings(row).proposals, many=True).data]

    def get_missing(self, row: Intake) -> list[str]:
        """Usual parts of which the text says no word we know."""
        return list(intake.findings(row).missing)

    def get_blanks(self, row: Intake) -> list[str]:
        """Sentences that leave something to be filled in."""
        return list(intake.findings(row).blanks)

    def get_parts(self, row: Intake) -> list[dict[str, Any]]:
        """The headings recognised."""
        found = [one for one in row.content.get("provisions", []) if one["heading"]]
        return [dict(one) for one in PartFound(found, many=True).data]


class IntakeNew(Strict):
    """The file of an existing agreement."""

    file = serializers.FileField(help_text="A .docx, .pdf, .txt or .md file, at most 25 MB.")

    def validate_file(self, file: Any) -> Any:
        """Nothing larger than is worth reading."""
        return limited(file, MAX_FILE)


class PartnerSaid(Strict):
    """Another party."""

    agency = agencies()
    roles = roles(required=False, default=list)


def _number(most: int) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=most, required=False, allow_null=True, default=None
    )


def _day() -> Day:
    return Day(required=False, allow_null=True, default=None)


class Confirmation(Strict):
    """The terms as a person confirmed them. `signed`: it becomes a record in force; else a draft."""

    signed = serializers.BooleanField()
    title = Text(max_length=200)
    kind = Known("kinds")
    lead = agencies()
    lead_roles = roles(required=False, default=list)
    partners = PartnerSaid(many=True, allow_empty=False, max_length=100)  # type: ignore[call-arg]
    signed_on = _day()
    effective_on = _day()
    last_day = _day()
    months = _number(MAX_MONTHS)
    notice_days = _number(MAX_DAYS)
    renewal = serializers.ChoiceField(choices=Renewal.values, required=False, default=Renewal.NONE.value)
    renewal_months = _number(MAX_MONTHS)
    review_months = _number(120)
    their_reference = Text(max_length=80, required=False, allow_blank=True, default="")

    @property
    def terms(self) -> Terms:
        """The terms as the operations take them."""
        return Terms(**{name: self.validated_data[name] for name in Terms.__dataclass_fields__})


class Imports(Door):
    """The files one put in."""

    parser_classes = (Form,)
    http_method_names = ["get", "post"]

    @says("imports_list", paged(IntakeRead), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """The newest first."""
        return listed(request, list(intake.mine(self.user)[:NEWEST]), IntakeRead)

    @says("imports_create", IntakeRead, request={"multipart/form-data": IntakeNew}, status=201)
    def post(self, request: Request) -> Response:
        """Read a file and propose its terms; nothing is a record until it is confirmed."""
        said = sent(IntakeNew, request)
        file = said["file"]
        row = intake.take(
            file.read(), file.name, root=settings.DOCUMENTS, actor=self.user, now=timezone.now()
        )
        return Response(IntakeRead(row).data, status=201, headers={"Location": f"/api/v1/imports/{row.pk}/"})


class OneImport(Door):
    """One file of one's own."""

    http_method_names = ["get", "delete"]

    @says("imports_retrieve", IntakeRead)
    def get(self, request: Request, intake_id: UUID) -> Response:
        """What was recognised, or the agreement it became."""
        return Response(IntakeRead(get_object_or_404(intake.mine(self.user), pk=intake_id)).data)

    @says("imports_drop", None, status=204)
    def delete(self, request: Request, intake_id: UUID) -> Response:
        """Give it up before it is confirmed."""
        row = get_object_or_404(intake.mine(self.user), pk=intake_id)
        intake.drop(row, actor=self.user, now=timezone.now())
        return Response(status=204)


class ConfirmImport(Door):
    """Confirming the terms of a file."""

    http_method_names = ["post"]

    @says("imports_confirm", AgreementRead, request=Confirmation, status=201)
    def post(self, request: Request, intake_id: UUID) -> Response:
        """Make the agreement; confirming again answers with the same one."""
        row = get_object_or_404(intake.mine(self.user), pk=intake_id)
        form = Confirmation(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        made = intake.confirm(
            row, title=said["title"], kind=said["kind"], lead=said["lead"], lead_roles=said["lead_roles"],
            partners=[PartySpec(**partner) for partner in said["partners"]], terms=form.terms, signed=said["signed"],
            actor=self.user, now=timezone.now(),
        )  # fmt: skip
        return begun(request, made)


class SourceFile(OneAgreement):
    """The file an agreement was imported from."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("source_retrieve", OpenApiTypes.BINARY, media="application/octet-stream")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The file, byte for byte; its SHA-256 is the ETag. The download is recorded."""
        asked = self.asked()
        asked.require("download")
        row = importing.source_for(asked.agreement, asked.user, today=asked.today)
        if row is None:
            raise Http404
        content = importing.take(row, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        name = f"{asked.agreement.reference}-as-imported{row.suffix}"
        return attached(content, name, "application/octet-stream", ETag=f'"{row.sha256}"')
