"""What somebody shows who wants to know whether a document is genuine."""

from __future__ import annotations

from typing import Any

from django import forms

from agreements import codes
from agreements.forms.shared import no_control_characters

MOST_BYTES = 64 * 1024 * 1024
NOT_A_CODE = (
    "A code has 26 letters and digits, in groups. Type it as it is printed on the last pages of the document."
)


class VerifyForm(forms.Form):
    """A file, or the code printed on it."""

    file = forms.FileField(
        label="The document",
        required=False,
        help_text="The PDF as you received it. It is compared and not kept.",
        error_messages={"empty": "This file is empty. Choose the document itself."},
    )
    code = forms.CharField(
        label="Or its code",
        required=False,
        max_length=60,
        validators=[no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="26 letters and digits in groups, printed under “Evidence of signing”.",
    )

    def clean_file(self) -> Any:
        """Not more than we ever make."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > MOST_BYTES:
            raise forms.ValidationError("This file is larger than any document made here.")
        return file

    def clean_code(self) -> str:
        """A code that can be one."""
        typed = str(self.cleaned_data["code"])
        if typed and not codes.read(typed):
            raise forms.ValidationError(NOT_A_CODE)
        return typed

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        found = super().clean() or self.cleaned_data
        if not self.errors and not found.get("file") and not found.get("code"):
            self.add_error("file", "Choose the document, or type its code.")
        return found
