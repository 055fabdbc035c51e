"""What was permitted on a day: kept by the acts, equal to their replay, answered by one index; what moves without it shows."""

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from agreements import coverage, covering, policy, standing
from agreements.covering import Act, Span
from agreements.lifecycle import UNTIL_ITS_END, StepNotOpen, open_steps, opened
from agreements.models import Agreement, Coverage, Flow, FlowStatus, Stage
from agreements.operations import dating, drafting, ending, flowing, importing, waiving
from audit import heads
from audit.models import Event
from audit.sentences import body
from tests import builders
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def rows_of(agreement: Agreement) -> dict[Any, list[Span]]:
    """The spans of each flow as the rows have them."""
    found: dict[Any, list[Span]] = {
        key: [] for key in agreement.flows.filter(removed=False).values_list("pk", flat=True)
    }
    for row in coverage.spans_of(agreement):
        found[row.flow_id].append(Span(row.first_on, row.last_on))
    return found


def acts_of(agreement: Agreement) -> Iterator[Act]:
    """What people did, read back from the history alone."""
    for event in Event.objects.filter(stream=agreement.pk).order_by("number"):
        said, on = body(event)["facts"], policy.local_day(event.at, agreement)
        day = {name: date.fromisoformat(said[name]) for name in ("effective_on", "last_day", "renews_until", "from_on", "until_on")
               if said.get(name)}  # fmt: skip
        if event.action in {"agreement.executed", "agreement.redated"}:
            signed = on if event.action == "agreement.executed" else agreement.executed_at.date()  # type: ignore[union-attr]
            first = max(day["effective_on"], signed) if "effective_on" in day else None
            yield Act("executed", on, first, day.get("renews_until") or day.get("last_day"))
        elif event.action == "agreement.suspended":
            yield Act("suspended", on, day["from_on"], day.get("until_on"))
        elif event.action == "agreement.resumed":
            yield Act("resumed", on)
        elif event.action == "agreement.terminated":
            yield Act("ended", on, last=day["last_day"])


def by_days(acts: Iterable[Act], until: date) -> set[date]:
    """The covered days up to a day, walked one by one over what was known of each: written apart from `covering`."""
    term: tuple[date, date] | None = None
    ended = date.max
    pauses: list[list[date]] = []
    for act in acts:
        if act.name == "executed" and act.first:
            term = (act.first, act.last or date.max)
        elif act.name == "suspended" and act.first:
            pauses.append([act.first, act.last or date.max])
        elif act.name == "resumed":
            for pause in pauses:
                pause[1] = min(pause[1], act.on - timedelta(days=1))
        elif act.name == "ended" and act.last:
            ended = act.last
    found, day = set(), term[0] if term else until + timedelta(days=1)
    while term and day <= min(until, term[1], ended):
        if not any(first <= day <= last for first, last in pauses):
            found.add(day)
        day += timedelta(days=1)
    return found


def test_every_flow_is_covered_from_the_last_signature_to_the_last_day(made: World) -> None:
    agreement = builders.executed(made)
    spans = rows_of(agreement)
    assert spans and agreement.last_day is not None
    assert set(map(tuple, spans.values())) == {(Span(TODAY, agreement.last_day),)}
    assert coverage.flows_covered(agreement, day=agreement.last_day) == set(spans)
    assert coverage.flows_covered(agreement, day=agreement.last_day + timedelta(days=1)) == set()


def test_a_retroactive_day_never_backdates_a_flow(made: World) -> None:
    agreement = builders.executed(made, terms={"effective_rule": "date", "effective_on": date(2025, 1, 1)})
    assert agreement.effective_on == date(2025, 1, 1)
    assert {span.first for spans in rows_of(agreement).values() for span in spans} == {TODAY}


def test_an_agreement_that_waits_for_its_conditions_covers_nothing_until_they_are_met(made: World) -> None:
    waits = {"effective_rule": "conditions", "conditions_precedent": "The state approves the connection."}
    agreement = builders.executed(made, terms=waits)
    assert agreement.effective_on is None and not any(rows_of(agreement).values())
    assert standing.of(agreement, today=TODAY).key == "upcoming"
    later = NOW + timedelta(days=40)
    waiving.record_filing(agreement, kind="conditions_met", values={"reference": "Letter", "on": later.date()},
                          actor=made.mesa_liaison, now=later)  # fmt: skip
    agreement = again(agreement)
    assert agreement.effective_on == later.date() and standing.of(agreement, today=later.date()).in_force
    assert {span.first for spans in rows_of(agreement).values() for span in spans} == {later.date()}


