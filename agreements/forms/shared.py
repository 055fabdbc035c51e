"""What the forms of an agreement have in common."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of reading: a text with them can show other words than it holds (UAX 9)."""


def no_control_characters(value: Any) -> None:
    """Refuse what cannot be stored, printed or read as it stands, and say after which words it is."""
    text = str(value)
    if _UNPRINTABLE.search(text):
        raise ValidationError(
            "This holds characters that can't be stored or printed. Paste it as plain text."
        )
    if found := _TURNING.search(text):
        before = _TURNING.sub("", text[: found.start()])[-30:].strip()
        place = f"After “{before}” stands" if before else "At its beginning stands"
        raise ValidationError(
            f"{place} an invisible mark that turns the direction of reading, so that people would read other words "
            "than are kept. Type these words anew."
        )


def report(form: forms.BaseForm, error: ValidationError) -> None:
    """Show what an operation refused at the fields it names, or above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        known = name in form.fields and name != NON_FIELD_ERRORS
        form.add_error(name if known else None, ValidationError(errors))


class Words(forms.CharField):
    """A text of several lines, kept as it was typed."""

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**options)
        self.validators.append(no_control_characters)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No limit in the browser, which would cut what is pasted without a word: the answer says what is too long."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}

    def to_python(self, value: Any) -> str:
        """Line ends of one kind: browsers send CRLF."""
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


class Lines(Words):
    """A list, one item on each line."""

    def __init__(self, *, each: int = 160, most: int = 100, **options: Any) -> None:
        self.each, self.most = each, most
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """The list as lines."""
        return "\n".join(str(item) for item in value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """The lines that say something, each once and in order."""
        items = list(dict.fromkeys(line.strip() for line in super().clean(value).split("\n") if line.strip()))
        if len(items) > self.most:
            raise ValidationError(f"Give at most {self.most} lines.")
        if any(len(item) > self.each for item in items):
            raise ValidationError(f"A line is longer than {self.each} characters. Shorten it.")
        return items

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lines differ."""
        return bool(self.prepare_value(initial) != data)


class OnceForm(forms.Form):
    """A form whose second sending is recognised by the number drawn when it was shown."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("once", uuid.uuid4())


class ReadOnlyModelForm:
    """A model form that reads and checks; the operations are the only writers."""

    def save(self, commit: bool = True) -> Any:
        """Refused: call the operation."""
        raise TypeError("Forms don't save; call the operation.")


def choose_row(
    form: forms.BaseForm,
    name: str,
    rows: QuerySet[Any],
    *,
    empty: str | None,
    said: Callable[[Any], str] = str,
) -> forms.ModelChoiceField[Any]:
    """Let a field choose among these rows, each named by `said`."""
    field = cast("forms.ModelChoiceField[Any]", form.fields[name])
    field.queryset, field.empty_label = rows, empty
    field.label_from_instance = lambda obj: said(obj)  # type: ignore[method-assign]
    return field


def choose_from(form: forms.BaseForm, name: str, choices: Sequence[tuple[str, str]]) -> None:
    """Let a field choose among these keys and names."""
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)
