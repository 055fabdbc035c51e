"""The editor of a provision's text: what it writes reads the same, and keys alone suffice."""

from __future__ import annotations

import re
from random import Random

import pytest
from playwright.sync_api import Page

from agreements import catalog
from agreements.models import Agreement, Provision
from agreements.models.snapshot import content_of
from agreements.operations import drafting
from agreements.placeholders import code_of, values
from tests.browser import editing
from tests.browser.editing import FIELD, Open, fresh, saved, text_of, tool
from tests.browser.looking import PHONE, faults, here
from tests.browser.meaning import made_up, meaning
from tests.builders import NOW, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

agreement, row, page_of = editing.agreement, editing.row, editing.page_of


# Reading and writing -----------------------------------------------------------------------------------------
def rewritten(page: Page, texts: list[str]) -> list[str | None]:
    found = page.evaluate("texts => texts.map((text) => ConcordatEditor.rewritten(text))", texts)
    return list(found)


def test_every_clause_and_every_made_up_text_means_the_same_once_it_was_edited(
    page_of: Open, row: Provision, agreement: Agreement
) -> None:
    page, said = page_of(row)
    known = values(content_of(agreement))
    clauses = [clause.text for clause in catalog.load().clauses.values()]
    for clause, written in zip(clauses, rewritten(page, clauses), strict=True):
        assert written is not None and meaning(written, known) == meaning(clause, known)
    chance = Random(4)
    texts = ["\n\n".join(made_up(chance) for _ in range(chance.randint(1, 4))) for _ in range(1500)]
    declined = 0
    for text, written in zip(texts, rewritten(page, texts), strict=True):
        declined += written is None
        if written is not None:
            assert meaning(written, known) == meaning(text, known), (text, written)
    assert declined < 15  # those the server shows as they were typed
    assert said == []


def test_opening_and_leaving_changes_nothing_and_editing_leaves_the_rest_as_it_was_written(
    page_of: Open, row: Provision, made: World
) -> None:
    odd = (
        "*  one\n*  two\n\nSome __strong__ words  \nin two lines.\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\nLast."
    )
    drafting.edit(row, values={"text": odd}, actor=made.riverton_liaison, now=NOW)
    page, _ = page_of(row)
    assert page.locator(FIELD).input_value() == odd
    text_of(page).get_by_text("Last.").click()
    page.keyboard.press("End")
    page.keyboard.type(" More.")
    assert page.locator(FIELD).input_value() == f"{odd} More."
    assert saved(page, row) == f"{odd} More."


def test_a_text_that_only_plain_text_can_keep_is_edited_as_it_was_typed(
    page_of: Open, row: Provision, made: World
) -> None:
    uneven = "| a | b |\n|---|---|\n| 1 | 2 | third |"
    drafting.edit(row, values={"text": uneven}, actor=made.riverton_liaison, now=NOW)
    page, _ = page_of(row)
    assert page.locator(".cc-editor").count() == 0
    text_of(page).fill(f"{uneven}\n\nMore.")
    assert saved(page, row) == f"{uneven}\n\nMore."


# Writing by hand ----------------------------------------------------------------------------------------------
def test_keys_alone_write_emphasis_lists_and_tables_and_tab_leads_out(page_of: Open, row: Provision) -> None:
    page, said = page_of(row)
    fresh(page)
    page.keyboard.type("Plain ")
    page.keyboard.press("Control+b")
    page.keyboard.type("bold")
    page.keyboard.press("Control+b")
    page.keyboard.type(" * and {party.lead}")
    page.keyboard.press("Enter")
    page.keyboard.type("- one")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+Shift+ArrowRight")
    page.keyboard.type("within")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+F10")
    assert page.evaluate("document.activeElement.textContent") == "Bold"
    while page.evaluate("document.activeElement.textContent") != "Table":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Put in a table").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("Matter")
    page.keyboard.press("Enter")
    page.keyboard.type("Agreed | said")
    expected = "Plain **bold** \\* and {party.lead}\n\n- one\n  - within\n\n| Matter | Agreed \\| said |\n| --- | --- |\n|  |  |\n|  |  |"
    assert page.locator(FIELD).input_value() == expected
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('[role=textbox]')")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.matches('[role=textbox]')")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('[role=toolbar]') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('[role=textbox]')")
    assert saved(page, row).startswith("Plain **bold**")
    assert said == []


