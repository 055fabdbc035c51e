"""What changed between two versions, as data and to take away."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import AsItIs, Asked, OneAgreement
from agreements.api.describing import says
from agreements.models import Version
from agreements.operations import comparing
from agreements.pdf import RenderFailed
from agreements.redline import compare
from common.http import attached

TEXT = serializers.CharField
MEDIA: dict[comparing.Format, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
BETWEEN = (
    OpenApiParameter("from", OpenApiTypes.INT, required=True, description="The number of the older version."),
    OpenApiParameter("to", OpenApiTypes.INT, required=True, description="The number of the newer version."),
)


class PieceRead(serializers.Serializer[Any]):
    """A run of words: same, inserted or deleted."""

    kind = TEXT()
    text = TEXT(trim_whitespace=False)


class TermChange(serializers.Serializer[Any]):
    """A structured term before and after."""

    where = TEXT()
    name = TEXT()
    old = TEXT()
    new = TEXT()


class ProvisionChange(serializers.Serializer[Any]):
    """A provision that was added, removed, changed or moved; `label` cites it now, `was` before."""

    id = TEXT()
    kind = TEXT()
    label = TEXT()  # type: ignore[assignment]  # the answer's field, not the serializer's own label
    was = TEXT()
    says = TEXT()
    heading = PieceRead(many=True)
    text = PieceRead(many=True)
    notes = TermChange(many=True)


class RedlineRead(serializers.Serializer[Any]):
    """What differs between two versions."""

    summary = TEXT()
    provisions = ProvisionChange(many=True)
    facts = TermChange(many=True)


def chosen(asked: Asked) -> tuple[Version, Version]:
    """The versions named; 404 if one is not there."""
    found = []
    for name in ("from", "to"):
        text = asked.request.query_params.get(name, "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        rows = asked.agreement.versions.select_related("made_by_agency", "agreement")
        found.append(rows.filter(number=number).first())
    old, new = found
    if old is None or new is None:
        raise Http404
    return old, new


class Redline(OneAgreement):
    """The difference of two versions."""

    @says("redline_retrieve", RedlineRead, parameters=BETWEEN)
    def get(self, request: Request, pk: UUID) -> Response:
        """Provisions in order, word by word; structured terms as they read before and after."""
        old, new = chosen(self.asked())
        return Response(RedlineRead(compare(old.content, new.content)).data)


class SinceRead(RedlineRead):
    """What differs since one last looked; without versions where nothing was handed over since."""

    def get_fields(self) -> dict[str, Any]:
        """With the versions between which it is."""
        numbers = {name: serializers.IntegerField(allow_null=True) for name in ("from", "to")}
        return {**numbers, **super().get_fields()}


class Since(OneAgreement):
    """The difference between the version one had before and the newest."""

    @says("redline_since", SinceRead)
    def get(self, request: Request, pk: UUID) -> Response:
        """Asking is looking: from now on one has the newest version before one."""
        asked = self.asked()
        seen = comparing.looked(asked.agreement, actor=asked.user, now=asked.now)
        wanted = [seen.before, seen.version] if seen and seen.before else []
        rows = {row.number: row for row in asked.agreement.versions.filter(number__in=wanted)}
        old, new = (rows.get(number) for number in wanted or (0, 0))
        if old is None or new is None:
            nothing = {
                "summary": "Nothing was handed over since you last looked.",
                "provisions": (),
                "facts": (),
            }
            return Response(SinceRead({"from": None, "to": None, **nothing}).data)
        found = compare(old.content, new.content)
        said = {"summary": found.summary, "provisions": found.provisions, "facts": found.facts}
        return Response(SinceRead({"from": old.number, "to": new.number, **said}).data)


class RedlineFile(OneAgreement):
    """The difference as a file."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]
    format_of: ClassVar[comparing.Format] = "pdf"

    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The file; taking it is recorded."""
        asked = self.asked()
        asked.require("download")
        old, new = chosen(asked)
        try:
            content = comparing.take_redline(old, new, format=self.format_of, actor=asked.user, now=asked.now)
        except RenderFailed as failed:
            raise serializers.ValidationError({"to": [failed.reason]}) from failed
        name = f"{asked.agreement.reference}-{old.number}-to-{new.number}.{self.format_of}"
        return attached(content, name, MEDIA[self.format_of])


@extend_schema_view(get=says("redline_pdf", OpenApiTypes.BINARY, media=MEDIA["pdf"], parameters=BETWEEN))
class RedlinePaper(RedlineFile):
    """To read and to print."""


@extend_schema_view(get=says("redline_word", OpenApiTypes.BINARY, media=MEDIA["docx"], parameters=BETWEEN))
class RedlineWord(RedlineFile):
    """As tracked changes in Word."""

    format_of = "docx"
