"""What parties owe: asked for in time, once, by the day in the agreement's time zone; handed in, accepted or returned."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.operations.roles import retire_membership
from agreements import board, duties, owed, pace
from agreements.board import Scope
from agreements.charting import chart, target_of
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Commitment, Duty, DutyClock, DutyKind, DutyState, Filing, Measure
from agreements.operations import (
    approving,
    drafting,
    ending,
    freezing,
    handing,
    measuring,
    negotiating,
    owing,
    recording,
    waiving,
)
from audit.models import Event
from audit.sentences import sentence
from tests import builders
from tests.builders import NOW, World, again
from tests.kept import kept

pytestmark = pytest.mark.django_db
FIRST = NOW.date()
PDF = b"%PDF-1.4 a report"


def on(day: date, hour: int = 19) -> datetime:
    """By default noon in Colorado."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def due(made: World, *, by: str = "", often: str = "", **terms: Any) -> Agreement:
    """Executed today with one commitment of Mesa's; nothing else in it asks for anything while it lasts."""
    return kept(f"due {by} {often} {sorted(terms.items())}", lambda: _due(made, by, often, terms))


def _due(made: World, by: str, often: str, terms: dict[str, Any]) -> Agreement:
    agreement, said = (
        builders.completed(made, builders.drafted(made)),
        {"actor": made.riverton_liaison, "now": NOW},
    )
    for row in [*agreement.commitments.filter(removed=False), *agreement.measures.filter(removed=False)]:
        drafting.remove(row, **said)
    values = {
        "party": agreement.parties.get(agency=made.mesa),
        "text": "Report the use",
        "due": by,
        "recurrence": often,
    }
    drafting.add(agreement, Commitment, values=values, **said)
    if terms:
        drafting.edit(agreement.term, values=terms, **said)
    return signed(made, agreement)


