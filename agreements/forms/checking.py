"""Waiving a requirement, and recording what is on file."""

from typing import Any

from django import forms

from agreements.catalog import FilingKind
from agreements.forms.shared import DAY, OnceForm, Words, choose_row, no_control_characters
from agreements.models import Agreement, Party


class WaiverForm(forms.Form):
    """Why a requirement is set aside, and until when."""

    reason = Words(
        rows=4,
        max_length=2000,
        help_text="With the authority you rely on. It is recorded, and every party reads it.",
        error_messages={"required": "Give the reason; it is recorded and the parties read it."},
    )
    until = forms.DateField(
        label="Last day of the waiver",
        widget=DAY,
        help_text="At most a year from today. From the day after, the requirement counts again.",
    )


class EndForm(forms.Form):
    """Why something no longer counts."""

    reason = Words(
        rows=3,
        max_length=2000,
        help_text="It is recorded, and every party reads it.",
        error_messages={"required": "Give the reason; it is recorded and the parties read it."},
    )


class FilingForm(OnceForm):
    """A paper on file: whose it is, how it is found, and its days."""

    party = forms.ModelChoiceField(Party.objects.none(), label="For which party")
    reference = forms.CharField(max_length=300, validators=[no_control_characters])
    on = forms.DateField(widget=DAY)
    until = forms.DateField(widget=DAY, required=False)
    amount = forms.DecimalField(label="Amount in dollars", max_digits=14, decimal_places=2, min_value=0)
    note = Words(rows=3, max_length=2000, required=False, help_text="Recorded; every party reads it.")
    file = forms.FileField(
        label="The paper itself", required=False, help_text="A PDF of at most 3 MB; every party can download it.",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )  # fmt: skip

    def __init__(self, *args: Any, agreement: Agreement, kind: FilingKind, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reference"].label, self.fields["on"].label = kind.reference, kind.on
        self.fields["until"].label = kind.until
        asked = {"party": kind.of == "party", "until": bool(kind.until), "amount": kind.amount}
        for name in (name for name, wanted in asked.items() if not wanted):
            del self.fields[name]
        if "party" in self.fields:
            rows = agreement.parties.filter(left_on=None).select_related("agency").order_by("position")
            choose_row(self, "party", rows, empty="Choose a party", said=lambda row: row.agency.name)
