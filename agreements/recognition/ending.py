"""Notice periods, renewal and review."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agreements.recognition.dates import ITSELF
from agreements.recognition.reckoning import Length, lengths
from agreements.recognition.shapes import Confidence, Passage, Proposal

_ENDED = re.compile(r"\b(?:terminat|withdraw|cancel|rescind|end\b|ended\b)\w*", re.IGNORECASE)
_NOTICE = re.compile(r"\b(?:notice|notif(?:y|ication|ying)|in writing|written)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:cure|remed|correct|invoice|pay|breach|return|destroy|erase|delet|certif|response|respond|non-?renew|renew|"
    r"extend|amend|modif|change)\w*\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:either|any|each|both|all)\s+(?:of the\s+)?(?:part|agenc|district|school district|member|signator|participant)\w*|\bby either\b|\bany\s+\w+\s+district",
    re.IGNORECASE,
)
_RENEWS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("automatic", "it renews by itself", re.compile(
        r"\bautomatic(?:ally)?\b[^.;]{0,60}\b(?:renew|extend)\w*|\b(?:renew|extend)\w*\b[^.;]{0,40}\bautomatic(?:ally)?\b|"
        r"\bself-renew\w*", re.I)),
    ("mutual_written", "it may be extended by agreement", re.compile(
        r"\b(?:renew|exten[ds])\w*\b[^.;]{0,120}\b(?:mutual|written|in writing|agree(?!ment))\w*|"
        r"\bmutual\w*\b[^.;]{0,60}\b(?:renew|exten[ds])\w*", re.I)),
    ("option", "one side may extend it", re.compile(
        r"\boptions? to (?:renew|extend)\b|\b(?:renew|extend)\w*\b[^.;]{0,60}\bat (?:its|the) (?:sole )?(?:option|discretion)", re.I)),
    ("none", "it says there is no renewal", re.compile(r"\b(?:shall|may|will) not be (?:renewed|extended)\b", re.I)),
)  # fmt: skip
_ABOUT_IT = re.compile(rf"\b{ITSELF}\b|\bterm\b", re.IGNORECASE)
_EXTENT = re.compile(
    r"\b(?:time|day|date|deadline|delivery|warrant|coverage|invitation|credit)\w*", re.IGNORECASE
)
_REVIEW = re.compile(r"\breview\w*\b", re.IGNORECASE)
_OFTEN = {"annual": 12, "yearly": 12, "every year": 12, "each year": 12, "triennial": 36, "biennial": 24, "semiannual": 6,
          "semi-annual": 6, "every six months": 6, "quarterly": 3}  # fmt: skip


def notices(found: Sequence[Passage]) -> Iterator[Proposal]:
    """How long before the end notice must be given, in days."""
    for passage in found:
        if not (_ENDED.search(passage.text) and _NOTICE.search(passage.text)):
            continue
        for length in lengths(passage.text):
            around = passage.text[max(0, length.start - 70) : length.end + 60]
            after = passage.text[length.end : length.end + 45]
            if not _NOTICE.search(around) or _OTHER.search(after) or _reason_only(passage, length):
                continue
            sure, why = _certainty(passage, length)
            yield passage.says(field="notice_days", value=length.days, confidence=sure, because=why)


def _reason_only(passage: Passage, length: Length) -> bool:
    """A period within which to mend a breach, to pay or to give data back is no notice."""
    before = passage.text[max(0, length.start - 60) : length.start]
    return bool(
        re.search(r"\b(?:cure|remed|correct|have|within|no later than)\w*\s*(?:\w+\s*){0,2}$", before, re.I)
    )


def _certainty(passage: Passage, length: Length) -> tuple[Confidence, str]:
    if length.unit in ("month", "year"):
        said = f"{length.number} {length.unit}{'s' * (length.number > 1)}"
        return "fair", f"the text says {said}; a month is counted as 30 days"
    if length.unit == "hour":
        return "low", f"the text says {length.number} hours; that is less than the days we count in"
    if not _ALL.search(passage.text):
        return "fair", "the sentence may speak of one side only; say it for each party if they differ"
    if length.unit == "week":
        return "high", f"{length.number} weeks"
    return "high", "a notice period in a sentence about ending it"


def renewals(found: Sequence[Passage]) -> Iterator[Proposal]:
    """How it may go on, and for how long each time."""
    for passage in found:
        if not _ABOUT_IT.search(passage.text):
            continue
        for value, why, pattern in _RENEWS:
            match = pattern.search(passage.text)
            if match is None or (_EXTENT.search(match.group()) and not _ABOUT_IT.search(match.group())
                                 and "term" not in passage.low):  # fmt: skip
                continue
            if "terminat" in match.group().lower() and "renew" not in match.group().lower():
                continue
            yield passage.says(field="renewal", value=value, confidence="high", because=why)
            for length in lengths(passage.text[match.start() :]):
                if length.months:
                    yield passage.says(field="renewal_months", value=length.months, confidence="fair",
                                       because="the length named beside the renewal")  # fmt: skip
                    break
            break


def reviews(found: Sequence[Passage]) -> Iterator[Proposal]:
    """How often the parties said they would look at it again, in months."""
    for passage in found:
        match = _REVIEW.search(passage.text)
        if match is None or not re.search(rf"\b{ITSELF}\b|\bprovisions\b", passage.text, re.I):
            continue
        near = passage.text[max(0, match.start() - 60) : match.end() + 90].lower()
        months = next((number for word, number in _OFTEN.items() if word in near), 0)
        every = next((row.months for row in lengths(near) if row.months and re.search(
            r"\b(?:every|each)\s*$", near[: row.start])), 0)  # fmt: skip
        if not (months or every) or re.search(r"\b(?:records?|logs?|access|audit|security policies)\b", near):
            continue
        sure: Confidence = (
            "high" if re.search(rf"\breview\w*[^.;]{{0,40}}\b(?:{ITSELF}|contents)\b", near) else "fair"
        )
        yield passage.says(field="review_months", value=every or months, confidence=sure,
                           because="a review of the agreement itself")  # fmt: skip
