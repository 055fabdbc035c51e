"""A new liaison goes from an empty screen to a shared agreement by what the pages say alone.

Pictures at both widths are written to $SCREENSHOTS where it names a folder.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from agreements.document import structure
from agreements.models import Agreement, Stage
from agreements.models.snapshot import content_of
from tests import builders
from tests.browser.looking import PHONE, WIDE, here, signed_in
from tests.browser.test_base import opened
from tests.builders import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
MOST_CLICKS, MOST_FIELDS = 16, 4


class Liaison:
    """Somebody who clicks on what is written there, fills in what is asked, and counts both."""

    def __init__(self, page: Page, said: list[str], name: str) -> None:
        self.page, self.said, self.name = page, said, name
        self.did: Counter[str] = Counter()
        self.wrong: list[str] = []

    def look(self, what: str) -> None:
        """What is wrong with the page as it stands, at the width this person has."""
        assert self.page.viewport_size
        self.wrong += here(self.page, what, self.said, (self.page.viewport_size,))

    def press(self, name: str | re.Pattern[str], role: str = "link") -> None:
        """Follow a link or press a button by what is written on it."""
        self.did["clicks"] += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()

    def choose(self, words: str) -> None:
        """Pick a choice by its words."""
        self.did["clicks"] += 1
        self.page.get_by_text(words).first.click()

    def fill(self, group: str, label: str, value: str) -> None:
        """Answer one question of one party."""
        self.did["fields"] += 1
        self.page.get_by_role("group", name=group).get_by_label(label).fill(value)

    def on(self, heading: str) -> None:
        assert self.page.get_by_role("heading", name=heading, exact=True, level=2).count() == 1, self.page.url


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_new_liaison_shares_a_plate_reader_agreement_without_help(
    chromium: Browser, live_server: LiveServer, viewport: dict[str, int]
) -> None:
    made = builders.world()
    page, said = opened(chromium, live_server, viewport=viewport)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(made.riverton_liaison.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/$"))
    me = Liaison(page, said, f"first-{viewport['width']}")
    assert not Agreement.objects.exists()

    me.look("1-empty")
    me.press("Begin an agreement")
    me.look("2-new")
    me.choose("License plate reader data sharing agreement")
    me.choose("Mesa County District Attorney")
    me.press("Begin the draft", "button")
    me.on("Kind and parties")
    me.look("3-parties")
    me.press(re.compile("^What needs you: Authority"))
    me.look("4-authority")
    me.fill("Riverton Police Department", "Law under which it may share", "C.R.S. 24-72-113")
    me.fill("Mesa County District Attorney", "Law under which it may share", "C.R.S. 20-1-102")
    me.press("Save and go on", "button")
    me.on("Responsibilities")
    me.look("5-responsibilities")
    me.press(re.compile("^Nothing else needs you"))
    me.on("Check and share")
    me.look("6-share")
    me.press(re.compile("^Share"))
    me.look("7-step")
    page.locator("main form[method=post] button[type=submit]").first.click()
    me.did["clicks"] += 1
    page.wait_for_url(re.compile("/agreements/[0-9a-f-]{36}/$"))
    me.look("8-shared")

    agreement = Agreement.objects.get()
    assert agreement.stage == Stage.NEGOTIATION
    assert agreement.turn == made.mesa
    assert structure(content_of(agreement)).gaps == ()
    assert me.wrong == []
    assert me.did["clicks"] <= MOST_CLICKS, me.did
    assert me.did["fields"] <= MOST_FIELDS, me.did
    page.context.close()


def test_every_part_of_a_draft_is_reached_and_used_by_keyboard(
    chromium: Browser, live_server: LiveServer
) -> None:
    made = builders.world()
    agreement = builders.drafted(made, template="alpr")
    page, _ = opened(chromium, live_server, viewport=WIDE)
    signed_in(page, live_server.url, made.riverton_liaison)
    page.goto(f"/agreements/{agreement.pk}/draft/")
    page.wait_for_url(re.compile("/draft/parties/$"))
    seen = []
    for _ in range(30):
        seen.append(page.get_by_role("heading", level=2).first.inner_text())
        onward = page.locator("a[rel=next]")
        if not onward.count():
            break
        onward.focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    assert seen[0] == "Kind and parties"
    assert seen[-1] == "Check and share"
    assert {"Datasets and flows", "Term and ending", "General and signatures"} <= set(seen)
    page.context.close()
