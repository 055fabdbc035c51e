"""Signing in a real browser: by the keyboard alone, on a phone, with a security key, and as a demo person."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as site
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from agreements.models import Agreement
from tests import builders
from tests.agreements.attacks.scene import deputy
from tests.browser.test_base import PHONE, WIDE, faults, opened
from tests.builders import PASSWORD, SECRET, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def made() -> World:
    return builders.world()


def as_signed_in(page: Page, address: str, person: Any) -> None:
    """The browser of this person, as after signing in."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[site.SESSION_COOKIE_NAME].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": site.SESSION_COOKIE_NAME, "value": cookie, "url": address}])


def by_keyboard(page: Page, selector: str, most: int = 400) -> None:
    """Tab on until the element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_whole_act_by_the_keyboard_alone(
    chromium: Browser, live_server: LiveServer, made: World, viewport: dict[str, int]
) -> None:
    agreement, who = (
        builders.still_open(made, builders.in_signing(made), now=timezone.now()),
        made.mesa_signatory,
    )
    page, said = opened(chromium, live_server, viewport=viewport)
    as_signed_in(page, live_server.url, who)
    assert faults(page, f"/agreements/{agreement.pk}/sign/", said) == []
    headings = page.locator("main h2").all_inner_texts()
    assert headings.index("The full text") < headings.index("Sign")
    order = ["#id_consent", "#id_typed_name", "#id_image", "#id_password", "#id_code"]
    given = {
        "#id_typed_name": who.name,
        "#id_password": PASSWORD,
        "#id_code": builders.code(who, timezone.now()),
    }
    for selector in order:
        by_keyboard(page, selector)
        if selector == "#id_consent":
            page.keyboard.press("Space")
        elif selector in given:
            page.keyboard.type(given[selector])
    by_keyboard(page, "#sign-form button[type=submit]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your receipt").wait_for()
    assert Agreement.objects.get().signatures.count() == 1
    assert faults(page, f"/agreements/{agreement.pk}/sign/", said) == []
    page.context.close()


def test_a_signatory_adds_a_security_key_and_signs_with_it(
    chromium: Browser, live_server: LiveServer, made: World
) -> None:
    agreement, who = (
        builders.still_open(made, builders.in_signing(made), now=timezone.now()),
        made.mesa_signatory,
    )
    Authenticator.objects.filter(user=who).delete()
    page, said = opened(chromium, live_server, viewport=WIDE)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True,
           "automaticPresenceSimulation": True}  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    page.goto("/accounts/login/?next=/accounts/2fa/webauthn/add/")
    page.get_by_label("E-mail address").fill(who.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("webauthn/add/|reauthenticate"))
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name of the key").fill("Blue key")
    page.get_by_role("button", name="Add this key").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    assert Authenticator.objects.filter(user=who, type="webauthn").count() == 1
    for path in ("/accounts/2fa/webauthn/", "/accounts/2fa/", f"/agreements/{agreement.pk}/sign/"):
        assert faults(page, path, said) == []
    page.get_by_text("I agree to this and make the statement above").click()
    page.get_by_label("Your name").fill(who.name)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Sign with my security key")).click()
    page.get_by_role("heading", name="Your receipt").wait_for()
    assert agreement.signatures.get().authenticated_by == "password and security key at the act"
    page.context.close()


def test_who_has_no_second_factor_and_who_may_hand_over_find_pages_without_fault(
    chromium: Browser, live_server: LiveServer, made: World
) -> None:
    spare = deputy(made)
    agreement = builders.still_open(made, builders.in_signing(made), now=timezone.now())
    Authenticator.objects.filter(user=made.mesa_signatory).delete()
    page, said = opened(chromium, live_server, viewport=PHONE)
    as_signed_in(page, live_server.url, made.mesa_signatory)
    where = f"/agreements/{agreement.pk}"
    for path in (f"{where}/sign/", f"{where}/steps/delegate/", "/account/", "/accounts/2fa/"):
        assert faults(page, path, said) == []
    as_signed_in(page, live_server.url, made.riverton_liaison)
    for path in (f"{where}/steps/extend/", f"{where}/approvals/"):
        assert faults(page, path, said) == []
    assert spare.is_active
    page.context.close()


def test_a_demo_person_is_shown_the_code_and_nobody_else_is(
    chromium: Browser, live_server: LiveServer, made: World, settings: Any
) -> None:
    settings.DEMO_TOTP = SECRET
    who = made.mesa_signatory
    page, said = opened(chromium, live_server, viewport=PHONE)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(who.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/2fa/authenticate/")
    assert faults(page, "/accounts/2fa/authenticate/", said) == []
    page.get_by_label("Code").fill(page.locator(".usa-alert code").inner_text())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/$"))
    agreement = builders.still_open(made, builders.in_signing(made), now=timezone.now())
    page.goto(f"/agreements/{agreement.pk}/sign/")
    shown = page.locator(".usa-alert code").inner_text()
    assert shown == builders.code(who, timezone.now())
    settings.DEMO_TOTP = "ANOTHERSECRETANOTHERSECRETANOTHE"
    page.reload()
    assert page.locator(".usa-alert code").count() == 0
    page.context.close()
