"""Days are anchored and unambiguous."""

from datetime import UTC, date, datetime

import pytest

from common.dates import add_months, day, instant


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 2, date(2024, 3, 31)),
        (date(2024, 1, 31), 3, date(2024, 4, 30)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2024, 7, 1), 36, date(2027, 7, 1)),
        (date(2026, 12, 31), -3, date(2026, 9, 30)),
    ],
)
def test_months_are_counted_from_the_anchor(anchor: date, months: int, expected: date) -> None:
    assert add_months(anchor, months) == expected


def test_a_day_reads_the_same_everywhere() -> None:
    assert day(date(2026, 10, 2)) == "2 Oct 2026"
    assert instant(datetime(2026, 10, 2, 20, 3, tzinfo=UTC), "America/Denver") == "2 Oct 2026, 14:03 MDT"
