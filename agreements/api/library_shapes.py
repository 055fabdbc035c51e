"""The shapes of the clause library in the API."""

from typing import Any

from rest_framework import serializers

from agreements.api.asking import StateTag, tag
from agreements.api.redlines import PieceRead
from agreements.api.shaping import Strict, Text
from agreements.library.texts import Text as LibraryText
from agreements.models import AgencyPosition
from agreements.models.library import CONDITIONS

TEXT = serializers.CharField


class ConditionsRead(serializers.Serializer[Any]):
    """When a text applies: every list that is not empty must be met by one of its words."""

    categories = serializers.ListField(child=TEXT())
    party_types = serializers.ListField(child=TEXT())
    jurisdictions = serializers.ListField(child=TEXT())
    templates = serializers.ListField(child=TEXT())
    bindings = serializers.ListField(child=TEXT())


class PlaceholderRead(serializers.Serializer[Any]):
    """A name in braces that the document fills."""

    name = TEXT()
    meaning = TEXT()
    sample = TEXT()


class ClauseRead(serializers.Serializer[Any]):
    """One text of the library; `matter` is what it is one of several texts on, `agency` the slug of whoever keeps it."""

    ref = TEXT()
    version = serializers.IntegerField()
    origin = TEXT()
    matter = TEXT()
    kind = TEXT()
    part = TEXT()
    heading = TEXT()
    position = TEXT()
    conditions = ConditionsRead()
    when = TEXT(source="says_when")
    text = TEXT()
    placeholders = serializers.SerializerMethodField()
    note = TEXT()
    source = TEXT()  # type: ignore[assignment]  # the answer's field, not the serializer's own source
    agency = TEXT(source="slug")
    made_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    etag = serializers.SerializerMethodField()

    def get_placeholders(self, row: LibraryText) -> list[dict[str, str]]:
        """What the document fills in."""
        return [
            {"name": name, "meaning": meaning, "sample": sample} for name, meaning, sample in row.explained
        ]

    def get_etag(self, row: LibraryText) -> str | None:
        """The tag of an own clause's newest version; null for one that can't be changed."""
        return tag(row.etag) if row.own else None


class ClauseFields(Strict):
    """What is typed of an own clause; `family` is the matter of the library it is another text on, if there is one."""

    heading = Text(max_length=300)
    part = Text(max_length=40)
    text = Text(max_length=50_000)
    position = Text(max_length=12, default="standard")
    kind = Text(max_length=12, default="duty")
    family = Text(max_length=120, allow_blank=True, default="")
    note = Text(max_length=2000, allow_blank=True, default="")
    source = Text(max_length=300, allow_blank=True, default="")  # type: ignore[assignment]
    conditions = serializers.DictField(
        child=serializers.ListField(child=Text(max_length=100), max_length=60), default=dict,
        help_text=f"Any of {', '.join(CONDITIONS)}.",
    )  # fmt: skip


class OwnClauseNew(ClauseFields):
    """An own clause of the agency with this slug."""

    agency = Text(max_length=60)


class HeldRead(serializers.Serializer[Any]):
    """An agreement that holds a clause, the versions it began with, and the first provision that came from it."""

    agreement = serializers.UUIDField(source="agreement.pk")
    reference = TEXT(source="agreement.reference")
    title = TEXT(source="agreement.title")
    parties = serializers.ListField(child=TEXT())
    standing = TEXT(source="standing.key")
    versions = serializers.ListField(child=serializers.IntegerField())
    provision = serializers.UUIDField()


class UsageRead(serializers.Serializer[Any]):
    """A page of agreements; `versions` counts those of the window, `more` says whether others may follow it."""

    next = serializers.URLField(allow_null=True)
    versions = serializers.DictField(child=serializers.IntegerField())
    more = serializers.BooleanField()
    results = HeldRead(many=True)


class TextGroupRead(serializers.Serializer[Any]):
    """Agreements that hold the same words, and what was changed in the model to arrive at them; `held` are the first."""

    text = TEXT()
    changed = serializers.IntegerField()
    share = serializers.IntegerField()
    count = serializers.IntegerField()
    pieces = PieceRead(many=True)
    held = HeldRead(many=True)


class DivergenceRead(serializers.Serializer[Any]):
    """A page of the texts of a clause, those that stray furthest from the model first."""

    next = serializers.URLField(allow_null=True)
    model = TEXT()
    texts = serializers.IntegerField()
    agreements = serializers.IntegerField()
    results = TextGroupRead(many=True)


class PositionRead(serializers.ModelSerializer[AgencyPosition]):
    """What an agency approved on one matter."""

    agency = TEXT(source="agency.slug")
    set_by = TEXT(source="set_by.name")
    etag = StateTag()

    class Meta:
        model = AgencyPosition
        fields = (
            "id",
            "etag",
            "agency",
            "matter",
            "stance",
            "preferred",
            "fallbacks",
            "note",
            "set_by",
            "set_at",
        )
        read_only_fields = fields


class PositionNew(Strict):
    """A position of the agency with this slug; `preferred` and `fallbacks` are refs of texts on the matter."""

    agency = Text(max_length=60)
    matter = Text(max_length=120)
    stance = serializers.ChoiceField(choices=["mandatory", "standard", "negotiable"])
    preferred = Text(max_length=120, allow_blank=True, default="")
    fallbacks = serializers.ListField(child=Text(max_length=120), max_length=10, default=list)
    note = Text(max_length=2000, allow_blank=True, default="")
