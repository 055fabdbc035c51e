"""Asking for a dossier."""

from __future__ import annotations

from django import forms

from agreements.operations.dossiers import MOST


class DossierForm(forms.Form):
    """A head of the log that somebody holds, so that the dossier can be shown to contain all it covered."""

    head = forms.CharField(
        label="A head you hold",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text="From a signing or reminder mail, a sealed PDF or a daily file: the whole note, from the log’s name "
        "to the signature. The proof that this history grew from it is then put in.",
    )


class ChosenForm(DossierForm):
    """The same for several agreements."""

    agreement = forms.TypedMultipleChoiceField(label="Agreements", required=False)

    def __init__(self, *args: object, choices: list[tuple[str, str]], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["agreement"].choices = choices  # type: ignore[attr-defined]
        self.fields["agreement"].widget = forms.CheckboxSelectMultiple(choices=choices)

    def clean_agreement(self) -> list[str]:
        """At least one, and no more than one dossier holds."""
        chosen: list[str] = self.cleaned_data["agreement"]
        if not 0 < len(chosen) <= MOST:
            raise forms.ValidationError(f"Choose from 1 to {MOST:,} agreements.")
        return chosen
