"""The pages by which a stranger holds us to our history, each verdict among them: wide and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from audit.models import LOG_STREAM
from audit.record import SYSTEM, record
from tests import builders, notarising
from tests.browser.test_base import PHONE, RULES, WIDE, faults, opened
from tests.browser.test_every_page import _frame, _picture
from tests.builders import NOW
from tests.test_urls import PUBLIC_PAGES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def held() -> dict[str, str]:
    """A head for each verdict, and what its page is headed by."""
    with transaction.atomic():
        _declared()
    new = notarising.sign(epoch=2)
    return {
        notarising.signed(size=20): "Consistent",
        notarising.signed(size=new.size): "Rolled back, and declared",
        notarising.signed(size=20, root=bytes(32)): "rewritten or rolled back",
        notarising.signed(key=notarising.STRANGER): "Cannot be told",
    }


def _declared() -> None:
    record("log.epoch_declared", stream=LOG_STREAM, actor=SYSTEM, now=NOW, facts={
        "old_epoch": 1, "old_size": 60, "old_root": "00" * 32, "kept": 20, "lost_first": 21, "lost_last": 60,
        "reason": "Restored after a disk failed.",
    })  # fmt: skip


def shown(page: Page, note: str, words: str) -> None:
    page.goto("/audit/heads/check/")
    page.locator("textarea").fill(f"Keep this mail.\n\n{note}")
    page.get_by_role("button", name="Check this head").click()
    page.locator("#verdict").get_by_text(words).first.wait_for()


def here(page: Page, name: str, said: list[str]) -> list[str]:
    """What is wrong with the page as it stands, the answer to a form."""
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    wrong = [f"{name}: {rule['id']} at {rule['nodes'][0]['html']}" for rule in found] + said
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append(f"{name}: scrolls sideways")
    return wrong


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_pages_of_heads(chromium: Browser, live_server: LiveServer, viewport: dict[str, int]) -> None:
    builders.world()
    page, said = opened(chromium, live_server, viewport=viewport)
    notes = held()
    wrong: list[str] = []
    for route in PUBLIC_PAGES:
        wrong += faults(page, f"/{route}", said)
        wrong += _frame(page, route)
        _picture(page, route, viewport)
    for number, (note, words) in enumerate(notes.items()):
        shown(page, note, words)
        wrong += here(page, words, said)
        _picture(page, f"verdict {number}", viewport)
    shown(page, next(iter(notes)), "Consistent")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the proof").click()
    assert started.value.path().read_text(encoding="utf-8").startswith("concordat-consistency/1\n")
    assert wrong == []
