"""Two people write into one draft at once, each in a browser of their own: nothing is lost, every refusal is in words.

`python -m tests.trust.two_editors --seconds 120` runs the random part as long as it is meant to be.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route
from pytest_django.live_server_helper import LiveServer

from agencies.models import User
from agreements.models import Agreement, Provision
from agreements.operations import drafting
from audit.models import Event
from audit.sentences import body
from tests import builders
from tests.browser.looking import WIDE, here, signed_in
from tests.browser.test_base import opened
from tests.builders import NOW, PASSWORD, World
from tests.trust.two_editors import SECONDS, TOKEN, Ack, Editor, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
TIME = int(os.environ.get("TWO_EDITORS") or SECONDS)
BASE = "Riverton shall give notice within thirty days of the request.\n\nIt keeps a log of each request."
MACHINE = re.compile(r"exception|traceback|undefined|null|\b[45]\d\d\b|json|http", re.I)


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.drafted(made)


def provision(agreement: Agreement, made: World) -> Provision:
    row = agreement.provisions.order_by("position_in_order")[1]
    found = drafting.edit(row, values={"text": BASE}, actor=made.riverton_liaison, now=NOW)
    assert isinstance(found, Provision)
    return found


def at(agreement: Agreement, row: Any, kind: str = "provision") -> str:
    return f"/agreements/{agreement.pk}/draft/edit/{kind}/{row.pk}/"


def now_of(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def editing(chromium: Browser, server: LiveServer, who: User, path: str, **options: Any) -> Page:
    page, _ = opened(chromium, server, **{"viewport": WIDE} | options)
    signed_in(page, server.url, who)
    page.goto(path)
    return page


def eventually(row: Any, text: str) -> None:
    """The row says so before long."""
    until = time.monotonic() + 15
    while now_of(row).text != text and time.monotonic() < until:
        time.sleep(0.1)
    assert now_of(row).text == text


def says(page: Page, words: str) -> None:
    page.locator("[data-saved]", has_text=re.compile(words)).wait_for(timeout=15_000)


# The random programme ------------------------------------------------------------------------------------------


Saves = list[tuple[Event, dict[str, list[Any]]]]


def saves_of(key: str, events: list[tuple[Event, dict[str, Any]]]) -> Saves:
    """What the history says of one row: its events in order, with the fields that a form sets."""
    found = []
    for event, said in events:
        for change in said["changes"]:
            fields = {name: pair for name, pair in change["fields"].items() if name != "position_in_order"}
            if change["object"].endswith(f":{key}") and fields:
                found.append((event, fields))
    return found


def number_of(ack: Ack, actor: Any, saves: Saves) -> int | None:
    """The event by which it was saved; None where nothing was left to save."""
    if ack.number is not None or ack.began is None or ack.ended is None:
        return ack.number
    own = (e.pk for e, _ in saves if e.actor == actor and ack.began <= e.at <= ack.ended)
    return next(own, None)


def lost(agreement: Agreement, acks: list[Ack], people: dict[str, Any]) -> tuple[list[str], Counter[str]]:
    """The acknowledged saves that are not in the history or overwrote what their writer had not seen; and counts."""
    events = [(e, body(e)) for e in Event.objects.filter(stream=agreement.pk).order_by("pk")]
    told = {key: saves_of(key, events) for key in {ack.row for ack in acks}}
    live = {"removed": False}
    final = " ".join([*agreement.provisions.filter(**live).values_list("text", flat=True),
                      *agreement.datasets.filter(**live).values_list("description", flat=True),
                      *agreement.commitments.filter(**live).values_list("text", flat=True)])  # fmt: skip
    wrong, counts = [], Counter[str]()
    for ack in acks:
        saves, actor = told[ack.row], people[ack.person]
        if ack.text and not any(ack.text in pair for _, fields in saves for pair in fields.values()):
            wrong.append(f"{ack.person} was told that {ack.row} is saved, but the history has no such text")
        number = number_of(ack, actor, saves)
        between = [e.pk for e, _ in saves if number and ack.seen < e.pk < number and e.actor != actor]
        if between:
            wrong.append(f"{ack.person} overwrote {between} of {ack.row}, having seen {ack.seen}")
        counts["saves acknowledged"] += 1
        for token in TOKEN.findall(ack.text or ""):
            counts["words in the final text" if token in final else "words replaced by a later save"] += 1
    return wrong, counts


def test_two_browsers_write_for_two_minutes_and_nothing_is_lost(
    live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    provision(agreement, made)
    rows = [
        ("provision", str(row.pk), "text") for row in agreement.provisions.order_by("position_in_order")[:12]
    ]
    dataset, commitment = agreement.datasets.all()[0], agreement.commitments.all()[0]
    rows[3:3] = [("dataset", str(dataset.pk), "description"), ("commitment", str(commitment.pk), "text")]
    people = {"a": made.riverton_liaison, "b": made.riverton_counsel}
    editors = [
        Editor(
            name,
            who.email,
            PASSWORD,
            live_server.url,
            f"/agreements/{agreement.pk}/",
            rows,
            Random(name),
        )
        for name, who in people.items()
    ]
    work(editors, TIME)
    acks = [ack for editor in editors for ack in editor.acks]
    wrong, counts = lost(agreement, acks, {name: who.pk for name, who in people.items()})
    refusals = sum((editor.refusals for editor in editors), Counter[str]())
    for editor in editors:
        print(f"\n{editor.name}: {dict(editor.done)}, {editor.typed} words typed")
    print(f"{TIME} s: {dict(counts)}; {len(wrong)} lost; refusals:")
    for words, times in refusals.most_common():
        print(f"  {times} x {words}")
    assert wrong == []
    assert [fault for editor in editors for fault in editor.faults] == []
    assert counts["saves acknowledged"] >= TIME / 10
    assert not [words for words in refusals if MACHINE.search(words) or len(words.split()) < 3]


def test_a_blind_overwrite_and_a_save_that_is_nowhere_would_be_found(
    made: World, agreement: Agreement
) -> None:
    row = provision(agreement, made)
    seen = row.last_event_id
    for person, text in ((made.riverton_counsel, "Theirs ka1."), (made.riverton_liaison, "Blind kb2.")):
        drafting.edit(row, values={"text": text}, actor=person, now=NOW)
    people = {"a": made.riverton_counsel.pk, "b": made.riverton_liaison.pk}
    blind = Ack("b", str(row.pk), seen, "Blind kb2.", now_of(row).last_event_id)
    fair = Ack("a", str(row.pk), seen, "Theirs ka1.", now_of(row).last_event_id - 1)
    nowhere = Ack("a", str(row.pk), seen, "Never saved.", None)
    wrong, counts = lost(agreement, [blind, fair, nowhere], people)
    assert len(wrong) == 2
    assert "overwrote" in wrong[0]
    assert "no such text" in wrong[1]
    assert counts["words replaced by a later save"] == counts["words in the final text"] == 1


# One by one ------------------------------------------------------------------------------------------------------


def test_typing_is_saved_and_said_without_pressing_anything(
    chromium: Browser, live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    row = provision(agreement, made)
    page = editing(chromium, live_server, made.riverton_liaison, at(agreement, row))
    area = page.locator("#editing [name=text]")
    area.fill(f"{BASE} And more.")
    says(page, r"^Saved \d\d:\d\d")
    assert now_of(row).text == f"{BASE} And more."
    assert "Saved" in page.locator("#live").inner_text()
    area.fill(f"{BASE} And yet more.")
    page.get_by_label("Heading").focus()
    eventually(row, f"{BASE} And yet more.")
    page.get_by_role("button", name="Put back what it said").click()
    eventually(row, BASE)
    page.context.close()


def test_what_is_wrong_is_said_at_its_field_and_gone_when_mended(
    chromium: Browser, live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    row = provision(agreement, made)
    page = editing(chromium, live_server, made.riverton_liaison, at(agreement, row))
    page.get_by_label("Heading").fill("")
    page.locator("#editing [name=text]").fill("")
    says(page, "^Not saved: mend")
    assert "Write the provision" in page.locator("#id_text_group .usa-error-message").inner_text()
    assert page.locator("#id_text").get_attribute("aria-invalid") == "true"
    assert "id_text_error" in (page.locator("#id_text").get_attribute("aria-describedby") or "")
    assert now_of(row).text == BASE
    page.get_by_label("Heading").fill("Notice")
    says(page, "^Saved")
    assert page.locator(".usa-error-message").count() == 0
    page.context.close()


def test_words_typed_without_a_connection_are_kept_and_saved_when_it_is_back(
    chromium: Browser, live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    row = provision(agreement, made)
    page = editing(chromium, live_server, made.riverton_liaison, at(agreement, row))

    def down(route: Route, request: Request) -> None:
        route.abort() if request.method == "POST" else route.continue_()

    page.route("**/draft/edit/**", down)
    page.locator("#editing [name=text]").fill("Typed on a train.")
    says(page, "^Not saved: no connection")
    page.reload()
    page.locator("#editing").get_by_text("This browser has kept it").wait_for()
    assert page.locator("#editing [name=text]").input_value() == BASE
    page.unroute("**/draft/edit/**")
    page.get_by_role("button", name="Put it back").click()
    says(page, "^Saved")
    assert now_of(row).text == "Typed on a train."
    page.reload()
    assert page.locator("#editing").get_by_text("This browser has kept it").count() == 0
    page.context.close()


def test_words_typed_after_being_signed_out_wait_for_signing_in_again(
    chromium: Browser, live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    row, who = provision(agreement, made), made.riverton_liaison
    page = editing(chromium, live_server, who, at(agreement, row))
    page.context.clear_cookies(name="sessionid")
    page.locator("#editing [name=text]").fill("Typed after lunch.")
    says(page, "signed out")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("E-mail address").fill(who.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Put it back").click()
    says(page, "^Saved")
    assert now_of(row).text == "Typed after lunch."
    page.locator("#editing [name=text]").fill("For nobody else.")
    page.route("**/draft/edit/**", lambda route: route.abort())
    says(page, "^Not saved")
    page.locator(".cc-user summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: "draft" not in url)
    assert (
        page.evaluate("Object.keys(sessionStorage).filter(k => k.startsWith('concordat.kept')).length") == 0
    )
    page.context.close()


def test_the_second_of_two_decides_with_the_keyboard_alone(
    chromium: Browser, live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    row = provision(agreement, made)
    page = editing(chromium, live_server, made.riverton_counsel, at(agreement, row))
    drafting.edit(row, values={"text": BASE.replace("thirty", "sixty")}, actor=made.riverton_liaison, now=NOW)
    page.locator("#editing [name=text]").fill(BASE.replace("thirty", "ten").replace("a log", "a written log"))
    says(page, "changed this while you were writing")
    page.locator("#editing form[data-keep] button[type=submit]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/draft/edit/**")
    page.get_by_role("heading", name="Put both texts together").wait_for()
    assert here(page, "both texts", []) == []
    page.locator("input[value=mine]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "save"
    page.keyboard.press("Enter")
    page.get_by_text("Saved.", exact=True).wait_for()
    merged = BASE.replace("thirty", "sixty ten").replace("a log", "a written log")
    assert now_of(row).text == merged
    page.goto(at(agreement, row))
    assert page.locator("#editing").get_by_text("This browser has kept it").count() == 0
    page.context.close()


def test_both_texts_are_put_together_without_javascript(
    chromium: Browser, live_server: LiveServer, made: World, agreement: Agreement
) -> None:
    row = provision(agreement, made)
    where = at(agreement, row)
    page = editing(chromium, live_server, made.riverton_counsel, where, java_script_enabled=False)
    drafting.edit(row, values={"text": BASE.replace("thirty", "sixty")}, actor=made.riverton_liaison, now=NOW)
    page.locator("#editing [name=text]").fill(BASE.replace("thirty", "ten"))
    page.locator("#editing").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Save both together").click()
    assert "Choose what to keep" in page.locator("main").inner_text()
    page.locator("label", has_text="Use mine").click()
    page.get_by_role("button", name="Edit the result by hand first").click()
    area = page.locator("#editing [name=text]")
    assert area.input_value() == BASE.replace("thirty", "ten")
    area.fill(BASE.replace("thirty", "forty"))
    page.locator("#editing").get_by_role("button", name="Save").click()
    assert "Saved." in page.locator("main").inner_text()
    assert now_of(row).text == BASE.replace("thirty", "forty")
    page.context.close()
