"""What is on record: versions, approvals, requests to sign, signatures, decisions, checks."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import AsItIs, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed, numbered
from agreements.models import Approval, Review, Signature, SignatureRequest, Version
from agreements.operations import signing

TEXT = serializers.CharField


class VersionRead(serializers.ModelSerializer[Version]):
    """The text as one agency handed it over."""

    reason = TEXT()
    made_by = TEXT(source="made_by.name")
    made_by_agency = TEXT(source="made_by_agency.name")

    class Meta:
        model = Version
        fields = ("number", "sha256", "reason", "note", "made_at", "made_by", "made_by_agency")
        read_only_fields = fields


class ApprovalRead(serializers.ModelSerializer[Approval]):
    """One party's answer to one version."""

    agency = TEXT(source="party.agency.name")
    version = serializers.IntegerField(source="version.number")
    decision = TEXT()
    by = TEXT(source="by.name")

    class Meta:
        model = Approval
        fields = ("id", "party", "agency", "version", "decision", "reason", "by", "made_at", "voided_at")
        read_only_fields = fields


class RequestRead(serializers.ModelSerializer[SignatureRequest]):
    """Somebody asked to sign: which text, in which order, and the statement a signature makes."""

    agency = TEXT(source="party.agency.name")
    version = serializers.IntegerField(source="version.number")
    sha256 = TEXT(source="version.sha256")
    signatory = TEXT(source="signatory.name")
    deputy = TEXT(source="deputy.name", allow_null=True, default=None)
    consent = serializers.SerializerMethodField()
    intent = serializers.SerializerMethodField()

    class Meta:
        model = SignatureRequest
        fields = ("id", "party", "agency", "version", "sha256", "signatory", "deputy", "order", "sign_by",
                  "consent", "intent", "requested_at", "delegated_at", "delegation_reason",
                  "answered_at", "voided_at")  # fmt: skip
        read_only_fields = fields

    def get_consent(self, row: SignatureRequest) -> str:
        """What one agrees to by signing here."""
        return signing.CONSENT

    def get_intent(self, row: SignatureRequest) -> str:
        """The statement."""
        return signing.intent(row.party.legal_name)


class SignatureRead(serializers.ModelSerializer[Signature]):
    """A signature, bound to the hash of the text signed."""

    version = serializers.IntegerField(source="version.number")

    class Meta:
        model = Signature
        fields = ("id", "party", "agency_name", "version", "name", "title", "authority_basis", "consent", "intent",
                  "authenticated_by", "document_sha256", "image_sha256", "means", "file_sha256", "certificate", "signed_at",
                  "voided_at", "void_reason")  # fmt: skip
        read_only_fields = fields


class DecisionRead(serializers.ModelSerializer[Review]):
    """What an agency decided about an agreement that needed a decision."""

    agency = TEXT(source="agency.name")
    outcome = TEXT()
    by = TEXT(source="by.name")

    class Meta:
        model = Review
        fields = ("id", "agency", "outcome", "reason", "consulted", "by", "made_at", "made_on")
        read_only_fields = fields


class Versions(OneAgreement):
    """Every version handed over."""

    @says("versions_list", paged(VersionRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first."""
        rows = self.asked().agreement.versions.defer("canonical").select_related("made_by", "made_by_agency")
        return numbered(request, rows, VersionRead)


class OneVersion(OneAgreement):
    """One version."""

    @says("versions_retrieve", VersionRead)
    def get(self, request: Request, pk: UUID, number: int) -> Response:
        """Who handed it over, when, why, and its hash."""
        row = get_object_or_404(self.asked().agreement.versions.select_related("made_by"), number=number)
        return Response(VersionRead(row).data, headers={"ETag": f'"{row.sha256}"'})


class VersionContent(OneAgreement):
    """The text of one version."""

    content_negotiation_class = AsItIs

    @says("versions_content", OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """The exact bytes whose SHA-256 people approve and sign."""
        row = get_object_or_404(self.asked().agreement.versions, number=number)
        headers = {"ETag": f'"{row.sha256}"', "Cache-Control": "private, no-store"}
        return HttpResponse(row.canonical.encode(), content_type="application/json", headers=headers)


class Approvals(OneAgreement):
    """The parties' answers."""

    @says("approvals_list", paged(ApprovalRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In the order they were given, the void ones too."""
        rows = self.asked().agreement.approvals.select_related("party__agency", "by", "version")
        return listed(request, list(rows.order_by("made_at", "id")), ApprovalRead)


class SignatureRequests(OneAgreement):
    """Who was asked to sign."""

    @says("signature_requests_list", paged(RequestRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In the order of signing."""
        rows = self.asked().agreement.signature_requests.select_related(
            "party__agency", "signatory", "deputy", "version"
        )
        return listed(request, list(rows.order_by("requested_at", "order", "id")), RequestRead)


class Signatures(OneAgreement):
    """Who signed."""

    @says("signatures_list", paged(SignatureRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In the order they were given, the void ones too."""
        rows = self.asked().agreement.signatures.select_related("version").order_by("signed_at", "id")
        return listed(request, list(rows), SignatureRead)


class Decisions(OneAgreement):
    """What was decided at reviews."""

    @says("decisions_list", paged(DecisionRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first."""
        rows = self.asked().agreement.reviews.select_related("agency", "by").order_by("-made_at", "id")
        return listed(request, list(rows), DecisionRead)
