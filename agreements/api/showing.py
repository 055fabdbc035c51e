"""How agreements read: one line of a list, and one agreement with where it stands and what its reader can do."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from agreements import lifecycle, standing
from agreements.api.asking import Asked, etag
from agreements.api.content import PartyRead, rows_of
from agreements.models import Agreement, Party, SealedDocument
from agreements.operations.drafting import AGREEMENT_FIELDS

TEXT = serializers.CharField


class StandingRead(serializers.Serializer[Any]):
    """Where it stands today: derived from what people did and from its dates."""

    key = TEXT()
    label = TEXT()  # type: ignore[assignment]
    in_force = serializers.BooleanField()


class DateRead(serializers.Serializer[Any]):
    """A day to watch."""

    name = TEXT()
    on = serializers.DateField()
    why = TEXT()


class StepRead(serializers.Serializer[Any]):
    """Something its reader can do now."""

    name = TEXT()
    label = TEXT()  # type: ignore[assignment]
    help = TEXT()


class LineRead(serializers.Serializer[Any]):
    """One line of the list."""

    id = serializers.UUIDField(source="agreement.pk")
    etag = serializers.SerializerMethodField()
    reference = TEXT(source="agreement.reference")
    title = TEXT(source="agreement.title")
    kind = TEXT(source="agreement.kind")
    stage = TEXT(source="agreement.stage")
    standing = StandingRead()
    lead = serializers.UUIDField(source="agreement.lead_id")
    turn = TEXT()
    parties = serializers.ListField(child=TEXT())
    categories = serializers.ListField(child=TEXT(), source="agreement.categories")
    effective_on = serializers.DateField(source="agreement.effective_on", allow_null=True)
    last_day = serializers.DateField(source="agreement.final_day", allow_null=True)
    next_date = DateRead(source="standing.next_date", allow_null=True)

    def get_etag(self, line: Any) -> str:
        """The tag of its state."""
        return etag(line.agreement)


class TextRead(serializers.Serializer[Any]):
    """Which text the reader sees: the live one, or a version by its number and SHA-256."""

    live = serializers.BooleanField()
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    sha256 = TEXT(source="version.sha256", default=None, allow_null=True)


class SealedRead(serializers.ModelSerializer[SealedDocument]):
    """The final document; `certificate` is the fingerprint of its seal's, `level` that of the seal (PAdES)."""

    certificate = TEXT(source="certificate.sha256")

    class Meta:
        model = SealedDocument
        fields = ("sha256", "size", "pages", "level", "certificate", "made_at")
        read_only_fields = fields


class AgreementRead(serializers.ModelSerializer[Agreement]):
    """One agreement, as the person who asks may read it."""

    etag = TEXT()
    kind = TEXT()
    binding = TEXT()
    provenance = TEXT(help_text="`here`, or `imported` for one that was signed outside.")
    stage = TEXT()
    standing = StandingRead()
    dates = DateRead(many=True)
    parties = PartyRead(many=True)
    text = TextRead()
    steps = StepRead(many=True)
    document = SealedRead(allow_null=True)

    class Meta:
        model = Agreement
        fields = (
            "id", "etag", "reference", *AGREEMENT_FIELDS, "template", "source_name", "provenance", "categories", "stage",
            "standing", "dates", "lead", "turn", "turn_since", "parties", "text", "steps", "document",
            "parent", "supersedes", "drafted_at", "shared_at", "executed_at", "effective_on", "last_day",
            "notice_due_on", "review_due_on", "suspended_on", "suspended_until", "ended_on", "ended_how",
        )  # fmt: skip
        read_only_fields = fields


def agreement_shown(asked: Asked, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The agreement with its tag."""
    tag = etag(asked.agreement)
    row = _Shown(asked, tag)
    return Response(AgreementRead(row).data, status=status, headers={"ETag": tag, **(headers or {})})  # type: ignore[arg-type]


class _Shown:
    """An agreement's facts as its reader sees them: those of the text they read come before the live ones."""

    def __init__(self, asked: Asked, tag: str) -> None:
        now, reading = standing.of(asked.agreement, today=asked.today), asked.reading()
        self._row, self.etag, self.standing, self.dates = asked.agreement, tag, now, now.dates
        self.text = reading
        self.parties = rows_of(asked, Party)
        self.steps = lifecycle.open_steps(asked.agreement, asked.user, today=asked.today)
        self.document = (
            SealedDocument.objects.filter(agreement=asked.agreement).select_related("certificate").first()
        )
        content = reading.content or {}
        for name in AGREEMENT_FIELDS:
            setattr(self, name, content.get(name, getattr(asked.agreement, name)))
        self.categories = sorted({row["category"] for row in content.get("datasets", [])})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)
