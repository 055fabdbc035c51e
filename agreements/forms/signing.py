"""What a signatory gives at the act of signing."""

from typing import Any

from django import forms

from agreements.forms.shared import no_control_characters


class SignForm(forms.Form):
    """Name, consent and password, with the hash of the text that was shown."""

    seen_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)
    consent = forms.BooleanField(
        label="I agree to sign electronically, and I make the statement above.",
        required=False,
    )
    typed_name = forms.CharField(
        label="Your name",
        max_length=150,
        validators=[no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name."},
    )
    password = forms.CharField(
        label="Your password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Asked again so that nobody else can sign at your desk.",
        error_messages={"required": "Type your password."},
    )

    def __init__(self, *args: Any, name: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        if name:
            self.fields["typed_name"].help_text = f"Type it as it stands here: {name}."
