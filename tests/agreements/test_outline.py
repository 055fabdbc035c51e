"""Existing texts become numbered provisions, and not a word is lost."""

import re
from collections import Counter
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements import prose
from agreements.document import structure
from agreements.outline import Block, UnreadableText, decode, parse_text, to_provisions
from tests.agreements.sample import sample_content

WORD = re.compile(r"[^\W_]+")

COUNTY = """
                         MEMORANDUM OF UNDERSTANDING
                               BETWEEN
                    LINDEN COUNTY AND THE OAKDALE FIRE DISTRICT

This MEMORANDUM OF UNDERSTANDING ("MOU") is entered into on July 1, 2026, between the County of Linden
("County") and the Oakdale Fire District ("District"), as described in
Section 2 below and in Exhibit A.

                                  RECITALS

WHEREAS, the County needs help with {term.last_day} spills; and

NOW, THEREFORE, the parties agree as follows:

1. SCOPE OF SERVICES
   The District shall provide service in the amount and manner described in Exhibit A, attached hereto and
   incorporated herein by this reference, on a portal-to-
   portal basis.

2. TERM. This MOU begins on the day of the last signature, and it ends at the end of the day on June 30,
   2027. It may be ended on 30 days' notice.

3.   NOTICE
     Any notice shall be in writing and addressed as follows:

     To County:                                To District:
     Director of Services                      Battalion Chief
     12 Airport Road                           10 Armstrong Avenue

     The *indemnity* provisions of this MOU will survive.

IN WITNESS WHEREOF, the parties have executed this MOU.

APPROVED AS TO FORM
_______________________
County Counsel

                                  EXHIBIT A

SCOPE OF SERVICES

1. Activities may include the following:
        a.   Assessing the scene, including:
             i. the wind; and
             ii. the water;
        b.   Providing rescue;
        c..- Giving advice.

2. The District shall respond when available.
"""

ARTICLES = """# DATA SHARING AGREEMENT

between **Linden County** and Oakdale

## Article I - Purpose

1.1. The parties share [data](http://x.example) as *agreed* &amp; listed.

1.2. Nothing more:

- first
- second

## Article II - Term

2.1 Ends on 1 May.

| Day | Act |
|-----|-----|
| 1   | Send |

Signatures
----------

A. B. Smith
"""

PLAIN = """DATA USE AGREEMENT

Made between the parties.

1.	The City represents that it maintains the system.

2.	User agrees to the following:
   1.	to protect it
   2.	to log it

3.	This is governed by law.
"""

CAPITALS = """AGREEMENT

The parties agree.

PURPOSE

They share.

1. They send it each day.
2. They log it.

AUTHORITY

3. The law allows it.
"""


def source_words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text))


def block_words(blocks: list[Block]) -> Counter[str]:
    found: Counter[str] = Counter()
    for block in blocks:
        html = prose.render(block.text).html
        assert len(re.findall("<ol", html)) == 0 or "1." in block.text or "2." in block.text
        text = unescape(
            re.sub(r"<(?!/?(em|strong))[^>]*>|</?(em|strong)>", lambda m: "" if m[1] or m[2] else " ", html)
        )
        found += source_words(f"{block.number_in_source} {block.heading} {text}")
    return found


def outline(text: str, fmt: str = "txt") -> list[tuple[str, str, list[str]]]:
    """Sections with their headings and the numbers under them, as they would be printed."""
    rows = [{**row, "id": str(n)} for n, row in enumerate(to_provisions(parse_text(text, fmt=fmt)))]  # type: ignore[arg-type]
    document = structure(sample_content(provisions=rows))
    return [(s.number, s.heading, [p.number for p in s.provisions if p.number]) for s in document.sections]


@pytest.mark.parametrize(
    ("text", "fmt"), [(COUNTY, "txt"), (ARTICLES, "md"), (PLAIN, "md"), (PLAIN, "txt"), (CAPITALS, "txt")]
)
def test_not_a_word_is_lost(text: str, fmt: str) -> None:
    blocks = parse_text(text, fmt=fmt)  # type: ignore[arg-type]
    wanted = source_words(unescape(text) if fmt == "md" else text)
    found = block_words(blocks)
    assert not wanted - found
    assert set(found - wanted) <= {"Preamble"}


def test_a_county_s_memorandum_keeps_its_numbers() -> None:
    assert outline(COUNTY) == [
        ("", "Preamble", []), ("", "RECITALS", []), ("1", "SCOPE OF SERVICES", []), ("2", "TERM", []), ("3", "NOTICE", []),
        ("EXHIBIT A", "SCOPE OF SERVICES", ["A.1", "(a)", "(b)", "(c)", "A.2"]),
    ]  # fmt: skip


