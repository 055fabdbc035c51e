"""The field in which a provision's text is written."""

from typing import Any

from django import forms

from agreements.forms.shared import Words


class ProvisionText(Words):
    """Restricted Markdown: a text area that static/editor makes into an editor where there is JavaScript."""

    def __init__(self, *, rows: int = 12, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows, "data-editor": ""}))
        super().__init__(rows=rows, **options)
