"""One Chromium for all files of tests; it cannot start: the tests fail."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, sync_playwright

from tests.browser.program import launched


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the ORM here only arranges the scene.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _answered_to_the_end(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[None]:
    """What a page still asks when its test is over is answered before the tables are emptied."""
    asked: list[object] = []
    answered: list[object] = []

    def begun(sender: object, **_: Any) -> None:
        asked.append(sender)

    def ended(sender: object, **_: Any) -> None:
        answered.append(sender)

    request_started.connect(begun)
    request_finished.connect(ended)
    yield
    if "chromium" in request.fixturenames:
        for context in request.getfixturevalue("chromium").contexts:
            context.close()
    last = time.monotonic() + 10
    while len(answered) < len(asked) and time.monotonic() < last:
        time.sleep(0.01)
    request_started.disconnect(begun)
    request_finished.disconnect(ended)
