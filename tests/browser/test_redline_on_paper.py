"""A redline printed from the browser: no colour and no menus are needed to read it; a screen reader hears the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from agreements.models import Agreement
from agreements.operations import drafting, negotiating
from tests import builders
from tests.browser.looking import WIDE, signed_in
from tests.browser.test_base import opened
from tests.builders import World, again

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
DECORATION = (
    "node => getComputedStyle(node).textDecorationLine + ' ' + getComputedStyle(node).backgroundColor"
)


def handed_back(made: World, now: datetime) -> Agreement:
    """Version 2 with words changed, a provision taken out and one moved to the front."""
    agreement = builders.shared(made)
    first, second, third = agreement.provisions.exclude(text="").order_by("position_in_order")[1:4]
    drafting.edit(
        first, values={"text": f"{first.text} Newly added words."}, actor=made.mesa_liaison, now=now
    )
    drafting.remove(second, actor=made.mesa_liaison, now=now)
    drafting.move(third, after=None, actor=made.mesa_liaison, now=now)
    drafting.edit(again(agreement).term, values={"review_months": 7}, actor=made.mesa_liaison, now=now)
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=now)
    return again(agreement)


def shown(page: Page, live_server: LiveServer, person: Any, address: str) -> None:
    """The page, as somebody who is signed in."""
    signed_in(page, live_server.url, person)
    page.goto(address)


def test_a_printed_redline_is_read_without_colour(chromium: Browser, live_server: LiveServer) -> None:
    made = builders.world()
    agreement = handed_back(made, timezone.now() - timedelta(minutes=1))
    page, said = opened(chromium, live_server, viewport=WIDE)
    shown(
        page, live_server, made.riverton_counsel, f"/agreements/{agreement.pk}/versions/compare/?from=1&to=2"
    )
    page.emulate_media(media="print")
    for tag, line in (("ins", "underline"), ("del", "line-through")):
        assert page.locator(tag).first.evaluate(DECORATION) == f"{line} rgba(0, 0, 0, 0)"
    for name in ("Compare", "Take it as PDF"):
        assert not page.get_by_text(name, exact=True).first.is_visible()
    words = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf(format="Letter"))).pages)
    for want in ("Insertions are underlined", "Newly added words", "Moved from", "Removed", "7 months"):
        assert " ".join(want.split()) in " ".join(words.split()), want
    heard = page.locator("ins", has_text="Newly added words").aria_snapshot()
    assert "insertion" in heard
    assert "inserted:" in heard
    assert said == []
