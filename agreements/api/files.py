"""The history and the final document, to read and to take away; taking away is recorded."""

import base64
import hashlib
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import AsItIs, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import numbered
from agreements.history import events
from agreements.operations.downloading import download, download_paper, download_word
from agreements.operations.exporting import export_history
from agreements.pdf import RenderFailed
from audit import reading, taking
from audit.models import Event
from audit.sentences import changes, sentence
from common.http import attached

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class ChangeRead(serializers.Serializer[Any]):
    """One field before and after."""

    object = serializers.CharField()
    field = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class EventRead(serializers.Serializer[Any]):
    """One thing somebody did: in words, with what it changed and the hash by which the log holds it."""

    number = serializers.IntegerField()
    seq = serializers.SerializerMethodField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    actor = serializers.CharField(source="actor_label")
    agency = serializers.UUIDField(allow_null=True)
    private_to = serializers.UUIDField(allow_null=True)
    sentence = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()
    leaf = serializers.SerializerMethodField()

    def get_seq(self, row: Event) -> int | None:
        """The number in the log; null for the moment until the event is entered."""
        entry = getattr(row, "entry", None)
        return entry.seq if entry else None

    def get_sentence(self, row: Event) -> str:
        """Who did what."""
        return sentence(row)

    def get_changes(self, row: Event) -> list[dict[str, Any]]:
        """Every field the event changed."""
        return [dict(one) for one in ChangeRead(changes(row), many=True).data]

    def get_leaf(self, row: Event) -> str:
        """The RFC 6962 leaf hash, in hexadecimal."""
        return bytes(row.leaf).hex()


class Events(OneAgreement):
    """The history this person may read."""

    @says("events_list", paged(EventRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first."""
        asked = self.asked()
        return numbered(request, events(asked.agreement, asked.user, today=asked.today), EventRead)


class History(OneAgreement):
    """The history as a file."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]
    format_of: ClassVar[str] = "csv"

    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """Oldest first; the export is itself an event. Of what is private to another agency only the hash goes out."""
        asked = self.asked()
        export = export_history(asked.agreement, format=self.format_of, actor=asked.user, now=asked.now)
        own = reading.own(asked.user, today=asked.today)
        lines = taking.contents(export, own=own, clock=timezone.now)
        answer = StreamingHttpResponse(lines, content_type=export.format.media)
        answer["Link"] = f'<{export.address}>; rel="describedby"'
        answer["Content-Disposition"] = f'attachment; filename="history-{pk}.{self.format_of}"'
        answer["Cache-Control"] = "private, no-store"
        return answer


@extend_schema_view(get=says("history_csv", OpenApiTypes.STR, media="text/csv"))
class HistoryTable(History):
    """The history as a table."""


@extend_schema_view(get=says("history_jsonl", OpenApiTypes.STR, media="application/x-ndjson"))
class HistoryLines(History):
    """The history as exact entries."""

    format_of = "jsonl"


class Document(OneAgreement):
    """The final document."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("document_retrieve", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The PDF, byte for byte as it was sealed; its SHA-256 is the ETag. The download is recorded."""
        asked = self.asked()
        content = download(asked.agreement, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        digest = hashlib.sha256(content)
        written = base64.b64encode(digest.digest()).decode()
        headers = {
            "ETag": f'"{digest.hexdigest()}"',
            "Digest": f"sha-256={written}",
            "Repr-Digest": f"sha-256=:{written}:",
        }
        return attached(content, f"{asked.agreement.reference}.pdf", **headers)


class Paper(OneAgreement):
    """A version as it is shown before signing."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("version_paper", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """The version as a PDF without signatures. The download is recorded."""
        asked = self.asked()
        version = get_object_or_404(asked.agreement.versions.select_related("agreement"), number=number)
        try:
            content = download_paper(version, actor=asked.user, now=asked.now)
        except RenderFailed as failed:
            raise serializers.ValidationError({"number": [failed.reason]}) from failed
        return attached(content, f"{asked.agreement.reference}-version-{number}.pdf")


class Word(OneAgreement):
    """A version to work on outside."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("version_word", OpenApiTypes.BINARY, media=WORD)
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """The version as a Word file. The download is recorded."""
        asked = self.asked()
        version = get_object_or_404(asked.agreement.versions.select_related("agreement"), number=number)
        content = download_word(version, actor=asked.user, now=asked.now)
        return attached(content, f"{asked.agreement.reference}-version-{number}.docx", WORD)
