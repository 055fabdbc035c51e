"""The dates of the product are those of a wall calendar: a small run of `python -m tests.trust.dates`."""

from datetime import timedelta

import pytest

from agreements.term import notices, spans
from tests.trust.dates import cases, compared

SEED, HOW_MANY = 77, 6_000


def test_term_and_standing_agree_with_the_oracle() -> None:
    found = [
        f"case {SEED}/{index}: {words}"
        for index in range(HOW_MANY)
        for words in compared.differences(cases.drawn(SEED, index))
    ]
    assert found == []


@pytest.mark.parametrize("wrong", ["a day too many", "no rolling", "renewals one too few"])
def test_the_oracle_notices_a_rule_that_is_wrong(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if wrong == "a day too many":
        monkeypatch.setattr(spans, "DAY", timedelta(0))
    elif wrong == "no rolling":
        monkeypatch.setattr(notices, "rolled_back", lambda day, where: day)
    else:
        allowed = spans.most_renewals
        monkeypatch.setattr(spans, "most_renewals", lambda term: max(0, allowed(term) - 1))
    spans._after.cache_clear()
    found = [words for index in range(300) for words in compared.differences(cases.drawn(SEED, index))]
    spans._after.cache_clear()
    assert found


def test_every_day_from_2024_to_2040_and_every_zone_has_its_case() -> None:
    drawn = [cases.drawn(SEED, index) for index in range(cases.DAYS)]
    assert len({case["today"] for case in drawn}) == 6210 and {case["zone"] for case in drawn} == set(
        cases.ZONES
    )
    assert {case["renewal"] for case in drawn} == set(cases.RENEWALS)
    assert {case["effective_rule"] for case in drawn} == set(cases.RULES)
    notices = {row["notice_days"] for case in drawn for row in case["parties"]}
    assert {*range(1, 366)} <= notices
    months = [case["months"] for case in drawn if case["months"]]
    assert min(months) == 1 and max(months) > 590
    lengths = {
        (case["last_day"] - case["effective_on"]).days for case in drawn if case["kind"] == "fixed_date"
    }
    assert 0 in lengths and max(lengths) > 18_000
