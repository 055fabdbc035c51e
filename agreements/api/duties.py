"""What parties owe, what they handed in for it, and what was measured."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import owed
from agreements.api.asking import AsItIs, Asked, OneAgreement, StateTag, sent
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Bytes, Day, Strict, Text, identifier
from agreements.charting import target_of
from agreements.models import Closed, Duty, Evidence, Measure, Observation
from agreements.operations import handing, measuring, waiving
from common.http import attached

TEXT = serializers.CharField


class EvidenceRead(serializers.ModelSerializer[Evidence]):
    """What was handed in; `accepted` is null while it waits for an answer."""

    etag = StateTag()
    agency = TEXT(source="agency.name")
    by = TEXT(source="by.name")

    class Meta:
        model = Evidence
        fields = ("id", "etag", "agency", "by", "made_at", "on", "note", "how", "signed_name", "file_sha256", "accepted",
                  "answered_at", "answer")  # fmt: skip
        read_only_fields = fields


class DutyRead(serializers.ModelSerializer[Duty]):
    """One thing a party owes on a day, with the rule the day follows from and everything handed in for it."""

    etag = StateTag()
    evidence = EvidenceRead(many=True)

    class Meta:
        model = Duty
        fields = ("id", "etag", "kind", "source", "party", "what", "rule", "asked_on", "due_on", "answers", "owner", "state",
                  "closed_why", "evidence")  # fmt: skip
        read_only_fields = fields


class OccurrenceRead(serializers.Serializer[Any]):
    """Something that will be asked for."""

    kind = TEXT()
    source = serializers.UUIDField()  # type: ignore[assignment]
    party = serializers.UUIDField()
    what = TEXT()
    rule = TEXT()
    asked_on = serializers.DateField()
    due_on = serializers.DateField()


class HandedIn(Strict):
    """What shows that it is done. Of a certificate at the end `how` and `typed_name`, of a paper that runs out `until`."""

    on = Day()
    note = Text(max_length=4000, required=False, default="", allow_blank=True)
    how = serializers.ChoiceField(Closed.choices, required=False, default="")
    typed_name = Text(max_length=120, required=False, default="", allow_blank=True)
    until = Day(required=False, default=None, allow_null=True)
    file = Bytes(most=waiving.MOST_BYTES, required=False, default=b"", write_only=True)


class Remark(Strict):
    """A word with the acceptance."""

    answer = Text(max_length=4000, required=False, default="", allow_blank=True)


class Why(Strict):
    """The reason, recorded for every party."""

    reason = Text(max_length=4000)


class NewOwner(Why):
    """Who sees to it from now on; null: the agency's administrators."""

    owner = serializers.UUIDField(allow_null=True, format="hex_verbose")


