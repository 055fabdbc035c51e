"""The full programme, as one test: collected only where `python -m tests.trust.acts` names this file."""

from __future__ import annotations

import os
import time

import pytest

from tests.builders import World
from tests.trust.acts import running


@pytest.mark.django_db(transaction=True)  # what each sequence leaves behind is swept up before the next
@pytest.mark.timeout(0)
def test_so_many_acts_and_no_difference(made: World) -> None:
    began = time.monotonic()
    tally = running.go_on(made, int(os.environ["ACTS_TRANSITIONS"]), first=int(os.environ["ACTS_FIRST"]))
    for name, tried in tally.tried.most_common():
        print(f"{name:<12} {tried:>8,} tried {tally.went[name]:>8,} went through")
    tried, went = tally.tried.total(), tally.went.total()
    print(
        f"{tried:,} acts tried in {(time.monotonic() - began) / 60:.0f} minutes, {went / tried:.0%} of them went through"
    )
    assert not tally.differences, list(tally.differences)
