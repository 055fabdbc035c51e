"""Acts that meet each other: what the machine of all acts found wrong, each put right by a rule of its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Notice, Party, Reminder, Stage
from agreements.operations import amending, ending, leaving, noticing, reminding, renewing, reviewing
from common.models import Job
from tests.builders import NOW, World, again
from tests.trust.acts.building import executed_at_once, office
from tests.trust.acts.model import Terms

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
Build = Callable[..., Agreement]


def at(days: int) -> datetime:
    return NOW + timedelta(days=days)


@pytest.fixture
def signed(made: World) -> Build:
    """An agreement of so many parties, executed on the day of NOW with these terms."""
    found = office(made)
    made.agencies, made.people = found.made.agencies, found.made.people

    def build(count: int = 3, **terms: Any) -> Agreement:
        return executed_at_once(
            found.drafts[count], actor=made.riverton_liaison, now=NOW, terms=Terms(**terms)
        )

    return build


def party(made: World, agreement: Agreement, key: str) -> Party:
    return agreement.parties.get(agency=made.agencies[key])


def goes(made: World, agreement: Agreement, key: str, *, now: datetime = NOW) -> Notice:
    return leaving.withdraw(again(agreement), reason="x", actor=made.people[f"{key}_counsel"], now=now)


def removed(
    made: World, agreement: Agreement, key: str, *, now: datetime = NOW, since: date | None = None
) -> None:
    """By an amendment that everybody signed at once."""
    actor = made.riverton_liaison
    draft = amending.amend(again(agreement), removes=[party(made, agreement, key)], takes_effect_on=since, actor=actor,
                           now=now)  # fmt: skip
    executed_at_once(draft, actor=actor, now=now)


def answered(made: World, agreement: Agreement, key: str = "mesa", *, now: datetime) -> Notice:
    return noticing.acknowledge(again(agreement), actor=made.people[f"{key}_liaison"], now=now)


def test_notice_to_leave_is_given_once_while_it_waits_to_be_acknowledged(made: World, signed: Build) -> None:
    agreement = signed(slow="acknowledged")
    goes(made, agreement, "elmwood")
    with pytest.raises(StepNotOpen, match="has given notice already"):
        goes(made, agreement, "elmwood", now=at(1))


def test_who_waits_to_leave_does_not_count_among_those_who_go_on(made: World, signed: Build) -> None:
    agreement = signed(4, slow="acknowledged", least=3)
    goes(made, agreement, "elmwood")
    with pytest.raises(StepNotOpen, match="fewer than the 3 it takes"):
        goes(made, agreement, "quarry")
    with pytest.raises(StepNotOpen, match="Only 2 of the parties would remain"):
        removed(made, agreement, "quarry")


def test_an_acknowledgement_that_comes_too_late_ends_nothing_and_blocks_nothing(
    made: World, signed: Build
) -> None:
    agreement = signed(2, slow="acknowledged", renewal="automatic", months=6, notice=60)
    end: dict[str, Any] = {"ground": "no_renewal", "reason": "x", "actor": made.riverton_counsel}
    ending.terminate(agreement, **end, now=at(100))
    row = answered(made, agreement, now=at(150))
    assert row.received_on and row.last_day is None and again(agreement).stage == Stage.EXECUTED
    assert Job.objects.filter(payload__text__icontains="came too late for it to end anything").exists()
    with pytest.raises(StepNotOpen, match="No notice waits"):
        answered(made, agreement, now=at(151))
    with pytest.raises(StepNotOpen, match="must be received"):
        ending.terminate(again(agreement), **end, now=at(152))
    ending.terminate(again(agreement), **(end | {"ground": "notice"}), now=at(152))


def test_the_notice_of_who_went_in_another_way_ends_nothing(made: World, signed: Build) -> None:
    agreement = signed(4, slow="acknowledged")
    goes(made, agreement, "elmwood")
    removed(made, agreement, "elmwood", now=at(3))
    with pytest.raises(PermissionDenied, match="No notice waits for your agency"):
        answered(made, agreement, now=at(5))
    assert party(made, agreement, "elmwood").left_on == TODAY + timedelta(days=2)


def test_who_is_leaving_and_is_let_go_before_goes_on_the_earlier_day(made: World, signed: Build) -> None:
    agreement = signed(4, notice=60)
    assert goes(made, agreement, "elmwood").last_day == TODAY + timedelta(days=60)
    removed(made, agreement, "elmwood", now=at(3))
    assert party(made, agreement, "elmwood").left_on == TODAY + timedelta(days=2)


def test_a_notice_nobody_is_left_to_acknowledge_is_answered_by_any_other_party(
    made: World, signed: Build
) -> None:
    agreement = signed(4, slow="acknowledged")
    goes(made, agreement, "elmwood")
    with pytest.raises(PermissionDenied):
        answered(made, agreement, "quarry", now=at(1))
    removed(made, agreement, "mesa", now=at(2))
    assert answered(made, agreement, "quarry", now=at(5)).last_day == TODAY + timedelta(days=30)


def test_the_last_day_a_notice_names_holds_when_it_is_acknowledged_later(made: World, signed: Build) -> None:
    agreement, wanted = signed(2, slow="acknowledged"), TODAY + timedelta(days=100)
    ending.terminate(
        agreement, ground="notice", reason="x", last_day=wanted, actor=made.riverton_counsel, now=NOW
    )
    assert answered(made, agreement, now=at(4)).last_day == wanted


def test_who_the_others_cannot_do_without_may_end_it_by_notice(made: World, signed: Build) -> None:
    agreement = signed(3)
    with pytest.raises(StepNotOpen, match=r"leads the agreement.* give notice to end the agreement"):
        goes(made, agreement, "riverton")
    row = ending.terminate(agreement, ground="notice", reason="x", actor=made.riverton_counsel, now=NOW)
    assert row.last_day == TODAY + timedelta(days=30)


def test_a_breach_by_who_has_gone_ends_nothing_for_cause(made: World, signed: Build) -> None:
    agreement, counsel = signed(4, cure=5), made.mesa_counsel
    leaving.breach(agreement, party=party(made, agreement, "elmwood"), what="x", actor=counsel, now=NOW)
    removed(made, agreement, "elmwood", now=at(1))
    with pytest.raises(StepNotOpen, match="takes a notice of the breach first"):
        ending.terminate(again(agreement), ground="cause", reason="x", actor=counsel, now=at(10))


def test_a_renewal_is_made_when_whoever_had_not_agreed_has_gone(made: World, signed: Build) -> None:
    agreement = signed(3, renewal="mutual_written", notice=15)

    def agrees(key: str, days: int) -> None:
        renewing.renew(
            again(agreement), number=1, reason="x", actor=made.people[f"{key}_signatory"], now=at(days)
        )

    agrees("riverton", 1)
    agrees("mesa", 1)
    with pytest.raises(StepNotOpen, match="has agreed to renewal 1 already"):
        agrees("mesa", 2)
    goes(made, agreement, "elmwood", now=at(3))
    agrees("mesa", 4)
    assert again(agreement).renewed == 1


def test_who_goes_by_the_newest_change_begins_no_further_one(made: World, signed: Build) -> None:
    agreement = signed(3)
    removed(made, agreement, "elmwood", since=TODAY + timedelta(days=20))
    with pytest.raises(StepNotOpen, match="Elmwood Police goes by the newest change"):
        amending.amend(again(agreement), actor=made.people["elmwood_liaison"], now=at(1))


def test_of_two_amendments_drafted_on_one_text_the_second_is_refused_even_if_the_first_left_every_word(
    made: World, signed: Build
) -> None:
    agreement, actor = signed(2), made.riverton_liaison
    first, second = (amending.amend(agreement, actor=actor, now=NOW) for _ in range(2))
    executed_at_once(first, actor=actor, now=NOW)
    with pytest.raises(StepNotOpen, match="was changed meanwhile"):
        executed_at_once(second, actor=actor, now=NOW)


def test_an_amendment_may_take_effect_in_a_term_to_come_where_it_renews_itself(
    made: World, signed: Build
) -> None:
    agreement, actor = signed(2, renewal="automatic", months=2), made.riverton_liaison
    since = TODAY + timedelta(days=100)
    draft = amending.amend(agreement, takes_effect_on=since, actor=actor, now=NOW)
    assert executed_at_once(draft, actor=actor, now=NOW).effective_on == since


def test_a_decision_taken_back_brings_the_reminders_back(made: World, signed: Build) -> None:
    agreement = signed(2, months=6)
    for days, outcome, told in ((100, "lapse", False), (110, "continue", True)):
        reviewing.decide(again(agreement), outcome=outcome, reason="x", actor=made.mesa_counsel, now=at(days))
        reminding.remind(now=at(days + 1))
        assert Reminder.objects.filter(agreement=agreement, deadline="last_day").exists() == told


def test_who_leaves_with_the_day_is_told_until_midnight_where_the_agreement_is(
    made: World, signed: Build
) -> None:
    agreement = signed(3, notice=0, slow="same_day")
    goes(made, agreement, "elmwood")
    late = datetime(2026, 3, 3, 5, tzinfo=UTC)  # ten in the evening in Denver
    ending.suspend(again(agreement), grounds="Late.", from_on=TODAY, actor=made.mesa_counsel, now=late)
    told = Job.objects.filter(owner=made.people["elmwood_liaison"].pk, payload__text__icontains="Late.")
    assert told.exists()
