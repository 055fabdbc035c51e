"""Every page of the product, wide and on a phone: axe finds nothing, nothing scrolls sideways, the console is quiet.

The addresses come from the table in tests/test_urls.py, which fails for an address without a line.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests import builders, test_urls
from tests.browser.looking import faults, signed_in
from tests.browser.test_base import opened
from tests.test_urls import PUBLIC_PAGES, SIGNED_IN, Scene, path

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

scene = test_urls.scene

FILES = (
    "board.csv",
    "duties.csv",
    "values.csv",
    "file.pdf",
    "portfolio.csv",
    "who.csv",
    "readers.csv",
    "version.docx",
    "version.pdf",
    "scan.pdf",
    "paper.pdf",
    "redline.<str:format>",
    "export.<str:format>",
    "/file/",
    "receipt.txt",
    "final.pdf",
    "conformed.pdf",
    "packet.zip",
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
    if "/sign/" in route:
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
        or "/ink/" in route
        or route.startswith(("agreements/new", "agreements/<uuid:pk>/discussion"))
    ):
        return EDITOR
    return COUNSEL


def pages() -> Iterator[str]:
    for route, (method, _) in SIGNED_IN.items():
        if method == "GET" and not route.endswith(FILES) and route not in ELSEWHERE:
            yield route


@pytest.mark.parametrize("key", [EDITOR, COUNSEL, SIGNER, ADMINISTRATOR, WAITING])
def test_every_page_is_accessible(key: str, chromium: Browser, live_server: LiveServer, scene: Scene) -> None:
    page, said = opened(chromium, live_server)
    waiting = builders.in_signing(scene.made) if key == SIGNER else None
    known = (
        {"pk": builders.still_open(scene.made, waiting, now=timezone.now()).pk} if waiting is not None else {}
    )
    signed_in(page, live_server.url, scene.made.people[key])
    wrong: list[str] = []
    for route in [route for route in pages() if who(route) == key]:
        wrong += faults(page, path(route, scene.of(route) | known), said)
        wrong += frame(page, route)
    assert wrong == []


def test_every_public_page_is_accessible(chromium: Browser, live_server: LiveServer, scene: Scene) -> None:
    page, said = opened(chromium, live_server)
    assert [
        wrong for route in PUBLIC_PAGES for wrong in (*faults(page, f"/{route}", said), *frame(page, route))
    ] == []


def frame(page: Page, route: str) -> list[str]:
    """One main heading and a title of its own; and it was the page, not the sign-in form."""
    found = []
    headings = page.evaluate("document.querySelectorAll('h1').length")
    if headings != 1:
        found.append(f"{route}: {headings} main headings")
    if "login" in page.url or not page.title().endswith("Concordat"):
        found.append(f"{route}: led to {page.url} “{page.title()}”")
    return found
