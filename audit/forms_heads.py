"""The form in which somebody shows a head they hold."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

from django import forms

from audit.held import LONGEST
from audit.witnessing import note_in


class HeldForm(forms.Form):
    """A head as text or as a file; a whole mail will do."""

    text = forms.CharField(
        label="The head, or the whole mail it came in",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Six lines, beginning with this site’s name and ending with a line that starts with a long dash.",
    )
    upload = forms.FileField(
        label="Or a file that holds it",
        required=False,
        help_text="A text file, or a mail saved as a file (.eml).",
    )

    def clean(self) -> dict[str, Any]:
        """One text, from whichever was given."""
        found = super().clean() or self.cleaned_data
        if (upload := found.get("upload")) is not None:
            found["text"] = readable(upload.read(LONGEST))
        if not found.get("text") and not self.errors:
            self.add_error("text", "Paste the head, or choose the file that holds it.")
        return found


def readable(content: bytes) -> str:
    """The text of a file; of a saved mail whose text is encoded, what it encodes."""
    text = content.decode("utf-8", "replace")
    if note_in(text) is not None:
        return text
    parts = [part for part in message_from_bytes(content).walk() if part.get_content_maintype() == "text"]
    decoded = [part.get_payload(decode=True) for part in parts[:20]]
    texts = [part.decode("utf-8", "replace") for part in decoded if isinstance(part, bytes)]
    return next((each for each in texts if note_in(each) is not None), text)