def test_the_toolbar_says_states_and_offers_only_what_can_be_done(page_of: Open, row: Provision) -> None:
    page, _ = page_of(row)
    fresh(page)
    assert tool(page, "Bold").get_attribute("aria-pressed") == "false"
    tool(page, "Bold").click()
    assert tool(page, "Bold").get_attribute("aria-pressed") == "true"
    assert tool(page, "Bold").get_attribute("aria-keyshortcuts") == "Control+b"
    page.keyboard.type("First")
    tool(page, "Numbered list").click()
    assert page.locator(FIELD).input_value() == "1. **First**"
    tool(page, "Bulleted list").click()
    assert page.locator(FIELD).input_value() == "- **First**"
    assert tool(page, "Row below").count() == 0
    tool(page, "Bulleted list").click()
    page.keyboard.press("Enter")
    tool(page, "Table").click()
    page.get_by_role("button", name="5 columns").click()
    assert tool(page, "Column after").get_attribute("aria-disabled") == "true"
    tool(page, "Remove column").click()
    tool(page, "Row below").click()
    assert page.locator(FIELD).input_value().count("\n|") == 5
    tool(page, "Remove table").click()
    assert page.locator(FIELD).input_value() == "**First**"
    tool(page, "Undo").click()
    assert "| --- | --- | --- | --- |" in page.locator(FIELD).input_value()
    for each in page.get_by_role("toolbar").get_by_role("button").all():
        box = each.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 24


def test_a_reference_and_a_defined_term_are_chosen_from_lists(
    page_of: Open, row: Provision, agreement: Agreement
) -> None:
    other = agreement.provisions.filter(removed=False).exclude(heading="").order_by("position_in_order")[8]
    page, _ = page_of(row)
    fresh(page)
    page.keyboard.type("As ")
    tool(page, "Reference").click()
    dialog = page.get_by_role("dialog", name="Refer to a provision")
    dialog.get_by_label("Find").fill(other.heading)
    dialog.get_by_role("button", name=other.heading).first.click()
    assert re.search(r"section \d+\.\d+", text_of(page).inner_text())
    page.keyboard.type(" says, the Log Keeper")
    for _ in "Log Keeper":
        page.keyboard.press("Shift+ArrowLeft")
    tool(page, "Defined term").click()
    page.get_by_role("button", name="Define “Log Keeper” here").click()
    code = f"{{section.{code_of(other.pk)}}}"
    assert page.locator(FIELD).input_value() == f"As {code} says, the **“Log Keeper”**"
    assert saved(page, row) == f"As {code} says, the **“Log Keeper”**"
    shown = page.locator(f"#provision-{row.pk}")
    target = shown.locator("a.paper-cited").get_attribute("href")
    assert target == f"#provision-{other.pk}" and page.locator(str(target)).count() == 1
    assert shown.locator("dfn").inner_text() == "“Log Keeper”"


def test_what_the_editor_writes_is_heard_by_whatever_watches_the_form(page_of: Open, row: Provision) -> None:
    page, _ = page_of(row)
    page.locator(FIELD).evaluate("(area) => area.setAttribute('aria-invalid', 'true')")
    page.locator("[role=textbox][aria-invalid=true]").wait_for()
    page.evaluate(
        f"document.querySelector('{FIELD}').addEventListener('input', () => {{ window.heard = true }})"
    )
    text_of(page).click()
    page.keyboard.type("x")
    assert page.evaluate("window.heard")
    page.locator(FIELD).evaluate(
        "(area) => { area.value = 'From **elsewhere**'; area.dispatchEvent(new Event('input')) }"
    )
    assert text_of(page).locator("strong").inner_text() == "elsewhere"
    page.get_by_role("button", name="Edit as plain text").click()
    text_of(page).fill("Typed *plainly*")
    page.get_by_role("button", name="Edit as it will look").click()
    assert text_of(page).locator("em").inner_text() == "plainly"


# For everybody ------------------------------------------------------------------------------------------------
def test_the_editor_is_accessible_with_a_table_and_its_dialogs(
    page_of: Open, row: Provision, made: World
) -> None:
    text = "**Bold** {party.lead}\n\n- one\n  1. two\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    drafting.edit(row, values={"text": text}, actor=made.riverton_liaison, now=NOW)
    page, said = page_of(row)
    path = page.url.partition("/agreements/")[2]
    assert faults(page, f"/agreements/{path}", said) == []
    assert text_of(page).get_attribute("aria-multiline") == "true"
    text_of(page).get_by_text("1", exact=True).click()
    tool(page, "Row below").wait_for()
    tool(page, "Fact").click()
    assert here(page, "the dialog", said) == []
    from_dialog = page.evaluate("document.querySelector('dialog[open]').getBoundingClientRect().width")
    assert from_dialog <= PHONE["width"]


def test_without_javascript_the_text_area_works(page_of: Open, row: Provision, agreement: Agreement) -> None:
    other = agreement.provisions.filter(removed=False).order_by("position_in_order")[8]
    page, _ = page_of(row, java_script_enabled=False)
    page.get_by_text("References and facts you can type").click()
    code = f"{{section.{code_of(other.pk)}}}"
    assert page.get_by_text(code).is_visible()
    text_of(page).fill(f"See {code}.\n\n- **one**")
    assert saved(page, row) == f"See {code}.\n\n- **one**"
    assert re.search(r"See section \d", page.locator(f"#provision-{row.pk}").inner_text())
