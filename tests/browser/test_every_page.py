"""Every page of the product, wide and on a phone: axe finds nothing, nothing scrolls sideways, the console is quiet.

The addresses come from the table in tests/test_urls.py, which fails for an address without a line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests import builders, test_urls
from tests.browser.test_base import PHONE, WIDE, faults, opened
from tests.test_urls import PUBLIC_PAGES, SIGNED_IN, Scene, path

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

scene = test_urls.scene

FILES = (
    "board.csv",
    "who.csv",
    "readers.csv",
    "version.docx",
    "version.pdf",
    "paper.pdf",
    "redline.<str:format>",
    "export.<str:format>",
    "/file/",
    "receipt.txt",
    "final.pdf",
    "files/source",
    "report.pdf",
    "preview/",
    "dossiers/<uuid:pk>/file",
)
"""Addresses that answer with a file or a piece of a page."""

ELSEWHERE = {
    "agreements/<uuid:pk>/changes/",
    "agencies/new/",
    "mail/<int:pk>/",
    "agencies/<slug:slug>/reviews/<uuid:pk>/",
}
"""Pages of what the scene does not hold, or that nobody in it may open."""

EDITOR, COUNSEL, SIGNER, ADMINISTRATOR = (
    "mesa_liaison",
    "mesa_counsel",
    "mesa_signatory",
    "riverton_administrator",
)


WAITING = "riverton_counsel"
"""Whose agency does not have the turn."""


def who(route: str) -> str:
    """Somebody of the cast who may open this page."""
    if route.endswith("sign/"):
        return SIGNER
    if "suggestions/new" in route or "suggestions/value" in route:
        return WAITING
    if (
        route.startswith(("agencies/<slug:slug>/", "audit/worth", "clauses/<str:ref>/", "clauses/new/"))
        and "put/" not in route
    ) or route.endswith("erase/"):
        return ADMINISTRATOR
    if (
        "draft" in route
        or "import" in route
        or route.endswith("put/")
        or "steps" in route
        or route.startswith(("agreements/new", "agreements/<uuid:pk>/discussion"))
    ):
        return EDITOR
    return COUNSEL


def pages() -> Iterator[str]:
    for route, (method, _) in SIGNED_IN.items():
        if method == "GET" and not route.endswith(FILES) and route not in ELSEWHERE:
            yield route


def signed_in(page: Page, address: str, scene: Scene, key: str) -> None:
    """The browser of this person, as after signing in (the form itself has tests of its own)."""
    client = Client()
    client.force_login(scene.made.people[key])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}])


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_accessible(
    chromium: Browser, live_server: LiveServer, viewport: dict[str, int], scene: Scene
) -> None:
    page, said = opened(chromium, live_server, viewport=viewport)
    page.goto("/accounts/login/")
    wrong: list[str] = []
    waiting = builders.still_open(scene.made, builders.in_signing(scene.made), now=timezone.now())
    for key in (EDITOR, COUNSEL, SIGNER, ADMINISTRATOR, WAITING):
        signed_in(page, live_server.url, scene, key)
        for route in [route for route in pages() if who(route) == key]:
            known = scene.of(route) | ({"pk": waiting.pk} if key == SIGNER else {})
            wrong += faults(page, path(route, known), said)
            wrong += _frame(page, route)
            _picture(page, route, viewport)
    page.context.clear_cookies()
    for route in PUBLIC_PAGES:
        wrong += faults(page, f"/{route}", said)
        wrong += _frame(page, route)
        _picture(page, route, viewport)
    assert wrong == []


def _frame(page: Page, route: str) -> list[str]:
    """One main heading and a title of its own; and it was the page, not the sign-in form."""
    found = []
    if page.locator("h1").count() != 1:
        found.append(f"{route}: {page.locator('h1').count()} main headings")
    if "login" in page.url or not page.title().endswith("Concordat"):
        found.append(f"{route}: led to {page.url} “{page.title()}”")
    return found


def _picture(page: Page, route: str, viewport: dict[str, int]) -> None:
    """SCREENSHOTS=1 keeps a picture of each page to look at."""
    if os.environ.get("SCREENSHOTS"):
        folder = Path(settings.BASE_DIR) / "var" / "screenshots" / str(viewport["width"])
        folder.mkdir(parents=True, exist_ok=True)
        name = "".join(char if char.isalnum() else "-" for char in route) or "in-tray"
        page.screenshot(path=folder / f"{name}.png", full_page=True)
