"""Who could see and do what on a day, and who has read or taken what; for those who may export."""

import datetime as dt
from typing import Any, cast
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agencies import policy as agency_policy
from agencies.days import civil_day
from agencies.models import Agency
from agreements import history
from agreements.access import asof, readers
from agreements.access.rights import Right
from agreements.api.asking import Door, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import answer, listed, size
from audit import reading

ON = OpenApiParameter("on", OpenApiTypes.DATE, description="The day asked about; today if left out.")


class RightRead(serializers.Serializer[Any]):
    """One way in which one person could see or do something on that day."""

    person = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    agency = serializers.UUIDField(source="agency_id", allow_null=True)
    agency_name = serializers.CharField(source="agency")
    via = serializers.CharField()
    right = serializers.CharField(source="what")
    actions = serializers.SerializerMethodField()
    may = serializers.CharField(source="says")
    about = serializers.CharField()
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    given_by = serializers.CharField(source="by")
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_actions(self, row: Right) -> list[str]:
        """The actions of the policy table."""
        return sorted(row.actions)


class ReadRead(serializers.Serializer[Any]):
    """One read: who, for which agency, what and when."""

    number = serializers.IntegerField(source="event.number")
    action = serializers.CharField(source="event.action")
    at = serializers.DateTimeField()
    person = serializers.UUIDField(source="event.actor", allow_null=True)
    name = serializers.CharField(source="who")
    agency = serializers.UUIDField(source="event.agency", allow_null=True)
    agency_name = serializers.CharField(source="agency")
    what = serializers.CharField()
    sentence = serializers.CharField(source="says")
    about = serializers.UUIDField(source="event.stream")
    address = serializers.CharField()


class OneAgency(Door):
    """An address below one agency that reads its access."""

    def agency(self) -> Agency:
        """The agency, for those who read its access; 404 for those who see nothing of its people."""
        today = civil_day(timezone.now())
        seen = agency_policy.permitted(self.user, "view_people", Agency.objects.all(), today=today)
        found = seen.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        agency_policy.require(self.user, "read_access", found, today=today)
        return found


class AgreementAccess(OneAgreement):
    """Who could see the agreement."""

    @says("access_list", paged(RightRead), parameters=(ON, *PAGE))
    def get(self, request: Request, pk: UUID) -> Response:
        """By agency and name."""
        asked = self.asked()
        asked.require("export")
        return _rights(request, asof.of_agreement(asked.agreement, on=_day(request, asked.today)))


class AgreementReaders(OneAgreement):
    """Who has read the agreement by a grant or as an overseer, exported or downloaded it."""

    @says("readers_list", paged(ReadRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first."""
        asked = self.asked()
        asked.require("export")
        return _reads(request, history.events(asked.agreement, asked.user, today=asked.today), "number")


class AgencyAccess(OneAgency):
    """Who could act for the agency or look into it."""

    @says("agencies_access", paged(RightRead), parameters=(ON, *PAGE))
    def get(self, request: Request, pk: UUID) -> Response:
        """By agency and name."""
        agency = self.agency()
        return _rights(request, asof.of_agency(agency, on=_day(request, civil_day(timezone.now()))))


class AgencyReaders(OneAgency):
    """What the agency's people have read, exported or downloaded."""

    @says("agencies_readers", paged(ReadRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first."""
        agency = self.agency()
        seen = reading.visible(self.user, today=civil_day(timezone.now()))
        return _reads(request, seen.filter(agency=agency.pk), "id")


def _day(request: Request, today: dt.date) -> dt.date:
    text = request.query_params.get("on", "")
    try:
        found = dt.date.fromisoformat(text) if text else today
    except ValueError:
        raise ValidationError({"on": ["Give a day such as 2026-10-02."]}) from None
    if found > today or found.year < 1900:
        raise ValidationError({"on": ["Give a day that has come."]})
    return found


def _rights(request: Request, rows: list[Right]) -> Response:
    keyed = list(enumerate(rows))
    page = listed(request, keyed, _Numbered, key=lambda row: str(row[0]))
    return page


class _Numbered(RightRead):
    """A right of a list, by its place."""

    def to_representation(self, instance: Any) -> Any:
        """The right itself."""
        return super().to_representation(instance[1])


def _reads(request: Request, events: Any, key: str) -> Response:
    cursor, most = request.query_params.get("cursor", ""), size(request)
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 18):
        raise ValidationError({"cursor": ["There is no such place in this list. Begin anew without it."]})
    found = readers.reads(events)
    below = found.filter(**{f"{key}__lt": int(cursor)}) if cursor else found
    rows = list(below.order_by(f"-{key}")[: most + 1])
    last = cast("int", getattr(rows[most - 1], key)) if len(rows) > most else None
    return answer(request, readers.told(rows[:most]), ReadRead, last)
