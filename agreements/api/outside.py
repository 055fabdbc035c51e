"""Signatures made outside: the document to sign with a certificate, and the scans of those made in ink."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import AsItIs, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.models import InkSignature
from agreements.operations import inking, outside
from agreements.pdf import RenderFailed
from common.http import attached


class DocumentToSign(OneAgreement):
    """The frozen text for one's own signature with a certificate."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("document_to_sign", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A PDF with one empty field, for the `file` of the step `sign`. Taking it is recorded."""
        asked = self.asked()
        asked.require("sign")
        try:
            content = outside.paper(asked.agreement, actor=asked.user, now=asked.now)
        except RenderFailed as failed:
            raise serializers.ValidationError({"file": [failed.reason]}) from failed
        return attached(content, f"{asked.agreement.reference}-to-sign.pdf")


class InkSignatureRead(serializers.ModelSerializer[InkSignature]):
    """The scan of a signature in ink, by its SHA-256; `confirmed` is null while it waits for another party's word."""

    signatory = serializers.CharField(source="request.signatory.name")
    recorded_by = serializers.CharField(source="recorded_by.name")
    decided_by = serializers.CharField(source="decided_by.name", default=None, allow_null=True)

    class Meta:
        model = InkSignature
        fields = ["id", "party", "signatory", "signed_on", "file_sha256", "recorded_by", "recorded_at", "confirmed",
                  "decided_by", "decided_at", "reason"]  # fmt: skip


class InkSignatures(OneAgreement):
    """The scans of signatures in ink."""

    @says("ink_signatures_list", paged(InkSignatureRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """Those that wait, and those that were answered."""
        rows = self.asked().agreement.ink_signatures.select_related(
            "request__signatory", "recorded_by", "decided_by"
        )
        return listed(request, list(rows.order_by("recorded_at", "id")), InkSignatureRead)


class InkScan(OneAgreement):
    """One scan."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("ink_scan", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID, row: UUID) -> HttpResponse:
        """The PDF as it was put in. The download is recorded."""
        asked = self.asked()
        asked.require("download")
        rows: Any = asked.agreement.ink_signatures.select_related("agreement", "party__agency")
        found = get_object_or_404(rows, pk=row)
        content = inking.take(found, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        return attached(content, f"{asked.agreement.reference}-signed-in-ink.pdf")
