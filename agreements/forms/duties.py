"""Handing in what is due, answering it, giving it to somebody; recording what was measured."""

from typing import Any

from django import forms

from agreements.forms.shared import DAY, OnceForm, Words, choose_from, no_control_characters
from agreements.models import Closed, Duty, DutyKind


class HandInForm(OnceForm):
    """What shows that it is done; of a certificate how, and the name of who signs it; of a paper its new last day."""

    on = forms.DateField(label="Done on", widget=DAY)
    how = forms.ChoiceField(label="What became of the data", widget=forms.RadioSelect)
    until = forms.DateField(label="The newer one is valid until", widget=DAY)
    note = Words(
        rows=4, max_length=4000, required=False, label="How it was done",
        help_text="Recorded; every party reads it.",
    )  # fmt: skip
    file = forms.FileField(
        label="A file that shows it", required=False, help_text="A PDF of at most 3 MB; every party can download it.",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )  # fmt: skip
    typed_name = forms.CharField(
        label="Your name, as your signature under this certificate",
        max_length=120,
        validators=[no_control_characters],
    )

    def __init__(self, *args: Any, duty: Duty, **options: Any) -> None:
        super().__init__(*args, **options)
        choose_from(self, "how", [(one.value, one.label) for one in Closed])
        certificate, paper = duty.kind == DutyKind.CLOSEOUT, duty.kind == DutyKind.PAPER
        if paper:
            self.fields["note"].label = "Who or what it is about, and where it is kept"
        for name in (("how", certificate), ("typed_name", certificate), ("until", paper)):
            if not name[1]:
                del self.fields[name[0]]


class ReturnForm(forms.Form):
    """Why what was handed in is not enough."""

    reason = Words(
        rows=3, max_length=4000, label="What is missing",
        error_messages={"required": "Give the reason; it is recorded and the parties read it."},
    )  # fmt: skip


class AcceptForm(forms.Form):
    """A word with the acceptance, if there is one."""

    answer = Words(rows=2, max_length=4000, required=False, label="A remark")


class OwnerForm(forms.Form):
    """Who sees to it from now on."""

    owner = forms.ChoiceField(label="Who sees to it", required=False)
    reason = Words(
        rows=2, max_length=2000,
        error_messages={"required": "Give the reason; it is recorded and the parties read it."},
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        choose_from(self, "owner", [("", "The administrators"), *((str(one.pk), one.name) for one in people)])


class ObservationForm(OnceForm):
    """One value of a measure on a day."""

    value = forms.DecimalField(
        max_digits=16,
        decimal_places=4,
        error_messages={"invalid": "Give a number in figures, for example 96.5."},
    )
    on = forms.DateField(label="Measured on", widget=DAY)
    source = forms.CharField(
        label="Where it was read", max_length=200, required=False, validators=[no_control_characters]
    )
    note = Words(rows=2, max_length=2000, required=False, help_text="Recorded; every party reads it.")
