"""References that renumber, what a careful reader would notice, and tables that can't be printed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import docx
import pytest
from django.core.exceptions import ValidationError
from pypdf import PdfReader

from agreements import catalog, pdf, prose
from agreements.document import digest, structure
from agreements.docx import write
from agreements.docx.rebuilding import rebuilt, shown
from agreements.facts import judge
from agreements.models import Provision, Suggestion, SuggestionKind
from agreements.models.snapshot import content_of
from agreements.operations import drafting, suggesting
from agreements.operations.suggesting import Proposal
from agreements.placeholders import code_of, values
from agreements.proofreading import proofread
from agreements.redline import compare
from agreements.writing import offered
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.agreements.sample import provision, sample_content
from tests.agreements.written import content, html, words
from tests.api.calling import Program
from tests.builders import NOW, World, again

AT = datetime(2026, 11, 21, tzinfo=UTC)
WIDE = "| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 | 6 |"


# References -------------------------------------------------------------------------------------------------
def test_a_reference_is_the_number_of_its_provision_and_a_link_to_it() -> None:
    said = content("See {section.b2}.", "Second.")
    assert html(said) == '<p>See <a class="paper-cited" href="#provision-b2">section 1.2</a>.</p>'


def test_a_reference_follows_when_provisions_are_put_between_moved_or_taken_out() -> None:
    said = content("See {section.c3}.", "Second.", "Third.")
    assert "section 1.3" in html(said)
    said["provisions"].insert(1, provision("d9", "Access and use", "New", "New."))
    assert "section 1.4" in html(said)
    said["provisions"].insert(0, said["provisions"].pop())
    assert "section 1.1" in html(said, 1)
    said["provisions"] = said["provisions"][:2]
    assert "section 1.1" in html(said, 1)


def test_a_reference_that_begins_a_sentence_has_a_capital() -> None:
    said = content(
        "{section.b2} applies. {section.b2} too, and **{section.b2}**.\n\n- {section.b2} as well", "Second."
    )
    assert words(html(said)) == "Section 1.2 applies. Section 1.2 too, and section 1.2 . Section 1.2 as well"


def test_a_heading_that_names_itself_is_cited_by_its_own_name() -> None:
    rows = [
        provision("a1", "", "ARTICLE IV. SCOPE", "Under {section.b2}.", level=1),
        provision("b2", "", "Preamble", "Whereas.", level=2),
        provision("c3", "", "", "As {section.a1} says.", level=2),
    ]
    said = sample_content(provisions=rows)
    assert "As ARTICLE IV says" in words(html(said, 2))
    assert "section IV.1" in words(html(said, 0))


def test_a_reference_to_what_is_not_in_the_text_is_a_gap_and_a_finding() -> None:
    said = content("See {section.0000beef}.")
    document = structure(said)
    assert document.gaps == ("a provision that is not in the text any more",)
    assert '<span class="gap">[to be completed: a provision that is not in the text any more]</span>' in html(
        said
    )
    [found] = proofread(said)
    assert (found.rule, found.points_to) == ("TEXT-2", "provision/a1/text")
    assert "{section.0000beef}" in found.message and "take it out" in found.message


def test_two_provisions_of_one_code_are_not_guessed_between() -> None:
    said = content("See {section.0badc0de}.", "Second.", "Third.")
    said["provisions"][1]["id"], said["provisions"][2]["id"] = "0badc0de-1", "0badc0de-2"
    assert structure(said).gaps == ("a reference that fits two provisions",)


def test_circles_and_self_references_are_shown_and_only_empty_ones_are_named() -> None:
    said = content(
        "See {section.b2}.", "See {section.c3}.", "As {section.a1} says.", "This {section.d4} holds."
    )
    assert [words(html(said, place)) for place in range(4)] == [
        "See section 1.2 .", "See section 1.3 .", "As section 1.1 says.", "This section 1.4 holds.",
    ]  # fmt: skip
    circles = [found.message for found in proofread(said) if found.rule == "TEXT-3"]
    assert "1.1 → 1.2 → 1.3 → 1.1" in circles[0] and "Say in one of them what applies" in circles[0]
    assert len(circles) == 2  # the second is the provision that refers to itself
    said["provisions"][1]["text"] += (
        " " + "Each party keeps its own records of every access for five years. " * 3
    )
    assert len([found for found in proofread(said) if found.rule == "TEXT-3"]) == 1


def test_a_name_that_means_nothing_stays_as_typed_and_is_a_finding() -> None:
    said = content("The {party.lead} and {partys.lead}.")
    assert "{partys.lead}" in html(said)
    assert [found.rule for found in proofread(said)] == ["TEXT-1"]


def test_on_paper_and_in_word_a_reference_is_plain_words() -> None:
    said = content("See {section.b2} on **“Hits”**.", "A list of Hits.")
    sheets = pdf.html(said, sha256=digest(said), number=1)
    assert "See section 1.2 on" in words(sheets) and "paper-cited" not in sheets and "<dfn" not in sheets
    text_of_pages = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.render(
        said, sha256=digest(said), number=1))).pages)  # fmt: skip
    assert "See section 1.2 on" in " ".join(text_of_pages.split())
    word = docx.Document(io.BytesIO(write(said, note="", made_at=AT)))
    assert "See section 1.2 on “Hits”." in [paragraph.text for paragraph in word.paragraphs]


@pytest.mark.parametrize("name", ["{section.b2}", "{section.0000beef}"])
def test_a_reference_that_nobody_touched_in_word_stays_a_reference(name: str) -> None:
    known, written = values(content("First.", "Second.")), f"As {name} says, so it is."
    [[block]] = shown([written], known)
    edited = replace(block, runs=(*block.runs, (" More.", "")))
    assert rebuilt(written, known, [edited]) == f"{written} More."


def test_the_redline_reads_numbers_of_each_time_and_a_renumbering_is_no_change() -> None:
    old = content("See {section.b2}.", "Second.")
    new = content("See {section.b2}.", "Second.")
    new["provisions"].insert(0, provision("z9", "Access and use", "New", "New."))
    assert [(row.kind, row.label) for row in compare(old, new).provisions] == [("added", "1.1")]
    new["provisions"][1]["text"] = "As {section.b2} says."
    change = next(row for row in compare(old, new).provisions if row.id == "a1")
    assert "".join(piece.text for piece in change.text if piece.kind != "deleted") == "As section 1.3 says."
    assert "".join(piece.text for piece in change.text if piece.kind != "inserted") == "See section 1.2."


@pytest.mark.django_db
def test_a_frozen_version_keeps_the_number_that_it_had(made: World) -> None:
    agreement = builders.drafted(made)
    rows = list(agreement.provisions.filter(removed=False).order_by("position_in_order"))
    by = {"actor": made.riverton_liaison, "now": NOW}
    said = f"{rows[0].text}\n\nSee {{section.{code_of(rows[-1].pk)}}}."
    drafting.edit(rows[0], values={"text": said}, **by)  # type: ignore[arg-type]
    agreement = builders.completed(made, again(agreement))
    before = structure(content_of(agreement)).labels()[str(rows[-1].pk)]
    frozen = content_of(agreement)
    drafting.move(again_row(rows[-1]), after=None, **by)  # type: ignore[arg-type]
    after = structure(content_of(again(agreement))).labels()[str(rows[-1].pk)]
    assert before != after
    assert f"See section {before}." in words(html(frozen)).replace(" .", ".")
    assert f"See section {after}." in " ".join(
        words(html(content_of(again(agreement)), place)).replace(" .", ".") for place in (0, 1)
    )


def again_row(row: Provision) -> Provision:
    return Provision.objects.get(pk=row.pk)


# What can be put in -----------------------------------------------------------------------------------------
def test_the_writer_is_offered_the_other_provisions_the_facts_and_the_terms() -> None:
    said = content("**Hit** means a match.", "Second.", part="Definitions")
    found = offered(said, said["provisions"][0])
    assert found["sections"] == [
        {"code": "b2", "says": "section 1.2", "label": "1.2", "heading": "Heading 2"}
    ]
    assert (found["terms"], found["defines"], found["own"]) == (["Hit"], True, "a1")
    facts = {fact["name"]: fact for fact in found["facts"]}
    assert set(facts) == set(catalog.load().placeholders)
    assert facts["parties.list"]["block"] and facts["agreement.reference"]["says"] == "IEA-2026-0042"
    assert all(
        f"{{section.{row['code']}}}" in {f"{{{name}}}" for name in values(said)} for row in found["sections"]
    )


# Tables that can't be printed -------------------------------------------------------------------------------
def test_tables_have_two_to_five_columns_unless_they_were_there_before() -> None:
    assert (
        "6 columns" in prose.complaints(WIDE)[0] and "Divide it into two tables" in prose.complaints(WIDE)[0]
    )
    assert prose.complaints(f"Before.\n\n{WIDE}\n\nAfter.", before=WIDE) == []
    assert "single column" in prose.complaints("| a |\n|---|\n| 1 |")[0]
    assert prose.complaints("| a | b |\n|---|---|\n| 1 | 2 |") == []


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_a_table_too_wide_is_refused_with_words_and_nothing_typed_is_lost(made: World) -> None:
    agreement = builders.drafted(made)
    row = agreement.provisions.filter(removed=False).order_by("position_in_order")[3]
    client = browser(made.riverton_liaison)
    page = url(agreement, f"draft/edit/provision/{row.pk}/")
    answer = client.post(page, filled(client.get(page), text=f"My words.\n\n{WIDE}"))
    assert answer.status_code == 400
    assert "A table has 6 columns; at most five can be read on a page." in text(answer)
    assert answer.context["form"]["text"].value().startswith("My words.")
    assert again_row(row).text == row.text
    at = f"agreements/{agreement.pk}/provisions/{row.pk}/"
    refused = Program(made.riverton_liaison).act("patch", at, {"text": WIDE}, status=400)
    assert "6 columns" in refused.content.decode()


@pytest.mark.django_db
def test_what_came_in_a_word_file_may_hold_any_table(made: World) -> None:
    agreement = builders.shared(made)
    row = agreement.provisions.filter(removed=False).order_by("position_in_order")[3]
    proposal = Proposal(SuggestionKind.REPLACE, provision=row.pk, heading=row.heading, text=WIDE)
    by = {"actor": made.riverton_liaison, "now": NOW}
    with pytest.raises(ValidationError, match="6 columns"):
        suggesting.suggest(agreement, [proposal], **by)  # type: ignore[arg-type]
    from_file = Proposal(
        SuggestionKind.REPLACE, provision=row.pk, heading=row.heading, text=WIDE, typed=False
    )
    suggesting.suggest(agreement, [from_file], **by)  # type: ignore[arg-type]
    suggesting.accept(Suggestion.objects.get(), actor=made.mesa_liaison, now=NOW)
    assert again_row(row).text == WIDE


# On the pages -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_without_javascript_the_page_shows_the_codes_to_type(made: World) -> None:
    agreement = builders.drafted(made)
    first, second = agreement.provisions.filter(removed=False).order_by("position_in_order")[:2]
    client = browser(made.riverton_liaison)
    page = url(agreement, f"draft/edit/provision/{first.pk}/")
    shown = text(client.get(page))
    assert f"refer to this one as {{section.{code_of(first.pk)}}}" in shown
    assert f"{{section.{code_of(second.pk)}}}" in shown and "{parties.names}" in shown
    client.post(
        page,
        filled(
            client.get(page), text=f"See {{section.{code_of(second.pk)}}} and {{section.{uuid4().hex[:8]}}}."
        ),
    )
    document = structure(content_of(again(agreement)))
    label = document.labels()[str(second.pk)]
    assert f"See section {label}" in words(
        " ".join(row.html for s in document.sections for row in s.provisions)
    )
    checks = text(client.get(url(agreement, "checks/")))
    assert "refers to a provision that is not in the text any more" in checks


@pytest.mark.django_db
def test_the_checks_of_the_api_tell_what_the_page_tells_while_the_text_is_open(made: World) -> None:
    agreement = builders.drafted(made)
    row = agreement.provisions.filter(removed=False).order_by("position_in_order")[0]
    drafting.edit(row, values={"text": "See {section.0000beef}."}, actor=made.riverton_liaison, now=NOW)
    found = judge(again(agreement), content_of(again(agreement)), stage="signing", today=date(2026, 11, 21))
    own = [one for one in found if one.rule == "TEXT-2"]
    assert [(one.severity, one.subject_id, one.waivable) for one in own] == [("warn", str(row.pk), False)]