def signed(made: World, agreement: Agreement) -> Agreement:
    """From a draft to its execution."""
    negotiating.share(agreement, actor=made.riverton_liaison, now=NOW)
    approving.submit(again(agreement), actor=made.mesa_liaison, now=NOW)
    seen = approving.submitted(agreement).sha256
    for who in (made.riverton_counsel, made.mesa_counsel):
        approving.approve(again(agreement), seen_hash=seen, actor=who, now=NOW)
    freezing.freeze(again(agreement), seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    for who in (made.riverton_signatory, made.mesa_signatory):
        builders.sign(again(agreement), who)
    return again(agreement)


@pytest.fixture
def quarterly(made: World) -> Agreement:
    """A report of Mesa's every three months, for a year; data is returned within 45 days of the end."""
    return due(made, often="Quarterly", months=12, closeout_days=45, closeout="return")


def asked(agreement: Agreement, **which: Any) -> list[Duty]:
    return list(agreement.duties.filter(**which).order_by("due_on", "what"))


def hand(duty: Duty, who: Any, day: date, **more: Any) -> Any:
    """Hand something in at noon of a day, done that day."""
    file = more.pop("file", b"")
    values = {"on": day, "note": "Sent by mail."} | more
    return handing.hand_in(duty, values=values, file=file, actor=who, now=on(day))


SPRING, SUMMER = date(2026, 5, 2), date(2026, 6, 1)
AFTER = date(2027, 3, 2)


@pytest.fixture
def report(quarterly: Agreement) -> Duty:
    """The first report, asked for."""
    owing.ask(now=on(SPRING))
    return asked(quarterly)[0]


# What the words settle -------------------------------------------------------------------------------------
def days(by: str, often: str, first: date, last: date | None, until: date = date(2032, 1, 1)) -> list[date]:
    return [one for one, _ in pace.days(pace.read(by, often), pace.Span(first, last), until=until)]


@pytest.mark.parametrize(
    ("by", "often", "found"),
    [
        ("31 January 2024", "Monthly", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        ("", "Monthly", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        ("", "Quarterly", ["2024-03-31"]),
        ("10 days after the end of each quarter", "Quarterly", ["2024-04-10"]),
        ("By 29 February", "each year", ["2024-02-29"]),
        ("within 30 days of the effective date", "", ["2024-01-31"]),
        ("within 30 days of the end", "", ["2024-05-30"]),
        ("1 May 2024", "", []),
        ("", "Continuous", []),
        ("", "Each school day", []),
        ("", "Bimonthly", []),
        ("promptly", "", []),
        ("", "Monthly for 2 months after the end", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"]),
    ],
)  # fmt: skip
def test_days_follow_from_the_words_and_end_with_the_agreement_unless_they_say_more(
    by: str, often: str, found: list[str]
) -> None:
    """First day 1 January 2024, last day 30 April: a period's last day is included, and counted from the first day."""
    assert [one.isoformat() for one in days(by, often, date(2024, 1, 1), date(2024, 4, 30))] == found


def test_a_leap_day_is_the_last_of_february_in_common_years() -> None:
    assert days("By 29 February", "Yearly", date(2026, 3, 2), date(2029, 3, 1)) == [
        date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]  # fmt: skip
    assert days("", "Yearly", date(2024, 2, 29), None, date(2028, 12, 31)) == [
        date(2025, 2, 27), date(2026, 2, 27), date(2027, 2, 27), date(2028, 2, 28)]  # fmt: skip


def test_an_agreement_without_end_goes_on_asking() -> None:
    assert len(days("", "Quarterly", FIRST, None, date(2036, 3, 1))) == 40


# Asking -----------------------------------------------------------------------------------------------------
def test_each_duty_is_asked_for_once_a_month_before_its_day(made: World, quarterly: Agreement) -> None:
    assert owing.ask(now=on(SPRING - timedelta(days=1))) == 0
    assert owing.ask(now=on(SPRING)) == 1 and owing.ask(now=on(SPRING)) == 0
    (row,) = asked(quarterly)
    assert (row.due_on, row.rule) == (SUMMER, "quarterly, counted from the first day, 2 Mar 2026")
    assert owing.ask(now=on(date(2026, 11, 24))) == 2, "three months off are made up for"
    assert [row.due_on for row in asked(quarterly)] == [SUMMER, date(2026, 9, 1), date(2026, 12, 1)]
    assert asked(quarterly)[0].state == DutyState.OPEN, "what was asked for stays so, however long ago"
    assert [row.due_on for row in owed.due_tasks(SUMMER)] == [SUMMER]
    said = sentence(Event.objects.filter(stream=quarterly.pk, action="duty.asked").earliest("number"))
    assert said == "Now asked for: Report the use (1 Jun 2026)."


def test_the_day_is_that_of_the_agreements_time_zone(quarterly: Agreement) -> None:
    """At 5:59 UTC on 2 May it is still 1 May in Colorado."""
    assert owing.ask(now=on(SPRING, 5)) == 0
    assert owing.ask(now=on(SPRING, 7)) == 1


def test_a_run_looks_only_where_something_is_to_be_asked(
    quarterly: Agreement, django_assert_num_queries: Any
) -> None:
    owing.ask(now=on(SPRING))
    assert DutyClock.objects.get(agreement=quarterly).next_on == date(2026, 8, 2)
    with django_assert_num_queries(1):
        owing.ask(now=on(SPRING + timedelta(days=1)))


def test_the_contact_of_the_text_sees_to_it_and_else_the_administrators(made: World, report: Duty) -> None:
    assert report.owner is None
    admin, liaison = made.mesa_administrator, made.mesa_liaison
    assert [row.pk for row in owed.of_person(admin, admin.memberships.all(), today=SPRING)] == [report.pk]
    assert owed.of_person(liaison, liaison.memberships.all(), today=SPRING) == []
    handing.assign(report, owner=liaison, reason="She keeps the log.", actor=admin, now=on(SPRING))
    assert [row.pk for row in owed.of_person(liaison, liaison.memberships.all(), today=SPRING)] == [report.pk]
    assert owed.of_person(admin, admin.memberships.all(), today=SPRING) == []
    grant = liaison.memberships.get()
    retire_membership(grant, actor=made.mesa_administrator, now=on(SPRING))
    late = SPRING + timedelta(days=2)
    assert [row.pk for row in owed.of_person(admin, admin.memberships.all(), today=late)] == [report.pk]
    with pytest.raises(ValidationError, match="Choose somebody who hands in"):
        handing.assign(report, owner=made.riverton_liaison, reason="x", actor=admin, now=on(late))
    with pytest.raises(PermissionDenied, match="Mesa County District Attorney owes this"):
        handing.assign(report, owner=None, reason="x", actor=made.riverton_counsel, now=on(late))


# Handing in -------------------------------------------------------------------------------------------------
def test_evidence_is_handed_in_returned_handed_in_again_and_accepted(made: World, report: Duty) -> None:
    hand(report, made.mesa_liaison, SPRING, file=PDF)
    with pytest.raises(StepNotOpen, match="handed in already by Mesa Liaison on 2 May 2026"):
        hand(again_(report), made.mesa_counsel, SPRING)
    assert [row.pk for row in owed.to_answer([made.riverton.pk], today=SPRING)] == [report.pk]
    with pytest.raises(PermissionDenied, match="for Riverton Police Department to answer"):
        handing.accept(report, actor=made.mesa_counsel, now=on(SPRING))
    with pytest.raises(ValidationError, match="Give the reason"):
        handing.send_back(report, reason=" ", actor=made.riverton_liaison, now=on(SPRING))
    handing.send_back(
        report, reason="The March figures are missing.", actor=made.riverton_liaison, now=on(SPRING)
    )
    assert again_(report).overdue(SUMMER + timedelta(days=1))
    late = SUMMER + timedelta(days=3)
    found = hand(again_(report), made.mesa_liaison, late)
    assert not again_(report).overdue(late)
    handing.accept(report, actor=made.riverton_counsel, now=on(late))
    assert again_(report).state == DutyState.ACCEPTED and again_(report).evidence.count() == 2
    with pytest.raises(StepNotOpen, match="Nothing waits for an answer"):
        handing.accept(report, actor=made.riverton_counsel, now=on(late))
    with pytest.raises(StepNotOpen, match="It was accepted"):
        hand(again_(report), made.mesa_liaison, late)
    assert found.agency_id == made.mesa.pk
    told = [
        sentence(row)
        for row in Event.objects.filter(stream=report.agreement_id, action__startswith="duty.").order_by(
            "number"
        )
    ]
    assert (
        told[1]
        == "Mesa Liaison, Liaison handed in for Mesa County District Attorney what was due on 1 Jun 2026: Report the use."
    )
    assert (
        "returned what Mesa County District Attorney handed in (Report the use): The March figures" in told[2]
    )


def again_(duty: Duty) -> Duty:
    return Duty.objects.get(pk=duty.pk)


@pytest.mark.parametrize(
    ("values", "file", "field"),
    [
        ({"on": SPRING + timedelta(days=1)}, b"", "on"),
        ({"on": FIRST - timedelta(days=1)}, b"", "on"),
        ({"note": " "}, b"", "note"),
        ({}, b"MZ not a paper", "file"),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_field(
    made: World, report: Duty, values: dict[str, Any], file: bytes, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        handing.hand_in(
            report,
            values={"on": SPRING, "note": "Done."} | values,
            file=file,
            actor=made.mesa_liaison,
            now=on(SPRING),
        )
    assert list(refused.value.message_dict) == [field]
    assert again_(report).state == DutyState.OPEN


def test_today_is_that_of_the_agreements_time_zone(made: World, report: Duty) -> None:
    """At 3:00 UTC on 3 May it is 2 May in Colorado: that day is not in the future, the third is."""
    night = on(SPRING + timedelta(days=1), 3)
    with pytest.raises(ValidationError, match="it is 2 May 2026 where"):
        handing.hand_in(report, values={"on": night.date(), "note": "x"}, actor=made.mesa_liaison, now=night)
    handing.hand_in(report, values={"on": SPRING, "note": "x"}, actor=made.mesa_liaison, now=night)


def test_nobody_else_hands_in(made: World, report: Duty) -> None:
    for who in (made.riverton_liaison, made.mesa_auditor, made.outsider):
        with pytest.raises(PermissionDenied):
            hand(report, who, SPRING)


# The end ----------------------------------------------------------------------------------------------------
def test_what_falls_after_the_end_is_asked_for_no_more(
    made: World, quarterly: Agreement, report: Duty
) -> None:
    """Ended by agreement on 20 May: the report of 1 June is not owed; certificates are, from the last day on."""
    last = date(2026, 5, 20)
    ending.terminate(
        quarterly, ground="mutual", reason="Done.", last_day=last, actor=made.mesa_counsel, now=on(last)
    )
    owing.ask(now=on(last))
    row = again_(report)
    assert (row.state, row.closed_why) == (DutyState.DROPPED, "the agreement ended on 20 May 2026")
    with pytest.raises(StepNotOpen, match="no longer asked for, because the agreement ended on 20 May 2026"):
        hand(row, made.mesa_liaison, last)
    certificates = asked(quarterly, kind=DutyKind.CLOSEOUT)
    assert {row.due_on for row in certificates} == {last + timedelta(days=45)}
    assert {row.due_on for row in asked(quarterly, kind=DutyKind.ACCESS)} == {last + timedelta(days=1)}
    assert len({(row.source, row.party_id) for row in certificates}) == len(certificates) == 3


def closed(made: World, quarterly: Agreement) -> list[Duty]:
    """Mesa's certificates, the agreement having run out."""
    owing.ask(now=on(AFTER))
    return asked(quarterly, kind=DutyKind.CLOSEOUT, party__agency=made.mesa)


SIGNED = {"how": "returned", "typed_name": "mesa  LIAISON"}


def test_a_certificate_is_signed_confirmed_once_and_stands_for_the_paper_the_rules_ask(
    made: World, quarterly: Agreement
) -> None:
    rows = closed(made, quarterly)
    assert len(rows) == 2 and not owing.ask(now=on(AFTER))
    for refused in ({"how": "destroyed"}, {"how": ""}, {"typed_name": "Somebody Else"}):
        with pytest.raises(ValidationError):
            hand(rows[0], made.mesa_liaison, AFTER, **(SIGNED | refused))
    for row in rows:
        hand(row, made.mesa_liaison, AFTER, **SIGNED)
        with pytest.raises(StepNotOpen, match="handed in already"):
            hand(again_(row), made.mesa_liaison, AFTER, **SIGNED)
        assert not Filing.objects.filter(kind="destruction").exists()
        handing.accept(row, actor=made.riverton_counsel, now=on(AFTER))
    paper = Filing.objects.get(kind="destruction")
    assert (paper.party.agency, paper.on) == (made.mesa, AFTER)
    said = sentence(Event.objects.filter(action="duty.certified").earliest("number"))
    assert "certified for Mesa County District Attorney about Return: " in said
    assert said.endswith("returned to the provider on 2 Mar 2027.")


def test_an_overdue_certificate_shows(made: World, quarterly: Agreement) -> None:
    row = closed(made, quarterly)[0]
    assert (
        row.due_on == date(2027, 4, 15)
        and not row.overdue(row.due_on)
        and row.overdue(row.due_on + timedelta(days=1))
    )
    late = date(2027, 4, 16)
    for agency in (made.mesa, made.riverton):
        own = [item for item in walked(Scope((agency.pk,)), late) if item.url]
        assert {item.agency for item in own} == {agency.short_name}
        assert all(item.column == "now" and "overdue since" in item.deadline.name for item in own)
        open_ = asked(quarterly, party__agency=agency, state="open")
        assert sorted(item.url for item in own) == sorted(duty.get_absolute_url() for duty in open_)
    both = Scope((made.mesa.pk, made.riverton.pk))
    assert [item.mark for item in walked(both, late)] == sorted({item.mark for item in walked(both, late)})
    assert board.counts(both, today=late)["now"] == str(len(walked(both, late)))
    assert not [item for item in walked(Scope((made.mesa.pk,), owner=made.mesa_counsel.pk), late) if item.url]
    assert walked(Scope((made.harbor.pk,)), late) == []


def walked(scope: Scope, today: date) -> list[board.Item]:
    """The whole board, a row a page."""
    found, after = [], None
    while page := board.page(scope, after=after, limit=1, today=today):
        found += page.items
        after = page.next
        if after is None:
            return found
    return found


def test_who_has_left_owes_certificates_and_nothing_else(
    made: World, quarterly: Agreement, report: Duty
) -> None:
    """A party that leaves: its reports stop with it, what came to it goes back, and it may still say so."""
    mesa = quarterly.parties.get(agency=made.mesa)
    mesa.left_on = date(2026, 5, 10)
    recording.event("party.leaves", quarterly, actor=made.mesa_counsel, now=on(SPRING), agency=None, changed=[mesa],
                    party="x", words="x", reason="x")  # fmt: skip
    with pytest.raises(PermissionDenied, match="left this agreement after 10 May 2026"):
        hand(report, made.mesa_liaison, date(2026, 5, 11))
    owing.ask(now=on(date(2026, 5, 11)))
    assert again_(report).closed_why == f"{mesa.legal_name} left after 10 May 2026"
    certificates = asked(quarterly, kind=DutyKind.CLOSEOUT)
    assert {row.due_on for row in certificates} == {date(2026, 6, 24)}
    own = next(row for row in certificates if row.party_id == mesa.pk)
    hand(own, made.mesa_liaison, date(2026, 5, 11), **SIGNED)
    handing.accept(own, actor=made.riverton_liaison, now=on(date(2026, 5, 12)))


# Papers that run out ----------------------------------------------------------------------------------------
def test_training_is_renewed_before_its_last_day_and_asked_for_anew(
    made: World, quarterly: Agreement
) -> None:
    mesa = quarterly.parties.get(agency=made.mesa)
    said = {"party": mesa, "reference": "Records unit, awareness training", "on": FIRST}
    with pytest.raises(ValidationError, match="until which it is valid"):
        waiving.record_filing(quarterly, kind="training", values=said, actor=made.mesa_liaison, now=NOW)
    waiving.record_filing(
        quarterly,
        kind="training",
        values=said | {"until": date(2026, 4, 20)},
        actor=made.mesa_liaison,
        now=NOW,
    )
    owing.ask(now=on(date(2026, 3, 21)))
    (row,) = asked(quarterly)
    assert row.what == "Renew: Training of people with access: Records unit, awareness training"
    with pytest.raises(ValidationError, match="after 20 Apr 2026"):
        hand(row, made.mesa_liaison, date(2026, 4, 1), until=date(2026, 4, 20))
    hand(
        row, made.mesa_liaison, date(2026, 4, 1), until=date(2026, 12, 20), note="Records unit, spring course"
    )
    owing.ask(now=on(date(2026, 11, 20)))
    newer = asked(quarterly, kind=DutyKind.PAPER, state="open")
    assert [row.due_on for row in newer] == [date(2026, 12, 20)] and "spring course" in newer[0].what
    waiving.withdraw_filing(
        Filing.objects.get(pk=newer[0].source),
        reason="Wrong.",
        actor=made.mesa_liaison,
        now=on(date(2026, 11, 21)),
    )
    owing.ask(now=on(date(2026, 11, 21)))
    assert again_(newer[0]).state == DutyState.DROPPED


# Measures ---------------------------------------------------------------------------------------------------
@pytest.fixture
def measured(made: World) -> Measure:
    """One of the template's measures, in force, asked for every quarter."""
    row: Measure = (
        builders.executed(made)
        .measures.filter(removed=False, frequency="Quarterly")
        .earliest("position_in_order")
    )
    return row


def observe(measure: Measure, who: Any, day: date, value: str = "96.5", **more: Any) -> Any:
    values = {"value": Decimal(value), "on": day, "source": "Log"} | more
    return measuring.observe(measure, values=values, actor=who, now=on(SUMMER))


def test_a_value_answers_the_measurement_that_is_asked_for(made: World, measured: Measure) -> None:
    owing.ask(now=on(SPRING))
    row = Duty.objects.get(source=measured.pk)
    found = observe(measured, made.riverton_liaison, SUMMER)
    assert again_(row).state == DutyState.ACCEPTED
    with pytest.raises(ValidationError, match="recorded already"):
        observe(measured, made.mesa_liaison, SUMMER)
    measuring.take_back(found, reason="Read from the wrong month.", actor=made.mesa_liaison, now=on(SUMMER))
    assert again_(row).state == DutyState.OPEN, "what it answered is asked for again"
    with pytest.raises(StepNotOpen, match="taken back already"):
        measuring.take_back(found, reason="x", actor=made.mesa_liaison, now=on(SUMMER))
    with pytest.raises(StepNotOpen, match="on the measure's page"):
        hand(again_(row), made.riverton_liaison, SPRING)


@pytest.mark.parametrize(
    ("day", "words"),
    [(SUMMER + timedelta(days=1), "not come yet"), (FIRST - timedelta(days=1), "took effect on 2 Mar 2026")],
)
def test_a_value_of_no_day_in_force_is_refused(made: World, measured: Measure, day: date, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        observe(measured, made.mesa_liaison, day)


def test_a_value_after_the_end_is_refused(made: World, measured: Measure) -> None:
    last = SUMMER - timedelta(days=2)
    ending.terminate(
        measured.agreement, ground="mutual", reason="x", last_day=last, actor=made.mesa_counsel, now=on(last)
    )
    with pytest.raises(ValidationError, match="The agreement ended on 30 May 2026"):
        observe(Measure.objects.get(pk=measured.pk), made.mesa_liaison, SUMMER)


@pytest.mark.parametrize(
    ("words", "value", "reached"),
    [("At least 95", "95", True), ("At least 95", "94.9", False), ("At most 5 days", "6", False), ("95 or more", "95", True),
     ("0", "0", True), ("100", "99", False), ("Under 1,000", "999", True), ("more than 3.5", "3.5", False)],
)  # fmt: skip
def test_a_target_in_figures_is_compared(words: str, value: str, reached: bool) -> None:
    target = target_of(words)
    assert target is not None and target.reached(Decimal(value)) is reached


@pytest.mark.parametrize("words", ["", "Fewer complaints", "Between 2 and 4", "v2.0.1 installed"])
def test_a_target_in_words_is_left_to_people(words: str) -> None:
    assert target_of(words) is None


def test_the_picture_is_to_scale() -> None:
    drawn = chart(
        [(date(2026, 6, 1), Decimal(90)), (date(2026, 3, 1), Decimal(100))], target_of("At least 95")
    )
    assert drawn is not None and [point.reached for point in drawn.points] == [True, False]
    high, low = drawn.points
    assert high.y < drawn.target_y < low.y and high.x < low.x and drawn.target_y * 2 == high.y + low.y  # type: ignore[operator]
    assert chart([], None) is None
    one = chart([(FIRST, Decimal(5))], None)
    assert one is not None and one.points[0].y == 80 and one.target_y is None


# The text --------------------------------------------------------------------------------------------------
def text(**more: Any) -> dict[str, Any]:
    row = {"id": "c", "party": "b", "text": "Report", "due": "", "recurrence": "Monthly"}
    flow = {"provider": "a", "recipient": "b"}
    return {
        "parties": [{"id": "a", "agency": "x"}, {"id": "b", "agency": "y"}], "commitments": [row], "measures": [],
        "datasets": [{"id": "d", "name": "Records", "flows": [flow]}], "term": {"closeout_days": None, "closeout": "either"},
    } | more  # fmt: skip


def test_an_amendment_asks_by_the_new_text_from_its_day_on() -> None:
    texts = [(date.min, text()), (date(2026, 5, 15), text(commitments=[]))]
    found = duties.owed(texts, duties.Life(FIRST, None), since=FIRST, until=date(2026, 12, 31))
    assert [one.due_on for one in found] == [date(2026, 4, 1), date(2026, 5, 1)]


def test_an_end_by_the_term_is_closed_the_day_after_and_one_by_an_act_on_its_last_day() -> None:
    last = date(2026, 12, 31)
    for settled, first in ((False, date(2027, 1, 1)), (True, last)):
        life = duties.Life(FIRST, last, settled)
        found = [
            one
            for one in duties.owed([(date.min, text())], life, since=last, until=date(2027, 6, 1))
            if one.kind != "commitment"
        ]
        assert {one.asked_on for one in found} == {first}
        assert {one.kind: one.due_on for one in found} == {
            "access": date(2027, 1, 1),
            "closeout": date(2027, 1, 30),
        }
    assert "30 days are customary" in next(one.rule for one in found if one.kind == "closeout")


def test_what_is_replaced_closes_nothing() -> None:
    life = duties.Life(FIRST, date(2026, 3, 31), True, replaced=True)
    assert duties.owed([(date.min, text(commitments=[]))], life, since=FIRST, until=date(2027, 6, 1)) == []
