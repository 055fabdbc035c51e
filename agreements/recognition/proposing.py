"""All rules together: what one text says of its terms, and which usual parts it does not seem to have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agreements.recognition import dates, ending, parties
from agreements.recognition.shapes import ORDER, Findings, Passage, Proposal, looked_at

MAX_EACH = 12
KINDS: tuple[tuple[str, str], ...] = (
    ("security_addendum", r"security addendum"),
    ("MCA", r"management control agreement"),
    ("user_agreement", r"(?:systems? )?user agreement"),
    ("DUA", r"data use agreement"),
    ("DSA", r"data[- ]sharing agreement"),
    ("DUL", r"data use licen[cs]e"),
    ("BAA", r"business associate agreement"),
    ("ISA", r"interconnection|connection agreement"),
    ("EMOU", r"enterprise memorandum"),
    ("MOU", r"memorandum of understanding|\bm\.?o\.?u\b"),
    ("MOA", r"memorandum of agreement|\bmoa\b"),
    ("interlocal", r"interlocal|joint powers"),
    ("task_force", r"task force"),
    ("IEA", r"information exchange agreement|exchange of criminal justice"),
    ("IAA", r"inter-?agency agreement|service[- ]level agreement"),
)
SUBJECTS: tuple[tuple[str, str], ...] = (
    ("Purpose and scope", r"\bpurpose\b|\bscope\b|\bobjective"),
    ("Legal authority", r"\bauthority\b.{0,80}\b(?:u\.?s\.?c|c\.?f\.?r|code|statute|act|§)|\bpursuant to\b|\blegal basis\b|\bunder the authority\b"),
    ("Responsibilities of each party", r"\bresponsib|\bshall provide\b|\bagrees? to\b"),
    ("Security and incident reporting", r"\bsecur|\bencrypt|\bbreach\b|\bunauthori[sz]ed\b"),
    ("Privacy and permitted use", r"\bprivacy\b|\bconfidential|\bpermitted use|\bpersonal data\b|\bpersonally identifiable"),
    ("Training", r"\btraining\b|\btrained\b"),
    ("Points of contact", r"\bpoints? of contact\b|\bcontact (?:person|information)\b|\bauthori[sz]ed representative|\bnotices?\b.{0,60}\baddress"),
    ("Measures, review or audit", r"\baudit|\bevaluat|\bmeasure of\b|\bperformance\b|\breview\b"),
    ("Costs and funding", r"\bcosts?\b|\bfund|\breimburs|\bpayment\b|\bfees?\b"),
    ("Liability", r"\bliab|\bindemn|\bhold harmless\b"),
    ("Public records", r"\bpublic records?\b|\bfreedom of information\b|\bfoia\b"),
    ("Dispute resolution", r"\bdispute|\bdisagreement|\bmediation\b|\barbitration\b"),
    ("Term", r"\bterm of\b|\bin effect\b|\beffective\b|\bexpire|\bcommence\b"),
    ("Termination and withdrawal", r"\bterminat|\bwithdraw|\bcancel"),
    ("Return or destruction of data at the end", r"\b(?:return|destr|dispos|delet|erase)\w*\b.{0,80}\b(?:data|information|records|material|copies)"),
    ("Amendment", r"\bamend|\bmodif"),
    ("Signatures", r"\bsignature|\bsigned\b|\bin witness\b|_{8,}"),
)  # fmt: skip


def recognise(provisions: Sequence[Mapping[str, Any]], *, registered: Sequence[str] = ()) -> Findings:
    """The terms proposed from a text's provisions. `registered` are names of agencies that may be found in it."""
    found = looked_at(provisions)
    if not found:
        return Findings()
    rows: list[Proposal] = [*_titles(found), *_kinds(found), *parties.parties(found, registered)]
    for rule in (dates.first_days, dates.last_days, dates.durations, dates.signing_days, ending.notices,
                 ending.renewals, ending.reviews):  # fmt: skip
        rows += _once(rule(found))
    return Findings(tuple(rows), tuple(_missing(found)), tuple(parties.blanks(found))[:3])


def _once(rows: Iterable[Proposal]) -> list[Proposal]:
    """Each value of a field once, the surest first, then as they stand in the text."""
    best: dict[tuple[str, str | int], Proposal] = {}
    for row in rows:
        key = (row.field, row.value)
        if key not in best or ORDER[row.confidence] < ORDER[best[key].confidence]:
            best[key] = row
    return sorted(best.values(), key=lambda row: ORDER[row.confidence])[:MAX_EACH]


def _titles(found: Sequence[Passage]) -> list[Proposal]:
    """The first words that look like the name of an agreement."""
    for passage in found[:12]:
        text = re.split(
            r"\s+(?:by and )?between\b|\s+For (?=[A-Z])|\s+In an effort\b", passage.text, flags=re.IGNORECASE
        )[0]
        text = re.sub(r"^[A-Z]?\.?\d+(?:\.\d+)*\.?\s+", "", text.strip(" :*#"))
        kind = (
            any(re.search(pattern, text, re.IGNORECASE) for _, pattern in KINDS)
            or "agreement" in text.lower()
        )
        if (
            kind
            and 3 < len(text) <= 160
            and not re.search(
                r"\b(?:is|are|shall|will|this|hereby|agrees?|agreed|executed|enclosed|whereas)\b",
                text,
                re.IGNORECASE,
            )
        ):
            said = text.title().replace(" Of ", " of ").replace(" And ", " and ") if text.isupper() else text
            return [
                passage.says(
                    field="title",
                    value=said,
                    confidence="fair",
                    because="the first line that names an agreement",
                )
            ]
    return []


def _kinds(found: Sequence[Passage]) -> list[Proposal]:
    """What sort of agreement it calls itself, near the beginning."""
    for passage in found[:12]:
        for key, pattern in KINDS:
            if re.search(pattern, passage.text, re.IGNORECASE):
                return [
                    passage.says(field="kind", value=key, confidence="fair", because="what it calls itself")
                ]
    return []


def _missing(found: Sequence[Passage]) -> list[str]:
    """Usual parts of which the text does not say a word we know."""
    whole = "\n".join(passage.low for passage in found)
    return [name for name, pattern in SUBJECTS if not re.search(pattern, whole)]
