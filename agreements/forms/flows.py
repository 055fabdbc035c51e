"""Forms for what is shared: a dataset, and each direction in which it moves."""

from typing import Any, ClassVar

from django import forms

from agreements import catalog
from agreements.forms.rows import RowForm
from agreements.forms.shared import Lines, Words, choose_from
from agreements.models import Dataset, Flow
from agreements.wording import CLASSIFICATIONS


class DatasetForm(RowForm):
    """What is shared."""

    essential = ("name", "category", "description", "elements")
    elements = Lines(
        each=160,
        most=200,
        required=False,
        label="Data elements",
        help_text="What each record holds, one on each line.",
    )
    description = Words(rows=3, max_length=4000, required=False, label="What it is")
    classification = forms.ChoiceField(
        choices=[("", "As usual for the category"), *CLASSIFICATIONS.items()], required=False
    )

    class Meta:
        model = Dataset
        fields: ClassVar[list[str]] = [
            "name", "category", "description", "elements", "classification", "data_subjects", "personal_data",
            "special_category",
        ]  # fmt: skip
        labels: ClassVar[dict[str, str]] = {"data_subjects": "About whom"}
        help_texts: ClassVar[dict[str, str]] = {
            "data_subjects": "For example “people arrested, victims, witnesses, officers”.",
            "special_category": "Such as health, ethnicity, religion, sexual life, biometrics or criminal offenses.",
        }

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
    """One direction in which a dataset moves; groups unfold where its category must state something."""

    purposes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, required=False, label="For what"
    )
    prohibited_uses = Lines(
        each=300, most=60, required=False, label="Prohibited uses", help_text="One on each line."
    )
    grouping = (
        ("Who, to whom, and for what", ("provider", "recipient", "purposes", "legal_basis")),
        ("How it is transferred", ("method", "frequency", "transit", "volume", "interface", "impact")),
        ("How it is kept and destroyed", ("retention_days", "retention_event", "hit_days", "storage", "rest",
                                          "destruction")),
        ("Who may use it", ("access", "mfa", "screening", "training", "logging", "audit")),
        ("Limits on its use", ("verification", "hit_confirmation", "prohibited_uses", "onward", "derived")),
        ("If something goes wrong", ("breach_hours", "breach_contact")),
        ("Whether it moves now", ("status",)),
    )  # fmt: skip

    class Meta:
        model = Flow
        fields: ClassVar[list[str]] = [
            "provider", "recipient", "purposes", "legal_basis", "method", "frequency", "volume", "interface", "impact",
            "retention_days", "retention_event", "hit_days", "transit", "rest", "storage", "verification",
            "hit_confirmation", "destruction", "onward", "derived", "logging", "audit", "breach_hours",
            "breach_contact", "access", "mfa", "screening", "training", "prohibited_uses", "status",
        ]  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "provider": "From",
            "recipient": "To",
            "legal_basis": "Law that allows it",
            "retention_days": "Kept for (days)",
            "retention_event": "Counted from, or until",
            "hit_days": "Kept after a match (days)",
            "breach_hours": "Breach is told within (hours)",
            "breach_contact": "Whom to tell",
            "method": "How it is transferred",
            "frequency": "How often",
            "volume": "How much",
            "screening": "Screening of people with access",
            "training": "Training of people with access",
            "verification": "How it is verified before use",
            "storage": "Where it is stored",
            "onward": "Passing it on",
            "status": "Whether the data moves now",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "retention_days": "Leave empty if an event ends it.",
            "hit_days": "Only where a match is kept longer than the rest, as for plate readers.",
            "volume": "For example “about 3,000 records a month”.",
            "interface": "For example “records system of A, REST over TLS, gateway of B”.",
            "impact": "What a loss would mean under FIPS 199; asked of criminal justice information.",
            "access": "Roles or units, and whether from own, mobile or remote devices.",
            "audit": "By whom, how often, and who may look.",
            "derived": "Reports, scores, models or statistics made from it, and whose they are.",
            "breach_contact": "A role or desk with telephone or e-mail, reachable at all hours if it must be.",
            "onward": "“None”, or to whom and on what condition.",
            "rest": "Encryption, or the physically secure place where it stays.",
            "transit": "Encryption on the way, or delivery by hand.",
        }

    def __init__(self, *args: Any, dataset: Dataset, **options: Any) -> None:
        self.dataset = dataset
        super().__init__(*args, **options)

    def arrange(self) -> None:
        """Parties of this agreement, purposes of the catalog, the usual wordings, and what the category must state."""
        self.choose_party("provider")
        self.choose_party("recipient")
        choose_from(self, "purposes", self._purposes())
        for name in self.phrases():
            self.fields[name].widget.attrs["list"] = f"phrases-{name}"
        category = catalog.load().categories.get(self.dataset.category)
        self.essential = ("provider", "recipient", "purposes", *(category.states if category else ()))

    def phrases(self) -> dict[str, tuple[str, ...]]:
        """Usual wordings offered beside a field."""
        return {name: texts for name, texts in catalog.load().phrases.items() if name in self.fields}

    def _purposes(self) -> list[tuple[str, str]]:
        known = {row.key: row.name for row in catalog.load().purposes.values() if row.permitted}
        own = {key: key for key in (self.instance.purposes or []) if key not in known}
        return [*known.items(), *own.items()]

    def values(self) -> dict[str, Any]:
        """A new flow says which dataset it moves."""
        own = {"dataset": self.dataset} if self.instance._state.adding else {}
        return super().values() | own
