"""The redline as people meet it: on the page, since they last looked, on paper, in Word, through the API."""

from __future__ import annotations

import pytest

from agreements.models import Agreement, Look
from agreements.operations import drafting, negotiating
from audit.models import Event
from tests import builders
from tests.agreements.pages import browser, first, text, url
from tests.agreements.tracked import marks
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def handed_back(made: World) -> Agreement:
    """Shared by Riverton as version 1, returned by Mesa as version 2 with a word changed and the review moved."""
    agreement = builders.shared(made)
    row = first(agreement.provisions.exclude(text="").order_by("position_in_order"))
    drafting.edit(row, values={"text": f"Hereby: {row.text}"}, actor=made.mesa_liaison, now=NOW)
    drafting.edit(agreement.term, values={"review_months": 7}, actor=made.mesa_liaison, now=NOW)
    negotiating.return_text(agreement, note="One word.", actor=made.mesa_liaison, now=NOW)
    return again(agreement)


def test_since_i_last_looked_is_reckoned_from_the_version_i_had_open(made: World) -> None:
    agreement = builders.shared(made)
    riverton = browser(made.riverton_liaison)
    assert "Since you last looked" not in text(riverton.get(url(agreement)))
    row = first(agreement.provisions.exclude(text="").order_by("position_in_order"))
    drafting.edit(row, values={"text": f"Hereby: {row.text}"}, actor=made.mesa_liaison, now=NOW)
    assert "Hereby" not in text(riverton.get(url(agreement)))
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=NOW)
    for _ in range(2):
        assert "Since you last looked" in text(riverton.get(url(agreement)))
    assert "1 provision changed" in text(riverton.get(url(agreement)))
    page = riverton.get(url(agreement, "versions/since/"), follow=True)
    assert "inserted: Hereby" in text(page)
    assert "Since you last looked" not in text(browser(made.mesa_counsel).get(url(agreement)))
    assert set(Look.objects.values_list("person", "version", "before")) == {
        (made.riverton_liaison.pk, 2, 1), (made.mesa_counsel.pk, 2, None)}  # fmt: skip


def test_the_page_says_in_words_what_colour_shows(made: World) -> None:
    agreement = handed_back(made)
    page = browser(made.mesa_liaison).get(url(agreement, "versions/compare/?from=1&to=2"))
    assert '<ins><span class="usa-sr-only"> inserted: </span>' in page.content.decode()
    assert "was: Every" in text(page)
    assert "is: Every 7 months" in text(page)
    assert "Unchanged" not in text(page)
    whole = browser(made.mesa_liaison).get(url(agreement, "versions/compare/?from=1&to=2&show=whole"))
    assert len(whole.content) > len(page.content)


def test_one_compares_a_version_with_ones_own_draft_and_nobody_with_anothers(made: World) -> None:
    agreement = handed_back(made)
    row = first(agreement.provisions.exclude(text="").order_by("position_in_order"))
    drafting.edit(row, values={"text": "Riverton thinks aloud."}, actor=made.riverton_liaison, now=NOW)
    where = url(agreement, "versions/compare/?from=2&to=now")
    assert "Riverton thinks aloud" in text(browser(made.riverton_counsel).get(where))
    assert browser(made.mesa_counsel).get(where).status_code == 404


def test_a_redline_is_taken_as_pdf_and_as_word_and_both_are_recorded(made: World) -> None:
    agreement = handed_back(made)
    client = browser(made.mesa_counsel)
    paper = client.get(url(agreement, "versions/redline.pdf?from=1&to=2"))
    assert paper.content.startswith(b"%PDF-")
    word = client.get(url(agreement, "versions/redline.docx?from=1&to=2"))
    assert ("ins", made.mesa.name, "2026-03-02T15:00:00Z") in marks(word.content)
    taken = Event.objects.filter(stream=agreement.pk, action="redline.downloaded")
    assert taken.count() == 2
    for wrong in ("redline.exe?from=1&to=2", "redline.pdf?from=1&to=9", "redline.pdf"):
        assert client.get(url(agreement, f"versions/{wrong}")).status_code == 404
    assert taken.count() == 2


def test_a_program_reads_the_same_redline(made: World) -> None:
    agreement = handed_back(made)
    program = Program(made.riverton_liaison)
    found = program.get(f"agreements/{agreement.pk}/redline/?from=1&to=2").json()
    assert found["summary"] == "1 provision changed, 1 term changed"
    assert {"kind": "inserted", "text": "Hereby: "} in found["provisions"][0]["text"]
    assert program.call("get", f"agreements/{agreement.pk}/redline/?from=1&to=x").status_code == 404
    answer = program.call("get", f"agreements/{agreement.pk}/redline.docx?from=1&to=2")
    assert marks(answer.content)
