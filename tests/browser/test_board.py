"""Counsel on a Monday: the board of thirty, cleared with the keyboard alone; its forms looked at, wide and on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from agreements.models import Agreement, Review
from audit.guards import lifted
from tests import builders
from tests.browser.looking import WIDE, faults, signed_in
from tests.browser.test_base import opened
from tests.builders import World
from tests.kept import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
THIRTY = 30

COPY = """
WITH made AS (
  INSERT INTO agreements_agreement
    SELECT r.* FROM agreements_agreement a, generate_series(1, %(more)s) n, jsonb_populate_record(a, jsonb_build_object(
        'id', gen_random_uuid(), 'reference', 'IEA-' || n, 'title', 'Exchange ' || n,
        'last_day', %(first)s::date + n, 'notice_due_on', NULL, 'review_due_on', NULL)) r WHERE a.id = %(id)s RETURNING id)
INSERT INTO agreements_party
  SELECT r.* FROM agreements_party p, made, jsonb_populate_record(p, jsonb_build_object(
      'id', gen_random_uuid(), 'agreement_id', made.id)) r WHERE p.agreement_id = %(id)s
"""


def thirty() -> World:
    """The world with thirty agreements that end from yesterday on, one after the other."""
    made = builders.world()
    agreement = builders.executed(made, title="Exchange 0", short=True)
    first = timezone.localdate() - timedelta(days=1)
    with lifted(), connection.cursor() as cursor:
        cursor.execute(COPY, {"id": agreement.pk, "first": first, "more": THIRTY - 1})
        cursor.execute(
            "UPDATE agreements_agreement SET last_day = %s, notice_due_on = NULL, review_due_on = NULL WHERE id = %s",
            [first, agreement.pk],
        )
        cursor.execute(
            "SELECT agreements_refresh_access(id), agreements_refresh_deadlines(id) FROM agreements_agreement"
        )
    return made


@pytest.fixture
def scene() -> World:
    return kept(f"thirty on the board of {timezone.localdate()}", thirty)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus is called so, by its label or its own words."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if words in page.evaluate(NAME):
            return
    raise AssertionError(f"Tab never came to “{words}” on {page.url}")


NAME = """(() => { const on = document.activeElement;
    return [...(on.labels || [])].map(label => label.textContent).join(" ") + " " + on.textContent + " " + (on.value || "") })()"""


def choose(page: Page, number: int) -> None:
    """Tick the first rows of the board."""
    for _ in range(number):
        tab_to(page, "Choose Exchange")
        page.keyboard.press("Space")


def decide(page: Page, outcome: str) -> None:
    """Go to the rows' page and choose an outcome there."""
    tab_to(page, "Decide about the chosen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/decide/**")
    tab_to(page, "Continue unchanged")
    page.keyboard.press("Space")
    if outcome == "Let it lapse":
        page.keyboard.press("ArrowDown")


def test_counsel_clears_a_board_of_thirty_with_the_keyboard_alone(
    chromium: Browser, live_server: LiveServer, scene: World
) -> None:
    page, _ = opened(chromium, live_server, viewport=WIDE)
    signed_in(page, live_server.url, scene.mesa_counsel)
    page.goto("/board/")
    tab_to(page, "Decide about Exchange 0,")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decide/?row=*")
    tab_to(page, "Renew")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    tab_to(page, "Reason")
    page.keyboard.type("The exchange is not used any more.")
    tab_to(page, "Record the decision")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Recorded for", exact=False).first).to_be_visible()
    assert page.url.endswith("/board/")

    choose(page, 20)
    decide(page, "Let it lapse")
    tab_to(page, "Reason for all")
    page.keyboard.type("As the council decided.")
    tab_to(page, "Record the decisions")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Recorded for 20 agreements: Let it lapse.")).to_be_visible()

    choose(page, 9)
    decide(page, "Continue unchanged")
    for number in range(8):
        tab_to(page, "Its own reason")
        page.keyboard.type(f"Reason {number}.")
    tab_to(page, "Record the decisions")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Recorded for 8: ", exact=False)).to_be_visible()
    expect(page.get_by_text("Give the reason; it is recorded.", exact=False).first).to_be_visible()
    tab_to(page, "Its own reason")
    page.keyboard.type("The last one.")
    tab_to(page, "Record the decisions")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing to decide")).to_be_visible()
    outcomes = list(Review.objects.values_list("outcome", flat=True))
    assert (len(outcomes), outcomes.count("lapse"), outcomes.count("continue")) == (THIRTY, 21, 9)


def test_the_forms_of_the_board_are_accessible(
    chromium: Browser, live_server: LiveServer, scene: World
) -> None:
    page, said = opened(chromium, live_server)
    signed_in(page, live_server.url, scene.mesa_counsel)
    keys = "&".join(f"row={scene.mesa.pk}:{pk}" for pk in Agreement.objects.values_list("pk", flat=True)[:3])
    month = f"{timezone.localdate() + timedelta(days=9):%Y-%m}"
    paths = ("/board/", f"/board/month/?month={month}", "/board/timeline/", f"/board/decide/?{keys}", f"/board/owner/?{keys}")  # fmt: skip
    assert [wrong for path in paths for wrong in faults(page, path, said)] == []
    page.goto("/board/timeline/")
    assert "Exchange 7" in page.inner_text("main")
