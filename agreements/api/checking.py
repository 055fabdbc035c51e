"""The requirements asked of one agreement: what they found, what counsel waived, what is on file, clauses put in."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import facts
from agreements.api.asking import AsItIs, Asked, OneAgreement, StateTag, sent
from agreements.api.content import READS
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.rows import in_hand, shown
from agreements.api.shaping import Bytes, Day, Known, Strict, Text, identifier
from agreements.models import Filing, Party, Provision, Waiver
from agreements.operations import inserting, waiving
from common.http import attached

TEXT = serializers.CharField


class CheckRead(serializers.Serializer[Any]):
    """What one rule found; `points_to` is where to mend it, `inserts` are keys of clauses that help.

    `unverified` says what of the source was not read. A `waived` finding stops nothing while the waiver holds.
    """

    rule = TEXT()
    severity = TEXT()
    result = TEXT()
    message = TEXT()
    citation = TEXT()
    unverified = TEXT()
    policy = TEXT()
    points_to = TEXT()
    subject = TEXT()
    subject_id = TEXT()
    waivable = serializers.BooleanField()
    inserts = serializers.ListField(child=TEXT())


class Checks(OneAgreement):
    """The requirements, asked of the text this person reads."""

    @says("checks_list", paged(CheckRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """Every rule's answer, as it is asked now or will be asked on the way to signing."""
        asked = self.asked()
        content = asked.reading().content
        stage = "after" if asked.agreement.stage in facts.DONE else "execution"
        found = facts.judge(asked.agreement, content, stage=stage, today=asked.today) if content else []
        places = {id(one): str(place) for place, one in enumerate(found)}
        return listed(request, found, CheckRead, key=lambda one: places[id(one)])


class WaiverRead(serializers.ModelSerializer[Waiver]):
    """One requirement set aside up to and including `until`; `subject` is the row, empty for the whole."""

    etag = StateTag()
    agency = TEXT(source="agency.name")
    by = TEXT(source="by.name")

    class Meta:
        model = Waiver
        fields = (
            "id",
            "etag",
            "rule",
            "subject",
            "reason",
            "until",
            "agency",
            "by",
            "made_at",
            "withdrawn_at",
        )
        read_only_fields = fields


class WaiverNew(Strict):
    """Which requirement, for which row, until when and why."""

    rule = Text(max_length=12)
    subject = Text(max_length=40, required=False, default="", allow_blank=True)
    reason = Text(max_length=2000)
    until = Day()


class NoLonger(Strict):
    """Why it no longer counts."""

    reason = Text(max_length=2000)


class Waivers(OneAgreement):
    """The requirements that counsel set aside."""

    @says("waivers_list", paged(WaiverRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first, the ended ones too."""
        return listed(request, list(_waivers(self.asked()).order_by("-made_at", "id")), WaiverRead)

    @says("waivers_create", WaiverRead, request=WaiverNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Set one aside."""
        asked = self.asked()
        asked.require("waive")
        row = waiving.waive(asked.agreement, **sent(WaiverNew, request), actor=asked.user, now=asked.now)
        return Response(WaiverRead(row).data, status=201)


class WaiverEnd(OneAgreement):
    """One waiver."""

    @says("waivers_end", WaiverRead, request=NoLonger)
    def post(self, request: Request, pk: UUID, waiver: UUID) -> Response:
        """Let the requirement count again."""
        asked = self.asked()
        asked.require("waive")
        row = get_object_or_404(_waivers(asked), pk=waiver)
        done = waiving.end_waiver(row, **sent(NoLonger, request), actor=asked.user, now=asked.now)
        return Response(WaiverRead(done).data)


class FilingRead(serializers.ModelSerializer[Filing]):
    """A paper on file beside the text."""

    etag = StateTag()
    agency = TEXT(source="agency.name")
    by = TEXT(source="by.name")

    class Meta:
        model = Filing
        fields = ("id", "etag", "kind", "party", "reference", "on", "until", "amount", "note", "file_sha256", "agency", "by",
                  "made_at",
                  "withdrawn_at")  # fmt: skip
        read_only_fields = fields


class FilingNew(Strict):
    """A paper of one of the catalog's `filings`."""

    kind = Known("filings")
    reference = Text(max_length=300)
    on = Day()
    until = Day(required=False, default=None, allow_null=True)
    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, default=None, allow_null=True
    )
    note = Text(max_length=2000, required=False, default="", allow_blank=True)
    file = Bytes(most=waiving.MOST_BYTES, required=False, default=b"", write_only=True)

    def get_fields(self) -> dict[str, Any]:
        """For a party of this agreement."""
        asked: Asked | None = self.context.get("asked")
        rows = asked.agreement.parties.filter(left_on=None) if asked else Party.objects.none()
        return {
            **super().get_fields(),
            "party": identifier(rows, required=False, default=None, allow_null=True),
        }


class Filings(OneAgreement):
    """What is on file beside the text."""

    @says("filings_list", paged(FilingRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first, the withdrawn ones too."""
        return listed(request, list(_filings(self.asked()).order_by("-made_at", "id")), FilingRead)

    @says("filings_create", FilingRead, request=FilingNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Record one."""
        asked = self.asked()
        asked.require("file")
        values = sent(FilingNew, request, asked=asked)
        row = waiving.record_filing(
            asked.agreement,
            kind=values.pop("kind"),
            file=values.pop("file"),
            values=values,
            actor=asked.user,
            now=asked.now,
        )
        return Response(FilingRead(row).data, status=201)


class FilingPaper(OneAgreement):
    """The paper itself."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("filings_paper", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID, filing: UUID) -> HttpResponse:
        """The file, byte for byte. The download is recorded."""
        asked = self.asked()
        asked.require("download")
        row = get_object_or_404(_filings(asked), pk=filing)
        content = waiving.take_filing(row, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        return attached(content, f"{asked.agreement.reference}-{row.kind}.pdf")


class FilingWithdraw(OneAgreement):
    """One paper on file."""

    @says("filings_withdraw", FilingRead, request=NoLonger)
    def post(self, request: Request, pk: UUID, filing: UUID) -> Response:
        """Say that it no longer counts; the record of it stays."""
        asked = self.asked()
        asked.require("file")
        row = get_object_or_404(_filings(asked), pk=filing)
        done = waiving.withdraw_filing(row, **sent(NoLonger, request), actor=asked.user, now=asked.now)
        return Response(FilingRead(done).data)


class ClauseNew(Strict):
    """A text of the library by its key or `own:` reference.

    Of several texts on its matter the one whose conditions hold is taken, unless `exact`; `instead` puts it in the place
    of what the text says on the matter already.
    """

    clause = Text(max_length=120)
    exact = serializers.BooleanField(default=False)
    instead = serializers.BooleanField(default=False)


class Clauses(OneAgreement):
    """Clauses of the library in this text."""

    @says("clauses_insert", READS[Provision], request=ClauseNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Put one where it belongs; the answer is the new provision."""
        asked = self.asked()
        in_hand(asked)
        said = sent(ClauseNew, request)
        key = said.pop("clause")
        row = inserting.insert_clause(asked.agreement, key=key, actor=asked.user, now=asked.now, **said)
        return shown(self.asked(), Provision, row.pk, status=201)


def _waivers(asked: Asked) -> Any:
    return asked.agreement.waivers.select_related("agency", "by", "agreement")


def _filings(asked: Asked) -> Any:
    return asked.agreement.filings.select_related("agency", "by", "agreement", "party__agency")
