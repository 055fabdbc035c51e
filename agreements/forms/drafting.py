"""Forms for the rows of a draft; each carries the number of the row's last event as `seen`."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from agencies.models import Role, User
from agreements import catalog
from agreements.forms.shared import (
    DAY,
    Lines,
    OnceForm,
    ReadOnlyModelForm,
    Words,
    choose_from,
    choose_row,
    no_control_characters,
)
from agreements.models import (
    Agreement,
    Commitment,
    Dataset,
    Flow,
    Measure,
    Ordered,
    Party,
    PartyRole,
    Provision,
    Term,
)

CLASSIFICATIONS = {
    "public": "Public",
    "internal": "Internal",
    "sensitive": "Sensitive",
    "CJI": "Criminal justice information (CJI)",
    "CUI": "Controlled unclassified information (CUI)",
    "LES": "Law enforcement sensitive (LES)",
}
STATUSES = {
    "": "Not stated",
    "CJA": "Criminal justice agency",
    "NCJA_gov": "Noncriminal justice agency (government)",
    "NCJA_public": "Noncriminal justice agency (public)",
    "NCJA_private": "Noncriminal justice agency (private)",
    "contractor": "Contractor",
    "tribal": "Tribal agency",
    "foreign": "Foreign agency",
    "none": "Does not apply",
}


class RowForm(ReadOnlyModelForm, OnceForm, forms.ModelForm):  # type: ignore[type-arg]
    """A row's fields as they may be edited, with `seen`: the row's last event as this form was shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    essential: tuple[str, ...] = ()

    def __init__(self, *args: Any, agreement: Agreement, **options: Any) -> None:
        super().__init__(*args, **options)
        self.agreement = agreement
        if not self.instance._state.adding:
            self.initial.setdefault("seen", self.instance.last_event_id)
        for field in self.fields.values():
            if type(field) is forms.CharField:
                field.validators.append(no_control_characters)
        self.arrange()

    def arrange(self) -> None:
        """Fill in choices that depend on the agreement."""

    def values(self) -> dict[str, Any]:
        """The fields as the operations take them."""
        return {
            name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.cleaned_data
        }

    def main(self) -> list[forms.BoundField]:
        """The fields an ordinary agreement fills, and those with an error."""
        shown = [field for field in self.visible_fields() if self._is_main(field)]
        return shown if self.essential else list(self.visible_fields())

    def more(self) -> list[forms.BoundField]:
        """The others, one tap away."""
        return (
            [field for field in self.visible_fields() if not self._is_main(field)] if self.essential else []
        )

    def _is_main(self, field: forms.BoundField) -> bool:
        return field.name in self.essential or bool(field.errors)

    def _choose_party(self, name: str, empty: str = "Choose a party") -> None:
        rows = self.agreement.parties.filter(left_on=None).select_related("agency").order_by("position")
        choose_row(self, name, rows, empty=empty, said=lambda party: str(party.agency.name))


class AgreementForm(RowForm):
    """What the agreement is called and under what law it stands."""

    class Meta:
        model = Agreement
        fields: ClassVar[list[str]] = ["title", "kind", "binding", "jurisdiction", "governing_law"]
        labels: ClassVar[dict[str, str]] = {"binding": "Legal effect"}
        help_texts: ClassVar[dict[str, str]] = {
            "binding": "Whether the parties mean to be legally bound. The title alone does not decide it.",
            "governing_law": "As it should stand in the text, for example “the laws of Colorado”.",
        }

    def arrange(self) -> None:
        """Kinds come from the catalog."""
        kinds = [(kind.key, kind.name) for kind in catalog.load().kinds.values()]
        self.fields["kind"] = forms.ChoiceField(label="Kind of agreement", choices=kinds)


