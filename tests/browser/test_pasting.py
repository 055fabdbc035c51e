"""What Word and browsers put on the clipboard, pasted into the editor of a provision's text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from agreements.models import Provision
from tests.browser import editing
from tests.browser.editing import FIELD, Open, fresh, saved, text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

PASTED = Path(__file__).parent / "pasted" / "word.html"
agreement, row, page_of = editing.agreement, editing.row, editing.page_of


def paste(page: Page, html: str) -> None:
    text_of(page).evaluate(
        """(target, html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            data.setData("text/plain", "not this");
            target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        html,
    )


def test_what_word_puts_on_the_clipboard_comes_in_clean_and_whole(page_of: Open, row: Provision) -> None:
    page, said = page_of(row)
    fresh(page)
    paste(page, PASTED.read_text(encoding="utf-8"))
    found = page.locator(FIELD).input_value()
    assert found == (
        "**Duties of the agency**\n\n"
        "The agency’s staff keep a **log** of “every search”, *without exception*, and **report it** — each month.\n\n"
        "- Who searched\n  - by **name**\n  - by unit\n- Why\n\n"
        "3. Ask the records unit.\n4. Wait for its answer.\n\n"
        "| Matter | Agreed \\| written |\n| --- | --- |\n| Notice to end | 60 *days* in writing |\n\n"
        "See {parties.names} and 2 < 3 & more."
    )
    assert saved(page, row) == found
    assert said == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>One<p>two<blockquote>three<pre>four\nfive</pre></blockquote><dl><dt>six<dd>seven</dl>",
        "<div>One <div>two</div> three<ul><li>four<ol><li>five</ol><li><p>six<p>seven</ul>eight</div>",
        "<table><tr><td>One<table><tr><td>two<td>three</table><td>four<tr><td colspan=2>five</table>six",
        "<table><tr><td>One<tr><td>two<ul><li>three</ul></table><section><h1>four</h1>five</section>",
        "One<font color=red>two</font><x-y>three</x-y><button>four</button><label>five<input value=no></label>",
    ],
)
def test_no_visible_word_is_lost_in_pasting(page_of: Open, row: Provision, html: str) -> None:
    page, _ = page_of(row)
    found = page.evaluate("html => ConcordatEditor.pasted(html)", html)
    expected = re.findall(r"one|two|three|four|five|six|seven|eight", re.sub(r"<[^>]*>", " ", html).lower())
    assert re.findall(r"one|two|three|four|five|six|seven|eight", found.lower()) == expected


def test_a_table_pasted_too_wide_is_named_at_once_and_refused_with_nothing_lost(
    page_of: Open, row: Provision
) -> None:
    page, _ = page_of(row)
    fresh(page)
    paste(page, "<table><tr>" + "".join(f"<td>c{n}" for n in range(7)) + "</table>")
    page.get_by_text("A table has 7 columns. Five fit on a page").wait_for()
    assert saved(page, row) == "Each party keeps a log."
    assert page.locator("#id_text_error").inner_text().find("A table has 7 columns") >= 0
    assert "c6" in text_of(page).inner_text()
    assert "id_text_error" in str(text_of(page).get_attribute("aria-describedby"))
    assert text_of(page).get_attribute("aria-invalid") == "true"
    page.locator(".cc-errors a[href='#id_text']").click()
    page.locator("[role=textbox]:focus").wait_for()
