"""Defined terms: recognised where they are defined and used, inert whatever is typed, noted where something is odd."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string

from agreements import catalog
from agreements.defined import definitions
from agreements.document import structure
from agreements.proofreading import proofread
from tests.agreements.contents import complete
from tests.agreements.sample import provision
from tests.agreements.written import content, html


def test_bold_words_in_the_definitions_and_quoted_bold_words_elsewhere_are_terms() -> None:
    said = content("**Hit** means a match; a **Hot List** is a list of plates.", part="Definitions")
    said["provisions"].append(
        provision("x9", "Scope", "Scope", "The agency (the **“Provider”**) **must** act on each Hit.")
    )
    assert [term.words for term in definitions(said)] == ["Hit", "Hot List", "Provider"]
    assert '<strong><dfn id="term-hot-list">Hot List</dfn></strong>' in html(said)
    assert '<a class="paper-term" href="#term-hit">Hit</a>' in html(said, 1)
    assert "<strong>must</strong>" in html(said, 1)


def test_only_whole_words_are_uses_and_only_the_first_in_a_provision_is_a_link() -> None:
    said = content("**Hit** means a match. **Party** means who signs.", part="Definitions")
    said["provisions"].append(provision("x9", "Scope", "", "Hits, a Hit, Hitting, hit; Parties & a Party."))
    assert html(said, 1).count("paper-term") == 2
    assert (
        '>Hits</a>, a Hit, Hitting, hit; <a class="paper-term" href="#term-party">Parties</a> &amp; a'
        in html(said, 1)
    )


@pytest.mark.parametrize(
    "typed", ["<b>**“<img src=x onerror=alert(1)>”**</b>", '**“a" onclick="x”**', "**“A & B”**"]
)
def test_what_is_typed_into_a_term_stays_inert(typed: str) -> None:
    said = content(typed, f"{typed} again <script>alert(1)</script> A & B", part="Definitions")
    for place in (0, 1):
        tags = set(re.findall(r"<[^>]*>", html(said, place)))
        assert tags <= {"<p>", "</p>", "<strong>", "</strong>", "</dfn>", "</a>"} | {
            tag
            for tag in tags
            if re.fullmatch(r'<dfn id="term-[a-z0-9-]*">|<a class="paper-term" href="#term-[a-z0-9-]*">', tag)
        }


def test_a_term_named_like_a_character_leaves_characters_alone() -> None:
    said = content("**lt** means light. **amp** means loud.", "1 < 2 & 3, lt", part="Definitions")
    assert html(said, 1).startswith("<p>1 &lt; 2 &amp; 3, <a ")


def test_a_term_that_is_the_plural_of_another_is_its_own() -> None:
    said = content("**Hit** means one. **Hits** means all.", "The Hits.", part="Definitions")
    assert 'href="#term-hits"' in html(said, 1)


def test_terms_defined_twice_or_never_used_are_noted_for_information() -> None:
    said = content(
        "**Hit** means a match. **Scan** means an image.", "**Hit** means a match again.", part="Definitions"
    )
    found = {(one.rule, one.severity): one.message for one in proofread(said)}
    assert "“Hit” is defined twice, in 1.1 and 1.2" in found["TEXT-4", "info"]
    assert "“Scan” is defined here and used nowhere" in found["TEXT-5", "info"]


@pytest.mark.parametrize("template", sorted(catalog.load().templates))
def test_the_shipped_texts_read_without_a_fault(template: str) -> None:
    said = complete(template)
    faults = [found.message for found in proofread(said) if found.rule not in {"TEXT-5"}]
    assert faults == []
    page = render_to_string("agreements/document/body.html", {"document": structure(said)})
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
