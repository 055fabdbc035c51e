"""Suggesting other values of one structured term: the form a drafter has, filled with the text that was handed over."""

from __future__ import annotations

from typing import Any

from django import forms

from agreements import values
from agreements.forms.rows import RowForm
from agreements.forms.shared import Words
from agreements.forms.terms import FORMS
from agreements.models import Agreement, Dataset, Flow


def value_form(data: Any, agreement: Agreement, content: values.Content, topic: str) -> RowForm:
    """The form of the row, without what points to other rows, with room for the reason.

    It is filled from `content`, not from the draft: whoever suggests does not see what is in others' hands.
    """
    row = values.as_stated(agreement, content, topic)
    model, names = values.MODELS[topic.partition(":")[0]]
    more: dict[str, Any] = {"dataset": _dataset(agreement, content, topic)} if model is Flow else {}
    form = FORMS[model](data, instance=row, agreement=agreement, **more)
    for name in set(form.fields) - {*names, "once"}:
        del form.fields[name]
    form.fields["reason"] = Words(
        rows=3, max_length=2000, required=False, label="Why", help_text="Every party reads it."
    )
    return form


def _dataset(agreement: Agreement, content: values.Content, topic: str) -> Dataset:
    key = next(
        row["id"] for row in content["datasets"] for flow in row["flows"] if f"flow:{flow['id']}" == topic
    )
    found = values.as_stated(agreement, content, f"dataset:{key}")
    if not isinstance(found, Dataset):
        raise TypeError("A dataset was asked for.")
    return found


def changed(form: RowForm, content: values.Content, topic: str) -> dict[str, Any]:
    """The fields that a valid form says otherwise than the text, as canonical data."""
    filled = {name: values.plain(value) for name, value in form.values().items() if name in form.fields}
    own = values.MODELS[topic.partition(":")[0]][1]
    return {
        name: value
        for name, value in filled.items()
        if name in own and value != values.stands(content, topic, name)
    }


class DecideAllForm(forms.Form):
    """One reason for several suggestions of one person, and which were on the page."""

    answer = Words(
        rows=2, max_length=2000, label="Your reason for all of them", help_text="Every party reads it."
    )
    suggestions = forms.TypedMultipleChoiceField(coerce=str, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, among: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["suggestions"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(key, key) for key in among]
