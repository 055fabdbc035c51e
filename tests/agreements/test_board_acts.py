"""Working through the board: many rows in one decision, who owns what, and the forms in which the days are shown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client

from agencies.models import memberships_of
from agencies.operations.roles import grant_membership, retire_membership
from agreements import board, intray, policy
from agreements.board import Item, Mark, Scope
from agreements.board.rows import RANKS
from agreements.models import Agreement, Deadline, Party, Review
from agreements.operations import ending, owning, settling
from agreements.operations.several import MOST, Choice
from agreements.standing import NextDate
from audit.models import Event
from audit.record import SYSTEM
from audit.sentences import sentence
from tests import builders
from tests.agreements.pages import text
from tests.agreements.test_board import dated
from tests.api.calling import Program, errors
from tests.builders import NOW, World
from tests.kept import kept

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
WHY = "The council wants to go on."


def some(made: World, *, number: int = 3) -> list[Agreement]:
    """Agreements whose last days follow each other from 40 days on, all within the board."""

    def build() -> list[Agreement]:
        return [
            dated(
                builders.executed(made, title=f"Exchange {n}", short=True),
                last_day=TODAY + timedelta(days=40 + n),
            )
            for n in range(number)
        ]

    return kept(f"{number} on the board", build)


def rows(agreements: list[Agreement], made: World, agency: str = "mesa") -> list[str]:
    return [f"{made.agencies[agency].pk}:{agreement.pk}" for agreement in agreements]


@pytest.fixture
def counsel(made: World, client: Client, today: None) -> Client:
    client.force_login(made.mesa_counsel)
    return client


def test_the_tables_columns_are_those_of_the_words(made: World) -> None:
    dated(
        builders.executed(made, short=True),
        last_day=TODAY + timedelta(days=210),
        notice_due_on=TODAY + timedelta(days=120),
    )
    dated(builders.executed(made, title="No end", short=True), review_due_on=TODAY + timedelta(days=150))
    for ahead in range(0, 260, 3):
        day = TODAY + timedelta(days=ahead)
        found = board.page(Scope((made.mesa.pk,)), today=day).items
        assert [item.mark.rank for item in found] == [RANKS[item.column] for item in found]
        expected = {item.agreement.pk for item in board.coming(Scope((made.mesa.pk,)), days=180, today=day)}
        assert {item.agreement.pk for item in found} == expected


def test_a_page_begins_where_the_last_one_ended(made: World) -> None:
    some(made)
    scope, seen, after = Scope((made.mesa.pk, made.riverton.pk)), [], None
    while True:
        page = board.page(scope, after=after, limit=2, today=TODAY)
        seen += [item.mark for item in page.items]
        if page.next is None:
            break
        after = board.Mark.read(str(page.next))
        assert after == page.next
    assert seen == [item.mark for item in board.page(scope, today=TODAY).items] and len(seen) == 6
    for nonsense in ("", "0", "x_y_z_a_b", "9_2026-01-01__what_", "0_2026-01-01_a_b_c"):
        assert board.Mark.read(nonsense) is None


def test_the_table_of_deadlines_is_what_the_rows_say(made: World) -> None:
    agreement, other = (
        builders.executed(made, short=True),
        builders.executed(made, title="Other", short=True),
    )
    settle(made, [agreement], outcome="lapse", now=builders.NOW + timedelta(days=900))
    owning.own(agreement, person=made.mesa_liaison, actor=made.mesa_counsel, now=NOW)
    ending.terminate(other, ground="mutual", reason="Done.", actor=made.mesa_counsel, now=NOW)
    kept_ = set(
        Deadline.objects.values_list("agency", "agreement", "what", "due_on", "owner", "settled", "leads")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.agency, d.agreement_id, d.what, d.due_on, d.owner, d.settled, d.leads "
            "FROM agreements_agreement a, agreements_deadlines(a.id) d"
        )
        assert kept_ == set(cursor.fetchall()) and kept_
    assert not Deadline.objects.filter(agreement=other).exists()
    readable = set(
        policy.readable([made.mesa.pk, made.riverton.pk], today=TODAY).values_list("principal", "agreement")
    )
    assert {row[:2] for row in kept_} <= readable


def settle(made: World, agreements: list[Agreement], **said: Any) -> list[Any]:
    choices = [Choice(agreement.pk, made.mesa.pk) for agreement in agreements]
    return settling.decide_all(
        choices, **({"outcome": "continue", "reason": WHY, "actor": made.mesa_counsel, "now": NOW} | said)
    )


def test_one_decision_about_many_is_one_record_for_each(made: World, counsel: Client) -> None:
    chosen = some(made)
    page = text(counsel.get("/board/decide/", {"row": rows(chosen, made)}))
    assert "Decide about 3 agreements" in page and all(agreement.title in page for agreement in chosen)
    own = {f"reason-{rows(chosen, made)[1]}": "This one because the sheriff asked."}
    answer = counsel.post(
        "/board/decide/",
        {"row": rows(chosen, made), "outcome": "lapse", "reason": WHY, "consulted": "The chief", **own},
    )
    assert answer.status_code == 302
    found = {
        row.agreement.title: (row.reason, row.outcome, row.consulted)
        for row in Review.objects.select_related("agreement")
    }
    assert found == {
        "Exchange 0": (WHY, "lapse", "The chief"),
        "Exchange 1": ("This one because the sheriff asked.", "lapse", "The chief"),
        "Exchange 2": (WHY, "lapse", "The chief"),
    }
    assert Event.objects.filter(action="agreement.reviewed").count() == 3
    after = text(counsel.get("/board/"))
    assert "Recorded for 3 agreements: Let it lapse." in after and "Nothing to decide" in after


def test_what_could_not_be_recorded_says_why_and_keeps_what_was_typed(made: World, counsel: Client) -> None:
    chosen = some(made)
    settle(made, chosen[:1], reason="Decided before.")
    answer = counsel.post("/board/decide/", {
        "row": rows(chosen, made), "outcome": "continue", "consulted": "The chief",
        f"reason-{rows(chosen, made)[0]}": "Typed for nothing?", f"reason-{rows(chosen, made)[1]}": "Good."})  # fmt: skip
    page = text(answer)
    assert answer.status_code == 409
    assert "Recorded for 1: " in page and "2 left below" in page
    assert "Mesa Counsel recorded “Continue unchanged” on 2 Mar 2026" in page
    assert "Give the reason; it is recorded." in page
    assert "Typed for nothing?" in page and 'value="The chief"' in answer.content.decode()
    assert rows(chosen, made)[1] not in answer.content.decode(), "what was recorded is not asked again"
    assert Review.objects.count() == 2


@pytest.mark.parametrize(
    "said", [{}, {"outcome": "terminate", "reason": "x"}, {"outcome": "continue", "reason": "a" * 4001}]
)
def test_a_question_that_is_wrong_records_nothing(made: World, counsel: Client, said: dict[str, str]) -> None:
    chosen = some(made)
    answer = counsel.post("/board/decide/", {"row": rows(chosen, made), **said})
    assert answer.status_code == 400 and said.get("reason", "") in answer.content.decode()
    assert not Review.objects.exists()


def test_nobody_decides_for_others(made: World, counsel: Client) -> None:
    chosen = some(made)
    answer = counsel.post(
        "/board/decide/", {"row": rows(chosen, made, "riverton"), "outcome": "lapse", "reason": WHY}
    )
    assert answer.status_code == 409 and "You can’t do this".replace("’", "'") in text(answer)
    counsel.force_login(made.outsider)
    assert counsel.post("/board/decide/", {"row": rows(chosen, made)}).status_code == 403
    person = builders.person(made, "harbor_counsel", {"harbor": "counsel"}, NOW)
    counsel.force_login(person)
    hidden = counsel.post("/board/decide/", {"row": rows(chosen, made), "outcome": "lapse", "reason": WHY})
    assert hidden.status_code == 409 and "Exchange" not in text(hidden)
    assert not Review.objects.exists()
    assert counsel.get("/board/decide/").status_code == counsel.get("/board/decide/?row=x").status_code == 302
    with pytest.raises(ValidationError, match=str(MOST)):
        settle(made, chosen * 0)


def test_counsel_of_two_parties_decides_for_each_of_them(made: World, client: Client, today: None) -> None:
    grant_membership(made.riverton, made.mesa_counsel, role="counsel", actor=SYSTEM, now=NOW)
    (agreement,) = some(made, number=1)
    scope = Scope((made.riverton.pk, made.mesa.pk))
    assert len(board.page(scope, today=TODAY).items) == 2
    client.force_login(made.mesa_counsel)
    for agency in ("mesa", "riverton"):
        row = rows([agreement], made, agency)[0]
        client.post(f"/agreements/{agreement.pk}/decide/", {"outcome": "lapse", "reason": WHY, "row": row})
    assert {row.agency for row in Review.objects.select_related("agency")} == {made.mesa, made.riverton}
    assert not board.page(scope, today=TODAY).items


def test_a_program_decides_about_many_and_reads_the_board(made: World, today: None) -> None:
    chosen = some(made)
    program = Program(made.mesa_counsel)
    listed = program.rows("board/?page_size=2")
    assert [row["title"] for row in listed] == ["Exchange 0", "Exchange 1", "Exchange 2"]
    assert (
        listed[0]["date"]["name"] == "Ends" and listed[0]["column"] == "quarter" and listed[0]["owner"] == ""
    )
    for wrong in ("board/?flavour=1", "board/?owner=zed", "board/?cursor=x"):
        program.get(wrong, status=400)
    settle(made, chosen[:1])
    said = {"outcome": "lapse", "reason": WHY, "rows": [{"agreement": str(one.pk)} for one in chosen[:2]]}
    answer = program.call("post", "board/decisions/", said)
    assert answer.status_code == 200
    assert [(row["recorded"], bool(row["why"])) for row in answer.json()] == [(False, True), (True, False)]
    refused = program.call("post", "board/decisions/", {"outcome": "amend", "rows": said["rows"]})
    assert refused.status_code == 400 and "outcome" in errors(refused)


def owner_of(agreement: Agreement, made: World) -> Any:
    return Party.objects.get(agreement=agreement, agency=made.mesa).owner


def test_the_owner_is_named_by_counsel_or_administrator_and_is_the_agencys_own_affair(
    made: World, counsel: Client
) -> None:
    chosen = some(made)
    answer = counsel.post("/board/owner/", {"row": rows(chosen, made), "person": made.mesa_liaison.pk})
    assert answer.status_code == 302 and owner_of(chosen[2], made) == made.mesa_liaison
    events = Event.objects.filter(action="party.owned")
    assert events.count() == 3 and {event.private_to for event in events} == {made.mesa.pk}
    assert "made Mesa Liaison the owner" in sentence(events[0])
    board_ = text(counsel.get("/board/", {"owner": str(made.mesa_liaison.pk)}))
    assert "owner: Mesa Liaison" in board_ and "Exchange 2" in board_
    assert "Nothing to decide here" in text(counsel.get("/board/?owner=me"))
    assert "Mesa Liaison, for Mesa" in text(counsel.get(f"/agreements/{chosen[0].pk}/dates/"))
    counsel.force_login(made.riverton_counsel)
    assert "Mesa Liaison, for Mesa" not in text(counsel.get(f"/agreements/{chosen[0].pk}/dates/"))
    for person in ("mesa_liaison", "mesa_auditor", "outsider"):
        with pytest.raises(PermissionDenied):
            owning.own(chosen[0], person=None, actor=made.people[person], now=NOW)
    for stranger in (made.riverton_liaison, made.mesa_signatory):
        refused = counsel_posts(made, counsel, rows(chosen, made), stranger.pk)
        assert refused.status_code == 400 and "liaison or counsel" in text(refused)
    owning.own(chosen[0], person=None, actor=made.mesa_administrator, now=NOW)
    assert owner_of(chosen[0], made) is None


def counsel_posts(made: World, client: Client, keys: list[str], person: object) -> Any:
    client.force_login(made.mesa_counsel)
    return client.post("/board/owner/", {"row": keys, "person": str(person)})


def test_what_nobody_owns_goes_to_the_administrator(made: World, client: Client, today: None) -> None:
    first, second, _ = some(made)
    for agreement in (first, second):
        owning.own(agreement, person=made.mesa_liaison, actor=made.mesa_counsel, now=NOW)
    unowned = Scope((made.mesa.pk,), unowned=True)
    assert [item.agreement.title for item in board.page(unowned, today=TODAY).items] == ["Exchange 2"]
    assert tray(made, "mesa_administrator") == ["Exchange 2"] and tray(made, "mesa_counsel") == []
    client.force_login(made.mesa_administrator)
    assert "Nobody owns these" in text(client.get("/"))
    retire_membership(
        made.mesa_liaison.memberships.get(role="liaison"), actor=made.mesa_administrator, now=NOW
    )
    after = TODAY + timedelta(days=1)
    assert len(board.page(unowned, today=after).items) == 3, "who has left the role owns nothing"
    assert tray(made, "mesa_administrator", after) == ["Exchange 0", "Exchange 1", "Exchange 2"]


def tray(made: World, person: str, day: date = TODAY) -> list[str]:
    user = made.people[person]
    found = intray.tray(user, list(memberships_of(user, today=day)), today=day).unowned
    return [item.agreement.title for item in found.items]


def test_a_program_names_the_owner(made: World, today: None) -> None:
    (agreement,) = some(made, number=1)
    program, path = Program(made.mesa_administrator), f"agreements/{agreement.pk}/owners/"
    assert program.rows(path) == [{"agency": str(made.mesa.pk), "person": None, "name": "", "holds": False}]
    answer = program.call("post", path, {"person": str(made.mesa_counsel.pk)})
    assert (
        answer.json()["results"][0]["name"] == "Mesa Counsel"
        and owner_of(agreement, made) == made.mesa_counsel
    )
    assert program.call("post", path, {"person": str(made.nobody.pk)}).status_code == 400
    refused = program.call("post", path, {"person": None, "agency": str(made.riverton.pk)})
    assert (
        refused.status_code == 403
        and Program(made.mesa_auditor).call("post", path, {"person": None}).status_code == 403
    )


def test_rows_of_another_source_stand_among_the_others(
    made: World, counsel: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = some(made)[0]
    on = TODAY + timedelta(days=41)
    column = board.column_of("obligation", on, endless=False, today=TODAY)
    mark = Mark(RANKS[column], on, agreement.pk, "obligation", made.mesa.pk)
    report = Item(agreement, column, NextDate("Report due", on, "each quarter"), (), mark, url="/reports/")
    source = board.Source(
        lambda ask: [report] if ask.after is None or mark > ask.after else [], lambda ask: {column: 1}
    )
    monkeypatch.setattr(board, "SOURCES", (*board.SOURCES, source))
    scope, found, after = Scope((made.mesa.pk,)), [], None
    for _ in range(4):
        page = board.page(scope, after=after, limit=1, today=TODAY)
        found += [(item.deadline.name, item.deadline.on) for item in page.items]
        after = page.next
    assert after is None and len(found) == 4 and found[0][0] == "Ends"
    assert ("Report due", on) in found[1:3] and [day for _, day in found] == sorted(day for _, day in found)
    assert board.counts(scope, today=TODAY)[column] == "4"
    shown = counsel.get("/board/").content.decode()
    assert 'href="/reports/">Do it' in shown and "Report due" in shown
    assert shown.count('name="row"') == 3, "it is done elsewhere, not decided on here"


def test_the_month_shows_each_day_once_and_what_was_decided(made: World, counsel: Client) -> None:
    some(made)
    page = text(counsel.get("/board/month/?month=2026-04"))
    assert "April 2026" in page and "Exchange 0" in page and "Exchange 2" in page and "Ends" in page
    settle(made, list(Agreement.objects.filter(title="Exchange 0")), outcome="lapse")
    assert "decided: Let it lapse" in text(counsel.get("/board/month/?month=2026-04"))
    assert "No last day, notice deadline or review falls in this month" in text(
        counsel.get("/board/month/?month=2026-06")
    )
    for wrong in ("nonsense", "0001-01", "9999-12", "2026-13"):
        answer = counsel.get("/board/month/", {"month": wrong})
        assert (
            answer.status_code == 200
            and "this one was left out" in text(answer)
            and "March 2026" in text(answer)
        )


def test_a_crowded_day_leads_to_the_timeline(made: World, counsel: Client) -> None:
    for n in range(5):
        dated(builders.executed(made, title=f"Same day {n}"), last_day=date(2026, 4, 15))
    page = counsel.get("/board/month/?month=2026-04&kind=IEA").content.decode()
    assert "and 1 more" in page and "/board/timeline/?month=2026-04-15&amp;kind=IEA" in page.replace(
        "?kind=IEA&amp;month=2026-04-15", "?month=2026-04-15&amp;kind=IEA"
    )
    line = text(counsel.get("/board/timeline/?month=2026-04-15"))
    assert all(f"Same day {n}" in line for n in range(5)) and "April 2026" in line


def test_the_timeline_goes_on_where_a_page_ends(
    made: World, counsel: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    some(made)
    monkeypatch.setattr("agreements.views.board.TIMELINE", 2)
    first = counsel.get("/board/timeline/")
    assert "Exchange 1" in text(first) and "Exchange 2" not in text(first)
    assert "Exchange 2" in text(counsel.get(first.context["next_url"]))
    assert "No last day, notice deadline or review falls in this time" in text(
        counsel.get("/board/timeline/?month=2190-01")
    )
