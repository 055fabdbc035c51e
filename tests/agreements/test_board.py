"""The expiry board: in which column an agreement stands on which day, and what a decision changes."""

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from agencies.models import memberships_of
from agreements import board, intray
from agreements.board import COLUMNS, Item, Scope
from agreements.models import Agreement, Outcome, Review
from agreements.operations import ending, reviewing
from audit.guards import lifted
from tests import builders
from tests.builders import World

pytestmark = pytest.mark.django_db


def dated(agreement: Agreement, **days: date | None) -> Agreement:
    """The agreement with other dates than its text gives, so that a test can name them."""
    names = ("last_day", "notice_due_on", "review_due_on")
    with connection.cursor() as cursor, lifted():
        cursor.execute(
            "UPDATE agreements_agreement SET last_day = %s, notice_due_on = %s, review_due_on = %s WHERE id = %s",
            [*(days.get(name) for name in names), agreement.pk],
        )
        cursor.execute("SELECT agreements_refresh_deadlines(%s)", [agreement.pk])
    return builders.again(agreement)


def placed(made: World, today: date, agency: str = "riverton") -> dict[str, list[Item]]:
    return columns(Scope((made.agencies[agency].pk,)), today)


def columns(scope: Scope, today: date) -> dict[str, list[Item]]:
    page = board.page(scope, limit=200, today=today)
    assert [len(page.of(name)) for name in COLUMNS] == [
        int(n) for n in board.counts(scope, today=today).values()
    ]
    return {name: page.of(name) for name in COLUMNS}


def column(made: World, today: date) -> str:
    """The one column that holds anything; empty if none does."""
    return " ".join(name for name, items in placed(made, today).items() if items)


def decided(agreement: Agreement, made: World, outcome: str, day: date, by: str = "riverton_counsel") -> None:
    now = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    reviewing.decide(
        agreement, outcome=outcome, reason="As the council asked.", actor=made.people[by], now=now
    )


LAST, NOTICE = date(2028, 12, 31), date(2028, 10, 2)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (NOTICE - timedelta(days=181), ""),
        (NOTICE - timedelta(days=180), "half"),
        (NOTICE - timedelta(days=91), "half"),
        (NOTICE - timedelta(days=90), "quarter"),
        (NOTICE - timedelta(days=31), "quarter"),
        (NOTICE - timedelta(days=30), "notice"),
        (NOTICE, "notice"),
        (NOTICE + timedelta(days=1), "now"),
        (LAST, "now"),
        (LAST + timedelta(days=400), "now"),
    ],
)
def test_a_fixed_term_moves_through_the_columns(made: World, today: date, expected: str) -> None:
    dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    assert column(made, today) == expected


def test_each_date_comes_with_the_words_it_comes_from(made: World) -> None:
    dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    soon = placed(made, NOTICE)["notice"][0].deadline
    assert (soon.name, soon.on, soon.why) == (
        "Notice due",
        NOTICE,
        "90 days before the last day, 31 Dec 2028",
    )
    assert placed(made, NOTICE + timedelta(days=1))["now"][0].deadline.name == "Notice was due"
    assert placed(made, LAST + timedelta(days=1))["now"][0].deadline.name == "Lapsed after"


def test_one_without_an_end_waits_for_its_review(made: World) -> None:
    due = date(2027, 3, 1)
    dated(builders.executed(made), review_due_on=due)
    assert column(made, due - timedelta(days=200)) == ""
    assert column(made, due - timedelta(days=60)) == "open"
    assert column(made, due + timedelta(days=1)) == "now"
    assert placed(made, due + timedelta(days=1))["now"][0].deadline.name == "Review overdue since"


@pytest.mark.parametrize("outcome", Outcome.values)
def test_a_decision_takes_it_off_the_board_and_is_listed(made: World, outcome: str) -> None:
    agreement = dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    today = NOTICE + timedelta(days=5)
    decided(agreement, made, outcome, today)
    assert not any(placed(made, today)["now"])
    (row,) = board.decided(Scope((made.riverton.pk,)))
    assert (row.agreement, row.settled, row.settled_on) == (agreement, Outcome(outcome).label, today)
    assert row.step == {"renew": "renew", "amend": "amend", "terminate": "terminate"}.get(outcome, "")
    assert not board.decided(Scope((made.mesa.pk,)))


def test_a_decision_before_the_window_opened_settles_nothing(made: World) -> None:
    agreement = dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    decided(agreement, made, "lapse", NOTICE - timedelta(days=181))
    assert column(made, NOTICE + timedelta(days=1)) == "now"


def test_another_agencys_decision_does_not_settle_ours(made: World) -> None:
    agreement = dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    today = NOTICE + timedelta(days=1)
    decided(agreement, made, "renew", today, by="mesa_counsel")
    assert len(placed(made, today)["now"]) == 1
    assert not placed(made, today, "mesa")["now"]


