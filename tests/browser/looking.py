"""Looking at a page as it stands in a browser, wide and on a phone."""

from __future__ import annotations

import os
from pathlib import Path
from weakref import WeakSet

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, ViewportSize

from agencies.models import User

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
BOTH = (WIDE, PHONE)
PLAIN = """
    class Plain {
        constructor() { this.key = Symbol(); }
        has(object) { return this.key in object; }
        get(object) { return object[this.key]; }
        set(object, value) { object[this.key] = value; return this; }
        add(object) { object[this.key] = true; return this; }
    }
    const WeakMap = Plain, WeakSet = Plain;
"""
QUICK = """
    const color = axe.commons.color.Color.prototype, read = color.parseString, known = new Map();
    color.parseString = function (text) {
        if (!known.has(text)) {
            read.call(this, text);
            known.set(text, [this.r, this.g, this.b, this.alpha]);
        }
        [this.r, this.g, this.b, this.alpha] = known.get(text);
        return this;
    };
"""
EXAMINER = f"(() => {{{PLAIN}{Axe().axe_script}{QUICK}}})()"
"""axe, which reads each color once and keeps what belongs to a color with it: a third of its time went into reading the
same few again and again, and into weak maps of thousands of colors."""
AT_HAND = WeakSet[Page]()
"""The tabs in which each page finds it there."""
FOUND = """async rules => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const found = await axe.run({runOnly: rules, resultTypes: ["violations"], preload: {assets: ["media"]}});
    const wrong = found.violations.map(rule => `${rule.id} at ${rule.nodes[0].html}`);
    return document.documentElement.scrollWidth > window.innerWidth ? [...wrong, "scrolls sideways"] : wrong;
}"""
"""What is wrong once the page has settled. No rule of ours asks for the style sheets, which axe would take apart first."""


def signed_in(page: Page, address: str, person: User) -> None:
    """The browser of this person, as after signing in (the form itself has tests of its own)."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}])


def here(
    page: Page, name: str, said: list[str], widths: tuple[ViewportSize, ...] = BOTH, rules: list[str] = RULES
) -> list[str]:
    """What is wrong with the page as it stands: what axe finds, what the console said, and scrolling sideways.

    SCREENSHOTS=1 (or a directory) keeps a picture of each width to look at.
    """
    wrong = [f"{name}: {text}" for text in said if "status of 404" not in text]
    said.clear()
    if not page.evaluate("'axe' in window"):
        page.evaluate(EXAMINER)
    for size in widths:
        _sized(page, size)
        width = size["width"]
        wrong += [f"{name} at {width}: {fault}" for fault in page.evaluate(FOUND, rules)]
        _picture(page, name, width)
    return wrong


def faults(page: Page, path: str, said: list[str], widths: tuple[ViewportSize, ...] = BOTH) -> list[str]:
    """What is wrong with the page at an address."""
    said.clear()
    _sized(page, widths[0])
    if page not in AT_HAND:  # what a page is given once costs half of what it is told each time
        page.add_init_script(EXAMINER)
        AT_HAND.add(page)
    page.goto(path)
    return here(page, path, said, widths)


def _sized(page: Page, size: ViewportSize) -> None:
    if page.viewport_size != size:
        page.set_viewport_size(size)


def _picture(page: Page, name: str, width: int) -> None:
    wanted = os.environ.get("SCREENSHOTS", "")
    if wanted:
        folder = (settings.BASE_DIR / "var" / "screenshots" if wanted == "1" else Path(wanted)) / str(width)
        folder.mkdir(parents=True, exist_ok=True)
        words = "".join(char if char.isalnum() else "-" for char in name).strip("-") or "in-tray"
        page.screenshot(path=folder / f"{words[:100]}.png", full_page=True)
