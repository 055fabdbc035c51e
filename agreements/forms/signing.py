"""What a signatory gives at the act of signing."""

from typing import Any

from django import forms

from agreements.forms.shared import no_control_characters


class SignForm(forms.Form):
    """Name, consent, password and second factor, with the hash of the text that was shown.

    The hash is not looked at here: whatever is not the frozen text's is refused as such by the operation.
    """

    seen_hash = forms.CharField(widget=forms.HiddenInput, required=False)
    consent = forms.BooleanField(label="I agree to this and make the statement above.", required=False)
    typed_name = forms.CharField(
        label="Your name",
        max_length=150,
        validators=[no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name."},
    )
    image = forms.FileField(
        label="Picture of your signature",
        required=False,
        help_text="Not needed. A PNG or JPEG of at most 1 MB; only its pixels are kept.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    password = forms.CharField(
        label="Your password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Asked again so that nobody else can sign at your desk.",
        error_messages={"required": "Type your password."},
    )
    code = forms.CharField(
        label="Your code",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text="The six digits your authenticator app shows now, or one of your recovery codes.",
    )
    credential = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, name: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        if name:
            self.fields["typed_name"].help_text = f"Type it as it stands here: {name}."

    def clean_credential(self) -> dict[str, Any] | None:
        """A security key's answer, which is an object; None where none was used."""
        said = self.cleaned_data["credential"]
        if said is not None and not isinstance(said, dict):
            raise forms.ValidationError(
                "The security key's answer can't be read. Try it again, or type a code."
            )
        return said or None
