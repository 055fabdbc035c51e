"""An agreement of three after its signature: amended to last longer and share less, then left by one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies import factors
from agreements import coverage
from agreements.models import Agreement, Amendment
from audit.record import SYSTEM
from tests import builders
from tests.agreements import several
from tests.browser.doing import press, sign, take
from tests.browser.looking import WIDE, faults, signed_in
from tests.browser.test_base import opened
from tests.builders import NOW, World, again
from tests.kept import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

CHANGED, LEFT = datetime(2026, 5, 4, 15, tzinfo=UTC), datetime(2026, 6, 1, 15, tzinfo=UTC)
"""The days of the amendment and of the notice; the agreement itself is of 2 March."""
PARTIES = ("riverton", "mesa", "harbor")
Person = Callable[[str], Page]


def three() -> tuple[World, Agreement]:
    """Riverton, Mesa and Harbor exchange records for a year."""
    made = builders.world()
    agreement = several.executed(made, "mesa", "harbor")
    factors.enrol_app(made.harbor_signatory, builders.SECRET, actor=SYSTEM, now=NOW)
    return made, agreement


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Says what time it is, for the server too."""
    return lambda at: monkeypatch.setattr(timezone, "now", lambda: at)


@pytest.fixture
def scene() -> tuple[World, Agreement]:
    return kept("three that exchange records", three)


@pytest.fixture
def person(chromium: Browser, live_server: LiveServer, scene: tuple[World, Agreement]) -> Person:
    """The browser of one of the cast; one at a time."""
    page, said = opened(chromium, live_server, viewport=WIDE)

    def come(key: str) -> Page:
        assert said == []
        signed_in(page, live_server.url, scene[0].people[key])
        return page

    return come


def text_on(page: Page, address: str, day: date) -> str:
    page.goto(f"{address}text/?on={day.isoformat()}")
    return page.locator("main").inner_text()


def as_of(page: Page, address: str, day: date) -> str:
    page.goto(f"{address}as-of/?at={day.isoformat()}")
    return page.locator("main").inner_text()


def amended(person: Person, made: World, agreement: Agreement, gone: str) -> None:
    """From the draft of an amendment to its last signature, each in their own turn."""
    page, address = person("riverton_liaison"), agreement.get_absolute_url()
    page.goto(f"{address}steps/amend/")
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url(re.compile(rf"/agreements/(?!{agreement.pk})[0-9a-f-]{{36}}/"))
    row = Amendment.objects.get(amends=agreement)
    draft, own = row.agreement, row.agreement.get_absolute_url()
    page.goto(f"{own}draft/term/")
    page.locator("#editing [name=months]").fill("24")
    press(page, "Save")
    dataset = draft.datasets.get(name=gone)
    page.goto(f"{own}draft/edit/dataset/{dataset.pk}/")
    page.locator("summary", has_text="Take it out").click()
    press(page, "Take it out")
    take(page, own, "share", to=made.mesa.name)
    take(person("mesa_liaison"), own, "submit")
    for key in PARTIES:
        take(person(f"{key}_counsel"), own, "approve")
    page = person("riverton_liaison")
    page.goto(f"{own}changes/")
    shown = page.locator("main").inner_text()
    assert "12 months" in shown and "24 months" in shown and gone in shown
    take(page, own, "freeze")
    sha256 = draft.versions.order_by("-number")[0].sha256
    for key in PARTIES:
        sign(person(f"{key}_signatory"), own, made.people[f"{key}_signatory"], sha256)


def test_an_amendment_extends_the_term_and_takes_data_out_and_then_one_of_three_leaves(
    person: Person, scene: tuple[World, Agreement], clock: Callable[[datetime], None]
) -> None:
    made, agreement = scene
    address = agreement.get_absolute_url()
    first = agreement.datasets.filter(removed=False).order_by("position_in_order").first()
    assert first is not None
    gone, before, since = first.name, CHANGED.date() - timedelta(days=1), CHANGED.date()
    clock(CHANGED)
    page = person("mesa_counsel")
    assert gone in text_on(page, address, since), "not changed yet"
    amended(person, made, agreement, gone)

    page = person("mesa_counsel")
    old, new = text_on(page, address, before), text_on(page, address, since)
    assert gone in old and "Changed from 4 May 2026 on" in old and "12 months" in old
    assert gone not in new and "24 months" in new
    page.goto(f"{address}data/")
    assert gone not in page.locator("main").inner_text()
    page.goto(f"{address}dates/")
    assert "1 Mar 2028" in page.locator("main").inner_text()
    then = as_of(page, address, before)
    assert "last day 1 Mar 2027" in then and gone in then
    assert "last day 1 Mar 2028" in as_of(page, address, since)

    clock(LEFT)
    page = person("harbor_counsel")
    take(page, address, "withdraw", reason="Our records go to the county from now on.")
    last = again(agreement).parties.get(agency=made.harbor).left_on
    assert last is not None and last > LEFT.date()
    expect(page.locator("main")).to_contain_text(f"{last.day} {last:%b %Y}")
    flows, after = coverage.flows_covered(agreement, day=last), last + timedelta(days=1)
    assert coverage.flows_covered(agreement, day=after) < flows
    clock(datetime(after.year, after.month, after.day, 19, tzinfo=UTC))
    page = person("mesa_counsel")
    page.goto(address)
    assert "In force" in page.locator("main").inner_text(), "two go on"
    assert faults(page, f"{address}dates/", []) == []
    assert "Harbor" in page.locator("main").inner_text()
