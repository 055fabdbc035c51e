"""What people do on our pages, one act after the other."""

from __future__ import annotations

import re

from django.utils import timezone
from playwright.sync_api import Page

from agencies.models import User
from tests import builders
from tests.builders import PASSWORD


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()
    page.wait_for_load_state()


def take(page: Page, address: str, step: str, **typed: str) -> None:
    """Take a step on its own page, which must lead back to the agreement; `typed` are its fields by name."""
    page.goto(f"{address}steps/{step}/")
    for name, value in typed.items():
        field = page.locator(f"main form[method=post] [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url(re.compile(f"{address}$"))


def sign(page: Page, address: str, who: User, sha256: str) -> None:
    """Read the hash of the frozen text on the page, and sign."""
    page.goto(f"{address}sign/")
    assert sha256 in "".join(page.locator("main").inner_text().split())
    page.get_by_text("I agree to this and make the statement above").click()
    page.get_by_label("Your name").fill(who.name)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("Your code").fill(builders.code(who, timezone.now()))
    press(page, re.compile("^Sign for"))
    assert "You have signed" in page.locator("main").inner_text()
