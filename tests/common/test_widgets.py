"""A list to choose from is written as Django writes it, only faster."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

MANY = [(str(number), f"No. {number} <b>") for number in range(3)]


@pytest.mark.parametrize(
    "choices",
    [
        [],
        [("", "Choose"), *MANY],
        [("Group <i>", MANY), ("", "None"), ("Other", [("x\"'&", "X")])],
    ],
)
@pytest.mark.parametrize("chosen", [None, "", "1", ["1", "2"], "x\"'&"])
@pytest.mark.parametrize("widget", [forms.Select, forms.SelectMultiple])
def test_a_list_to_choose_from_is_written_to_the_byte_as_django_does(
    choices: Any, chosen: Any, widget: type[forms.Select]
) -> None:
    asked = widget(attrs={"class": "usa-select", "required": True, "disabled": False}, choices=choices)
    ours, theirs = (
        asked.render("which", chosen, {"id": "id_which"}, renderer=renderer)
        for renderer in (None, DjangoTemplates())
    )
    assert ours == theirs
