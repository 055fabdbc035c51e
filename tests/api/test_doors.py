"""A door takes what its operation takes: nothing is left out of the API, nothing is taken that goes nowhere."""

import inspect

from django.core.management import call_command

from agreements.api.steps import ACTS
from agreements.lifecycle import STEPS
from agreements.views.steps import PAGES

OURS = {"actor", "now"}
PROVED = {
    "sign": ({"prove", "ip", "outside"}, {"password", "code", "file"}),
    "confirm": ({"prove", "ip"}, {"password", "code"}),
}


def test_every_step_is_an_address() -> None:
    assert set(ACTS) == set(STEPS) - {"edit", "comment", "suggest"}


def test_a_step_takes_what_its_operation_takes() -> None:
    for name, act in ACTS.items():
        keywords = {
            parameter.name
            for parameter in inspect.signature(act.does).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }
        known, asked = PROVED.get(name, (set(), set()))
        assert set(act.takes().fields) - asked == keywords - OURS - known, name


def test_pages_and_programs_call_the_same_operation() -> None:
    for name, page in PAGES.items():
        assert ACTS[name].does is page.act


def test_the_description_of_the_api_is_valid(tmp_path: object) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/schema.yml")
