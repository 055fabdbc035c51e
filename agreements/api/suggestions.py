"""Suggestions: proposed by those who wait for the text, decided by those who have it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import proposals, values
from agreements.api.asking import Asked, Form, OneAgreement, StateTag, etag, sent, unchanged
from agreements.api.changes import CHANGES
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Strict, Text
from agreements.models import Suggestion, SuggestionKind
from agreements.models.content import MAX_TEXT
from agreements.operations import deciding, receiving, suggesting

TEXT = serializers.CharField
KEY = serializers.UUIDField


class SuggestionRead(serializers.ModelSerializer[Suggestion]):
    """A suggestion, the words it was made against and those proposed, and what was decided."""

    etag = StateTag()
    kind = TEXT()
    state = TEXT()
    author = TEXT(source="author.name")
    author_agency = TEXT(source="author_agency.name")
    decided_by = TEXT(source="decided_by.name", default=None, allow_null=True)
    value = serializers.JSONField(allow_null=True)
    base_value = serializers.JSONField(allow_null=True)

    class Meta:
        model = Suggestion
        fields = ("id", "etag", "kind", "provision", "after", "follows", "part", "level", "heading", "text",
                  "base_heading", "base_text", "topic", "field", "value", "base_value", "made_against", "reason", "author", "author_agency", "made_at", "state",
                  "decided_by", "decided_at", "answer", "amended")  # fmt: skip
        read_only_fields = fields


class SuggestionNew(Strict):
    """One change of the text as it was handed over. For another value of a structured term `topic` names its row ("term",
    "flow:<id>", "dataset:<id>", "party:<id>", "commitment:<id>", "measure:<id>"), `field` and `value` as in the text."""

    kind = serializers.ChoiceField(choices=SuggestionKind.choices)
    provision = KEY(required=False, default=None, allow_null=True, format="hex_verbose")
    after = KEY(required=False, default=None, allow_null=True, format="hex_verbose")
    heading = Text(max_length=300, required=False, default="", allow_blank=True)
    text = Text(max_length=MAX_TEXT, required=False, default="", allow_blank=True)
    topic = Text(max_length=60, required=False, default="", allow_blank=True)
    field = Text(max_length=40, required=False, default="", allow_blank=True)
    value = serializers.JSONField(required=False, default=None, allow_null=True)
    reason = Text(max_length=2000, required=False, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A value is one that the row would take if it were edited."""
        kind, field = attrs["topic"].partition(":")[0], attrs["field"]
        if attrs["kind"] == SuggestionKind.VALUE and kind in values.MODELS:
            change = CHANGES[values.MODELS[kind][0]](data={field: attrs["value"]}, partial=True)
            if field in change.fields and not change.is_valid():
                raise serializers.ValidationError({"value": change.errors.get(field) or change.errors})
        return attrs


class Answer(Strict):
    """Why."""

    answer = Text(max_length=2000, required=False, default="", allow_blank=True)


class Accept(Answer):
    """As proposed; or, with the last event of the provision that was read, in other words."""

    heading = Text(max_length=300, required=False, default=None, allow_null=True, allow_blank=True)
    text = Text(max_length=MAX_TEXT, required=False, default=None, allow_null=True, allow_blank=True)
    seen = serializers.IntegerField(required=False, default=None, allow_null=True)


class Nothing(Strict):
    """Nothing more is asked."""


