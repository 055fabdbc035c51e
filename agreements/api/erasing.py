"""Erasing the text of one entry of the history: one person asks, another decides."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import Asked, OneAgreement, sent
from agreements.api.describing import says
from agreements.api.shaping import Strict, Text
from agreements.history import events
from agreements.operations import erasing
from audit.models import Erasure, Event

LARGEST = 2**62


class ErasureRead(serializers.ModelSerializer[Erasure]):
    """What was asked, by whom, and what became of it; an empty outcome waits for a second person."""

    number = serializers.IntegerField(source="event.number")
    outcome = serializers.CharField()

    class Meta:
        model = Erasure
        fields = ("number", "agency", "order", "reason", "asked_label", "asked_at", "outcome", "decided_label", "decided_at")  # fmt: skip
        read_only_fields = fields


class ErasureNew(Strict):
    """The order or law that demands it, and the reason, which stay in the history."""

    order = Text(max_length=200)
    reason = Text(max_length=500)


class Decision(Strict):
    """`erased` or `declined`."""

    outcome = serializers.ChoiceField(choices=Erasure.Outcome.choices)


class Erasing(OneAgreement):
    """The erasure of one entry's text."""

    @says("erasure_retrieve", ErasureRead)
    def get(self, request: Request, pk: UUID, number: int) -> Response:
        """What was asked and decided, for those who may do so."""
        asked = self.asked()
        return Response(ErasureRead(_row(asked, _event(asked, number))).data)

    @says("erasure_create", ErasureRead, request=ErasureNew, status=201)
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Ask for it, as an administrator of the agency whose entry it is."""
        asked = self.asked()
        event = _event(asked, number)
        said = sent(ErasureNew, request)
        row = erasing.ask(event, asked.agreement, **said, actor=asked.user, now=asked.now)
        return Response(ErasureRead(row).data, status=201)


class Deciding(OneAgreement):
    """The second person's decision."""

    @says("erasure_decide", ErasureRead, request=Decision)
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Erase the text for good, or leave it; another person than who asked, of the same agency."""
        asked = self.asked()
        row = _row(asked, _event(asked, number))
        said = sent(Decision, request)
        act = erasing.confirm if said["outcome"] == Erasure.Outcome.ERASED else erasing.decline
        act(row, asked.agreement, actor=asked.user, now=asked.now)
        return Response(ErasureRead(Erasure.objects.select_related("event").get(pk=row.pk)).data)


def _event(asked: Asked, number: int) -> Event:
    """An entry this person reads; refuses who erases none of that agency's."""
    seen = events(asked.agreement, asked.user, today=asked.today)
    event: Event = get_object_or_404(seen, number=number if number < LARGEST else 0)
    erasing.require(asked.user, "confirm_erasure", event, asked.agreement, now=asked.now)
    return event


def _row(asked: Asked, event: Event) -> Any:
    return get_object_or_404(Erasure.objects.select_related("event"), event=event)
