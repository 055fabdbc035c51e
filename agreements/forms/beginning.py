"""Beginning an agreement: from a template, from an existing text, or blank."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from agencies.models import Agency
from agreements import catalog
from agreements.forms.shared import OnceForm, choose_from, choose_row, no_control_characters
from agreements.models import PartyRole

MAX_FILE = 5 * 1024 * 1024
IMPORT, BLANK = "import", "blank"
ROLES = [
    ("", "As is usual for this kind of agreement"),
    ("provider", "Gives data"),
    ("recipient", "Receives data"),
    ("both", "Gives and receives data"),
]


class NewForm(OnceForm):
    """From what to begin, what to call it, and with whom."""

    start = forms.ChoiceField(label="Begin with", widget=forms.RadioSelect)
    file = forms.FileField(
        label="The text to import",
        required=False,
        help_text="A .docx, .pdf, .txt or .md file, at most 5 MB. Headings become numbered provisions; no word is lost.",
        widget=forms.ClearableFileInput(attrs={"accept": ".docx,.pdf,.txt,.md"}),
    )
    kind = forms.ChoiceField(
        label="Kind of agreement",
        required=False,
        help_text="For an imported or a blank text; a template knows its kind.",
    )
    title = forms.CharField(
        label="Title",
        max_length=200,
        required=False,
        help_text="Leave empty for the template’s usual title.",
        validators=[no_control_characters],
    )
    lead = forms.ModelChoiceField(Agency.objects.none(), label="Your agency", empty_label=None)
    lead_role = forms.ChoiceField(label="What your agency does", choices=ROLES, required=False)
    partners = forms.ModelMultipleChoiceField(
        Agency.objects.none(),
        label="Partner agencies",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one partner agency."},
    )
    partner_role = forms.ChoiceField(label="What the partners do", choices=ROLES, required=False)

    def __init__(self, *args: Any, own: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        known = catalog.load()
        templates = [(row.id, row.name) for row in known.templates.values()]
        others = [(IMPORT, "Import an existing text"), (BLANK, "A blank text")]
        choose_from(self, "start", [*templates, *others])
        kinds = sorted(known.kinds.values(), key=lambda kind: (kind.key != "MOU", kind.name))
        choose_from(self, "kind", [(kind.key, kind.name) for kind in kinds])
        agencies = Agency.objects.filter(active=True).order_by("name")
        choose_row(self, "lead", agencies.filter(pk__in=own), empty=None)
        choose_row(self, "partners", agencies, empty=None)
        self.fields["lead"].initial = next(iter(own), None)

    def clean_file(self) -> Any:
        """Nothing larger than is worth reading."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > MAX_FILE:
            raise ValidationError(
                "The file is larger than 5 MB. Import the agreement's text without its attachments."
            )
        return file

    def clean(self) -> dict[str, Any]:
        """An import needs its file; one's own agency is not a partner."""
        data = super().clean() or self.cleaned_data
        if data.get("start") == IMPORT and not data.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose the file to import.")
        if not data.get("title") and "title" not in self.errors:
            template = catalog.load().templates.get(data.get("start") or "")
            data["title"] = template.title if template else ""
            if template is None and "start" not in self.errors:
                self.add_error("title", "Give it a title; only a template has a usual one.")
        partners = data.get("partners")
        if partners is not None and data.get("lead") in list(partners):
            self.add_error("partners", "Your own agency is a party already. Choose other agencies only.")
        return data

    def roles(self, name: str) -> list[str]:
        """The roles meant by one of the two role questions."""
        chosen = self.cleaned_data.get(name) or ""
        return [PartyRole.PROVIDER, PartyRole.RECIPIENT] if chosen == "both" else [chosen] if chosen else []


class PartnerForm(forms.Form):
    """Another agency to bring into the text."""

    agency = forms.ModelChoiceField(Agency.objects.none(), label="Agency", empty_label="Choose an agency")
    roles = forms.MultipleChoiceField(
        label="What it does", choices=PartyRole.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, present: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        agencies = Agency.objects.filter(active=True).exclude(pk__in=present).order_by("name")
        choose_row(self, "agency", agencies, empty="Choose an agency")
