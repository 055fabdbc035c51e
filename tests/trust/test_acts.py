"""No order of acts leads to a state that the plain model does not have: a small run of `python -m tests.trust.acts`."""

import time
from typing import Any

import pytest

from agreements.lifecycle import OF_AGREEMENTS, StepNotOpen
from agreements.models import Flow
from agreements.operations.concerning import DEADLINES
from common import outbox
from tests.builders import World
from tests.trust.acts import running
from tests.trust.acts.building import office
from tests.trust.acts.machine import RULES, Acts

pytestmark = pytest.mark.django_db
SHARDS, EACH = 16, 625
"""So many tests share the work, and so many acts are tried in each at least: 10,000 altogether."""


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_any_acts_in_any_order_leave_what_the_model_says(made: World, shard: int) -> None:
    tried, went, number, place = 0, 0, shard, office(made)
    while tried < EACH:
        tally = running.run(place, examples=14 if number == shard else 2, number=number)
        tried, went, number = tried + tally.tried.total(), went + tally.went.total(), number + SHARDS
    assert went > tried / 6, "most acts are refused"


def test_every_act_on_an_executed_agreement_has_a_rule_in_the_machine() -> None:
    assert set(RULES) == OF_AGREEMENTS
    assert all(callable(getattr(Acts, name, None)) for name in RULES.values())


def _asks_and_leaves_a_trace(*args: Any, **given: Any) -> None:
    outbox.put("mail", f"asked:{given['now']}:{time.monotonic_ns()}", {})
    raise StepNotOpen("No.")


WRONG: dict[str, tuple[str, Any]] = {
    "pauses do not count": ("agreements.operations.covers.pauses_of", lambda *args: []),
    "nobody leaves": ("agreements.operations.noticing.take_effect", lambda agreement, row, sender: [row, agreement]),
    "a day too many": ("agreements.covering.without", lambda spans, hole: list(spans)),
    "the last reminder is forgotten": ("agreements.reminders._weekly", lambda *args: iter(())),
    "what is to end is reminded of": (
        "agreements.operations.concerning.Concerned.wants",
        lambda known, agreement, deadline, **given: getattr(agreement, DEADLINES[deadline])),
    "who has left is reminded": (
        "agreements.operations.concerning.Concerned.parties_on", lambda known, agreement, day: known.parties[agreement]),
    "what rests on it is not told": ("agreements.operations.relating.alert", lambda *args: None),
    "data without cover is overlooked": ("agreements.coverage.uncovered", lambda day: Flow.objects.none()),
    "a refusal leaves a trace": ("agreements.operations.leaving.cure", _asks_and_leaves_a_trace),
    "nobody is too few": ("agreements.operations.leaving.staying", lambda *args: 9),
}  # fmt: skip


SOON = dict.fromkeys(WRONG, 1) | {
    "what is to end is reminded of": 0, "who has left is reminded": 2, "what rests on it is not told": 7,
    "data without cover is overlooked": 7, "a refusal leaves a trace": 0,
}  # fmt: skip
"""The number of the sequences of which one of the first happens on what is wrong; of others it may take tens."""
PARTS = 5
"""Forty sequences at most, eight by eight: of many in one run Hypothesis makes the first ones as plain as it can."""


@pytest.mark.parametrize("wrong", WRONG)
def test_the_machine_notices_what_is_wrong(made: World, wrong: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(*WRONG[wrong])
    place = office(made)
    with pytest.raises(AssertionError):
        for number in range(SOON[wrong], SOON[wrong] + PARTS):
            running.run(place, examples=8, number=number)
