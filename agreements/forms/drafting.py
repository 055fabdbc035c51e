"""Forms for the agreement itself, its parties, its text, commitments and measures."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from agencies.models import Role, User
from agreements import catalog
from agreements.forms.editor import ProvisionText
from agreements.forms.rows import RowForm
from agreements.forms.shared import DAY, Lines, Words, choose_row
from agreements.models import Agreement, Commitment, Measure, Party, PartyRole, Provision

__all__ = [
    "STATUSES",
    "AgreementForm",
    "CommitmentForm",
    "MeasureForm",
    "MoveForm",
    "PartyForm",
    "ProvisionForm",
    "RemoveForm",
    "RowForm",
    "signatories",
]

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


class AgreementForm(RowForm):
    """What the agreement is called and under what law it stands."""

    essential = ("title", "kind", "binding", "jurisdiction", "governing_law")
    annexes = Lines(
        each=200,
        most=40,
        required=False,
        label="Annexes",
        help_text="What is attached to it, one on each line.",
    )

    class Meta:
        model = Agreement
        fields: ClassVar[list[str]] = [
            "title",
            "kind",
            "binding",
            "jurisdiction",
            "governing_law",
            "timezone",
            "annexes",
        ]
        labels: ClassVar[dict[str, str]] = {"binding": "Legal effect", "timezone": "Time zone of all dates"}
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
    other_contacts = Lines(
        each=200, most=20, required=False, label="Others to reach",
        help_text="One on each line with what they do, for example “Privacy officer: Dana Ruiz, 555 0100” or “24-hour desk: 555 0199”.",
    )  # fmt: skip

    class Meta:
        model = Party
        fields: ClassVar[list[str]] = [
            "roles", "legal_name", "legal_authority", "notice_days", "non_renewal_days", "notice_opens_days",
            "deemed_receipt", "withdrawal_rule", "withdrawal_not_before", "renewal_right", "contact_name", "contact_title",
            "contact_email", "other_contacts", "signatory", "signatory_name", "signatory_title",
            "deputy", "deputy_name", "deputy_title", "signing_order", "cj_status", "ori",
            "notice_address", "notice_email",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {"withdrawal_not_before": DAY}
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
        if "signatory" in self.fields:
            choose_row(self, "signatory", signatories(self.instance), empty="Not named yet")
        if "deputy" in self.fields:
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
    text = ProvisionText(max_length=50_000, required=False, label="Text")
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
        help_texts: ClassVar[dict[str, str]] = {
            "due": "For example 31 March 2027, 31 January, within 30 days of the effective date, within 60 days after the "
            "end. People are asked a month before.",
            "recurrence": "For example monthly, quarterly, every six months, yearly. Counted from the first day, or from "
            "the day given above.",
        }

    def arrange(self) -> None:
        """Parties of this agreement."""
        self.choose_party("party")


class MeasureForm(RowForm):
    """How the parties will know whether the agreement works."""

    essential = ("name", "definition", "target", "frequency")
    definition = Words(rows=3, max_length=2000, required=False)

    class Meta:
        model = Measure
        fields: ClassVar[list[str]] = [
            "name",
            "definition",
            "target",
            "baseline",
            "unit",
            "frequency",
            "source",
            "owner",
        ]
        labels: ClassVar[dict[str, str]] = {
            "name": "What is measured",
            "definition": "How it is counted",
            "baseline": "Where it stands now",
            "frequency": "How often",
            "source": "Where the figure comes from",
            "owner": "Who reports it",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "target": "One figure with a word, such as at least 95 or at most 5, is compared with what is measured.",
            "frequency": "For example monthly, quarterly, twice a year.",
        }

    def arrange(self) -> None:
        """Parties of this agreement."""
        self.choose_party("owner", "All parties")


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
