"""Through stopped and doubled clocks and a mail server that is away: each reminder once, no lapse, no renewal unseen.

A small run of `python -m tests.trust.years`.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from agreements import reminders
from agreements.operations import reminding, renewing
from tests.trust.years import checks, running

pytestmark = pytest.mark.django_db(transaction=True)


def lived(agreements: int, days: int, every: int) -> checks.Verdict:
    """So many agreements of a few months for so many days."""
    years = running.Years(random.Random(7), months=(2, 3, 6))
    years.cast(4)
    running.run(years, agreements=agreements, days=days, every=every)
    return checks.judge(years)


def test_whatever_stops_or_doubles_each_reminder_is_there_once_and_no_lapse_or_renewal_goes_unseen() -> None:
    found = lived(12, 240, every=4)
    assert not found.wrong, found.words()
    assert min(found.figures.values()) > 0, found.words()


def nothing(*given: Any, **named: Any) -> set[Any]:
    """As if there were none."""
    return set()


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "reminders missing": lambda patch: patch.setattr(reminding, "_changed", nothing),
    "reminders nobody was due": lambda patch: patch.setattr(reminders, "SLACK", 60),
    "renewals amiss": lambda patch: patch.setattr(renewing, "_decided", lambda agreement, last: True),
    "agreements that are not as on paper": lambda patch: patch.setattr(renewing, "sweep", nothing),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_the_years_notice_what_is_wrong(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[wrong](monkeypatch)
    assert any(wrong in one for one in lived(8, 120, every=6).wrong)