class PartyForm(RowForm):
    """The facts of one party as they will stand in the agreement."""

    essential = (
        "roles",
        "legal_name",
        "legal_authority",
        "notice_days",
        "contact_name",
        "contact_email",
        "signatory",
    )
    roles = forms.MultipleChoiceField(
        label="What it does", choices=PartyRole.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    cj_status = forms.ChoiceField(label="CJIS status", choices=list(STATUSES.items()), required=False)

    class Meta:
        model = Party
        fields: ClassVar[list[str]] = [
            "roles", "legal_name", "legal_authority", "notice_days", "contact_name", "contact_title",
            "contact_email", "signatory", "signatory_name", "signatory_title", "deputy", "deputy_name", "deputy_title",
            "signing_order", "cj_status", "ori", "notice_address", "notice_email",
        ]  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "legal_authority": "Law under which it may share",
            "contact_name": "Contact person",
            "contact_title": "Contact’s title",
            "contact_email": "Contact’s e-mail",
            "signatory": "Who signs for it",
            "signatory_name": "Signatory’s name as printed",
            "signatory_title": "Signatory’s title as printed",
            "deputy": "Who may sign in their place",
            "deputy_name": "Deputy’s name as printed",
            "deputy_title": "Deputy’s title as printed",
            "signing_order": "Place in the order of signing",
            "notice_address": "Address for notices",
            "notice_email": "E-mail for notices",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "legal_authority": "The statute, ordinance or rule, for example “C.R.S. 24-72-305.5”.",
            "notice_days": "Days of notice it must give to end the agreement early.",
            "signing_order": "1 signs first; parties with the same number sign in any order.",
            "signatory": "People who hold the role of signatory in this agency.",
            "deputy": "Only a deputy named in the text can sign when the signatory is away.",
        }

    def arrange(self) -> None:
        """Only signatories of this agency can be named."""
        choose_row(self, "signatory", signatories(self.instance), empty="Not named yet")
        choose_row(self, "deputy", signatories(self.instance), empty="Nobody")

    def values(self) -> dict[str, Any]:
        """Another signatory is printed under their own name unless another one was typed."""
        values = super().values()
        for who in ("signatory", "deputy"):
            person = values.get(who)
            if who in self.changed_data and (person is not None or who == "deputy"):
                known = {"name": person.name, "title": person.title} if person else {"name": "", "title": ""}
                for field, said in known.items():
                    name = f"{who}_{field}"
                    values[name] = values[name] if name in self.changed_data else said
        return values


def signatories(party: Party) -> QuerySet[User]:
    """The people who hold the role of signatory in the party's agency."""
    held = User.objects.filter(
        memberships__agency=party.agency_id, memberships__role=Role.SIGNATORY, is_active=True
    )
    return held.distinct().order_by("name")


class ProvisionForm(RowForm):
    """A provision: heading and text in restricted Markdown."""

    essential = ("heading", "text")
    text = Words(rows=12, max_length=50_000, required=False, label="Text")
    level = forms.TypedChoiceField(
        label="Place in the outline",
        coerce=int,
        choices=[(1, "Section"), (2, "Provision (1.1)"), (3, "Point (a)")],
    )

    class Meta:
        model = Provision
        fields: ClassVar[list[str]] = ["heading", "text", "level", "part", "withheld"]
        labels: ClassVar[dict[str, str]] = {"part": "Part it stands under"}
        help_texts: ClassVar[dict[str, str]] = {
            "part": "Provisions with the same part stand under one numbered heading. Leave empty to go by sections.",
            "withheld": "Left out when the agreement is shown in a public register; say why in the discussion.",
        }

    def arrange(self) -> None:
        """What may be written in the text."""
        self.fields["text"].help_text = (
            "Blank lines part paragraphs; **bold**, *italic* and lists with - or 1. are kept. Names in braces such as "
            "{term.last_day} are filled in from the terms."
        )

    def clean(self) -> dict[str, Any]:
        """A provision says something."""
        data = super().clean() or self.cleaned_data
        if not (data.get("heading") or data.get("text")) and not self.errors:
            self.add_error("text", "Write the provision, or take it out with “Remove”.")
        return data


class DatasetForm(RowForm):
    """What is shared."""

    essential = ("name", "category", "description", "elements")
    elements = Lines(each=160, most=200, required=False, label="Data elements", help_text="One on each line.")
    description = Words(rows=3, max_length=4000, required=False, label="What it is")
    classification = forms.ChoiceField(
        choices=[("", "As usual for the category"), *CLASSIFICATIONS.items()], required=False
    )

    class Meta:
        model = Dataset
        fields: ClassVar[list[str]] = [
            "name", "category", "description", "elements", "classification", "personal_data",
        ]  # fmt: skip

    def arrange(self) -> None:
        """Categories come from the catalog."""
        found = [
            ("", "Choose a category"),
            *((row.key, row.name) for row in catalog.load().categories.values()),
        ]
        self.fields["category"] = forms.ChoiceField(
            label="Category", choices=found, help_text="It decides which protections the checks ask for."
        )

    def values(self) -> dict[str, Any]:
        """An unstated classification is the category's usual one."""
        values = super().values()
        if not values["classification"]:
            values["classification"] = catalog.load().categories[values["category"]].classification
        return values


