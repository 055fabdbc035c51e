"""The canonical bytes and the numbered document."""

import hashlib
import json
import re
from html import unescape
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements import prose
from agreements.document import Document, canonical, digest, structure
from agreements.numbering import explicit_label
from tests.agreements.sample import provision, sample_content, sample_parties

PAYLOADS = [
    "{{ 7*7 }}", "{% load static %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{ settings.SECRET_KEY }}",
    "{% include '/etc/passwd' %}", "{term.__class__}", "{parties.names.__class__}", "%(reference)s", "{0}", "{}",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](file:///etc/passwd)",
]  # fmt: skip
SIMPLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner)
    ),
    max_leaves=20,
)


def shown(document: Document) -> str:
    """The words a reader of the page sees."""
    html = render_to_string("agreements/document/body.html", {"document": document})
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def numbers(document: Document) -> list[tuple[str, list[str]]]:
    return [(s.number, [p.number for p in s.provisions]) for s in document.sections]


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), SIMPLE))
def test_canonical_bytes_round_trip_and_do_not_depend_on_the_order_of_keys(content: dict[str, Any]) -> None:
    assert json.loads(canonical(content)) == content
    assert canonical(dict(reversed(content.items()))) == canonical(content)


def test_canonical_bytes_are_sorted_compact_utf8() -> None:
    assert canonical({"b": [1, None, True], "a": "é\n"}) == '{"a":"é\\n","b":[1,null,true]}'.encode()
    assert digest({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), "\ud800", "a\0b", (1,), {1: "a"}, {"a": {"b": 2.5}}, b"x"]
)
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical({"x": value})


def test_provisions_of_a_part_are_numbered_under_its_heading() -> None:
    assert numbers(structure(sample_content()))[3] == ("4", ["4.1", "(a)", "(b)", "(c)", "4.2"])
    assert structure(sample_content()).labels()["p8"] == "4.1(b)"


def test_an_imported_section_is_its_own_heading_and_brought_labels_are_kept() -> None:
    rows = [
        provision("1", "", "RECITALS", "Whereas.", level=1), provision("2", "", "Scope", "All.", level=1),
        provision("3", "", "", "First.", level=2), provision("4", "", "", "Letter.", level=3),
        provision("5", "", "ARTICLE IV Term", "x", level=1), provision("6", "", "", "x", level=2),
        provision("7", "", "9. Notice", "x", level=1), provision("8", "", "Law", "x", level=1),
        provision("9", "", "Exhibit B", "x", level=1), provision("10", "", "", "x", level=2),
    ]  # fmt: skip
    document = structure(sample_content(provisions=rows))
    assert [(s.number, s.heading) for s in document.sections] == [
        ("", "RECITALS"), ("1", "Scope"), ("ARTICLE IV", "Term"), ("9", "Notice"), ("10", "Law"), ("Exhibit B", ""),
    ]  # fmt: skip
    assert [p.label for s in document.sections for p in s.provisions] == [
        "", "1", "1.1", "1.1(a)", "ARTICLE IV", "IV.1", "9", "10", "Exhibit B", "B.1",
    ]  # fmt: skip


@pytest.mark.parametrize("heading", ["A county", "I think so", "Partly", "Sections", "Viable plan"])
def test_ordinary_words_are_not_labels(heading: str) -> None:
    assert explicit_label(heading) == ("", "", heading)


def test_placeholders_say_the_agreement_s_facts() -> None:
    words = shown(structure(sample_content()))
    for fact in (
        "takes effect on 1 Jan 2027", "last day is 31 Dec 2029", "within 1 hour of discovery", "every 12 months",
        "30 days by Riverton PD and 60 days by Mesa County DA", "governed by the laws of the State of Colorado",
        "“Incident and arrest reports” and “Body-worn camera video”", "Schedule A (Data shared)",
        "City of Riverton, Police Department (“Riverton PD”), provider", "1,095 days. Until final disposition",
    ):  # fmt: skip
        assert fact in words, fact
    assert "{" not in words


def test_a_table_shown_in_the_text_has_no_schedule() -> None:
    document = structure(sample_content())
    assert [s.key for s in document.schedules] == ["datasets", "commitments", "contacts", "term"]
    assert shown(document).count("Timely filing") == 1


def test_a_missing_fact_is_marked_and_listed() -> None:
    content = sample_content()
    content["term"]["last_day"] = None
    document = structure(content)
    html = render_to_string("agreements/document/body.html", {"document": document})
    assert '<span class="gap">[to be completed: end date]</span>' in html
    assert document.gaps == ("end date",)


def test_names_with_markdown_and_html_are_inert() -> None:
    parties = sample_parties()
    parties[0]["name"] = "*A* <b>|</b> [x](y) {term.last_day}"
    parties[0]["legal_name"] = "**Bold** `x`\n# h"
    html = render_to_string(
        "agreements/document/body.html", {"document": structure(sample_content(parties=parties))}
    )
    assert "<b>" not in html and "<em>A" not in html and "<strong>Bold" not in html and "<a " not in html
    assert "*A* <b>|</b> [x](y) {term.last_day}" in unescape(html)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_user_text_is_never_a_template(payload: str) -> None:
    content = sample_content(
        title=payload, provisions=[provision("1", payload, payload, f"before {payload} after")]
    )
    content["parties"][0]["legal_name"] = payload
    content["datasets"][0]["name"] = content["datasets"][0]["flows"][0]["method"] = payload
    content["commitments"][0]["text"] = content["measures"][0]["name"] = payload
    words = shown(structure(content))
    assert words.count(payload) >= 8
    assert "49" not in words.replace("24-72", "")
    html = render_to_string("agreements/document/body.html", {"document": structure(content)})
    assert "<script" not in html and "<img" not in html and "href" not in html


@settings(max_examples=150)
@given(st.text(st.sampled_from("ab1 \n*_|#->[](){}`\\.&<t:"), max_size=60))
def test_no_word_of_a_provision_is_lost_in_rendering(text: str) -> None:
    html = prose.render(text).html
    numerals = "".join(re.findall(r"(?m)^\s*(\d+)[.)]", text))
    letters = sorted(c for c in text + numerals if c.isalpha())
    assert letters == sorted(c for c in unescape(re.sub(r"<[^>]*>", "", html)) if c.isalpha())


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab1 *_|#->[](){}`\\.&<t:+)"), max_size=50))
def test_literal_text_is_read_back_word_for_word(text: str) -> None:
    assert prose.shows(prose.literal(text), text)


def test_cells_beyond_the_heading_of_a_table_are_not_lost() -> None:
    assert "third" in prose.render("| a | b |\n|---|---|\n| 1 | 2 | third |").html


def test_only_the_allowed_markup_comes_out() -> None:
    html = prose.render(
        "# h\n\n> q\n\n    code\n\n**b** *i*\n\n- x\n\n3. y\n\n<u>u</u> http://a.example `c` ![i](x)"
    ).html
    assert set(re.findall(r"<(\w+)", html)) == {"p", "strong", "em", "ul", "ol", "li"}


def test_deep_nesting_is_refused_at_the_form_and_still_printed() -> None:
    deep = "- " * 40 + "deep"
    assert prose.complaints(deep) and "deep" in prose.render(deep).html
    assert prose.complaints("x" * 100_001) and not prose.complaints("A plain sentence.")