def test_columns_become_a_table_and_wrapped_words_are_joined() -> None:
    text = "\n".join(block.text for block in parse_text(COUNTY, fmt="txt"))
    assert "| To County: | To District: |" in text
    assert "portal-to-portal" in text and "June 30, 2027" in text


def test_what_looks_like_markdown_or_a_placeholder_is_shown_as_typed() -> None:
    rows = [{**row, "id": str(n)} for n, row in enumerate(to_provisions(parse_text(COUNTY, fmt="txt")))]
    html = " ".join(p.html for s in structure(sample_content(provisions=rows)).sections for p in s.provisions)
    assert "{term.last_day} spills" in html and "The *indemnity* provisions" in html


def test_articles_keep_their_label_and_their_paragraphs() -> None:
    found = outline(ARTICLES, "md")
    assert found[1][:2] == ("Article I", "Purpose") and found[2][:2] == ("Article II", "Term")
    assert parse_text(ARTICLES, fmt="md")[0].heading == "Preamble"


def test_numbered_paragraphs_with_a_list_inside_continue_after_it() -> None:
    for fmt in ("md", "txt"):
        assert outline(PLAIN, fmt) == [
            ("", "Preamble", []),
            ("1", "", []),
            ("2", "", ["2.1", "2.2"]),
            ("3", "", []),
        ]


def test_headings_in_capitals_are_sections_when_numbers_are_paragraphs() -> None:
    found = outline(CAPITALS)
    assert [(number, heading) for number, heading, _ in found] == [
        ("", "Preamble"),
        ("1", "PURPOSE"),
        ("2", "AUTHORITY"),
    ]


def test_a_number_that_ours_would_not_repeat_stays_in_the_text() -> None:
    rows = to_provisions(
        [
            Block(1, "1.", "Scope", ""),
            Block(2, "1.1", "", "one"),
            Block(2, "1.4", "", "four"),
            Block(1, "7.", "Law", ""),
        ]
    )
    assert [(row["heading"], row["text"]) for row in rows] == [
        ("Scope", ""),
        ("", "one"),
        ("", "1.4 four"),
        ("7. Law", ""),
    ]


def test_very_long_provisions_are_divided_and_stay_whole() -> None:
    text = "\n\n".join(f"word{n} " * 900 for n in range(20))
    rows = to_provisions([Block(1, "", "Long", text.strip())])
    assert len(rows) > 1 and max(len(row["text"]) for row in rows) <= 60_000
    assert source_words(" ".join(row["text"] for row in rows)) == source_words(text)


LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "", "1. SCOPE", "2. Term of it", "a. item", "(b) item", "i. x", "IV. Four", "ARTICLE II", "EXHIBIT B",
                         "Section 3", "RECITALS", "- bullet", "• dot", "1.1 sub", "A. Upper", "| a | b |", "* star *x*", "## H",
                         "left        right", "======", "-----", "    deep", "__under__", "{term.notice}", "&amp; <b>x</b>"]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"]), max_size=40),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=250)
@given(LINES)
def test_not_a_word_of_any_plain_text_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    if not text.strip():
        return
    wanted = source_words(text)
    found = Counter[str]()
    for block in parse_text(text, fmt="txt"):
        html = re.sub(r"</?(em|strong)>", "", prose.render(block.text).html)
        found += source_words(
            f"{block.number_in_source} {block.heading} {unescape(re.sub(r'<[^>]*>', ' ', html))}"
        )
    letters = Counter("".join(wanted.elements()))
    assert not letters - Counter("".join(found.elements()))


def test_empty_huge_and_binary_files_say_what_to_do() -> None:
    with pytest.raises(UnreadableText, match="no text"):
        parse_text(" \n\t\n", fmt="txt")
    with pytest.raises(UnreadableText, match="2 MB"):
        decode(b"x" * 2_000_001)
    with pytest.raises(UnreadableText, match=r"\.docx"):
        decode(b"%PDF\x00\x01")
    with pytest.raises(UnreadableText, match="2,000"):
        parse_text("\n\n".join([f"{n}. Provision number" for n in range(1, 999)] * 3), fmt="txt")


def test_common_encodings_are_read() -> None:
    assert decode("“é”".encode("cp1252")) == decode("“é”".encode()) == decode("“é”".encode("utf-16")) == "“é”"
