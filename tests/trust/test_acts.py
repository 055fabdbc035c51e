"""No order of acts leads to a state that the plain model does not have: a small run of `python -m tests.trust.acts`."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.builders import World
from tests.trust.acts.building import cast
from tests.trust.acts.machine import Acts

pytestmark = pytest.mark.django_db
WANTED = int(os.environ.get("ACTS_TRANSITIONS", "0"))
STEPS = 25


def run(
    made: World, *, examples: int, steps: int = STEPS, parties: tuple[int, int] = (2, 3), shrink: bool = True
) -> int:
    """So many sequences of so many acts; how many acts were tried."""
    Acts.made, Acts.parties, Acts.done = made, parties, 0
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])]
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, phases=phases, database=None,
            derandomize=not WANTED, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    return Acts.done


def test_any_acts_in_any_order_leave_what_the_model_says(made: World) -> None:
    cast(made)
    if not WANTED:
        assert run(made, examples=8) >= 100
        return
    tried = 0
    while tried < WANTED:
        tried += run(made, examples=400, steps=40, parties=(2, 5))
        print(f"{tried:,} acts tried, no difference")


@pytest.mark.parametrize("wrong", ["pauses do not count", "nobody leaves", "a day too many"])
def test_the_machine_notices_what_is_wrong(made: World, wrong: str, monkeypatch: Any) -> None:
    cast(made)
    if wrong == "pauses do not count":
        monkeypatch.setattr("agreements.operations.covers.pauses_of", lambda *args: [])
    elif wrong == "nobody leaves":
        monkeypatch.setattr(
            "agreements.operations.noticing.take_effect", lambda agreement, row, sender: [row, agreement]
        )
    else:
        monkeypatch.setattr("agreements.covering.without", lambda spans, hole: list(spans))
    with pytest.raises(AssertionError):
        run(made, examples=40, steps=30, shrink=False)