def test_an_automatic_renewal_carries_the_cover_to_its_limit(made: World) -> None:
    renews = {"renewal": "automatic", "months": 12, "renewal_months": 12, "renewal_max": 2}
    agreement = builders.executed(made, terms=renews)
    assert (agreement.last_day, agreement.renews_until) == (date(2027, 3, 1), date(2029, 3, 1))
    assert {span.last for spans in rows_of(agreement).values() for span in spans} == {date(2029, 3, 1)}
    with pytest.raises(ValidationError, match="ends anyway on 1 Mar 2029"):
        ending.terminate(
            agreement,
            ground="mutual",
            reason="x",
            last_day=date(2029, 3, 2),
            actor=made.mesa_counsel,
            now=NOW,
        )


def test_an_unset_fiscal_year_is_refused_with_the_rule_named(made: World) -> None:
    agreement = builders.drafted(made)
    years = {"kind": "fiscal_years", "first_fiscal_year": 2026, "fiscal_years": 2}
    with pytest.raises(ValidationError, match="in which month the fiscal year begins"):
        drafting.edit(agreement.term, values=years, actor=made.riverton_liaison, now=NOW)
    done = builders.executed(made, terms=years | {"fiscal_year_start": 7})
    assert done.last_day == date(2027, 6, 30)


