"""Running the machine: so many sequences of acts, counted, other ones for each number."""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest import MonkeyPatch

from agreements.operations import lately
from tests.builders import World
from tests.trust.acts.bench import Bench
from tests.trust.acts.building import Office, office
from tests.trust.acts.machine import Acts

STEPS = 50
WRITTEN = (
    "audit_event", "audit_stream", "common_job", "agreements_agreement", "agreements_party", "agreements_access",
    "agreements_deadline", "agreements_searchentry", "agreements_version", "agreements_coverage", "agreements_flow",
    "agreements_dataset", "agreements_provision", "agreements_term", "agreements_reminder", "agreements_dutyclock",
)  # fmt: skip
"""Where sequences that were rolled back leave most behind."""


@dataclass
class Tally:
    """How many acts were tried and went through, by name, and each difference found with the acts that led to it."""

    tried: Counter[str] = field(default_factory=Counter)
    went: Counter[str] = field(default_factory=Counter)
    differences: dict[str, str] = field(default_factory=dict)


def run(place: Office, *, examples: int, number: int = 0, steps: int = STEPS) -> Tally:
    """So many sequences of so many acts; AssertionError, with the acts, where something is not as the model says."""
    Acts.office = place
    machine = seed(number)(type(f"Acts{number}", (Acts,), {}))
    Bench.tally = Tally()
    with MonkeyPatch.context() as patch:
        patch.setattr(lately, "LOOKED_BACK", 0)  # else every sweep would look at all that an example did
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples, stateful_step_count=steps, deadline=None, phases=[Phase.generate], database=None,
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
            ),
        )  # fmt: skip
    return Bench.tally


def go_on(made: World, wanted: int, *, first: int) -> Tally:
    """Until so many acts were tried, whatever is found; what was found is kept, once for each place in the checks."""
    whole, number, place = Tally(), first, office(made)
    while whole.tried.total() < wanted:
        try:
            run(place, examples=20, number=number)
        except Exception as error:
            frames = [
                frame
                for frame in traceback.extract_tb(error.__traceback__)
                if "site-packages" not in frame.filename
            ]
            where = " < ".join(
                f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-3:])
            )
            notes = "\n".join(getattr(error, "__notes__", []))
            if where not in whole.differences:
                whole.differences[where] = f"number {number}: {type(error).__name__} {error}\n{notes}"
                print(f"DIFFERENCE at {where}, {whole.differences[where]}", flush=True)
        whole.tried += Bench.tally.tried
        whole.went += Bench.tally.went
        number += 1
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(WRITTEN)}")
        print(f"{whole.tried.total():,} acts tried, {whole.went.total():,} went through, "
              f"{len(whole.differences)} differences", flush=True)  # fmt: skip
    return whole
