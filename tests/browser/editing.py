"""The page on which a provision is edited, for tests of the editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page
from pytest_django.live_server_helper import LiveServer

from agreements.models import Agreement, Provision
from agreements.operations import drafting
from tests import builders
from tests.browser.looking import WIDE, signed_in
from tests.browser.test_base import opened
from tests.builders import NOW, World

Open = Callable[..., tuple[Page, list[str]]]
FIELD = "textarea[data-editor]"


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.drafted(made)


@pytest.fixture
def row(agreement: Agreement, made: World) -> Provision:
    """A provision with a text of its own."""
    found = agreement.provisions.filter(removed=False).order_by("position_in_order")[5]
    drafting.edit(found, values={"text": "Each party keeps a log."}, actor=made.riverton_liaison, now=NOW)
    return Provision.objects.get(pk=found.pk)


@pytest.fixture
def page_of(chromium: Browser, live_server: LiveServer, made: World) -> Open:
    """The page on which the lead agency's liaison edits a provision."""

    def open_page(row: Provision, **options: Any) -> tuple[Page, list[str]]:
        page, said = opened(chromium, live_server, **{"viewport": WIDE, **options})
        signed_in(page, live_server.url, made.riverton_liaison)
        page.goto(f"/agreements/{row.agreement_id}/draft/edit/provision/{row.pk}/")
        return page, said

    return open_page


def text_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text")


def saved(page: Page, row: Provision) -> str:
    page.locator("#editing").get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
    return Provision.objects.get(pk=row.pk).text


def fresh(page: Page) -> Locator:
    """The editor with nothing in it."""
    text_of(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    return text_of(page)


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)
