"""The twenty traps of dates between agencies (DOMAIN 5), each by its number and with its figures."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements import covering, policy, reminders, standing, term
from agreements.catalog import load
from agreements.covering import Span
from agreements.models import Agreement, Stage
from common.dates import add_months

D = date
COLORADO = term.region("Colorado")


def agreed(**said: Any) -> dict[str, Any]:
    """A term of 36 months from a stated day, with whatever else a test says."""
    usual = {
        "effective_rule": "date",
        "effective_on": "2024-07-01",
        "kind": "months",
        "months": 36,
        "renewal": "none",
    }
    return usual | said


SIGNED = D(2024, 6, 1)


def first_and_last(said: dict[str, Any], signed: date = SIGNED) -> tuple[date | None, date | None]:
    first = term.effective_on(said, term.Facts(signed))
    return first, term.last_day(said, first=first) if first else None


def party(days: int | None = 30, **said: Any) -> dict[str, Any]:
    return {"id": "a", "notice_days": days} | said


def executed(**days: Any) -> Agreement:
    usual = {"effective_on": D(2000, 1, 1), "timezone": "America/Denver"}
    return Agreement(stage=Stage.EXECUTED, **(usual | days))


def test_trap_1_three_years_from_1_july_2024_end_on_30_june_2027() -> None:
    assert first_and_last(agreed()) == (D(2024, 7, 1), D(2027, 6, 30))
    on_last = executed(last_day=D(2027, 6, 30))
    assert standing.of(on_last, today=D(2027, 6, 30)).in_force
    assert standing.of(on_last, today=D(2027, 7, 1)).key == "lapsed"
    renewed = term.cycle(agreed(renewal="option", renewal_months=12), first=D(2024, 7, 1), number=1)
    assert renewed == term.Cycle(1, D(2027, 7, 1), D(2028, 6, 30)), "the day of renewal is the day after"


def test_trap_2_notice_counts_back_from_the_last_day_and_the_earlier_day_is_shown() -> None:
    from_last = term.window(
        agreed(notice_base="expiry"), party(90), [], last=D(2026, 12, 31), where=term.Region()
    )
    from_renewal = term.window(
        agreed(notice_base="anniversary"), party(90), [], last=D(2026, 12, 31), where=term.Region()
    )
    assert from_last is not None and from_renewal is not None
    assert from_last.on == from_last.stated == D(2026, 10, 2)
    assert (from_renewal.on, from_renewal.stated) == (D(2026, 10, 2), D(2026, 10, 3))


def test_trap_3_ninety_days_are_not_three_months() -> None:
    def due(last: date, days: int) -> date:
        found = term.window(agreed(), party(days), [], last=last, where=term.Region())
        assert found is not None
        return found.raw

    assert due(D(2026, 12, 31), 90) == D(2026, 10, 2) and D(2026, 10, 2).strftime("%A") == "Friday"
    assert add_months(D(2026, 12, 31), -3) == D(2026, 9, 30)
    assert due(D(2027, 3, 1), 180) == D(2026, 9, 2)
    assert due(D(2028, 3, 1), 180) == D(2027, 9, 3), "a leap year lies between"


def test_trap_4_months_are_anchored_on_the_first_day() -> None:
    said = agreed(months=1, renewal="automatic", renewal_months=1)
    begins = [row.first for row in islice(term.cycles(said, first=D(2024, 1, 31)), 4)]
    assert begins == [D(2024, 1, 31), D(2024, 2, 29), D(2024, 3, 31), D(2024, 4, 30)]


def test_trap_5_thirty_six_months_from_29_february_2024_end_on_27_february_2027() -> None:
    first, last = first_and_last(agreed(effective_on="2024-02-29"))
    assert (first, last) == (D(2024, 2, 29), D(2027, 2, 27))
    again = term.last_day(agreed(renewal="option", renewal_months=12), first=D(2024, 2, 29), renewals=1)
    assert again == D(2028, 2, 28), "a leap year again: it is the 29th that begins anew"


def test_trap_6_backward_periods_roll_back_and_forward_periods_roll_on_and_both_days_are_kept() -> None:
    said = agreed(business_days=True)
    found = term.window(said, party(60), [], last=D(2027, 6, 30), where=COLORADO)
    assert found is not None and (found.raw, found.on) == (D(2027, 5, 1), D(2027, 4, 30)), (
        "1 May 2027 is a Saturday"
    )
    ending = term.ends_on(
        said, party(30), received_on=D(2026, 11, 26), first=D(2024, 7, 1), last=None, where=COLORADO
    )
    assert (ending.raw, ending.on) == (D(2026, 12, 26), D(2026, 12, 28))
    christmas = term.ends_on(
        said, party(30), received_on=D(2026, 11, 25), first=D(2024, 7, 1), last=None, where=COLORADO
    )
    assert christmas.on == D(2026, 12, 28), "the 25th is a holiday, the 26th a Saturday"
    assert not term.is_business_day(D(2026, 10, 5), term.region("State of Colorado")), "Cabrini Day"
    assert term.is_business_day(D(2026, 10, 5), term.region("Texas")), (
        "each jurisdiction has its own holidays"
    )
    assert term.is_business_day(D(2026, 7, 3), term.region("Ruritania")), (
        "weekends only where no table is known"
    )


def test_trap_7_a_notice_counts_when_it_is_deemed_received() -> None:
    mail, slow = party(30, deemed_receipt="mail_3"), party(30, deemed_receipt="mail_5")
    assert term.sent_by(D(2026, 10, 2), [mail], where=None) == D(2026, 9, 29)
    assert term.sent_by(D(2026, 10, 2), [mail, slow], where=None) == D(2026, 9, 27), (
        "the slowest party decides"
    )
    assert term.sent_by(D(2026, 10, 2), [mail, slow], where=COLORADO) == D(2026, 9, 25), (
        "and that is a Sunday"
    )
    assert term.received_on(D(2026, 10, 2), mail) == D(2026, 10, 5)
    assert term.received_on(D(2026, 10, 2), party(deemed_receipt="acknowledged")) is None
    answered = term.received_on(
        D(2026, 10, 2), party(deemed_receipt="acknowledged"), acknowledged_on=D(2026, 10, 9)
    )
    assert answered == D(2026, 10, 9)


def test_trap_8_notice_against_renewal_has_an_opening_day_and_renewals_stop_at_number_and_end() -> None:
    said = agreed(renewal="automatic", renewal_months=12, renewal_max=2)
    found = term.window(said, party(60, notice_opens_days=120), [], last=D(2026, 12, 31), where=term.Region())
    assert found is not None and (found.opens_on, found.on) == (D(2026, 9, 2), D(2026, 11, 1))
    assert [found.is_open(day) for day in (D(2026, 9, 1), D(2026, 9, 2), D(2026, 11, 1), D(2026, 11, 2))] == [
        False,
        True,
        True,
        False,
    ]
    lasts = [row.last for row in term.cycles(said, first=D(2024, 7, 1))]
    assert lasts == [D(2027, 6, 30), D(2028, 6, 30), D(2029, 6, 30)]
    capped = [row.last for row in term.cycles(said | {"absolute_end": "2028-12-31"}, first=D(2024, 7, 1))]
    assert capped == [D(2027, 6, 30), D(2028, 6, 30), D(2028, 12, 31)]
    going = executed(last_day=D(2027, 6, 30), renews_until=D(2029, 6, 30))
    assert [standing.of(going, today=day).key for day in (D(2027, 7, 1), D(2029, 6, 30), D(2029, 7, 1))] == [
        "in_force", "in_force", "lapsed"]  # fmt: skip
    assert standing.of(going, today=D(2027, 7, 1)).dates[0].name == "Renewed itself after"


def test_trap_9_an_option_to_renew_in_writing_is_not_automatic() -> None:
    said = agreed(effective_on="2011-10-01", months=12, renewal="option", renewal_months=12, renewal_max=1)
    content = {"term": said, "parties": [party(30)], "jurisdiction": ""}
    dates = term.fixed(content, term.Facts(D(2011, 9, 1)))
    assert (dates.last_day, dates.renews_until) == (D(2012, 9, 30), None)
    assert standing.of(executed(last_day=dates.last_day), today=D(2012, 10, 1)).key == "lapsed", "at midnight"


def test_trap_10_an_evergreen_agreement_is_watched_by_its_review_and_left_by_notice() -> None:
    said = agreed(kind="evergreen", months=None, review_months=36)
    content = {"term": said, "parties": [party(90)], "jurisdiction": ""}
    dates = term.fixed(content, term.Facts(D(2024, 6, 1)))
    assert (dates.last_day, dates.notice_due_on, dates.review_due_on) == (None, None, D(2027, 7, 1))
    left = term.ends_on(
        said, party(90), received_on=D(2026, 1, 5), first=D(2024, 7, 1), last=None, where=term.Region()
    )
    assert left.on == D(2026, 4, 5)
    legal = term.review(said, since=D(2024, 7, 1), legal_months=12)
    assert (
        legal == term.Review(D(2025, 7, 1), agreed_on=D(2027, 7, 1), legal_on=D(2025, 7, 1))
        and legal.rule == "legal"
    )


def test_trap_11_effective_rules_and_a_retroactive_day_that_moves_no_data() -> None:
    signed = {"a": D(2020, 10, 2), "b": D(2020, 11, 18), "c": D(2020, 10, 20)}
    facts = term.Facts(D(2020, 11, 18), signed, {"a": D(2020, 11, 18)}, frozenset(), D(2021, 1, 4))
    by_rule = {rule: term.effective_on(agreed(effective_rule=rule, effective_on="2020-08-01"), facts) for rule in (
        "date", "last_signature", "governing_approval", "each_signature", "conditions")}  # fmt: skip
    assert by_rule == {"date": D(2020, 8, 1), "last_signature": D(2020, 11, 18), "governing_approval": D(2020, 11, 18),
                       "each_signature": D(2020, 10, 20), "conditions": D(2021, 1, 4)}  # fmt: skip
    own = {key: term.party_from(agreed(effective_rule="each_signature"), facts, key) for key in signed}
    assert own == {"a": D(2020, 10, 20), "b": D(2020, 11, 18), "c": D(2020, 10, 20)}, (
        "one alone is bound to nobody"
    )
    waiting = term.Facts(D(2020, 11, 18), approvals={"a": D(2020, 11, 18)}, awaiting=frozenset("b"))
    assert term.effective_on(agreed(effective_rule="governing_approval"), waiting) is None
    assert covering.replayed([covering.Act("executed", D(2020, 11, 18), max(D(2020, 8, 1), D(2020, 11, 18)), D(2021, 7, 31))]) == [
        Span(D(2020, 11, 18), D(2021, 7, 31))]  # fmt: skip


def test_trap_12_a_party_that_may_only_leave_at_the_end_of_a_period() -> None:
    policy_year = agreed(kind="evergreen", months=None, fiscal_year_start=7)
    leaving = party(60, withdrawal_rule="period_end")
    found = term.ends_on(
        policy_year, leaving, received_on=D(2026, 4, 30), first=D(2020, 7, 1), last=None, where=term.Region()
    )
    assert found.on == D(2026, 6, 30), "sixty days before the end of the policy year"
    late = term.ends_on(
        policy_year, leaving, received_on=D(2026, 5, 2), first=D(2020, 7, 1), last=None, where=term.Region()
    )
    assert late.on == D(2027, 6, 30)
    held = party(30, withdrawal_rule="not_before", withdrawal_not_before="2027-01-01")
    found = term.ends_on(
        agreed(),
        held,
        received_on=D(2026, 3, 1),
        first=D(2024, 7, 1),
        last=D(2027, 6, 30),
        where=term.Region(),
    )
    assert (found.on, found.rule) == (D(2027, 1, 1), "not_before")


def test_trap_13_an_amendment_signed_after_the_end_cannot_extend() -> None:
    assert term.extendable(D(2024, 7, 13), D(2024, 7, 13)) and not term.extendable(
        D(2024, 7, 14), D(2024, 7, 13)
    )
    assert term.gap_days(D(2024, 7, 13), D(2025, 9, 1)) == 414, (
        "Amador: thirteen months and a half without cover"
    )
    assert term.gap_days(D(2027, 6, 30), D(2027, 7, 1)) == 0


def test_trap_14_what_is_superseded_ends_the_day_before() -> None:
    assert term.superseded_on(D(2026, 1, 1)) == D(2025, 12, 31)
    assert term.gap_days(term.superseded_on(D(2026, 1, 1)), D(2026, 1, 1)) == 0


def test_trap_15_what_rests_on_a_parent_is_covered_no_longer_than_the_parent() -> None:
    child, parent = Span(D(2024, 1, 1), D(2027, 12, 31)), Span(D(2023, 1, 1), D(2025, 6, 30))
    assert covering.covered(child, [], ended_on=parent.last) == [Span(D(2024, 1, 1), D(2025, 6, 30))]


def test_trap_16_a_review_brought_about_by_a_new_signatory_ends_nothing() -> None:
    agreement = executed(last_day=None, review_due_on=D(2026, 1, 1))
    found = standing.of(agreement, today=D(2026, 2, 1))
    assert found.in_force and found.dates[0].name == "Review overdue since"


def test_trap_17_the_clocks_of_survival_and_closeout_start_at_the_end() -> None:
    assert term.survives_until(D(2026, 6, 30), 24) == D(2028, 6, 30)
    assert term.survives_until(D(2026, 2, 28), 12) == D(2027, 2, 28)
    assert term.survives_until(D(2026, 6, 30), None) is None
    assert term.closeout_due_on(D(2026, 6, 30), 60) == D(2026, 8, 29)


def test_trap_18_a_matching_agreement_lasts_18_months_and_12_more_decided_in_the_last_three() -> None:
    last, renewed, decide_from = term.limited("matching", agreed(months=18), first=D(2025, 1, 1)) or ()
    assert (last, renewed, decide_from) == (D(2026, 6, 30), D(2027, 6, 30), D(2026, 4, 1))
    assert term.limited("IEA", agreed(), first=D(2025, 1, 1)) is None


@pytest.mark.parametrize(("begins", "first", "last"), [
    (10, D(2015, 10, 1), D(2017, 9, 30)), (7, D(2015, 7, 1), D(2017, 6, 30)), (1, D(2016, 1, 1), D(2017, 12, 31)),
])  # fmt: skip
def test_trap_19_fiscal_years_2016_to_2017_by_the_calendar_of_the_party(
    begins: int, first: date, last: date
) -> None:
    said = agreed(kind="fiscal_years", first_fiscal_year=2016, fiscal_years=2, fiscal_year_start=begins,
                  effective_rule="last_signature", months=None)  # fmt: skip
    assert first_and_last(said, signed=D(2015, 5, 1)) == (first, last)


def test_trap_19_an_unset_fiscal_year_is_refused_by_name() -> None:
    with pytest.raises(term.Undetermined, match="in which month the fiscal year begins") as refused:
        term.fiscal_year(agreed(kind="fiscal_years", first_fiscal_year=2016, fiscal_years=2))
    assert refused.value.field == "fiscal_year_start"


def test_trap_20_a_suspension_does_not_stop_the_clock_unless_the_text_says_so() -> None:
    pause = [(D(2026, 1, 1), D(2026, 1, 31))]
    assert term.prolonged(agreed(), D(2027, 6, 30), pause) == D(2027, 6, 30)
    assert term.prolonged(agreed(suspension_stops_clock=True), D(2027, 6, 30), pause) == D(2027, 7, 31)
    assert term.prolonged(agreed(suspension_stops_clock=True), D(2025, 6, 30), pause) == D(2025, 6, 30)


@pytest.mark.parametrize(("at", "zone", "day"), [
    (datetime(2026, 7, 1, 5, 59, tzinfo=UTC), "America/Denver", D(2026, 6, 30)),
    (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), "America/Denver", D(2026, 7, 1)),
    (datetime(2026, 7, 1, 5, 59, tzinfo=UTC), "Pacific/Kiritimati", D(2026, 7, 1)),
])  # fmt: skip
def test_the_day_is_that_of_the_agreements_zone_on_either_side_of_midnight(
    at: datetime, zone: str, day: date
) -> None:
    assert policy.local_day(at, Agreement(timezone=zone)) == day


DAYS = st.dates(D(2000, 1, 1), D(2100, 1, 1))
NOTICES = st.integers(1, 365)


@given(last=DAYS, shorter=NOTICES, longer=NOTICES, rolls=st.booleans())
def test_more_days_of_notice_are_never_due_later(last: date, shorter: int, longer: int, rolls: bool) -> None:
    def due(days: int) -> date:
        found = term.window(agreed(business_days=rolls), party(days), [], last=last, where=COLORADO)
        assert found is not None and found.on <= found.raw <= found.stated and found.on < last
        return found.on

    assert shorter > longer or due(longer) <= due(shorter)


@given(first=DAYS, months=st.integers(1, 600), each=st.integers(1, 60), most=st.integers(0, 9))
def test_renewals_follow_on_one_another_without_gap_and_none_drifts(
    first: date, months: int, each: int, most: int
) -> None:
    said = agreed(months=months, renewal="automatic", renewal_months=each, renewal_max=most)
    rows = list(term.cycles(said, first=first))
    assert len(rows) == most + 1 and rows[0].first == first
    for before, after in pairwise(rows):
        assert before.last is not None and after.first == before.last + timedelta(days=1)
    assert rows[-1].last == add_months(first, months + most * each) - timedelta(days=1)
    assert term.runs_until(said, first=first) == rows[-1].last


@given(rule=st.sampled_from(["ended", "lapsed"]), last=DAYS, after=st.integers(1, 4000))
def test_no_reminder_of_a_coming_day_for_what_is_over(rule: str, last: date, after: int) -> None:
    over = executed(
        last_day=last, notice_due_on=last - timedelta(days=30), review_due_on=last + timedelta(days=9000)
    )
    if rule == "ended":
        over.stage, over.ended_on = Stage.ENDED, last
    found = standing.of(over, today=last + timedelta(days=after))
    assert [row for row in found.dates if row.on > last] == []


def test_the_first_rung_of_the_ladder_comes_before_any_deadline() -> None:
    rungs: Callable[[date], list[reminders.Due]] = lambda on: reminders.due(  # noqa: E731
        load().ladder, on, since=D(2020, 1, 1), today=on, overdue=False
    )
    assert rungs(D(2026, 10, 2))[0].due_on == D(2026, 4, 5)
