"""What a signatory gives at the act of signing, and who confirms a signature in ink."""

from typing import Any

from django import forms

from agreements.forms.shared import DAY, OnceForm, no_control_characters

PDF = {"accept": "application/pdf"}


class PresentForm(forms.Form):
    """The password asked again: somebody is there."""

    password = forms.CharField(
        label="Your password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Asked again so that nobody else can sign at your desk.",
        error_messages={"required": "Type your password."},
    )


class ProvedForm(PresentForm):
    """Password and second factor."""

    code = forms.CharField(
        label="Your code",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text="The six digits your authenticator app shows now, or one of your recovery codes.",
    )
    credential = forms.JSONField(widget=forms.HiddenInput, required=False)

    def clean_credential(self) -> dict[str, Any] | None:
        """A security key's answer, which is an object; None where none was used."""
        said = self.cleaned_data["credential"]
        if said is not None and not isinstance(said, dict):
            raise forms.ValidationError(
                "The security key's answer can't be read. Try it again, or type a code."
            )
        return said or None


class StatedForm(forms.Form):
    """Name and consent, with the hash of the text that was shown.

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

    def __init__(self, *args: Any, name: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        if name:
            self.fields["typed_name"].help_text = f"Type it as it stands here: {name}."


class SignForm(StatedForm, ProvedForm):
    """Signing here: name, consent, a picture if one likes, password and second factor."""

    image = forms.FileField(
        label="Picture of your signature",
        required=False,
        help_text="Not needed. A PNG or JPEG of at most 1 MB; only its pixels are kept.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    field_order = ["seen_hash", "consent", "typed_name", "image", "password", "code", "credential"]


class OutsideForm(StatedForm, PresentForm):
    """The document as it was signed outside, with name, consent and password; the certificate stands for the code."""

    file = forms.FileField(
        label="The PDF you signed",
        help_text="The very file you downloaded here, with your signature added.",
        widget=forms.ClearableFileInput(attrs=PDF),
        error_messages={"required": "Choose the PDF you signed."},
    )
    field_order = ["seen_hash", "file", "consent", "typed_name", "password"]


class InkForm(OnceForm):
    """The scan of what was signed in ink, and the day on it."""

    signed_on = forms.DateField(
        label="Signed on", widget=DAY, help_text="The day your signatory wrote beside the signature."
    )
    scan = forms.FileField(
        label="Scan of the signed document",
        help_text="A PDF of at most 10 MB; every party can download it.",
        widget=forms.ClearableFileInput(attrs=PDF),
        error_messages={"required": "Choose the scan."},
    )


class ConfirmInkForm(ProvedForm):
    """Who confirms a scan proves at the act who they are."""

    seen = forms.BooleanField(
        label="I have looked at the scan. It shows this person’s signature under this text.",
        error_messages={"required": "Tick the box once you have looked at the scan."},
    )
    field_order = ["seen", "password", "code", "credential"]
