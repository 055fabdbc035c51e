"""Two people, each in a browser of their own, write into one draft at random; then the history is asked whether
anything was lost.

`python -m tests.trust.two_editors --seconds 120` runs the whole programme; the suite a short one. Lost is a save that
was acknowledged and is not in the history, or one that a later save replaced whose writer had not seen it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Locator, Page, sync_playwright

from tests.browser.program import launched

SECONDS = 12
TOKEN = re.compile(r"\bk[ab]\d+\b")
LISTEN = """
const plain = window.fetch;
window.fetch = async (url, options) => {
  const answer = await plain(url, options);
  if (options?.headers?.["X-Autosave"] && answer.ok) {
    window.acknowledged(JSON.stringify({ url: String(url), body: options.body, answer: await answer.clone().json() }));
  }
  return answer;
};
"""
AT = """(area, [place, taken]) => {
  area.focus();
  const start = area.value.indexOf(" ", Math.floor(area.value.length * place));
  const from = start < 0 ? area.value.length : start;
  const end = taken ? area.value.indexOf(" ", from + 1) : from;
  area.setSelectionRange(from, end < 0 ? area.value.length : end);
}"""
"""Put the cursor behind some word; select the next one if it is to be replaced."""


@dataclass(frozen=True)
class Ack:
    """One save that the browser was told is done: who wrote what into which row, on top of which state."""

    person: str
    row: str
    seen: int
    text: str | None
    """What the field that was typed into said; None where both texts were put together."""
    number: int | None = None
    """The event that saved it, if the browser was told; else it is between `began` and `ended`."""
    began: datetime | None = None
    ended: datetime | None = None


@dataclass
class Editor:
    """One person at work: what they were told is saved, and in what words they were refused."""

    name: str
    email: str
    password: str
    url: str
    address: str
    rows: list[tuple[str, str, str]]
    """(kind, id, field): the first few are those at which both work most."""
    draw: Random
    acks: list[Ack] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    typed: int = 0

    def work(self, seconds: float) -> None:
        """Write until the time is over."""
        with sync_playwright() as playwright:
            browser = launched(playwright)
            page = browser.new_context(base_url=self.url).new_page()
            page.expose_function("acknowledged", self._acknowledged)
            page.add_init_script(LISTEN)
            page.on("response", lambda answer: answer.status >= 500 and self.faults.append(answer.url))
            self._sign_in(page)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                self._act(page)
            browser.close()

    def _sign_in(self, page: Page) -> None:
        page.goto("/accounts/login/?next=/agreements/new/")
        page.get_by_label("E-mail address").fill(self.email)
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/agreements/new/")

    def _act(self, page: Page) -> None:
        acts: list[Callable[[Page], None]] = [*[self._write] * 8, self._add, self._move, self._remove]
        act = self.draw.choice(acts)
        self.done[act.__name__.strip("_")] += 1
        try:
            act(page)
        except Exception as fault:
            self.faults.append(f"{act.__name__}: {str(fault).splitlines()[0]} at {page.url}")

    def _token(self) -> str:
        self.typed += 1
        return f"k{self.name}{self.typed}"

    def _write(self, page: Page) -> None:
        hot = self.draw.random() < 0.6
        kind, key, name = self.draw.choice(self.rows[:3] if hot else self.rows)
        area = self._open(page, f"draft/edit/{kind}/{key}/", name)
        if area is None:
            return
        for _ in range(self.draw.randint(1, 3)):
            area.evaluate(AT, [self.draw.random(), self.draw.random() < 0.2])
            page.keyboard.type(f" {self._token()}")
            page.wait_for_timeout(self.draw.choice([50, 400, 1700, 2300]))
        self._heard(page.locator("[data-saved]"), {"ended", "failing", "invalid"})
        if self.draw.random() < 0.7:
            self._press(page, key)

    def _add(self, page: Page) -> None:
        after = self.draw.choice([key for kind, key, _ in self.rows if kind == "provision"])
        area = self._open(page, f"draft/add/provision/?after={after}", "text")
        if area is not None:
            page.locator("#editing [name=heading]").fill(f"Added {self._token()}")
            area.fill(f"Words {self._token()}.")
            _submit(page, page.locator("form[data-keep] button[type=submit]"))
            self._heard(page.locator(".usa-alert--error, .usa-alert--warning"))

    def _move(self, page: Page) -> None:
        key = self.draw.choice([key for kind, key, _ in self.rows if kind == "provision"])
        if self._open(page, f"draft/edit/provision/{key}/", "text") is not None:
            page.get_by_text("Move it", exact=True).click()
            page.locator("[name=after]").select_option(index=self.draw.randrange(3))
            _submit(page, page.get_by_role("button", name="Move", exact=True))
            self._heard(page.locator(".usa-alert--error"))

    def _remove(self, page: Page) -> None:
        kept = 6  # the rows at which both work stay, most of the time
        among = self.rows[kept:] if self.draw.random() < 0.7 else self.rows
        kind, key, name = self.draw.choice([row for row in among if row[0] == "provision"])
        if self._open(page, f"draft/edit/{kind}/{key}/", name) is not None:
            page.wait_for_timeout(self.draw.choice([50, 900]))
            page.get_by_text("Take it out", exact=True).first.click()
            _submit(page, page.locator("button.usa-button--secondary", has_text="Take it out"))
            self._heard(page.locator(".usa-alert--error"))

    def _open(self, page: Page, path: str, name: str) -> Locator | None:
        """The field to type into; None where the row is gone, whose words are noted."""
        page.goto(self.address + path)
        offer = page.get_by_role("button", name="Put it back")
        if offer.count():
            offer.click()
        area = page.locator(f"#editing [name={name}]")
        if area.count():
            return area.first
        said = page.locator("main .usa-alert")  # the rest may be the whole text of the agreement
        self._heard(said if said.count() else page.locator("main"))
        return None

    def _heard(self, said: Locator, states: set[str] | None = None) -> None:
        """Note in what words something was refused."""
        for one in said.all():
            if states is None or one.get_attribute("data-state") in states:
                words = re.sub(r"“[^”]*”|\d\d:\d\d( [AP]M)?", "…", " ".join(one.inner_text().split()))
                if words:
                    self.refusals[words] += 1

    def _press(self, page: Page, key: str) -> None:
        """Press the button, and decide whatever is to be decided."""
        form = page.locator("form[data-keep]")
        said = parse_qs(str(form.evaluate("form => new URLSearchParams(new FormData(form)).toString()")))
        seen, text, began = int(said["seen"][0]), self._text(key, said), datetime.now(UTC)
        _submit(page, form.locator("button[type=submit]"))
        for _ in range(4):
            if page.locator("form[data-merging]").count():
                began = datetime.now(UTC)
                seen, text = self._decide(page), None
            elif page.locator("form[data-keep]").count() and page.locator("[data-merging]").count():
                _submit(page, page.locator("form[data-keep] button[type=submit]"))
            elif page.locator(".usa-alert--success", has_text="Saved.").count():
                self.acks.append(Ack(self.name, key, seen, text, None, began, datetime.now(UTC)))
                return
            else:
                self._heard(page.locator("main .usa-alert, main .cc-errors"))
                return

    def _text(self, key: str, said: dict[str, list[str]]) -> str:
        """What the form says in the field that is typed into, as the server keeps it."""
        name = next(name for _, row, name in self.rows if row == key)
        return said.get(name, [""])[0].replace("\r\n", "\n").strip()

    def _decide(self, page: Page) -> int:
        """Choose at random on the merge page; the state that it showed."""
        self.done["merged"] += 1
        self._heard(page.locator("main .cc-lede, main .usa-alert__text"))
        newer = int(page.locator("[name=newer]").input_value())
        for choice in page.locator(".cc-merge__choice").all():
            labels = choice.locator("label")
            labels.nth(self.draw.randrange(labels.count())).click()
        by_hand = self.draw.random() < 0.2
        page.get_by_role(
            "button", name="Edit the result by hand" if by_hand else "Save both together"
        ).click()
        return newer

    def _acknowledged(self, told: str) -> None:
        """A save while typing that the server has confirmed."""
        found: dict[str, Any] = json.loads(told)
        said = parse_qs(found["body"])
        key = found["url"].rstrip("/").rpartition("/")[2]
        number = found["answer"]["seen"]
        self.acks.append(Ack(self.name, key, int(said["seen"][0]), self._text(key, said), number))
        self.done["saved while typing"] += 1


def _submit(page: Page, button: Locator) -> None:
    with page.expect_navigation():
        button.click()


def work(editors: list[Editor], seconds: float) -> None:
    """Both at once."""
    threads = [Thread(target=editor.work, args=(seconds,)) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> int:
    """The whole programme, through the same test as in the suite."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=int, default=120)
    env = os.environ | {"TWO_EDITORS": str(asked.parse_args().seconds), "CONCORDAT_ENV": "test"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/browser/test_two_editors.py",
        "-q",
        "-s",
        "-k",
        "two_minutes",
    ]
    return subprocess.run([*command, "--timeout=0", "-p", "no:xdist"], check=False, env=env).returncode


if __name__ == "__main__":
    sys.exit(main())
