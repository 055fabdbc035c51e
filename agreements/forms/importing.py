"""Putting an existing agreement in, confirming what was read of it, and many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from agencies.models import Agency
from agreements import catalog
from agreements.forms.beginning import ROLES
from agreements.forms.shared import DAY, OnceForm, choose_from, choose_row, no_control_characters
from agreements.keyterms import COLUMNS, MAX_DAYS, MAX_MONTHS, Terms
from agreements.models import PartyRole, Renewal

MAX_FILE = 25 * 1024 * 1024
MAX_ZIP = 500 * 1024 * 1024
MAX_TABLE = 10 * 1000 * 1000
SIGNED, OPEN = "signed", "open"


def _within(file: Any, most: int, what: str) -> Any:
    if file is not None and file.size > most:
        raise ValidationError(f"{what} is larger than {most // 1_000_000} MB.")
    return file


class PutInForm(OnceForm):
    """The file of an existing agreement."""

    file = forms.FileField(
        label="The agreement’s file",
        help_text="A .docx, .pdf, .txt or .md file, at most 25 MB. A scanned PDF is kept as it is; you then type its key terms.",
        widget=forms.ClearableFileInput(attrs={"accept": ".docx,.pdf,.txt,.md"}),
        error_messages={
            "empty": "The file is empty. Choose another.",
            "required": "Choose the agreement’s file.",
        },
    )

    def clean_file(self) -> Any:
        """Nothing larger than is worth reading."""
        return _within(self.cleaned_data["file"], MAX_FILE, "The file")


class ConfirmForm(OnceForm):
    """The terms as a person confirms them."""

    state = forms.ChoiceField(
        label="This agreement",
        choices=[
            (SIGNED, "is signed: keep it as a record that is watched"),
            (OPEN, "is still to be negotiated: begin a draft"),
        ],
        widget=forms.RadioSelect,
        initial=SIGNED,
    )
    title = forms.CharField(label="Title", max_length=200, validators=[no_control_characters])
    kind = forms.ChoiceField(label="Kind of agreement")
    lead = forms.ModelChoiceField(Agency.objects.none(), label="Your agency", empty_label=None)
    lead_role = forms.ChoiceField(label="What your agency does", choices=ROLES, required=False)
    partners = forms.ModelMultipleChoiceField(
        Agency.objects.none(), label="The other parties", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the other parties. An agency that is not listed has to be registered first."},
    )  # fmt: skip
    partner_role = forms.ChoiceField(label="What the others do", choices=ROLES, required=False)
    signed_on = forms.DateField(
        label="Signed on", required=False, widget=DAY, help_text="The day of the last signature."
    )
    effective_on = forms.DateField(label="First day in force", required=False, widget=DAY,
                                   help_text="Empty: the day it was signed.")  # fmt: skip
    last_day = forms.DateField(label="Last day in force", required=False, widget=DAY,
                               help_text="That day still counts. If it was renewed, the last day as renewed. Empty, with no months: until ended.")  # fmt: skip
    months = forms.IntegerField(
        label="Or a number of months", required=False, min_value=1, max_value=MAX_MONTHS
    )
    notice_days = forms.IntegerField(
        label="Notice to end it (days)", required=False, min_value=1, max_value=MAX_DAYS
    )
    renewal = forms.ChoiceField(label="After the last day", choices=Renewal.choices, initial=Renewal.NONE)
    renewal_months = forms.IntegerField(
        label="Each renewal (months)", required=False, min_value=1, max_value=MAX_MONTHS
    )
    review_months = forms.IntegerField(
        label="The parties review it every (months)", required=False, min_value=1, max_value=120
    )
    their_reference = forms.CharField(label="Reference it bears", required=False, max_length=80,
                                      validators=[no_control_characters])  # fmt: skip

    def __init__(self, *args: Any, own: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = sorted(catalog.load().kinds.values(), key=lambda kind: (kind.key != "MOU", kind.name))
        choose_from(self, "kind", [(kind.key, kind.name) for kind in kinds])
        agencies = Agency.objects.filter(active=True).order_by("name")
        choose_row(self, "lead", agencies.filter(pk__in=own), empty=None)
        choose_row(self, "partners", agencies, empty=None)

    @property
    def terms(self) -> Terms:
        """The terms as the operations take them."""
        said: dict[str, Any] = {name: self.cleaned_data.get(name) for name in Terms.__dataclass_fields__}
        return Terms(**said)

    def clean(self) -> dict[str, Any]:
        """One's own agency is not among the others."""
        data = super().clean() or self.cleaned_data
        partners = data.get("partners")
        if partners is not None and data.get("lead") in list(partners):
            self.add_error("partners", "Your own agency is a party already. Choose the others only.")
        if data.get("last_day") and data.get("months"):
            self.add_error("months", "Give the last day or the number of months, not both.")
        return data

    def roles(self, name: str) -> list[str]:
        """The roles meant by one of the two role questions."""
        chosen = self.cleaned_data.get(name) or ""
        return [PartyRole.PROVIDER, PartyRole.RECIPIENT] if chosen == "both" else [chosen] if chosen else []


class ManyForm(OnceForm):
    """A table of key terms and the ZIP of the files it names."""

    lead = forms.ModelChoiceField(Agency.objects.none(), label="Your agency", empty_label=None)
    table = forms.FileField(
        label="The table of key terms",
        help_text="A .csv or .xlsx with one row for each agreement and the names of the columns above them; at most 5,000 rows.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    archive = forms.FileField(
        label="The files",
        help_text="One ZIP with the .docx, .pdf, .txt and .md files that the table names; at most 500 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )

    def __init__(self, *args: Any, own: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        choose_row(self, "lead", Agency.objects.filter(pk__in=own, active=True).order_by("name"), empty=None)

    def clean_table(self) -> Any:
        """Of a size that is read."""
        return _within(self.cleaned_data["table"], MAX_TABLE, "The table")

    def clean_archive(self) -> Any:
        """Of a size that is read."""
        return _within(self.cleaned_data["archive"], MAX_ZIP, "The ZIP")


class MappingForm(forms.Form):
    """Which column holds which term."""

    def __init__(self, *args: Any, header: Sequence[str], mapping: dict[str, int], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [
            ("", "No column"),
            *((str(n), f"{n + 1}. {name or '(no name)'}") for n, name in enumerate(header)),
        ]
        for column in COLUMNS:
            must = column.must or column.key == "file"
            self.fields[column.key] = forms.ChoiceField(
                label=column.name, choices=choices, required=must, initial=str(mapping.get(column.key, "")),
                help_text=column.hint, error_messages={"required": "Say which column holds this."},
            )  # fmt: skip

    @property
    def mapping(self) -> dict[str, int]:
        """Each term's column, counted from 0."""
        return {name: int(place) for name, place in self.cleaned_data.items() if place != ""}
