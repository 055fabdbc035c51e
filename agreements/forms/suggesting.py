"""What is asked of those who suggest a change, and of those who decide."""

from typing import Any

from django import forms

from agreements.forms.editor import ProvisionText
from agreements.forms.shared import OnceForm, Words, choose_from, no_control_characters
from agreements.models import SuggestionKind
from agreements.models.content import MAX_TEXT

FIRST = "first"


class SuggestForm(OnceForm):
    """One change: which, of what, in which words, why."""

    kind = forms.ChoiceField(
        label="What do you suggest?", choices=SuggestionKind.choices, widget=forms.RadioSelect,
        initial=SuggestionKind.REPLACE,
    )  # fmt: skip
    provision = forms.ChoiceField(
        label="Which provision", required=False, help_text="Leave it open for a new provision."
    )
    heading = forms.CharField(max_length=300, required=False, validators=[no_control_characters])
    text = ProvisionText(
        rows=10, max_length=MAX_TEXT, required=False, strip=False, label="As it should read",
        help_text="For other words and for a new provision.",
    )  # fmt: skip
    after = forms.ChoiceField(
        label="Where it goes", required=False, help_text="For a new or moved provision: after which one."
    )
    reason = Words(rows=3, max_length=2000, required=False, help_text="Every party reads it.")

    def __init__(self, *args: Any, said: dict[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        choose_from(self, "provision", [("", "A new one"), *said.items()])
        choose_from(self, "after", [(FIRST, "At the beginning"), *said.items()])

    def clean(self) -> dict[str, Any]:
        """A provision is needed for everything but a new one."""
        found = super().clean() or {}
        if found.get("kind") not in {None, SuggestionKind.INSERT} and not found.get("provision"):
            self.add_error("provision", "Say which provision it is about.")
        return found


class ReceiveForm(OnceForm):
    """A Word file that comes back, and the version it was made from where it does not say so itself."""

    file = forms.FileField(
        label="The edited Word file",
        help_text="A .docx taken from here and edited outside, with or without tracked changes.",
        widget=forms.ClearableFileInput(attrs={"accept": ".docx"}),
    )
    version = forms.TypedChoiceField(
        label="Made from", required=False, coerce=int, empty_value=None,
        help_text="Only where the file does not know it any more.",
    )  # fmt: skip

    def __init__(self, *args: Any, numbers: list[int], **options: Any) -> None:
        super().__init__(*args, **options)
        choose_from(self, "version", [("", "The file says it"), *((str(n), f"Version {n}") for n in numbers)])


class DecideForm(forms.Form):
    """Why a suggestion is accepted or rejected."""

    answer = Words(
        rows=2, max_length=2000, required=False, label="Your reason", help_text="Every party reads it."
    )


class MergeForm(DecideForm):
    """What shall stand where the text has changed since; `seen` is the provision's last event as it was shown."""

    heading = forms.CharField(max_length=300, required=False, validators=[no_control_characters])
    text = ProvisionText(rows=10, max_length=MAX_TEXT, required=False, strip=False, label="What shall stand")
    seen = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("heading", "text", "answer")
