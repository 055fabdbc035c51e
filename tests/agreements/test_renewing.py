"""Renewals: each type by its own rule, capped, once per cycle; one that came about by itself stands until decided on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from agreements import coverage, standing
from agreements.board import Item, Scope, page
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, RenewalTerm
from agreements.operations import renewing, reviewing, stating
from audit.models import Event
from audit.sentences import sentence
from common.models import Job
from tests import builders
from tests.agreements.pages import text
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
OPTION = {"months": 12, "renewal": "option", "renewal_months": 12, "renewal_max": 2}
MUTUAL = OPTION | {"renewal": "mutual_written"}
ITSELF = OPTION | {"renewal": "automatic"}
LAST = date(2027, 3, 1)
SOON = NOW + timedelta(days=300)


def renew(agreement: Agreement, who: Any, number: int = 1, now: datetime = SOON) -> Any:
    return renewing.renew(
        again(agreement), number=number, reason="It works.", consulted="Chief", actor=who, now=now
    )


def on(day: date) -> datetime:
    """Noon in Colorado."""
    return datetime(day.year, day.month, day.day, 19, tzinfo=NOW.tzinfo)


def test_an_option_is_exercised_by_one_act_that_moves_every_date(made: World) -> None:
    agreement = builders.executed(made, terms=OPTION)
    assert agreement.last_day == LAST
    renew(agreement, made.mesa_counsel)
    done = again(agreement)
    assert (
        done.last_day == date(2028, 3, 1)
        and done.renewed == 1
        and standing.of(done, today=LAST + timedelta(1)).in_force
    )
    assert done.notice_due_on is not None and done.notice_due_on > LAST - timedelta(days=40)
    row = RenewalTerm.objects.get()
    assert (row.first_on, row.last_on, row.consulted) == (LAST + timedelta(days=1), date(2028, 3, 1), "Chief")
    assert {row.last_on for row in coverage.spans_of(done)} == {date(2028, 3, 1)}
    said = sentence(Event.objects.get(stream=done.pk, action="agreement.renewed"))
    assert "renewal 1" in said and "to 1 Mar 2028" in said


def test_the_same_renewal_sent_twice_is_made_once(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION)
    renew(agreement, made.mesa_counsel)
    with pytest.raises(StepNotOpen, match="Renewal 1 is recorded already"):
        renew(agreement, made.riverton_counsel)
    with pytest.raises(StepNotOpen, match="Renewal 1 begins on 2 Mar 2027"):
        renew(agreement, made.riverton_counsel, 2)
    assert RenewalTerm.objects.count() == 1


REFUSED = [
    (OPTION | {"renewal": "none"}, SOON, "allows no renewal"),
    (ITSELF, SOON, "renews itself after 1 Mar 2027"),
    (OPTION, on(LAST + timedelta(days=1)), "lapsed after 1 Mar 2027"),
    (OPTION | {"renewal_max": 0}, SOON, "allows 0 renewals"),
    (OPTION | {"absolute_end": date(2027, 3, 1)}, SOON, "no renewal go beyond 1 Mar 2027"),
    (OPTION | {"renewal_months": None}, SOON, "does not say for how long"),
    (OPTION | {"kind": "evergreen"}, SOON, "no last day to go beyond"),
]


@pytest.mark.parametrize(("terms", "now", "words"), REFUSED)
def test_a_renewal_the_text_does_not_allow_is_refused_with_its_rule(
    made: World, terms: dict[str, Any], now: datetime, words: str
) -> None:
    agreement = builders.executed(made, short=True, terms=terms)
    with pytest.raises(StepNotOpen, match=words):
        renew(agreement, made.mesa_counsel, now=now)
    assert not RenewalTerm.objects.exists()


def test_an_absolute_end_cuts_the_last_renewal_short(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION | {"absolute_end": date(2027, 12, 31)})
    renew(agreement, made.mesa_counsel)
    assert again(agreement).last_day == date(2027, 12, 31)
    with pytest.raises(StepNotOpen, match="no renewal go beyond 31 Dec 2027"):
        renew(agreement, made.mesa_counsel, 2, on(date(2027, 6, 1)))


def test_a_mutual_renewal_takes_every_party_and_somebody_who_may_bind_it(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=MUTUAL)
    with pytest.raises(StepNotOpen, match="recorded authority"):
        renew(agreement, made.mesa_counsel)
    renew(agreement, made.mesa_signatory)
    assert again(agreement).last_day == LAST, "one party alone renews nothing"
    with pytest.raises(StepNotOpen, match="agreed to renewal 1 already"):
        renew(agreement, made.mesa_signatory)
    renew(agreement, made.riverton_signatory)
    assert again(agreement).last_day == date(2028, 3, 1)
    assert agreement.renewal_consents.count() == 2


def test_a_half_agreed_renewal_lapses_with_the_last_day(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=MUTUAL)
    renew(agreement, made.mesa_signatory)
    with pytest.raises(StepNotOpen, match="lapsed after"):
        renew(agreement, made.riverton_signatory, now=on(LAST + timedelta(days=1)))


@pytest.mark.parametrize("person", ["riverton_liaison", "riverton_auditor", "outsider", "overseer"])
def test_others_may_not_renew(made: World, person: str) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION)
    with pytest.raises(PermissionDenied):
        renew(agreement, made.people[person])


def test_a_reason_is_asked_for(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION)
    with pytest.raises(ValidationError, match="Give the reason"):
        renewing.renew(agreement, number=1, reason=" ", actor=made.mesa_counsel, now=SOON)


def test_one_that_renews_itself_does_so_once_and_without_a_decision_it_is_a_finding(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=ITSELF)
    for day in (NOW + timedelta(days=200), on(LAST)):
        stating.due(now=day)
    assert again(agreement).renewed == 0, "the last day itself is still the old term"
    after = on(LAST + timedelta(days=1))
    for _ in range(2):
        stating.due(now=after)
    done = again(agreement)
    assert (done.renewed, done.last_day, done.unreviewed_on) == (
        1,
        date(2028, 3, 1),
        LAST + timedelta(days=1),
    )
    row = RenewalTerm.objects.get()
    assert not row.reviewed and row.by is None
    said = sentence(Event.objects.get(action="agreement.renewed_itself"))
    assert "No decision to go on was recorded" in said and "asked for from" in said
    assert Job.objects.filter(payload__text__icontains="Renewed itself to 1 Mar 2028").exists()


def waiting(made: World, today: date) -> list[Item]:
    """What Riverton's board asks to decide now, without what is done elsewhere."""
    return [item for item in page(Scope((made.riverton.pk,)), today=today).of("now") if not item.url]


