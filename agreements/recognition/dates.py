"""The first day, the last day, how long it lasts, and when it was signed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agreements.recognition.reckoning import days, lengths
from agreements.recognition.shapes import Passage, Proposal

ITSELF = r"(?:agreement|memorandum|mou|moa|understanding|addendum|contract|term|arrangement)"
_ITSELF = re.compile(rf"\b{ITSELF}\b", re.IGNORECASE)
_BEGINS = re.compile(
    r"\b(?:effective(?: date)?|takes? effect|enters? into (?:force|effect)|commenc\w*|begin\w*|start\w*|from)\b",
    re.IGNORECASE,
)
_BY_SIGNATURE = re.compile(
    r"\b(?:effective|commence|effect|force)\b[^.;]{0,60}?\b(?:upon|when|on|after|as of)\b[^.;]{0,60}?"
    r"\b(?:sign(?:ed|ature|ing)|execut(?:ion|ed))\b",
    re.IGNORECASE,
)
_ABOUT_IT = re.compile(rf"\b{ITSELF}\b(?:(?!\bcontractor\b)[^.;]){{0,120}}$", re.IGNORECASE)
_ENDS = re.compile(
    r"\b(?:through|until|expir\w*|terminat\w*|end(?:s|ing)?|conclude[sd]?|to and including)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:remain|continue|be)s?\b[^.;]{0,60}?\b(?:in (?:full )?(?:force|effect)|effect(?:ive)?)\b[^.;]{0,60}?"
    r"\b(?:until|unless|whil(?:e|st))\b|\bcontinue until\b[^.;]{0,40}\bterminated\b|\bin effect\b[^.;]{0,160}\buntil\b[^.;]{0,60}\b(?:rescinded|terminated)\b"
    r"|\bindefinite(?:ly)?\b[^.;]{0,30}\b(?:term|in effect)\b|\bno (?:fixed )?end date\b",
    re.IGNORECASE,
)
_LASTS = re.compile(
    r"\b(?:term|period|effect|force|duration|remain|continue)\b[^.;]{0,60}$|\bfor a (?:term|period) of\s*$",
    re.IGNORECASE,
)
_AFTER_LASTS = re.compile(r"^\s*(?:term|period)\b(?! in advance)", re.IGNORECASE)
_NOT_TERM = re.compile(
    r"\b(?:notice|renew|extend|extension|extended|additional|cure|invoice|retain|retention|report|audit|survive|respon[ds])\w*\b",
    re.IGNORECASE,
)
_ENTERED = re.compile(r"\b(?:entered into|made|executed|dated|signed)\b[^.;]{0,60}$", re.IGNORECASE)


def first_days(found: Sequence[Passage]) -> Iterator[Proposal]:
    """When it begins: a stated day, or the day of the last signature."""
    for passage in found:
        if not (_ITSELF.search(passage.text) or passage.opening):
            continue
        begun = False
        for day, start in days(passage.text):
            before = passage.text[max(0, start - 90) : start]
            begins, ends = list(_BEGINS.finditer(before)), _ENDS.search(before)
            if begins and not (ends and ends.start() > begins[-1].start()):
                begun = True
                sure = (
                    "effective" in before.lower() or "commenc" in before.lower() or "effect" in before.lower()
                )
                yield passage.says(field="effective_on", value=day.isoformat(),
                                   confidence="high" if sure else "fair", because=f"“{begins[-1].group()}” stands before the day")  # fmt: skip
        match = None if begun else _BY_SIGNATURE.search(passage.text)
        if (
            match
            and _ABOUT_IT.search(passage.text[: match.start()][-140:])
            and "terminat" not in passage.low[:40]
        ):
            yield passage.says(field="effective_rule", value="last_signature", confidence="high",
                               because="it begins with the signatures; the day is not in the text")  # fmt: skip


def last_days(found: Sequence[Passage]) -> Iterator[Proposal]:
    """When it ends: a stated last day."""
    for passage in found:
        if not (_ITSELF.search(passage.text) or passage.opening):
            continue
        for day, start in days(passage.text):
            before = passage.text[max(0, start - 70) : start]
            if _ENDS.search(before) and not re.search(
                r"\b(?:fiscal|year ended|period ending|as of)\b", before, re.I
            ):
                sure = bool(re.search(r"\b(?:term|effect|continue|remain|end|expire)", passage.low))
                yield passage.says(
                    field="last_day", value=day.isoformat(), confidence="high" if sure else "fair",
                    because="a day after “through”, “until” or “ends”",
                )  # fmt: skip


def durations(found: Sequence[Passage]) -> Iterator[Proposal]:
    """How long it lasts: a number of months, or until ended."""
    for passage in found:
        if not _ITSELF.search(passage.text):
            continue
        for length in lengths(passage.text):
            before, after = passage.text[: length.start], passage.text[length.end :]
            near = before[-80:]
            if not length.months or not (_LASTS.search(near) or _AFTER_LASTS.match(after)):
                continue
            if _NOT_TERM.search(near[-45:]) or _NOT_TERM.search(after[:25]):
                continue
            yield passage.says(
                field="months", value=length.months, confidence="high", because="the length of the term"
            )
        if _OPEN.search(passage.text) and not list(days(passage.text)):
            sure = bool(re.search(r"\bremain|\bcontinue", passage.low))
            yield passage.says(field="term_kind", value="evergreen", confidence="high" if sure else "fair",
                               because="it goes on until ended")  # fmt: skip


def signing_days(found: Sequence[Passage]) -> Iterator[Proposal]:
    """When it was signed: days beside a signature, or the day on which it says it was made."""
    tail = len(found) * 2 // 3
    for place, passage in enumerate(found):
        for day, start in days(passage.text):
            before = passage.text[max(0, start - 70) : start]
            this = re.search(r"\bthis\b", passage.text[:start], re.I) and "whereas" not in passage.low
            if this and (passage.opening or place >= tail) and _ENTERED.search(before):
                yield passage.says(field="signed_on", value=day.isoformat(), confidence="fair",
                                   because="the text says it was made on this day")  # fmt: skip
            elif place >= tail and (
                re.search(r"\bdate\s*:?\s*$", before, re.I) or re.search(r"_{4,}\s*$", before)
            ):
                yield passage.says(field="signed_on", value=day.isoformat(), confidence="fair",
                                   because="a day beside a signature")  # fmt: skip
