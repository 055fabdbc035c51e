"""Parties come, go and are held to what they signed: joinder, removal, withdrawal, the clock of a notice, breach and cure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agreements import coverage, policy, standing, texts
from agreements.lifecycle import StepNotOpen
from agreements.models import LEAVES, Agreement, Flow, Notice, Party, Stage
from agreements.models.snapshot import content_of
from agreements.operations import amending, drafting, ending, leaving, noticing
from tests import builders
from tests.agreements import several
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
LATER = NOW + timedelta(days=20)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 19, tzinfo=UTC)


def party(made: World, agreement: Agreement, key: str) -> Party:
    return agreement.parties.get(agency=made.agencies[key])


def flows_of(made: World, agreement: Agreement, key: str) -> set[Any]:
    one = party(made, agreement, key)
    return {row.pk for row in coverage.flows(agreement) if one.pk in (row.provider_id, row.recipient_id)}


@pytest.fixture
def three(made: World) -> Agreement:
    return several.executed(made, "mesa", "harbor")


def withdraw(
    made: World, agreement: Agreement, key: str = "harbor", now: datetime = LATER, **said: Any
) -> Notice:
    return leaving.withdraw(
        again(agreement), reason="New system.", actor=made.people[f"{key}_counsel"], now=now, **said
    )


def test_one_of_three_leaves_its_flows_end_with_its_last_day_and_the_others_go_on(
    made: World, three: Agreement
) -> None:
    everything, own = coverage.flows_covered(three, day=TODAY), flows_of(made, three, "harbor")
    assert own and everything - own
    row = withdraw(made, three)
    assert row.ground == LEAVES and row.last_day == date(2026, 4, 21), "30 days from 22 March"
    done = again(three)
    assert done.stage == Stage.EXECUTED and standing.of(done, today=date(2026, 5, 1)).in_force
    assert coverage.flows_covered(done, day=row.last_day) == everything
    assert coverage.flows_covered(done, day=row.last_day + timedelta(days=1)) == everything - own
    assert {p.agency for p in policy.parties_on(done, row.last_day)} == {
        made.riverton,
        made.mesa,
        made.harbor,
    }
    assert {p.agency for p in policy.parties_on(done, row.last_day + timedelta(days=1))} == {
        made.riverton,
        made.mesa,
    }


def test_who_has_left_gives_no_notice_and_is_told_why(made: World, three: Agreement) -> None:
    withdraw(made, three)
    with pytest.raises(StepNotOpen, match="leaves after 21 Apr 2026 already"):
        withdraw(made, three)
    after = at(date(2026, 4, 22))
    for act in (
        lambda: ending.terminate(
            again(three), ground="mutual", reason="x", actor=made.harbor_counsel, now=after
        ),
        lambda: withdraw(made, three, now=after),
    ):
        with pytest.raises(PermissionDenied, match="left this agreement after 21 Apr 2026"):
            act()


def test_too_few_may_not_remain_and_the_lead_and_the_host_may_not_go(made: World, three: Agreement) -> None:
    with pytest.raises(StepNotOpen, match="leads the agreement"):
        withdraw(made, three, "riverton")
    withdraw(made, three)
    with pytest.raises(StepNotOpen, match="1 party would remain, fewer than the 2"):
        withdraw(made, three, "mesa")
    hosted = several.executed(made, "mesa", "quarry", min_parties=3)
    with pytest.raises(StepNotOpen, match="fewer than the 3"):
        withdraw(made, hosted, "mesa")
    four = several.executed(made, "mesa", "quarry", "harbor")
    locked = party(made, four, "mesa")
    why = leaving.stays_because(
        four, Party(pk=locked.pk, roles=["host"], agency=made.mesa, legal_name="Mesa"), 2
    )
    assert "hosts the exchange" in why


def test_notice_by_one_of_several_does_not_end_it_for_all(made: World, three: Agreement) -> None:
    with pytest.raises(StepNotOpen, match="ends its own part only"):
        ending.terminate(three, ground="notice", reason="x", actor=made.mesa_counsel, now=LATER)


def test_a_party_that_leaves_by_an_amendment_is_gone_with_its_flows(made: World, three: Agreement) -> None:
    own = flows_of(made, three, "harbor")
    draft = amending.amend(
        three, removes=[party(made, three, "harbor")], actor=made.riverton_liaison, now=LATER
    )
    several.signed(made, draft, now=LATER)
    done = again(three)
    assert party(made, done, "harbor").left_on == LATER.date() - timedelta(days=1)
    assert not coverage.flows_covered(done, day=LATER.date()) & own
    text = texts.agreed(done)
    assert text is not None and len(text.content["parties"]) == 2 and text.content == content_of(done)
    with pytest.raises(StepNotOpen, match="1 of the parties would remain"):
        gone = amending.amend(
            done, removes=[party(made, done, "mesa")], actor=made.riverton_liaison, now=LATER
        )
        several.frozen(made, gone, now=LATER)


def test_who_goes_on_a_coming_day_is_not_asked_to_sign_what_changes_it_after_that_day(
    made: World, three: Agreement
) -> None:
    going = LATER.date() + timedelta(days=19)
    first = amending.amend(
        three,
        takes_effect_on=going,
        removes=[party(made, three, "harbor")],
        actor=made.riverton_liaison,
        now=LATER,
    )
    several.signed(made, first, now=LATER)
    then = amending.amend(
        again(three), takes_effect_on=going + timedelta(days=10), actor=made.riverton_liaison, now=LATER
    )
    assert not then.parties.filter(agency=made.harbor).exists()
    several.signed(made, then, now=LATER)
    assert party(made, again(three), "harbor").left_on == going - timedelta(days=1)


def test_an_amendment_brings_a_party_in_with_flows_of_its_own(made: World) -> None:
    agreement = several.executed(made, "mesa")
    draft = amending.amend(agreement, actor=made.riverton_liaison, now=LATER)
    several.agency(made, "quarry")
    new = drafting.add_party(
        draft, agency=made.quarry, roles=["recipient"], actor=made.riverton_liaison, now=LATER
    )
    like = draft.flows.filter(removed=False).first()
    assert like is not None
    drafting.add(draft, Flow, actor=made.riverton_liaison, now=LATER, values={
        "dataset": like.dataset, "provider": draft.parties.get(agency=made.riverton), "recipient": new,
        "purposes": like.purposes, "legal_basis": like.legal_basis, "method": like.method, "transit": like.transit,
        "rest": like.rest, "mfa": True, "screening": like.screening, "training": like.training, "storage": like.storage,
        "destruction": like.destruction, "logging": like.logging, "onward": like.onward, "interface": like.interface,
        "impact": like.impact, "breach_hours": like.breach_hours, "retention_days": like.retention_days,
        "retention_event": like.retention_event, "verification": like.verification, "frequency": like.frequency,
    })  # fmt: skip
    several.signed(made, draft, now=LATER)
    done = again(agreement)
    own = flows_of(made, done, "quarry")
    assert party(made, done, "quarry").joined_on == LATER.date() and len(own) == 1
    assert own <= coverage.flows_covered(done, day=LATER.date())
    assert not coverage.flows_covered(done, day=LATER.date() - timedelta(days=1)) & own
    assert policy.visible(made.quarry_counsel, today=LATER.date()).filter(pk=done.pk).exists()
    text = texts.agreed(done)
    assert text is not None and text.content == content_of(done)


def test_an_agency_joins_on_the_signed_terms_and_takes_the_same_part_as_another(
    made: World, three: Agreement
) -> None:
    several.agency(made, "quarry")
    draft = amending.join(three, agency=made.quarry, like=party(made, three, "harbor"), actor=made.riverton_liaison,
                          now=LATER)  # fmt: skip
    assert several.parties(made, draft) == ["riverton", "quarry"], "the others need not sign again"
    several.signed(made, draft, now=LATER)
    done = again(three)
    own = flows_of(made, done, "quarry")
    assert len(own) == len(flows_of(made, done, "harbor")) and own <= coverage.flows_covered(
        done, day=LATER.date()
    )
    before, after = texts.on(done, LATER.date() - timedelta(days=1)), texts.on(done, LATER.date())
    assert before is not None and after is not None
    assert (
        before.content["provisions"] == after.content["provisions"]
        and before.content["term"] == after.content["term"]
    )
    assert after.content == content_of(done)


def test_only_the_lead_lets_an_agency_join_and_no_party_twice(made: World, three: Agreement) -> None:
    several.agency(made, "quarry")
    with pytest.raises(PermissionDenied):
        amending.join(
            three, agency=made.quarry, like=party(made, three, "harbor"), actor=made.mesa_liaison, now=LATER
        )
    with pytest.raises(ValidationError, match="is or was a party"):
        amending.join(
            three, agency=made.mesa, like=party(made, three, "harbor"), actor=made.riverton_liaison, now=LATER
        )


def test_the_period_runs_from_the_day_the_others_have_the_notice(made: World) -> None:
    agreement = builders.completed(made, builders.drafted(made, short=True))
    drafting.edit(
        party(made, agreement, "riverton"),
        values={"deemed_receipt": "mail_5"},
        actor=made.riverton_liaison,
        now=NOW,
    )
    done = several.signed(made, agreement)
    row = ending.terminate(done, ground="notice", reason="x", actor=made.mesa_counsel, now=LATER)
    assert (row.sent_on, row.received_on, row.last_day) == (
        date(2026, 3, 22),
        date(2026, 3, 27),
        date(2026, 4, 27),
    )
    assert row.last_day.strftime("%A") == "Monday", "the 26th is a Sunday"


def test_a_notice_sent_on_a_coming_day_or_before_anything_was_in_force_is_refused(made: World) -> None:
    agreement = builders.executed(made, short=True)
    for day, words in (
        (LATER.date() + timedelta(days=1), "before it is sent"),
        (date(2026, 3, 1), "took effect on 2 Mar 2026"),
    ):
        with pytest.raises(ValidationError, match=words):
            ending.terminate(
                agreement, ground="notice", reason="x", sent_on=day, actor=made.mesa_counsel, now=LATER
            )
    row = ending.terminate(
        agreement, ground="notice", reason="x", sent_on=TODAY, actor=made.mesa_counsel, now=LATER
    )
    assert (row.given_on, row.sent_on) == (LATER.date(), TODAY), (
        "recorded later than sent: both days are kept"
    )
    with pytest.raises(StepNotOpen):
        ending.terminate(
            again(agreement), ground="mutual", reason="x", last_day=TODAY, actor=made.mesa_counsel, now=LATER
        )


def test_a_last_day_in_the_past_is_refused(made: World) -> None:
    with pytest.raises(ValidationError, match="in the past"):
        ending.terminate(builders.executed(made, short=True), ground="mutual", reason="x", last_day=TODAY, actor=made.mesa_counsel,
                         now=LATER)  # fmt: skip


def test_a_notice_that_must_be_acknowledged_ends_nothing_before_it_is(made: World) -> None:
    agreement = builders.completed(made, builders.drafted(made, short=True))
    drafting.edit(party(made, agreement, "riverton"), values={"deemed_receipt": "acknowledged"}, actor=made.riverton_liaison,
                  now=NOW)  # fmt: skip
    done = several.signed(made, agreement)
    row = ending.terminate(done, ground="notice", reason="x", actor=made.mesa_counsel, now=LATER)
    assert row.last_day is None and again(done).stage == Stage.EXECUTED
    with pytest.raises(StepNotOpen, match="waits to be acknowledged"):
        ending.terminate(again(done), ground="notice", reason="x", actor=made.mesa_counsel, now=LATER)
    with pytest.raises(PermissionDenied, match="No notice waits for your agency"):
        noticing.acknowledge(again(done), actor=made.mesa_liaison, now=LATER)
    answered = LATER + timedelta(days=8)
    row = noticing.acknowledge(again(done), actor=made.riverton_liaison, now=answered)
    assert row.received_on == answered.date() and row.last_day == answered.date() + timedelta(days=30)
    assert again(done).stage == Stage.ENDED and again(done).ended_on == row.last_day


def test_notice_against_renewal_counts_within_its_window_only(made: World) -> None:
    agreement = builders.completed(made, builders.drafted(made, short=True))
    who = made.riverton_liaison
    drafting.edit(
        agreement.term,
        values={"renewal": "automatic", "months": 12, "renewal_months": 12},
        actor=who,
        now=NOW,
    )
    drafting.edit(
        party(made, agreement, "mesa"),
        values={"non_renewal_days": 60, "notice_opens_days": 120},
        actor=who,
        now=NOW,
    )
    done = several.signed(made, agreement)

    def notice(day: date) -> Notice:
        return ending.terminate(
            again(done), ground="no_renewal", reason="x", actor=made.mesa_counsel, now=at(day)
        )

    for day in (date(2026, 10, 31), date(2027, 1, 1)):
        with pytest.raises(StepNotOpen, match="must be received from 1 Nov 2026 by 31 Dec 2026"):
            notice(day)
    assert notice(date(2026, 12, 31)).last_day == date(2027, 3, 1)
    over = again(done)
    assert over.ended_on == date(2027, 3, 1) and standing.of(over, today=date(2027, 3, 2)).key == "ended"
    plain = builders.executed(made, title="Plain", short=True)
    with pytest.raises(StepNotOpen, match="does not renew itself"):
        ending.terminate(plain, ground="no_renewal", reason="x", actor=made.mesa_counsel, now=LATER)


def test_for_cause_takes_a_notice_of_the_breach_and_the_time_to_cure_it(made: World) -> None:
    agreement = builders.executed(made, short=True)
    counsel = made.mesa_counsel

    def end(now: datetime) -> Notice:
        return ending.terminate(again(agreement), ground="cause", reason="x", actor=counsel, now=now)

    with pytest.raises(StepNotOpen, match="takes a notice of the breach first"):
        end(LATER)
    riverton = party(made, agreement, "riverton")
    row = leaving.breach(agreement, party=riverton, what="No audit log (5.2).", actor=counsel, now=LATER)
    assert row.cure_by == date(2026, 4, 21)
    with pytest.raises(StepNotOpen, match="runs until 21 Apr 2026"):
        end(at(row.cure_by))
    with pytest.raises(PermissionDenied, match="it says when it is cured"):
        leaving.cure(again(agreement), breach=row, how="Mended.", actor=made.riverton_counsel, now=LATER)
    assert end(at(row.cure_by + timedelta(days=1))).last_day == date(2026, 4, 22)


def test_a_cured_breach_ends_nothing_and_nobody_breaks_with_themselves(made: World) -> None:
    agreement = builders.executed(made, short=True)
    with pytest.raises(ValidationError, match="another party"):
        leaving.breach(
            agreement, party=party(made, agreement, "mesa"), what="x", actor=made.mesa_counsel, now=LATER
        )
    row = leaving.breach(
        agreement, party=party(made, agreement, "riverton"), what="x", actor=made.mesa_counsel, now=LATER
    )
    leaving.cure(again(agreement), breach=row, how="The log is kept.", actor=made.mesa_counsel, now=LATER)
    with pytest.raises(StepNotOpen, match="takes a notice of the breach first"):
        ending.terminate(
            again(agreement), ground="cause", reason="x", actor=made.mesa_counsel, now=at(date(2026, 6, 1))
        )
