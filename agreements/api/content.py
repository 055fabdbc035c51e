"""The content as one reader has it: rows of the live text with their tags, or of the newest version."""

from typing import Any
from uuid import UUID

from django.db import models
from rest_framework import serializers

from agreements.api.asking import Asked, tag
from agreements.api.changes import fields_of
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Provision, Term
from audit.models import Audited

Row = dict[str, Any]


class Read(serializers.ModelSerializer[Any]):
    """A row as it reads; `etag` is null unless it is in the reader's hands to change."""

    etag = serializers.CharField(allow_null=True, read_only=True)

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """Other rows by their ids."""
        return serializers.UUIDField, {"read_only": True, "allow_null": relation_info.model_field.null}

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Words of a fixed list read as text."""
        field, options = super().build_standard_field(field_name, model_field)
        if isinstance(model_field, models.CharField) and model_field.choices:
            return serializers.CharField, {"read_only": True}
        return field, {**options, "read_only": True}


class PartyRead(Read):
    """A party; its agency by id, name and kind."""

    agency = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    kind = serializers.CharField(read_only=True)
    roles = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Party
        fields = ["id", "etag", "agency", "name", "kind", *fields_of(Party)]


class ProvisionRead(Read):
    """A provision, in the order of the text."""

    class Meta:
        model = Provision
        fields = ["id", "etag", *fields_of(Provision)]


class DatasetRead(Read):
    """What is shared."""

    class Meta:
        model = Dataset
        fields = ["id", "etag", *fields_of(Dataset)]


class FlowRead(Read):
    """One direction in which a dataset moves."""

    class Meta:
        model = Flow
        fields = ["id", "etag", *fields_of(Flow, "dataset")]


class CommitmentRead(Read):
    """What one party undertakes."""

    class Meta:
        model = Commitment
        fields = ["id", "etag", *fields_of(Commitment)]


class MeasureRead(Read):
    """How the parties will know whether it works."""

    class Meta:
        model = Measure
        fields = ["id", "etag", *fields_of(Measure)]


class TermRead(Read):
    """When it begins, how long it lasts and how it goes on."""

    class Meta:
        model = Term
        fields = ["etag", *fields_of(Term)]


READS: dict[type[Audited], type[Read]] = {
    Party: PartyRead,
    Provision: ProvisionRead,
    Dataset: DatasetRead,
    Flow: FlowRead,
    Commitment: CommitmentRead,
    Measure: MeasureRead,
    Term: TermRead,
}
"""How each kind of row reads."""
PLACES: dict[type[Audited], str] = {
    Party: "parties",
    Provision: "provisions",
    Dataset: "datasets",
    Flow: "flows",
    Commitment: "commitments",
    Measure: "measures",
}
"""Under which name each kind of row stands in the content and in the API's addresses."""


def rows_of(asked: Asked, model: type[Audited]) -> list[Row]:
    """The rows of one kind as this person reads them."""
    reading = asked.reading()
    rows = _rows(reading.content or {}, PLACES[model])
    marks = _marks(asked.agreement, model) if reading.live else {}
    blank: Row = {"etag": None, "signatory": None, "deputy": None}
    return [{**row, **blank, **marks.get(row["id"], {})} for row in rows]


def row_of(asked: Asked, model: type[Audited], pk: UUID) -> Row | None:
    """One row as this person reads it, if their text has it."""
    return next((row for row in rows_of(asked, model) if row["id"] == str(pk)), None)


def term_of(asked: Asked) -> Row | None:
    """The term as this person reads it; None before there is a text for them."""
    reading = asked.reading()
    if reading.content is None:
        return None
    mark = tag(Term.objects.get(agreement=asked.agreement).last_event_id) if reading.live else None
    return {**reading.content["term"], "etag": mark}


def _rows(content: Row, place: str) -> list[Row]:
    if place == "flows":
        datasets = content.get("datasets", [])
        return [{**flow, "dataset": row["id"]} for row in datasets for flow in row["flows"]]
    return list(content.get(place, []))


def _marks(agreement: Agreement, model: type[Audited]) -> dict[str, Row]:
    """What only the live row knows: its tag, and who is to sign for a party."""
    more = ["signatory", "deputy"] if model is Party else []
    rows = model.objects.filter(**{"agreement": agreement}).values("pk", "last_event", *more)
    return {
        str(row["pk"]): {"etag": tag(row["last_event"]), **{name: row[name] for name in more}} for row in rows
    }