class Duties(OneAgreement):
    """Everything asked for so far."""

    @says("duties_list", paged(DutyRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """By the day it is due."""
        return listed(request, list(_duties(self.asked()).order_by("due_on", "id")), DutyRead)


class ComingDuties(OneAgreement):
    """What people will be asked for within a year."""

    @says("duties_coming", paged(OccurrenceRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """By the day it is due."""
        asked = self.asked()
        found = owed.coming(asked.agreement, today=asked.today)
        return listed(request, found, OccurrenceRead, key=lambda one: str(one.key))


class OneDuty(OneAgreement):
    """One thing owed."""

    @says("duties_retrieve", DutyRead)
    def get(self, request: Request, pk: UUID, duty: UUID) -> Response:
        """With everything handed in for it."""
        return _shown(self.asked(), duty)


class HandIn(OneAgreement):
    """Doing what is owed."""

    @says("duties_hand_in", DutyRead, request=HandedIn)
    def post(self, request: Request, pk: UUID, duty: UUID) -> Response:
        """Hand in what shows that it is done."""
        asked, row = _asked(self, "duty", duty)
        values = sent(HandedIn, request)
        handing.hand_in(row, file=values.pop("file"), values=values, actor=asked.user, now=asked.now)
        return _shown(asked, duty)


class AcceptDuty(OneAgreement):
    """Answering what was handed in."""

    @says("duties_accept", DutyRead, request=Remark)
    def post(self, request: Request, pk: UUID, duty: UUID) -> Response:
        """Accept it."""
        asked, row = _asked(self, "duty", duty)
        handing.accept(row, **sent(Remark, request), actor=asked.user, now=asked.now)
        return _shown(asked, duty)


class ReturnDuty(OneAgreement):
    """Answering what was handed in."""

    @says("duties_return", DutyRead, request=Why)
    def post(self, request: Request, pk: UUID, duty: UUID) -> Response:
        """Return it with the reason; it is open again."""
        asked, row = _asked(self, "duty", duty)
        handing.send_back(row, **sent(Why, request), actor=asked.user, now=asked.now)
        return _shown(asked, duty)


class AssignDuty(OneAgreement):
    """Who sees to it."""

    @says("duties_assign", DutyRead, request=NewOwner)
    def post(self, request: Request, pk: UUID, duty: UUID) -> Response:
        """Give it to another person of the agency that owes it."""
        asked, row = _asked(self, "hand_on", duty)
        handing.assign(row, **sent(NewOwner, request), actor=asked.user, now=asked.now)
        return _shown(asked, duty)


class EvidenceFile(OneAgreement):
    """The file that was handed in."""

    content_negotiation_class = AsItIs
    http_method_names = ["get"]

    @says("duties_evidence_file", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, pk: UUID, evidence: UUID) -> HttpResponse:
        """Byte for byte. The download is recorded."""
        asked = self.asked()
        asked.require("download")
        rows = Evidence.objects.select_related("agreement", "duty__party")
        row = get_object_or_404(rows, agreement=asked.agreement, pk=evidence)
        content = handing.take(row, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        return attached(content, f"{asked.agreement.reference}-{row.duty.kind}-{row.on.isoformat()}.pdf")


class ObservationRead(serializers.ModelSerializer[Observation]):
    """One value of a measure; `reached` is null where the target is not in figures."""

    etag = StateTag()
    agency = TEXT(source="agency.name")
    by = TEXT(source="by.name")
    reached = serializers.SerializerMethodField()

    class Meta:
        model = Observation
        fields = ("id", "etag", "measure", "value", "on", "reached", "source", "note", "agency", "by", "made_at", "duty",
                  "withdrawn_at")  # fmt: skip
        read_only_fields = fields

    def get_reached(self, row: Observation) -> bool | None:
        """Whether it meets the target."""
        target = target_of(row.measure.target)
        return target.reached(row.value) if target else None


class ObservationNew(Strict):
    """A value of one of the agreement's measures on a day."""

    value = serializers.DecimalField(max_digits=16, decimal_places=4)
    on = Day()
    source = Text(max_length=200, required=False, default="", allow_blank=True)  # type: ignore[assignment]
    note = Text(max_length=2000, required=False, default="", allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """Of this agreement."""
        asked: Asked | None = self.context.get("asked")
        rows = Measure.objects.filter(agreement=asked.agreement) if asked else Measure.objects.none()
        return {**super().get_fields(), "measure": identifier(rows)}


class Observations(OneAgreement):
    """What was measured."""

    @says("observations_list", paged(ObservationRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest day first, what was taken back too."""
        return listed(
            request, list(_observations(self.asked()).order_by("-on", "-made_at", "id")), ObservationRead
        )

    @says("observations_create", ObservationRead, request=ObservationNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Record a value; the measurement asked for soonest is done with it."""
        asked = self.asked()
        asked.require("duty")
        values = sent(ObservationNew, request, asked=asked)
        row = measuring.observe(values.pop("measure"), values=values, actor=asked.user, now=asked.now)
        return Response(ObservationRead(row).data, status=201)


class TakeBack(OneAgreement):
    """One value."""

    @says("observations_take_back", ObservationRead, request=Why)
    def post(self, request: Request, pk: UUID, observation: UUID) -> Response:
        """Say that it was recorded by mistake; the record of it stays."""
        asked = self.asked()
        asked.require("duty")
        row = get_object_or_404(_observations(asked), pk=observation)
        measuring.take_back(row, **sent(Why, request), actor=asked.user, now=asked.now)
        return Response(ObservationRead(_observations(asked).get(pk=row.pk)).data)


def _asked(view: OneAgreement, action: str, duty: UUID) -> tuple[Asked, Duty]:
    asked = view.asked()
    asked.require(action)
    return asked, get_object_or_404(_duties(asked), pk=duty)


def _shown(asked: Asked, duty: UUID) -> Response:
    return Response(DutyRead(get_object_or_404(_duties(asked), pk=duty)).data)


def _duties(asked: Asked) -> Any:
    rows = Duty.objects.filter(agreement=asked.agreement).select_related("agreement", "party__agency")
    return rows.prefetch_related("evidence__agency", "evidence__by")


def _observations(asked: Asked) -> Any:
    rows = Observation.objects.filter(agreement=asked.agreement)
    return rows.select_related("measure__agreement", "agreement", "agency", "by")
