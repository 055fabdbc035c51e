"""Signing in a real browser: by the keyboard alone, on a phone, with a security key, and as a demo person."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize
from pytest_django.live_server_helper import LiveServer

from agreements import codes
from agreements.models import Agreement, SealedDocument
from agreements.operations import inking
from tests import builders
from tests.agreements import cards
from tests.agreements.attacks.scene import deputy
from tests.browser.looking import PHONE, WIDE, faults, here, signed_in
from tests.browser.test_base import opened
from tests.builders import NOW, PASSWORD, SECRET, World
from tests.notarising import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def by_keyboard(page: Page, selector: str, most: int = 400) -> None:
    """Tab on until the element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}")


HEARD = (
    "[level=1]", "What you are signing", "SHA-256", 'heading "Who signs" [level=2]', "you, now",
    'heading "The full text" [level=2]', 'heading "Signature page"', 'heading "Sign" [level=2]',
    "I agree to sign this agreement and to receive it electronically", "I intend my typed name to be my signature",
    "checkbox", 'textbox "Your name"', "Picture of your signature", 'textbox "Your password"', 'textbox "Your code"',
    'button "Sign for Mesa County District Attorney"', "Decline to sign",
)  # fmt: skip
"""What a screen reader says on the signing page, in the order in which one has to hear it."""


def misplaced(page: Page, wanted: tuple[str, ...]) -> list[str]:
    """What is not said, or not after what is to be heard before it."""
    said, at, wrong = page.locator("body").aria_snapshot(), 0, []
    for words in wanted:
        found = said.find(words, at)
        if found < 0:
            wrong.append(words)
        else:
            at = found + 1
    return wrong


def entered(page: Page, person: Any, said: list[str], viewport: ViewportSize) -> None:
    """Sign in by the keyboard, with password and code."""
    page.goto("/accounts/login/")
    for selector, words in (("#id_login", person.email), ("#id_password", PASSWORD)):
        by_keyboard(page, selector)
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/2fa/authenticate/")
    assert faults(page, "/accounts/2fa/authenticate/", said, (viewport,)) == []
    by_keyboard(page, "input[name=code]")
    page.keyboard.type(builders.code(person, timezone.now()))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path == "/")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_whole_way_to_a_signature_by_the_keyboard_alone(
    chromium: Browser, live_server: LiveServer, made: World, viewport: ViewportSize
) -> None:
    """From the sign-in with a second factor over the in-tray to the receipt; each page is heard in a sensible order."""
    who = made.mesa_signatory
    agreement = builders.still_open(made, builders.in_signing(made), now=timezone.now())
    page, said = opened(chromium, live_server, viewport=viewport)
    entered(page, who, said, viewport)
    by_keyboard(page, f"main a[href$='/{agreement.pk}/sign/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign/")
    assert faults(page, f"/agreements/{agreement.pk}/sign/", said, (viewport,)) == []
    assert misplaced(page, HEARD) == []
    given = {
        "#id_consent": "",
        "#id_typed_name": who.name,
        "#id_image": "",
        "#id_password": PASSWORD,
        "#id_code": builders.code(who, timezone.now()),
    }
    for selector, words in given.items():  # in this order, or the keyboard would have gone round the page
        by_keyboard(page, selector)
        if words:
            page.keyboard.type(words)
        elif selector == "#id_consent":
            page.keyboard.press("Space")
    by_keyboard(page, "#sign-form button[type=submit]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your receipt").wait_for()
    assert Agreement.objects.get().signatures.count() == 1
    assert faults(page, f"/agreements/{agreement.pk}/sign/", said, (viewport,)) == []
    assert misplaced(page, ("[level=1]", "Your receipt", "You signed", "SHA-256", "What happens next")) == []
    page.context.close()


def test_the_other_ways_to_sign_and_the_public_page_are_without_fault(
    chromium: Browser,
    live_server: LiveServer,
    made: World,
    settings: Any,
    tmp_path: Path,
) -> None:
    believed = cards.believed(tmp_path)
    settings.SIGNER_ROOTS, settings.SIGNER_CRLS = believed.roots, believed.lists
    done = builders.executed(made, short=True)
    kept(done, b"%PDF-1.7 signed")
    agreement = builders.still_open(made, builders.in_signing(made, short=True), now=timezone.now())
    scan = b"%PDF-1.4 a scan"
    row = inking.record(
        agreement, scan=scan, signed_on=NOW.date(), actor=made.riverton_liaison, now=timezone.now()
    )
    inking.refuse(
        agreement,
        scan=row.file_sha256,
        reason="Page 3 is missing.",
        actor=made.mesa_counsel,
        now=timezone.now(),
    )
    row = inking.record(
        agreement, scan=scan + b"2", signed_on=NOW.date(), actor=made.riverton_liaison, now=timezone.now()
    )
    page, said = opened(chromium, live_server)
    signed_in(page, live_server.url, made.mesa_signatory)
    where = f"/agreements/{agreement.pk}"
    wrong = []
    ways = (f"{where}/sign/outside/", f"{where}/ink/", f"{where}/ink/{row.pk}/", f"{where}/ink/{row.pk}/refuse/",
            f"/agreements/{done.pk}/files/", "/verify/")  # fmt: skip
    for path in ways:
        wrong += faults(page, path, said)
    by_keyboard(page, "#id_code")
    page.keyboard.type(codes.grouped(SealedDocument.objects.get().code))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="This code belongs to a document made here").wait_for()
    wrong += here(page, "verdict", said)
    page.locator("#id_file").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 other"}
    )
    page.get_by_role("button", name="Verify it").click()
    page.get_by_role("heading", name="Not known here").wait_for()
    wrong += here(page, "unknown", said)
    assert wrong == []
    page.context.close()


def test_a_signatory_adds_a_security_key_and_signs_with_it(
    chromium: Browser, live_server: LiveServer, made: World
) -> None:
    agreement, who = (
        builders.still_open(made, builders.in_signing(made, short=True), now=timezone.now()),
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
    agreement = builders.still_open(made, builders.in_signing(made, short=True), now=timezone.now())
    Authenticator.objects.filter(user=made.mesa_signatory).delete()
    page, said = opened(chromium, live_server, viewport=PHONE)
    signed_in(page, live_server.url, made.mesa_signatory)
    where = f"/agreements/{agreement.pk}"
    for path in (f"{where}/sign/", f"{where}/steps/delegate/", "/account/", "/accounts/2fa/"):
        assert faults(page, path, said) == []
    signed_in(page, live_server.url, made.riverton_liaison)
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
    agreement = builders.still_open(made, builders.in_signing(made, short=True), now=timezone.now())
    page.goto(f"/agreements/{agreement.pk}/sign/")
    shown = page.locator(".usa-alert code").inner_text()
    assert shown == builders.code(who, timezone.now())
    settings.DEMO_TOTP = "ANOTHERSECRETANOTHERSECRETANOTHE"
    page.reload()
    assert page.locator(".usa-alert code").count() == 0
    page.context.close()
