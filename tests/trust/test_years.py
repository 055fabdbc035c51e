"""Through stopped and doubled clocks and a mail server that is away: each reminder once, no lapse, no renewal unseen.

A small run of `python -m tests.trust.years`.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from agreements.operations import reminding, renewing
from tests.trust.years import checks, running

pytestmark = pytest.mark.django_db(transaction=True)


def lived(agreements: int, days: int, every: int, **terms: tuple[Any, ...]) -> checks.Verdict:
    """So many agreements on such terms for so many days."""
    years = running.Years(random.Random(7), **terms)
    years.cast(3)
    running.run(years, agreements=agreements, days=days, every=every)
    return checks.judge(years)


def test_whatever_stops_or_doubles_each_reminder_is_there_once_and_no_lapse_or_renewal_goes_unseen() -> None:
    found = lived(10, 120, every=3, months=(2, 3))
    assert not found.wrong, found.words()
    happened = ("of them doubled", "days without", "tries refused", "lapses announced in time")
    assert all(found.figures[what] for what in (*happened, "renewals with a finding")), found.words()


def nothing(*given: Any, **named: Any) -> set[Any]:
    """As if there were none."""
    return set()


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "reminders missing": lambda patch: patch.setattr(reminding, "_changed", nothing),
    "renewals amiss": lambda patch: patch.setattr(renewing, "_decided", lambda agreement, last: True),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_the_years_notice_what_is_wrong(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[wrong](monkeypatch)
    assert any(wrong in one for one in lived(6, 66, every=6, months=(2,), kinds=("automatic",)).wrong)
