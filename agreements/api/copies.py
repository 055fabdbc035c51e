"""Copies of the final document: certified, conformed, and the packet. Taking each is recorded."""

from tempfile import TemporaryFile
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request

from agreements.api.asking import AsItIs, OneAgreement
from agreements.api.describing import says
from agreements.operations import copying, packets
from agreements.pdf import RenderFailed
from common.http import attached

NO_STORE = "private, no-store"


class Copy(OneAgreement):
    """A file made of the final document."""

    content_negotiation_class = AsItIs


class CertifiedCopy(Copy):
    """A certified copy."""

    @says("document_certify", OpenApiTypes.BINARY, media="application/pdf")
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """A page that certifies it, then every page; the signed PDF is attached."""
        asked = self.asked()
        asked.require("download")
        try:
            content = copying.certified(
                asked.agreement, root=settings.DOCUMENTS, actor=asked.user, now=asked.now
            )
        except RenderFailed as failed:
            raise serializers.ValidationError([failed.reason]) from failed
        return attached(content, f"{asked.agreement.reference}-certified-copy.pdf")


class ConformedCopy(Copy):
    """A conformed copy."""

    @says("document_conformed", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The signed text with the names of the signatories, marked on every page as no original."""
        asked = self.asked()
        asked.require("download")
        try:
            content = copying.conformed(asked.agreement, actor=asked.user, now=asked.now)
        except RenderFailed as failed:
            raise serializers.ValidationError([failed.reason]) from failed
        return attached(content, f"{asked.agreement.reference}-conformed-copy.pdf")


class Packet(Copy):
    """The packet."""

    @says("packet", OpenApiTypes.BINARY, media="application/zip")
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """A ZIP with the signed PDF, annexes on file, evidence and certificates, and their SHA-256."""
        asked = self.asked()
        asked.require("download")
        out = TemporaryFile()  # noqa: SIM115  # the answer closes it
        packets.packet(asked.agreement, out, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        out.seek(0)
        name = f"{asked.agreement.reference}-packet.zip"
        answer = FileResponse(out, as_attachment=True, filename=name, content_type="application/zip")
        answer["Cache-Control"] = NO_STORE
        return answer