class FlowForm(RowForm):
    """One direction in which a dataset moves; asks first what its category needs."""

    purposes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    prohibited_uses = Lines(each=300, most=60, required=False, help_text="One on each line.")

    class Meta:
        model = Flow
        fields: ClassVar[list[str]] = [
            "provider", "recipient", "purposes", "legal_basis", "method", "frequency", "retention_days",
            "retention_event", "transit", "rest", "storage", "verification", "hit_confirmation", "destruction",
            "onward", "logging", "breach_hours", "mfa", "screening", "training", "prohibited_uses", "status",
        ]  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "provider": "From",
            "recipient": "To",
            "retention_days": "Kept for (days)",
            "retention_event": "Counted from, or until",
            "breach_hours": "Breach is told within (hours)",
            "method": "How it is transferred",
            "frequency": "How often",
            "screening": "Screening of people with access",
            "training": "Training of people with access",
            "verification": "How it is verified before use",
            "status": "Whether the data moves now",
        }

    def __init__(self, *args: Any, dataset: Dataset, **options: Any) -> None:
        self.dataset = dataset
        super().__init__(*args, **options)

    def arrange(self) -> None:
        """Parties of this agreement; purposes of the catalog; first the fields that the category must state."""
        self._choose_party("provider")
        self._choose_party("recipient")
        choose_from(self, "purposes", self._purposes())
        category = catalog.load().categories.get(self.dataset.category)
        stated = category.states if category else ()
        self.essential = (
            "provider",
            "recipient",
            "purposes",
            "legal_basis",
            "method",
            "retention_days",
            *stated,
        )

    def _purposes(self) -> list[tuple[str, str]]:
        known = {row.key: row.name for row in catalog.load().purposes.values() if row.permitted}
        own = {key: key for key in (self.instance.purposes or []) if key not in known}
        return [*known.items(), *own.items()]

    def values(self) -> dict[str, Any]:
        """A new flow says which dataset it moves."""
        own = {"dataset": self.dataset} if self.instance._state.adding else {}
        return super().values() | own


class CommitmentForm(RowForm):
    """What one party undertakes."""

    essential = ("party", "text", "due", "recurrence")
    text = Words(rows=3, max_length=4000, label="What it will do")

    class Meta:
        model = Commitment
        fields: ClassVar[list[str]] = [
            "party",
            "text",
            "due",
            "recurrence",
            "resource",
            "evidence",
            "category",
        ]
        labels: ClassVar[dict[str, str]] = {
            "due": "By when",
            "recurrence": "How often",
            "resource": "People, money or things it takes",
            "evidence": "How it is shown to be done",
        }

    def arrange(self) -> None:
        """Parties of this agreement."""
        self._choose_party("party")


class MeasureForm(RowForm):
    """How the parties will know whether the agreement works."""

    essential = ("name", "definition", "target", "frequency")
    definition = Words(rows=3, max_length=2000, required=False)

    class Meta:
        model = Measure
        fields: ClassVar[list[str]] = ["name", "definition", "target", "unit", "frequency", "source", "owner"]
        labels: ClassVar[dict[str, str]] = {"frequency": "How often", "source": "Where the figure comes from"}

    def arrange(self) -> None:
        """Parties of this agreement."""
        self._choose_party("owner", "All parties")


class TermForm(RowForm):
    """When it begins, how long it lasts and how it goes on."""

    essential = ("effective_rule", "effective_on", "kind", "months", "last_day", "renewal", "review_months")

    class Meta:
        model = Term
        fields: ClassVar[list[str]] = [
            "effective_rule", "effective_on", "kind", "months", "last_day", "renewal", "renewal_months",
            "renewal_max", "review_months", "incident_hours", "closeout", "closeout_days", "survival",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "effective_on": DAY,
            "last_day": DAY,
            "effective_rule": forms.RadioSelect(),
            "kind": forms.RadioSelect(),
        }
        labels: ClassVar[dict[str, str]] = {
            "effective_rule": "It begins",
            "effective_on": "First day in force",
            "kind": "It lasts",
            "months": "Number of months",
            "last_day": "Last day in force",
            "renewal": "After the last day",
            "renewal_months": "Each renewal (months)",
            "renewal_max": "Renewals at most",
            "review_months": "The parties review it every (months)",
            "incident_hours": "Incidents are told within (hours)",
            "closeout": "Data at the end",
            "closeout_days": "Within (days)",
            "survival": "What survives the end",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "effective_on": "Only if it begins on a stated date.",
            "months": "Only if it lasts a number of months.",
            "last_day": "Only if it lasts until a stated day. That day still counts.",
        }


class RemoveForm(forms.Form):
    """Taking a row out of the draft."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class MoveForm(forms.Form):
    """Where a provision goes."""

    after = forms.ModelChoiceField(
        Provision.objects.none(), label="Put it after", required=False, empty_label="Nothing: it comes first"
    )

    def __init__(self, *args: Any, provision: Provision, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = provision.agreement.provisions.filter(removed=False).exclude(pk=provision.pk)
        choose_row(self, "after", rows.order_by("position_in_order", "id"), empty="Nothing: it comes first")


FORMS: dict[type[Ordered] | type[Agreement] | type[Party] | type[Term], type[RowForm]] = {
    Agreement: AgreementForm,
    Party: PartyForm,
    Provision: ProvisionForm,
    Dataset: DatasetForm,
    Flow: FlowForm,
    Commitment: CommitmentForm,
    Measure: MeasureForm,
    Term: TermForm,
}
"""The form of each row a drafter edits."""