def test_what_has_been_terminated_is_gone(made: World) -> None:
    agreement = dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    now = datetime(2028, 9, 20, 18, tzinfo=UTC)
    ending.terminate(
        agreement, ground="notice", reason="No longer needed.", actor=made.riverton_counsel, now=now
    )
    assert column(made, date(2028, 9, 21)) == ""


def test_the_board_is_narrowed_by_kind_and_category(made: World) -> None:
    agreement = dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    mine = (made.riverton.pk,)
    assert columns(Scope(mine, kind=agreement.kind, category=agreement.categories[0]), NOTICE)["notice"]
    assert not any(columns(Scope(mine, kind="MOU"), NOTICE).values())
    assert not any(columns(Scope(mine, category="nothing"), NOTICE).values())
    assert not any(columns(Scope((made.harbor.pk,)), NOTICE).values())


def test_the_in_tray_tells_the_same_deadlines(made: World) -> None:
    dated(builders.executed(made), last_day=LAST, notice_due_on=NOTICE)
    counsel = made.riverton_counsel
    for today, group in [
        (NOTICE + timedelta(days=1), "overdue"),
        (NOTICE, "week"),
        (NOTICE - timedelta(days=60), "strip"),
    ]:
        tray = intray.tray(counsel, list(memberships_of(counsel, today=today)), today=today)
        assert [bool(getattr(tray, name)) for name in ("overdue", "week", "strip")] == [
            name == group for name in ("overdue", "week", "strip")
        ]


def signed_in(client: Client, made: World, person: str) -> Client:
    client.force_login(made.people[person], backend="agencies.backends.Accounts")
    return client


def overdue(made: World) -> Agreement:
    """An agreement whose notice deadline passed yesterday, by the real clock."""
    today = timezone.localdate()
    return dated(
        builders.executed(made), last_day=today + timedelta(days=60), notice_due_on=today - timedelta(days=1)
    )


def test_counsel_decide_on_the_board(made: World, client: Client) -> None:
    agreement = overdue(made)
    counsel = signed_in(client, made, "riverton_counsel")
    url = f"/agreements/{agreement.pk}/decide/"
    assert url in counsel.get("/board/").content.decode()
    answer = counsel.post(
        url, {"outcome": "renew", "reason": "The exchange is used daily.", "consulted": "The chief"}
    )
    assert answer["Location"] == f"/agreements/{agreement.pk}/steps/renew/", "the decision leads to its act"
    row = Review.objects.get(agreement=agreement)
    assert (row.outcome, row.reason, row.consulted) == ("renew", "The exchange is used daily.", "The chief")
    assert url not in counsel.get("/board/").content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"outcome": "sell", "reason": "I wish", "consulted": "Nobody at all"},
        {"outcome": "renew", "reason": " "},
    ],
)
def test_a_refused_decision_keeps_what_was_typed(made: World, client: Client, data: dict[str, Any]) -> None:
    agreement = overdue(made)
    answer = signed_in(client, made, "riverton_counsel").post(f"/agreements/{agreement.pk}/decide/", data)
    assert 400 <= answer.status_code < 500
    assert data.get("consulted", "") in answer.content.decode()
    assert not Review.objects.exists()


def test_only_counsel_of_a_party_decide(made: World, client: Client) -> None:
    agreement = overdue(made)
    url = f"/agreements/{agreement.pk}/decide/"
    for person, status in [("riverton_liaison", 403), ("overseer", 403), ("outsider", 404), ("nobody", 404)]:
        assert signed_in(client, made, person).get(url).status_code == status
        assert client.post(url, {"outcome": "lapse", "reason": "x"}).status_code == status
    assert url not in signed_in(client, made, "riverton_liaison").get("/board/").content.decode()


def test_the_board_as_a_table_is_harmless_in_a_spreadsheet(made: World, client: Client) -> None:
    agreement = overdue(made)
    with connection.cursor() as cursor, lifted():
        cursor.execute("UPDATE agreements_agreement SET title = '=1+1' WHERE id = %s", [agreement.pk])
    answer = signed_in(client, made, "riverton_counsel").get("/board.csv")
    rows = list(csv.reader(answer.getvalue().decode().splitlines()))
    assert rows[1][:3] == [COLUMNS["now"], agreement.reference, "'=1+1"]


def test_an_unknown_choice_is_named_and_left_out(made: World, client: Client) -> None:
    agreement = overdue(made)
    answer = (
        signed_in(client, made, "riverton_counsel")
        .get("/board/?kind=nonsense&agency=harbor")
        .content.decode()
    )
    assert "“nonsense” is not a kind we know" in answer
    assert agreement.title in answer