def test_the_finding_stays_on_the_agreement_and_the_board_until_somebody_decides(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=ITSELF)
    stating.due(now=on(LAST + timedelta(days=1)))
    later = LAST + timedelta(days=60)
    first = waiting(made, later)[0]
    assert first.deadline.name == "Renewed itself without a decision"
    assert standing.of(again(agreement), today=later).dates[0].name == first.deadline.name
    reviewing.decide(
        again(agreement), outcome="continue", reason="Looked at.", actor=made.mesa_counsel, now=on(later)
    )
    assert again(agreement).unreviewed_on is None
    assert not waiting(made, later)


def test_a_decision_recorded_in_time_leaves_no_finding_and_letting_it_lapse_is_none(made: World) -> None:
    for outcome, expected in (("renew", None), ("lapse", LAST + timedelta(days=1))):
        agreement = builders.executed(made, title=outcome, short=True, terms=ITSELF)
        reviewing.decide(
            agreement, outcome=outcome, reason="x", actor=made.mesa_counsel, now=on(LAST - timedelta(days=50))
        )
        renewing.sweep(now=on(LAST + timedelta(days=1)))
        assert again(agreement).unreviewed_on == expected


def test_years_without_the_clock_are_made_up_for_cycle_by_cycle_up_to_the_cap(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=ITSELF)
    assert renewing.sweep(now=on(date(2031, 1, 1))) == 2
    done = again(agreement)
    assert done.last_day == done.renews_until or done.renews_until is None
    assert [row.number for row in agreement.renewals.order_by("number")] == [1, 2]
    assert standing.of(done, today=date(2031, 1, 1)).key == "lapsed"


def test_counsel_renews_on_its_page(made: World, client: Client, today: None) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION)
    client.force_login(made.mesa_counsel)
    url = f"{agreement.get_absolute_url()}steps/renew/"
    assert "Renew" in text(client.get(url))
    answer = client.post(url, {"number": "1", "reason": "It works.", "consulted": "The chief"})
    assert answer.status_code == 302
    assert "Renewal 1" in text(client.get(f"{agreement.get_absolute_url()}dates/"))
    answer = client.post(url, {"number": "1", "reason": "Once more."})
    assert answer.status_code == 409 and "recorded already" in text(answer) and "Once more." in text(answer)


def test_until_midnight_where_the_agreement_is_the_last_day_is_not_over(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION)
    before, after = datetime(2027, 3, 2, 6, 59, tzinfo=UTC), datetime(2027, 3, 2, 7, 0, tzinfo=UTC)
    with pytest.raises(StepNotOpen, match="lapsed after 1 Mar 2027"):
        renew(agreement, made.mesa_counsel, now=after)
    renew(agreement, made.mesa_counsel, now=before)
    assert again(agreement).last_day == date(2028, 3, 1), "23:59 in Colorado"


def test_a_term_that_began_on_29_february_is_renewed_from_that_day(made: World) -> None:
    leap = {
        "effective_rule": "date",
        "effective_on": date(2024, 2, 29),
        "months": 36,
        "renewal": "option",
        "renewal_months": 12,
    }
    agreement = builders.executed(made, short=True, terms=leap)
    assert agreement.last_day == date(2027, 2, 27)
    renew(agreement, made.mesa_counsel)
    row = RenewalTerm.objects.get()
    assert (row.first_on, row.last_on) == (date(2027, 2, 28), date(2028, 2, 28)), "the 29th begins anew"


def test_the_law_limits_how_a_matching_agreement_is_renewed_and_when_that_is_decided(made: World) -> None:
    agreement = builders.executed(made, short=True, terms=OPTION | {"months": 18})
    agreement.kind = "matching"
    first = NOW.date()
    said = {"kind": "months", "months": 18, "renewal": "option", "renewal_months": 12, "renewal_max": 2}
    early = renewing._by_law(agreement, said, first, date(2027, 5, 1))
    assert "from 2 Jun 2027 on (5 USC 552a(o)(2))" in early
    assert renewing._by_law(agreement, said, first, date(2027, 6, 2)) == ""
    assert "until 1 Sep 2028 at most" in renewing._by_law(
        agreement, said | {"renewal_months": 13}, first, date(2027, 6, 2)
    )