class Suggestions(OneAgreement):
    """What is and was suggested."""

    @says("suggestions_list", paged(SuggestionRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """The open ones first."""
        return listed(request, proposals.of(self.asked().agreement), SuggestionRead)

    @says("suggestions_create", SuggestionRead, request=SuggestionNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Suggest a change; whoever has the turn is told."""
        asked = self.asked()
        asked.require("suggest")
        values = sent(SuggestionNew, request)
        proposal = suggesting.Proposal(SuggestionKind(values.pop("kind")), **values)
        row = suggesting.suggest(asked.agreement, [proposal], actor=asked.user, now=asked.now)[0]
        return _shown(row, 201)


class WordFile(Strict):
    """A .docx that was edited outside; the version it was made from, where it does not say so itself."""

    file = serializers.FileField()
    version = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=1, max_value=99_999_999
    )


class WordRead(serializers.Serializer[Any]):
    """How many changes came in, whether as suggestions, and what could not be matched."""

    changes = serializers.IntegerField()
    suggested = serializers.BooleanField()
    unplaced = serializers.ListField(child=TEXT())


class WordBack(OneAgreement):
    """A Word file that comes back."""

    parser_classes = (Form,)

    @says("word_receive", WordRead, request={"multipart/form-data": WordFile}, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Its changes become suggestions; on one's own turn they go into the draft."""
        asked = self.asked()
        asked.require("suggest")
        said = sent(WordFile, request)
        file = said["file"]
        done = receiving.receive(
            asked.agreement,
            data=file.read(),
            name=file.name,
            version=said["version"],
            actor=asked.user,
            now=asked.now,
        )
        return Response(WordRead(done).data, status=201)


ACTS: dict[str, tuple[str, type[Strict], Callable[..., Suggestion]]] = {
    "accept": ("edit", Accept, suggesting.accept),
    "reject": ("edit", Answer, suggesting.reject),
    "withdraw": ("suggest", Nothing, suggesting.withdraw),
}
"""What each decision takes of a person and of the request, and the operation that makes it."""


class Many(Strict):
    """Open suggestions of one person, and why."""

    act = serializers.ChoiceField(choices=["accept", "reject"])
    answer = Text(max_length=2000)
    suggestions = serializers.ListField(
        child=KEY(format="hex_verbose"), min_length=1, max_length=suggesting.MOST
    )


class LeftRead(serializers.Serializer[Any]):
    """One that waits on."""

    id = KEY()
    why = TEXT()


class DecidedRead(serializers.Serializer[Any]):
    """How many were decided, and which could not be."""

    done = serializers.IntegerField()
    left = LeftRead(many=True)


class DecideAll(OneAgreement):
    """All suggestions of one person in one act."""

    @says("suggestions_decide", DecidedRead, request=Many)
    def post(self, request: Request, pk: UUID) -> Response:
        """Accept or reject them with one reason; each is recorded by itself."""
        asked = self.asked()
        asked.require("edit")
        said = sent(Many, request)
        done = deciding.decide_all(asked.agreement, said["suggestions"], accept=said["act"] == "accept",
                                   answer=said["answer"], actor=asked.user, now=asked.now)  # fmt: skip
        left = [{"id": row.pk, "why": why} for row, why in done.left]
        return Response(DecidedRead({"done": done.done, "left": left}).data)


class Decide(OneAgreement):
    """A decision about one suggestion."""

    act = ""

    def post(self, request: Request, pk: UUID, suggestion: UUID) -> Response:
        """Decide about it, as it was read."""
        asked = self.asked()
        action, takes, does = ACTS[self.act]
        row = _one(asked, suggestion)
        asked.require(action)
        with unchanged(asked, row):
            said = sent(takes, request)
            done = does(row, **said, actor=asked.user, now=asked.now)
        return _shown(done)


def decision(act: str) -> Any:
    """The view of one decision."""
    view = type(f"Suggestion{act.title()}", (Decide,), {"act": act, "__doc__": f"To {act} a suggestion."})
    described = says(f"suggestions_{act}", SuggestionRead, request=ACTS[act][1], matched=True)
    return extend_schema_view(post=described)(view)


def _one(asked: Asked, key: UUID) -> Suggestion:
    rows = asked.agreement.suggestions.select_related("agreement", "author", "author_agency", "decided_by")
    row: Suggestion = get_object_or_404(rows, pk=key)
    if row.agreement_id != asked.agreement.pk:
        raise Http404
    return row


def _shown(row: Suggestion, status: int = 200) -> Response:
    return Response(SuggestionRead(row).data, status=status, headers={"ETag": etag(row)})
