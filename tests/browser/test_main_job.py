"""The whole main job as people do it, each in a browser of their own: from the first draft to the auditor's export."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from agreements.models import Agreement
from agreements.operations import reminding, sealing
from common import outbox
from tests import builders, notarising
from tests.browser.doing import press, sign, take
from tests.browser.looking import WIDE, signed_in
from tests.browser.test_base import opened
from tests.builders import PASSWORD, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

SignIn = Callable[[str], Page]


@pytest.fixture
def as_person(chromium: Browser, live_server: LiveServer, made: World) -> SignIn:
    """A browser of their own for each person, signed in through the form."""

    def sign_in(key: str) -> Page:
        page, _ = opened(chromium, live_server, viewport=WIDE, accept_downloads=True)
        page.goto("/accounts/login/")
        page.get_by_label("E-mail address").fill(made.people[key].email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if key.endswith("signatory"):
            page.wait_for_url("**/accounts/2fa/authenticate/")
            page.get_by_label("Code").fill(builders.code(made.people[key], timezone.now()))
            page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(re.compile(r"/(audit/)?$"))
        return page

    return sign_in


@pytest.fixture
def in_turn(chromium: Browser, live_server: LiveServer, made: World) -> SignIn:
    """One browser for those who come once, each signed in after the other."""
    page, _ = opened(chromium, live_server, viewport=WIDE, accept_downloads=True)

    def come(key: str) -> Page:
        signed_in(page, live_server.url, made.people[key])
        return page

    return come


def begin(page: Page, title: str) -> str:
    """Draft from the CJIS template; returns the agreement's address."""
    page.goto("/agreements/new/")
    page.get_by_text("CJIS information exchange agreement", exact=False).first.click()
    page.get_by_label("Title").fill(title)
    page.get_by_text("Mesa County District Attorney").first.click()
    press(page, "Begin the draft")
    found = re.search(r"/agreements/[0-9a-f-]{36}/", page.url)
    assert found, page.url
    return found.group()


def name_party(page: Page, address: str, agency: str, signatory: str) -> None:
    """Fill in one party's facts on its form."""
    page.goto(f"{address}draft/parties/")
    page.get_by_role("link", name=re.compile(f"Edit.*{agency}")).click()
    card = page.locator("#editing")
    card.locator("[name=legal_authority]").fill("C.R.S. 24-72-305")
    card.locator("[name=contact_name]").fill("A Liaison")
    card.locator("[name=contact_email]").fill("liaison@agency.example")
    option = card.locator("[name=signatory] option", has_text=signatory).get_attribute("value")
    card.locator("[name=signatory]").select_option(option)
    card.get_by_role("button", name="Save").click()
    page.wait_for_load_state()


def test_two_agencies_draft_approve_and_sign_and_an_auditor_takes_the_history(
    as_person: SignIn, in_turn: SignIn, made: World, tmp_path: Path
) -> None:
    liaison_a, liaison_b = as_person("riverton_liaison"), as_person("mesa_liaison")
    address = begin(liaison_a, "Exchange of case records")
    agreement = Agreement.objects.get()
    assert agreement.datasets.filter(removed=False).count() >= 2
    assert liaison_b.goto(address).status == 404  # type: ignore[union-attr]
    name_party(liaison_a, address, "Riverton", "Riverton Signatory")
    name_party(liaison_a, address, "Mesa", "Mesa Signatory")
    take(liaison_a, address, "share")

    liaison_b.goto("/")
    liaison_b.get_by_role("link", name="Exchange of case records").first.click()
    liaison_b.wait_for_url(re.compile(address))
    liaison_b.goto(f"{address}discussion/")
    liaison_b.locator("main textarea").first.fill("Please name the retention period of our schedule.")
    press(liaison_b, re.compile("omment"))
    assert "Please name the retention" in liaison_b.locator("main").inner_text()
    provision = agreement.provisions.filter(removed=False).exclude(text="").order_by("position_in_order")[3]
    liaison_b.goto(f"{address}draft/edit/provision/{provision.pk}/")
    liaison_b.locator("#editing textarea").fill(f"{provision.text} Changed by the District Attorney.")
    liaison_b.locator("#editing").get_by_role("button", name="Save").click()
    liaison_b.wait_for_load_state()
    take(liaison_b, address, "return")

    liaison_a.goto(address)
    assert "Changed by the District Attorney." in liaison_a.locator("main").inner_text()
    take(liaison_a, address, "submit")
    for counsel in ("riverton_counsel", "mesa_counsel"):
        take(in_turn(counsel), address, "approve")
    take(liaison_a, address, "freeze")
    version = agreement.versions.order_by("-number")[0]
    sign(as_person("riverton_signatory"), address, made.riverton_signatory, version.sha256)
    sign(in_turn("mesa_signatory"), address, made.mesa_signatory, version.sha256)

    assert outbox.HANDLERS["pdf"] is sealing.seal
    notarising.sign()
    while outbox.work(now=timezone.now()):
        pass
    liaison_a.goto(f"{address}files/")
    with liaison_a.expect_download() as started:
        liaison_a.get_by_role("link", name="Download the signed PDF").click()
    content = Path(started.value.path()).read_bytes()
    shown = "".join(liaison_a.locator("main").inner_text().split())
    assert hashlib.sha256(content).hexdigest() in shown
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
    for words in (version.sha256, "ChangedbytheDistrictAttorney.", "RivertonSignatory", "MesaSignatory"):
        assert words in text
    liaison_a.goto(address)
    assert "In force" in liaison_a.locator("main").inner_text()

    done = builders.again(agreement)
    assert done.last_day is not None
    reminding.remind(now=timezone.now() + (done.last_day - timezone.localdate()) - timedelta(days=179))
    liaison_b.goto("/")
    assert "Reminders for you" in liaison_b.locator("main").inner_text()
    liaison_b.goto("/mail/")
    liaison_b.get_by_role("link", name=re.compile(f"{done.reference} ends on")).first.click()
    assert "If nobody acts" in liaison_b.locator("main").inner_text()
    exported(as_person("riverton_auditor"), address, done)


def exported(auditor: Page, address: str, agreement: Agreement) -> None:
    """The history as CSV and JSON Lines: every entry there, every shown body matching its hash."""
    auditor.goto(f"{address}history/")
    assert "signed for" in auditor.locator("main").inner_text()
    with auditor.expect_download() as started:
        auditor.get_by_role("link", name=re.compile("CSV")).click()
    rows = list(csv.reader(Path(started.value.path()).read_text(encoding="utf-8").splitlines()))
    assert rows.pop()[4] == "receipt"
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, len(rows))]
    with auditor.expect_download() as started:
        auditor.get_by_role("link", name=re.compile("JSON")).click()
    lines = [json.loads(line) for line in Path(started.value.path()).read_text().splitlines()]
    assert lines.pop()["rows"] == len(lines)
    assert len(lines) == len(rows) + 1  # the end of the first export and the second are entries of their own
    bodies = [line for line in lines if line["body"] is not None]
    assert len(bodies) > 10
    for line in bodies:
        assert hashlib.sha256(b"\x00" + line["body"].encode()).hexdigest() == line["leaf"]


def test_drafting_and_sharing_need_no_javascript(
    chromium: Browser, live_server: LiveServer, made: World
) -> None:
    page, _ = opened(chromium, live_server, viewport=WIDE, java_script_enabled=False)
    page.goto("/accounts/login/?next=/agreements/new/")
    page.get_by_label("E-mail address").fill(made.riverton_liaison.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    address = begin(page, "Without scripts")
    take(page, address, "share")
    assert Agreement.objects.get().turn == made.mesa
    page.context.close()
