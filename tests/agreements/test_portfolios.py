"""An agency's agreements on any day that has passed are what they were then, whatever was done since."""

import csv
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements import portfolios, texts
from agreements.models import Agreement
from agreements.operations import amending, ending, leaving, negotiating
from audit import heads
from audit.models import Event
from tests import builders
from tests.agreements import several
from tests.agreements.pages import browser, text
from tests.agreements.test_amending import changed, signed
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SIGNED = NOW.date()
LATER = NOW + timedelta(days=60)
MUCH_LATER = NOW + timedelta(days=700)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is two years later, and people look back."""
    monkeypatch.setattr(timezone, "now", lambda: MUCH_LATER)
    cache.set(heads.REFUSED, "", 600)


def on(
    made: World, day: date, *, who: str = "riverton_counsel", agency: str = "riverton", held: str = ""
) -> Any:
    """The rows of an agency on a day, by reference."""
    asked = portfolios.Asked(made.agencies[agency], day, made.people[who], MUCH_LATER.date(), held)
    return {row.agreement.reference: row for row in portfolios.every(asked)}


def test_before_and_after_an_amendment(made: World) -> None:
    agreement = builders.executed(made, terms={"months": 12, "renewal": "none"})
    first_end = agreement.last_day
    draft = amending.amend(agreement, actor=made.riverton_liaison, now=LATER)
    changed(made, draft, LATER)
    signed(made, draft, LATER)
    assert texts.on(again(agreement), LATER.date()) != texts.on(again(agreement), SIGNED)
    before = on(made, LATER.date() - DAY)[agreement.reference]
    after = on(made, LATER.date())[agreement.reference]
    assert (before.held, before.agreement.last_day, before.term[:9]) == ("in_force", first_end, "12 months")
    assert after.agreement.last_day > first_end and after.term.startswith("24 months")
    assert after.version != before.version and draft.reference not in on(made, LATER.date() - DAY)
    lapsed = on(made, first_end + DAY)[agreement.reference]
    assert lapsed.held == "in_force", "it had been made longer by then"


def test_before_and_after_a_withdrawal(made: World) -> None:
    agreement = several.executed(made, "mesa", "quarry")
    leaving.withdraw(agreement, reason="Budget.", actor=made.quarry_counsel, now=LATER)
    left = agreement.parties.get(agency=made.agencies["quarry"]).left_on
    assert left is not None
    stayed, gone = on(made, left)[agreement.reference], on(made, left + DAY)[agreement.reference]
    assert "Quarry Police" in stayed.parties and len(stayed.parties) == 3
    assert "Quarry Police" not in gone.parties and gone.held == "in_force"
    theirs = {"who": "quarry_counsel", "agency": "quarry"}
    assert on(made, left, **theirs)[agreement.reference].held == "in_force"
    assert on(made, left + DAY, **theirs)[agreement.reference].held == "over"


def test_what_was_not_yet_there_suspended_or_over_is_told_apart(made: World) -> None:
    draft, done = (
        builders.drafted(made, short=True),
        builders.executed(made, title="Signed", terms={"months": 12, "renewal": "none"}),
    )
    ending.suspend(again(done), grounds="A breach.", from_on=LATER.date(), actor=made.mesa_counsel, now=LATER)
    ending.resume(again(done), reason="Mended.", actor=made.mesa_counsel, now=LATER + 10 * DAY)
    ending.terminate(again(done), ground="mutual", reason="x", actor=made.mesa_counsel, now=LATER + 30 * DAY)
    assert on(made, SIGNED - DAY) == {}
    rows = on(made, SIGNED)
    assert (rows[draft.reference].held, rows[draft.reference].version) == ("not_yet", None)
    said = [(day, on(made, day)[done.reference].held) for day in
            (SIGNED, LATER.date() - DAY, LATER.date(), LATER.date() + 9 * DAY, LATER.date() + 10 * DAY, LATER.date() + 31 * DAY)]  # fmt: skip
    assert [held for _, held in said] == [
        "in_force",
        "in_force",
        "suspended",
        "suspended",
        "in_force",
        "over",
    ]
    assert on(made, LATER.date() + 31 * DAY, held="over").keys() == {done.reference}
    assert on(made, SIGNED, held="over") == {}


def test_a_draft_nobody_else_had_seen_by_then_is_nobody_elses_to_see(made: World) -> None:
    agreement = builders.drafted(made, short=True)
    builders.completed(made, agreement)
    negotiating.share(agreement, actor=made.riverton_liaison, now=LATER)
    early, mesa = LATER.date() - DAY, {"who": "mesa_counsel", "agency": "mesa"}
    assert on(made, early, **mesa) == {} and on(made, early, who="overseer") == {}
    assert agreement.reference in on(made, early)
    assert agreement.reference in on(made, LATER.date(), **mesa)


def test_the_day_ends_on_the_agreements_own_clock(made: World) -> None:
    zone = ZoneInfo("America/Denver")
    night = datetime(2026, 5, 1, 23, 30, tzinfo=zone)
    agreement = builders.executed(made, terms={"months": 12, "renewal": "none"})
    ending.terminate(agreement, ground="mutual", reason="x", actor=made.mesa_counsel, now=night)
    assert on(made, date(2026, 4, 30))[agreement.reference].agreement.ended_on is None
    assert on(made, date(2026, 5, 1))[agreement.reference].agreement.ended_on == date(2026, 5, 1)


def test_nobody_sees_more_than_they_may_today(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.reference in on(made, SIGNED, who="overseer")
    assert agreement.reference in on(made, SIGNED, who="mesa_liaison"), (
        "a party sees what it shares with another"
    )
    for who in ("outsider", "board_liaison", "nobody", "harbor_administrator"):
        assert on(made, SIGNED, who=who) == {}


def test_the_page_leads_to_the_agreement_as_it_was(made: World, later: None) -> None:
    agreement = builders.executed(made, terms={"months": 12, "renewal": "none"})
    client = browser(made.riverton_counsel)
    page = client.get("/portfolio/", {"agency": made.riverton.slug, "on": SIGNED.isoformat()})
    link = f"/agreements/{agreement.pk}/as-of/?at={SIGNED.isoformat()}"
    assert link in page.content.decode() and "2 Mar 2026" in text(page)
    then = text(client.get(link))
    assert "Standing then: In force" in then
    for wrong in ("2 March", "2029-01-01", "1890-01-01", "2026-02-30", ""):
        refused = client.get("/portfolio/", {"agency": made.riverton.slug, "on": wrong})
        assert refused.status_code == 422 and "Give a day that has come" in text(refused)
    assert client.get("/portfolio/", {"agency": "no\x00body"}).status_code == 422
    assert "No agency to look at" in text(browser(made.nobody).get("/portfolio/"))


def test_the_table_is_for_those_who_export_and_is_recorded(made: World, later: None) -> None:
    agreement = builders.executed(made, short=True)
    query = {"agency": made.riverton.slug, "on": SIGNED.isoformat()}
    assert browser(made.riverton_liaison).get("/portfolio.csv", query).status_code == 404
    assert browser(made.mesa_counsel).get("/portfolio.csv", query).status_code == 404
    answer = browser(made.riverton_counsel).get("/portfolio.csv", query)
    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert rows[0] == list(portfolios.COLUMNS) and rows[1][0] == agreement.reference
    assert rows[1][5] == SIGNED.isoformat() and rows[1][2] == "In force"
    assert Event.objects.get(action="portfolio.taken").actor == made.riverton_counsel.pk


def test_programs_page_through_it_with_a_constant_number_of_queries(made: World, later: None) -> None:
    program, path = (
        Program(made.riverton_counsel),
        f"portfolio/?agency={made.riverton.pk}&on={SIGNED.isoformat()}",
    )
    builders.executed(made, short=True)
    few = asked(program, path)
    for number in range(3):
        builders.executed(made, title=f"Exchange {number}", short=True)
    assert asked(program, path) == few <= 14
    rows = program.rows(f"{path}&page_size=3")
    assert len(rows) == 4 and [row["reference"] for row in rows] == sorted(row["reference"] for row in rows)
    assert {row["held"] for row in rows} == {"in_force"} and rows[0]["effective_on"] == SIGNED.isoformat()
    assert program.rows(f"{path}&held=over") == []
    for wrong in ("on=2029-01-01", "on=soon", "agency=x", "held=maybe"):
        assert program.call("get", f"{path}&{wrong}").status_code == 400


def asked(program: Program, path: str) -> int:
    """The queries of one answer."""
    with CaptureQueriesContext(connection) as queries:
        program.get(path)
    return len(queries)


def test_every_agreement_of_a_long_list_is_on_one_page(made: World) -> None:
    agreements: list[Agreement] = [
        builders.executed(made, title=f"Exchange {n}", short=True) for n in range(3)
    ]
    asked = portfolios.Asked(made.riverton, SIGNED, made.riverton_counsel, MUCH_LATER.date())
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        found = portfolios.page(asked, after=after, limit=1)
        seen += [row.agreement.reference for row in found.rows]
        after = found.after
    assert seen == sorted(one.reference for one in agreements)
