"""The pages by which a stranger holds us to our history, each verdict among them: wide and on a phone."""

from __future__ import annotations

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from audit.models import LOG_STREAM
from audit.record import SYSTEM, record
from tests import builders, notarising
from tests.browser.looking import faults, here
from tests.browser.test_base import opened
from tests.browser.test_every_page import frame
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


def test_the_pages_of_heads(chromium: Browser, live_server: LiveServer) -> None:
    builders.world()
    page, said = opened(chromium, live_server)
    notes = held()
    wrong: list[str] = []
    for route in PUBLIC_PAGES:
        wrong += faults(page, f"/{route}", said)
        wrong += frame(page, route)
    for note, words in notes.items():
        shown(page, note, words)
        wrong += here(page, words, said)
    shown(page, next(iter(notes)), "Consistent")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the proof").click()
    assert started.value.path().read_text(encoding="utf-8").startswith("concordat-consistency/1\n")
    assert wrong == []
