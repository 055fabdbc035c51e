"""What may be sent to change an agreement's rows: exactly the fields the drafting operations take."""

from typing import Any

from django.db import models
from rest_framework import serializers

from agencies.models import User
from agreements import catalog
from agreements.api.shaping import Day, Known, Origin, Strict, Text, Zone, roles
from agreements.forms.drafting import STATUSES, signatories
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Provision, Term
from agreements.operations.drafting import EDITABLE
from agreements.wording import CLASSIFICATIONS
from audit.models import Audited


def fields_of(model: type[Audited], *more: str) -> list[str]:
    """The editable fields of a row, in the order of its columns, after some that only a new one has."""
    return [*more, *(field.name for field in model._meta.fields if field.name in EDITABLE[model])]


class Change(Strict, serializers.ModelSerializer[Any]):
    """Fields of one row, checked; `agreement` in the context says among whose rows may be chosen."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.DateField: Day,
    }

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """Rows of the same agreement alone can be pointed to."""
        options = {"queryset": self.choice(relation_info.related_model)}
        if relation_info.model_field.null:
            options |= {"required": False, "allow_null": True}
        options["pk_field"] = serializers.UUIDField(format="hex_verbose")
        return serializers.PrimaryKeyRelatedField, options

    def choice(self, model: Any) -> Any:
        """Which rows of a kind may be named."""
        agreement = self.context.get("agreement")
        if model is User:
            return signatories(self.instance) if isinstance(self.instance, Party) else User.objects.none()
        if agreement is None:
            return model.objects.none()
        kept = {"left_on": None} if model is Party else {"removed": False}
        return model.objects.filter(agreement=agreement, **kept)


class AgreementChange(Change):
    """What the agreement is called and under what law it stands."""

    kind = Known("kinds")
    timezone = Zone()

    class Meta:
        model = Agreement
        fields = fields_of(Agreement)


class PartyChange(Change):
    """The facts of one party as they will stand in the agreement."""

    roles = roles(required=False)
    other_contacts = serializers.ListField(child=Text(max_length=200), max_length=20, required=False)
    cj_status = serializers.ChoiceField(choices=list(STATUSES.items()), required=False, allow_blank=True)

    class Meta:
        model = Party
        fields = fields_of(Party)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Another signatory or deputy is printed under their own name unless another one was given."""
        for who in ("signatory", "deputy"):
            person = attrs.get(who)
            if person is not None and person.pk != getattr(self.instance, f"{who}_id", None):
                attrs = {f"{who}_name": person.name, f"{who}_title": person.title, **attrs}
        return attrs


class ProvisionChange(Change):
    """A provision: heading and text in restricted Markdown."""

    text = Text(
        max_length=50_000,
        required=False,
        allow_blank=True,
        help_text="Restricted Markdown. {section.<code>} cites another provision by its number, <code> being the "
        "first eight characters of its id. Tables have two to five columns.",
    )
    origin = Origin(required=False, allow_blank=True)

    class Meta:
        model = Provision
        fields = fields_of(Provision)


class DatasetChange(Change):
    """What is shared; an unstated classification is the category's usual one."""

    category = Known("categories")
    classification = serializers.ChoiceField(
        choices=list(CLASSIFICATIONS.items()), required=False, allow_blank=True
    )
    elements = serializers.ListField(child=Text(max_length=160), max_length=200, required=False)

    class Meta:
        model = Dataset
        fields = fields_of(Dataset)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in what the category says."""
        unstated = "classification" not in attrs and not self.partial
        if unstated or attrs.get("classification") == "":
            category = str(attrs.get("category") or getattr(self.instance, "category", ""))
            entry = catalog.load().categories.get(category)
            attrs["classification"] = entry.classification if entry else ""
        return attrs


class FlowChange(Change):
    """One direction in which a dataset moves."""

    purposes = serializers.ListField(child=Known("purposes"), max_length=60, required=False)
    prohibited_uses = serializers.ListField(child=Text(max_length=300), max_length=60, required=False)

    class Meta:
        model = Flow
        fields = fields_of(Flow)


class CommitmentChange(Change):
    """What one party undertakes."""

    class Meta:
        model = Commitment
        fields = fields_of(Commitment)


class MeasureChange(Change):
    """How the parties will know whether it works."""

    class Meta:
        model = Measure
        fields = fields_of(Measure)


class TermChange(Change):
    """When it begins, how long it lasts and how it goes on."""

    class Meta:
        model = Term
        fields = fields_of(Term)


CHANGES: dict[type[Audited], type[Change]] = {
    Agreement: AgreementChange,
    Party: PartyChange,
    Provision: ProvisionChange,
    Dataset: DatasetChange,
    Flow: FlowChange,
    Commitment: CommitmentChange,
    Measure: MeasureChange,
    Term: TermChange,
}
"""What a change of each kind of row takes."""
