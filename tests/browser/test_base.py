"""The frame of every page, in a real browser: accessible, at home on a phone, and quiet under our strict
content security policy; sign-in works with JavaScript off."""

from typing import Any

from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.agencies.builders import PASSWORD, agency, person
from tests.browser.looking import PHONE, WIDE, faults

OPEN_PAGES = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-none/",
    "/accounts/password/reset/key/done/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/confirm-email/",
    "/nowhere/",
]
OWN_PAGES = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/nowhere/",
]


def opened(chromium: Browser, live_server: LiveServer, **options: Any) -> tuple[Page, list[str]]:
    """A new page of a fresh visitor, and the list to which its console's errors and warnings are added."""
    page = chromium.new_context(base_url=live_server.url, **options).new_page()
    said: list[str] = []
    page.on("console", lambda message: message.type in {"error", "warning"} and said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


def sign_in(page: Page, email: str, onward: str, password: str = PASSWORD) -> None:
    page.goto(f"/accounts/login/?next={onward}")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{onward}")


def test_pages_before_signing_in_are_accessible(chromium: Browser, live_server: LiveServer) -> None:
    page, said = opened(chromium, live_server)
    assert [fault for path in OPEN_PAGES for fault in faults(page, path, said)] == []
    page.context.close()


def test_pages_of_ones_own_account_are_accessible(chromium: Browser, live_server: LiveServer) -> None:
    person("dana.ruiz@riverton.example", counsel=agency("Riverton Police Department"))
    page, said = opened(chromium, live_server)
    sign_in(page, "dana.ruiz@riverton.example", "/accounts/2fa/")
    assert [fault for path in OWN_PAGES for fault in faults(page, path, said)] == []
    page.context.close()


def test_signing_in_and_out_needs_no_javascript(chromium: Browser, live_server: LiveServer) -> None:
    person("dana.ruiz@riverton.example")
    page, _ = opened(chromium, live_server, java_script_enabled=False, viewport=PHONE)
    sign_in(page, "dana.ruiz@riverton.example", "/accounts/2fa/")
    page.locator(".cc-user summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/2fa/")
    assert "/accounts/login/" in page.url
    page.context.close()


def test_a_wrong_password_is_said_and_the_address_kept(chromium: Browser, live_server: LiveServer) -> None:
    page, _ = opened(chromium, live_server, viewport=WIDE)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("nobody@riverton.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.matches('.cc-errors')")
    assert page.get_by_label("E-mail address").input_value() == "nobody@riverton.example"
    page.context.close()


def test_the_keyboard_reaches_the_page_and_lists_its_keys(chromium: Browser, live_server: LiveServer) -> None:
    person("dana.ruiz@riverton.example")
    page, _ = opened(chromium, live_server, viewport=WIDE)
    sign_in(page, "dana.ruiz@riverton.example", "/accounts/2fa/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#main"
    page.keyboard.press("?")
    page.locator("#keys").wait_for()
    page.get_by_text("One-letter keys are on").click()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "site-search"
    page.context.close()