def test_suspensions_may_not_overlap_and_the_day_of_resuming_is_covered_again(made: World) -> None:
    agreement = builders.executed(made)
    first, until = TODAY + timedelta(days=10), TODAY + timedelta(days=20)
    ending.suspend(
        agreement, grounds="Audit.", from_on=first, until_on=until, actor=made.mesa_counsel, now=NOW
    )
    with pytest.raises(StepNotOpen, match="suspended already"):
        ending.suspend(again(agreement), grounds="Audit.", from_on=until, actor=made.mesa_counsel, now=NOW)
    key = next(iter(rows_of(agreement)))
    assert agreement.last_day is not None
    assert rows_of(agreement)[key] == [
        Span(TODAY, first - timedelta(days=1)),
        Span(until + timedelta(days=1), agreement.last_day),
    ]
    resumed = NOW + timedelta(days=15)
    ending.resume(again(agreement), reason="Done.", actor=made.mesa_counsel, now=resumed)
    assert rows_of(agreement)[key] == [
        Span(TODAY, first - timedelta(days=1)),
        Span(resumed.date(), agreement.last_day),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_rows_equal_the_replay_of_the_acts_whatever_was_done(made: World, seed: int) -> None:
    chance, now = random.Random(seed), NOW
    renewal = chance.choice(["none", "automatic"])
    terms = {
        "months": chance.randrange(1, 14),
        "renewal": renewal,
        "renewal_months": 2,
        "renewal_max": 3,
        "suspension_stops_clock": chance.random() < 0.5,
    }
    agreement = builders.executed(made, terms=terms)
    for _ in range(14):
        now += timedelta(days=chance.randrange(12), hours=chance.randrange(24))
        _anything(chance, made, again(agreement), now)
        agreement = again(agreement)
        acts = list(acts_of(agreement))
        for spans in rows_of(agreement).values():
            assert spans == covering.replayed(acts)
        horizon = TODAY + timedelta(days=900)
        days = {day for span in covering.replayed(acts) for day in _days(span, horizon)}
        assert days == by_days(acts, horizon)
        assert _today_agrees(agreement, now)


def _days(span: Span, until: date) -> Iterator[date]:
    for step in range((min(span.last, until) - span.first).days + 1):
        yield span.first + timedelta(days=step)


def _today_agrees(agreement: Agreement, now: datetime) -> bool:
    """What the rows say of today is what the standing says."""
    today = policy.local_day(now, agreement)
    said = standing.of(agreement, today=today).in_force
    flows = set(rows_of(agreement))
    return coverage.flows_covered(agreement, day=today) == (flows if said else set())


def _anything(chance: random.Random, made: World, agreement: Agreement, now: datetime) -> None:
    """One act at random; what is not open now is refused and changes nothing."""
    today = policy.local_day(now, agreement)
    first = today + timedelta(days=chance.randrange(20))
    until = first + timedelta(days=chance.randrange(20)) if chance.random() < 0.7 else None
    acts: list[Any] = [
        lambda who: ending.suspend(agreement, grounds="x", from_on=first, until_on=until, actor=who, now=now),
        lambda who: ending.suspend(agreement, grounds="x", from_on=first, until_on=until, actor=who, now=now),
        lambda who: ending.resume(agreement, reason="x", actor=who, now=now),
        lambda who: ending.terminate(
            agreement, ground=chance.choice(["notice", "mutual"]), reason="x", actor=who, now=now
        ),
    ]
    try:
        chance.choices(acts, weights=[4, 4, 5, 1])[0](
            chance.choice([made.mesa_counsel, made.riverton_counsel])
        )
    except (StepNotOpen, ValidationError):
        return


def test_withdrawing_an_import_takes_its_cover_back(made: World) -> None:
    agreement = builders.executed(made)
    locked = again(agreement)
    locked.stage = Stage.ABANDONED
    rows = [row for row in dating.cover(locked) if isinstance(row, Coverage)]
    assert rows and all(row.last_on < row.first_on for row in rows)
    done = builders.imported(made)
    importing.unimport(done, reason="Wrong file.", actor=made.riverton_liaison, now=NOW)
    assert not coverage.spans_of(done)


def test_a_question_about_a_day_is_answered_by_one_index(made: World) -> None:
    agreement = builders.executed(made)
    flow = agreement.flows.select_related("provider", "recipient", "dataset").first()
    assert flow is not None
    asked = coverage.permitted(
        flow.provider.agency_id, flow.recipient.agency_id, day=TODAY, category=flow.dataset.category
    )
    assert [row.flow_id for row in asked] == [flow.pk]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, params = asked.order_by().select_related(None).query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "coverage_asked" in plan and "Filter" not in plan, plan
    assert not coverage.permitted(
        flow.recipient.agency_id, flow.provider.agency_id, day=date(2020, 1, 1)
    ).exists()
    assert not coverage.among(asked, [made.harbor.pk], today=TODAY).exists()
    assert coverage.among(asked, [made.mesa.pk], today=TODAY).exists()


def live(made: World) -> tuple[Agreement, Flow]:
    """An executed agreement with one flow that moves."""
    agreement = builders.executed(made)
    flow = agreement.flows.order_by("position_in_order").first()
    assert flow is not None
    flowing.mark(
        agreement,
        flow=flow,
        status=FlowStatus.LIVE,
        reason="Connected.",
        actor=made.riverton_liaison,
        now=NOW,
    )
    return again(agreement), flow


def test_a_live_flow_whose_agreement_lapsed_is_an_incident_for_both_agencies_until_it_stops(
    made: World,
) -> None:
    agreement, flow = live(made)
    last = agreement.last_day
    assert last is not None
    over = NOW + (last - TODAY) + timedelta(days=1, hours=12)
    for agency in (made.riverton, made.mesa):
        assert coverage.incidents([agency.pk], today=last) == []
        found = coverage.incidents([agency.pk], today=over.date())
        assert [(row.flow.pk, row.since) for row in found] == [(flow.pk, last)]
    assert coverage.incidents([made.harbor.pk], today=over.date()) == []
    flowing.mark(
        agreement, flow=flow, status=FlowStatus.ENDED, reason="Cut.", actor=made.mesa_liaison, now=over
    )
    assert coverage.incidents([made.riverton.pk], today=over.date()) == []


def test_an_incident_names_the_agreement_by_which_such_data_may_move_now(made: World) -> None:
    agreement, _ = live(made)
    over = NOW + (agreement.last_day - TODAY) + timedelta(days=1, hours=12)  # type: ignore[operator]
    (found,) = coverage.incidents([made.mesa.pk], today=over.date())
    assert found.elsewhere is None
    newer = builders.executed(made, title="The new exchange", terms={"months": 60})
    (found,) = coverage.incidents([made.mesa.pk], today=over.date())
    assert found.elsewhere == newer, "the same parties, the same category, covered that day"


@pytest.mark.parametrize("step", sorted(UNTIL_ITS_END))
def test_what_has_no_sense_after_the_last_day_is_not_offered(made: World, step: str) -> None:
    agreement = builders.executed(made, terms={"renewal": "none"})
    last = agreement.last_day
    assert last is not None
    for day, offered in ((last, True), (last + timedelta(days=1), False)):
        names = {row.name for who in made.people.values() for row in open_steps(agreement, who, today=day)}
        assert (step in names) == offered, day
    over = NOW + (last - TODAY) + timedelta(days=1)
    with pytest.raises(StepNotOpen, match="It ended by its own terms on"):
        opened(step, agreement, actor=made.riverton_counsel, today=over.date())


def test_data_may_go_live_only_on_a_covered_day(made: World) -> None:
    agreement = builders.executed(made)
    flow = agreement.flows.first()
    assert flow is not None and agreement.last_day is not None
    over = NOW + (agreement.last_day - TODAY) + timedelta(days=2)
    with pytest.raises(StepNotOpen, match="does not cover it on that day"):
        flowing.mark(agreement, flow=flow, status="live", reason="x", actor=made.mesa_liaison, now=over)
    with pytest.raises(ValidationError, match="whether the data moves"):
        flowing.mark(agreement, flow=flow, status="perhaps", reason="x", actor=made.mesa_liaison, now=NOW)
    other = builders.drafted(made, title="Another").flows.first()
    assert other is not None
    with pytest.raises(ValidationError, match="one of this agreement"):
        flowing.mark(agreement, flow=other, status="live", reason="x", actor=made.mesa_liaison, now=NOW)


@pytest.mark.parametrize("person", ["riverton_counsel", "mesa_liaison"])
def test_incidents_stand_in_the_in_tray_and_on_the_board(
    made: World, person: str, client: Client, monkeypatch: Any
) -> None:
    cache.set(heads.REFUSED, "", 600)
    agreement, flow = live(made)
    over = NOW + (agreement.last_day - TODAY) + timedelta(days=3)  # type: ignore[operator]
    monkeypatch.setattr(
        "django.utils.timezone.now", lambda: over
    )  # before signing in: sessions end by the clock
    client.force_login(made.people[person])
    for page in ("/", "/board/"):
        text = client.get(page, follow=True).content.decode()
        assert "Data moves without an agreement" in text and flow.dataset.name in text, page


def test_the_dates_tab_shows_windows_renewals_and_covered_days(made: World, client: Client) -> None:
    agreement = builders.executed(
        made, terms={"renewal": "automatic", "renewal_months": 12, "renewal_max": 2, "months": 12}
    )
    client.force_login(made.mesa_counsel)
    text = client.get(f"{agreement.get_absolute_url()}dates/").content.decode()
    for words in (
        "Notice, party by party",
        "Last safe day",
        "Terms that may follow",
        "Renewal 2",
        "Days on which data may move",
        "US-CO",
    ):
        assert words in text, words


CLOCK = {"suspension_stops_clock": True, "months": 12, "suspension_max_days": 40}


def _suspended(agreement: Agreement, made: World, first: date, until: date | None = None) -> None:
    ending.suspend(
        again(agreement), grounds="Audit.", from_on=first, until_on=until, actor=made.mesa_counsel, now=NOW
    )


def test_a_suspension_prolongs_the_term_by_its_days_where_the_text_says_so(made: World) -> None:
    agreement = builders.executed(made, terms=CLOCK)
    assert agreement.last_day == date(2027, 3, 1) and agreement.notice_due_on is not None
    _suspended(agreement, made, date(2026, 4, 1), date(2026, 4, 30))
    stretched = again(agreement)
    assert stretched.last_day == date(2027, 3, 31)
    assert stretched.notice_due_on is not None and stretched.notice_due_on > agreement.notice_due_on
    assert stretched.review_due_on == agreement.review_due_on
    spans = next(iter(rows_of(agreement).values()))
    assert spans == [Span(TODAY, date(2026, 3, 31)), Span(date(2026, 5, 1), date(2027, 3, 31))]
    ending.resume(
        stretched, reason="Done.", actor=made.mesa_counsel, now=NOW + timedelta(days=40)
    )  # on 11 April: ten days stood still
    assert again(agreement).last_day == date(2027, 3, 11)
    assert spans_equal_replay(agreement)


def spans_equal_replay(agreement: Agreement) -> bool:
    acts = list(acts_of(again(agreement)))
    return all(spans == covering.replayed(acts) for spans in rows_of(agreement).values())


def test_a_suspension_moves_no_day_where_the_text_does_not_say_so(made: World) -> None:
    agreement = builders.executed(made, terms=CLOCK | {"suspension_stops_clock": False})
    _suspended(agreement, made, date(2026, 4, 1), date(2026, 4, 30))
    assert again(agreement).last_day == date(2027, 3, 1)


def test_a_suspension_is_no_longer_than_agreed_and_one_that_prolongs_has_an_end(made: World) -> None:
    agreement = builders.executed(made, terms=CLOCK)
    with pytest.raises(ValidationError, match="at most 40 days: until 10 May 2026 at the latest"):
        _suspended(agreement, made, date(2026, 4, 1), date(2026, 5, 11))
    with pytest.raises(ValidationError, match="ends on 1 Mar 2027"):
        _suspended(agreement, made, date(2027, 3, 2))
    _suspended(agreement, made, date(2026, 4, 1))
    row = agreement.suspensions.get()
    assert row.until_on == date(2026, 5, 10), "left open it lasts as long as is allowed"
    endless = builders.executed(made, title="Another", terms=CLOCK | {"suspension_max_days": None})
    with pytest.raises(ValidationError, match="its last day must be known"):
        _suspended(endless, made, date(2026, 4, 1))
