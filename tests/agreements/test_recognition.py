"""What an existing text says of its terms is proposed with its own words, and doubt is said."""

from __future__ import annotations

from datetime import date

import pytest

from agreements import outline
from agreements.recognition import Findings, recognise
from agreements.recognition.reckoning import days, lengths
from agreements.recognition.shapes import sentences


def found(text: str, *, registered: tuple[str, ...] = ()) -> Findings:
    provisions = outline.to_provisions(outline.parse_text(text, fmt="txt"))
    return recognise(provisions, registered=registered)


def values(text: str, field: str) -> list[str | int]:
    return [row.value for row in found(text).of(field)]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("July 1, 2025", date(2025, 7, 1)),
        ("1 July 2025", date(2025, 7, 1)),
        ("1st day of July, 2025", date(2025, 7, 1)),
        ("07/01/2025", date(2025, 7, 1)),
        ("2025-07-01", date(2025, 7, 1)),
        ("Sept. 3, 2024", date(2024, 9, 3)),
    ],
)
def test_days_are_read_however_they_are_written(written: str, day: date) -> None:
    assert [found for found, _ in days(f"on {written} the")] == [day]


def test_days_that_do_not_exist_are_not_days() -> None:
    assert list(days("February 30, 2025, 13/13/2025, May 1, 1066")) == []


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("thirty (30) days", 30),
        ("30-days", 30),
        ("four weeks", 28),
        ("ninety days", 90),
        ("one month", 30),
        ("24 hours", 1),
    ],
)
def test_lengths_of_time_are_reckoned_in_days(written: str, number: int) -> None:
    assert [row.days for row in lengths(f"upon {written} notice")] == [number]


def test_sentences_do_not_end_at_abbreviations() -> None:
    text = "Under Sec. 4 of the Act, J. Smith acts. He may stop; Either may go."
    assert list(sentences(text)) == [
        "Under Sec. 4 of the Act, J. Smith acts.",
        "He may stop;",
        "Either may go.",
    ]


def test_the_days_of_a_term_are_told_apart() -> None:
    text = "1. TERM\nThe term of this MOU shall be effective after July 1, 2022 and shall continue through June 30, 2025.\n"
    assert values(text, "effective_on") == ["2022-07-01"]
    assert values(text, "last_day") == ["2025-06-30"]


def test_each_proposal_quotes_the_words_it_was_read_from() -> None:
    said = found(
        "1. TERM\nEither party may terminate this Agreement upon thirty (30) days written notice.\n"
    ).best("notice_days")
    assert said is not None and said.value == 30 and said.confidence == "high"
    assert (
        said.words == "Either party may terminate this Agreement upon thirty (30) days written notice."
        and said.where == "TERM"
    )


@pytest.mark.parametrize(
    "text",
    [
        "The County shall pay within 30 days of written notice of the invoice if this Agreement is terminated.",
        "The Agency has thirty (30) days to cure a breach after written notice, or this Agreement may be terminated.",
        "Upon termination of this Agreement the data shall be returned within 60 days.",
        "Notice of a change of address is given 10 days before.",
    ],
)
def test_other_periods_are_no_notice(text: str) -> None:
    assert values(f"1. GENERAL\n{text}\n", "notice_days") == []


def test_notice_of_one_side_only_is_said_to_be_doubtful() -> None:
    said = found("1. END\nThe City may terminate this Agreement upon 90 days written notice.\n").best(
        "notice_days"
    )
    assert said is not None and said.value == 90 and said.confidence == "fair" and "one side" in said.because


def test_an_agreement_without_an_end_is_evergreen() -> None:
    text = "1. TERM\nThis MOU will enter into effect upon signature of the parties and will remain in effect until terminated.\n"
    assert values(text, "term_kind") == ["evergreen"]
    assert values(text, "effective_rule") == ["last_signature"]
    assert values(text, "last_day") == []


@pytest.mark.parametrize(
    ("text", "renewal"),
    [
        ("This Agreement shall automatically renew for successive one-year terms.", "automatic"),
        ("The Agreement may be extended by the mutual written consent of both parties.", "mutual_written"),
        ("The City has an option to renew this Agreement.", "option"),
        ("This Agreement shall not be renewed.", "none"),
    ],
)
def test_renewal_is_told_apart(text: str, renewal: str) -> None:
    assert values(f"1. TERM\n{text}\n", "renewal") == [renewal]


def test_the_length_of_a_term_is_no_renewal_and_no_notice() -> None:
    text = "1. TERM\nThis Agreement shall remain in effect for a term of two (2) years. It may be extended, in writing, for one year.\n"
    assert values(text, "months") == [24]


def test_a_review_of_the_agreement_is_told_from_other_reviews() -> None:
    assert values(
        "1. R\nThe parties should review the contents of this MOU annually.\n", "review_months"
    ) == [12]
    assert values("1. R\nThe parties shall review this Agreement every three years.\n", "review_months") == [
        36
    ]
    assert (
        values("1. R\nEach agency reviews its access logs annually under this Agreement.\n", "review_months")
        == []
    )


def test_parties_are_read_from_the_title_and_known_ones_by_their_names() -> None:
    text = ("MEMORANDUM OF UNDERSTANDING\n\nThis MOU is entered into by and between the County of Amador (hereinafter "
            '"County") and the Metropolitan Fire District (hereinafter "Metro").\n\n1. TERM\nNone.\n')  # fmt: skip
    assert values(text, "party") == ["County of Amador", "Metropolitan Fire District"]
    known = found(text, registered=("Metropolitan Fire District",)).of("party")
    assert (known[0].value, known[0].confidence) == ("Metropolitan Fire District", "high") and len(known) == 2


def test_what_is_left_to_be_filled_in_is_no_party() -> None:
    text = "AGREEMENT\n\nThis Agreement is between the City of Elm and _____________ (Company) to share.\n\n1. TERM\nNone.\n"
    said = found(text)
    assert [row.value for row in said.of("party")] in ([], ["City of Elm"])
    assert said.blanks


def test_missing_parts_are_named_and_present_ones_are_not() -> None:
    said = found("1. PURPOSE\nThe purpose is to share.\n\n2. DISPUTES\nA dispute goes to the liaisons.\n")
    assert (
        "Public records" in said.missing
        and "Dispute resolution" not in said.missing
        and "Purpose and scope" not in said.missing
    )


def test_findings_are_the_same_after_being_kept() -> None:
    said = found("1. TERM\nEither party may terminate this MOU upon 30 days notice.\n")
    assert Findings.of_data(said.as_data()) == said


def test_an_empty_text_has_no_findings() -> None:
    assert recognise([]) == Findings()
