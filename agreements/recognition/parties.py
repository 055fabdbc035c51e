"""Whom the text names as its parties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from agreements.recognition.shapes import Confidence, Passage, Proposal

MAX_NAME = 120
_BETWEEN = re.compile(
    r"\b(?:by and between|between and among|by and among|between|among)\b\s*:?\s*", re.IGNORECASE
)
_STOP = re.compile(
    r"\s*(?:[.;](?:\s|$)|\b(?:hereinafter|hereafter|herein after|herein referred|collectively|individually|regarding|"
    r"concerning|whereas|witnesseth|to establish|to be|shall|will|memorializ\w+|for the (?:purpose|establishment|provision)|"
    r"for participation|with respect|under which|is effective|and shall be|as to|for (?:the )?(?:use|access|exchange|sharing))\b)",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r",?\s*\b(?:acting (?:by and )?through|having a principal|located (?:at|in)|whose (?:principal|principle|office)|"
    r"on behalf (?:of|if))\b.*?(?=,\s|\s+and\s+(?:the\s+)?[A-Z_\[{(]|[.;]|$)",
    re.IGNORECASE,
)
_TO_FILL = re.compile(r"\(\s*insert[^()]*\)|\[[^\]]*\](?=\s*_{3,})|_{4,}(?:\s*\([^()]*\))?", re.IGNORECASE)
_ITEM = re.compile(
    r"^(?:\(?\d{1,2}[.)]+\s+)?(?P<name>.+?)\s+of\s+(?=[\[\d])|^\(?\d{1,2}[.)]+\s+(?P<other>[^(,;.]+)"
)
_LIST = re.compile(
    r"\b(?:agencies|districts|parties|members|organizations|participants|signatories)\b[^.;:]{0,80}?\b(?:are|include|consist of)\s*:?\s+(?P<names>[^.;]+)",
    re.IGNORECASE,
)
_ALIAS = re.compile(r"\s*\((?:[^()]|\([^()]*\))*\)|\s*[“\"][^”\"]*[”\"]")
_SPLIT = re.compile(
    r"\s*(?:,\s*(?:(?:and|AND)\s+)?(?=(?:the\s+|THE\s+)?[A-Z(\[{])|;\s*(?:and\s+)?|\s+(?:and|And|AND)\s+(?=(?:[Tt]he\s+|THE\s+|its\s+)?[A-Z(\[{_]))\s*"
)
_BLANK = re.compile(
    r"\[BLANK\]|^[_\s.\\]*$|_{4,}|^[\[({<].*[\])}>]$|\binsert\b|\{\{|\[[^\]]*\bname\b", re.IGNORECASE
)
_FOR = re.compile(
    r"^\s*(?:signed\s+)?for(?: and on behalf of)?(?: the)?\s*:?\s+(?P<name>[A-Z][^.,;:_]{3,110}?)\s*(?:[.,;:_]|$)"
)
_NOT_NAMES = re.compile(
    r"\b(?:agreement|memorandum|mou|understanding|section|article|purpose|date|signature|title|day|parties|party|both|them)\b",
    re.IGNORECASE,
)
_WORDS_OF_NAMES = re.compile(
    r"\b(?:county|city|town|state|department|district|agency|bureau|office|police|sheriff|university|ministry|council|"
    r"school|court|attorney|authority|commission|division|board|regents|administrators|organization|community|service|"
    r"services|center|association|inc|vendor|company|contractor|provider|user|licensor|licensee|federal|unified)\b",
    re.IGNORECASE,
)


def parties(found: Sequence[Passage], registered: Sequence[str] = ()) -> Iterator[Proposal]:
    """The parties as named in the title, the opening sentence, a list of members, or beside the signatures."""
    named: dict[str, Proposal] = {}
    for row in (*_known(found, registered), *_between(found), *_listed(found), *_signing(found)):
        key = _key(str(row.value))
        if key and not any(_same(key, other) for other in named):
            named[key] = row
    yield from named.values()


def blanks(found: Sequence[Passage]) -> Iterator[str]:
    """Places where the opening leaves a party or a day to be filled in."""
    for passage in found[:40]:
        if _BETWEEN.search(passage.text) and re.search(
            r"_{3,}|\[[^\]]+\]|\{[^}]+\}|\(insert[^)]*\)", passage.text
        ):
            yield passage.text[:300]


def _known(found: Sequence[Passage], registered: Sequence[str]) -> Iterator[Proposal]:
    """Agencies of the registry named word for word near the beginning or beside the signatures."""
    ends = list(found[:40]) + list(found[-40:])
    for name in registered:
        pattern = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
        passage = next((row for row in ends if pattern.search(row.text)), None)
        if passage is not None:
            yield passage.says(
                field="party", value=name, confidence="high", because="an agency registered here, by its name"
            )


def _between(found: Sequence[Passage]) -> Iterator[Proposal]:
    """After "between": the title over several lines, or the first sentence."""
    opening = list(found[:60])
    for place, passage in enumerate(opening):
        match = _BETWEEN.search(passage.text)
        if match is None:
            continue
        rest = passage.text[match.end() :]
        if len(rest) < 4:
            following = opening[place + 1 : place + 9]
            names = _items(following)
            rest = " ".join(row.text for row in takewhile(lambda row: not row.heading, following[:5]))
            rest = re.split(r"\bFOR\b|\bREGARDING\b", rest)[0]
            names = names if len(names) > 1 else list(_names(rest))
        else:
            names = list(_names(rest))
        if len(names) < 2:
            continue
        for name in names:
            blank = bool(_BLANK.search(name))
            if not blank:
                sure: Confidence = "high" if _WORDS_OF_NAMES.search(name) else "fair"
                yield passage.says(
                    field="party", value=name, confidence=sure, because="named after “between”"
                )
        return


def _items(following: Sequence[Passage]) -> list[str]:
    """Names in a numbered list after a "between" that stands alone."""
    before_headings = takewhile(lambda row: not row.heading, following)
    found = [_ITEM.match(" ".join(row.text.split())) for row in before_headings]
    return [_tidy(match["name"] or match["other"]) for match in found if match]


def _listed(found: Sequence[Passage]) -> Iterator[Proposal]:
    """A sentence that lists who takes part."""
    for passage in found[:60]:
        match = _LIST.search(passage.text)
        if match is None or not re.search(
            r"\b(?:included|participating|members?|parties|this)\b", passage.low
        ):
            continue
        names = [name for name in _names(match["names"]) if not _BLANK.search(name)]
        if len(names) >= 2:
            for name in names:
                yield passage.says(
                    field="party", value=name, confidence="fair", because="in a list of who takes part"
                )
            return


def _signing(found: Sequence[Passage]) -> Iterator[Proposal]:
    """Beside the signatures: "For the Federal Bureau of Investigation"."""
    for passage in found[len(found) * 2 // 3 :]:
        match = _FOR.match(passage.text)
        if match and _WORDS_OF_NAMES.search(match["name"]) and not _BLANK.search(match["name"]):
            yield passage.says(
                field="party",
                value=_tidy(match["name"]),
                confidence="low",
                because="named beside a signature",
            )


def _names(text: str) -> Iterator[str]:
    """The names in "the A (alias) and B, hereinafter …"."""
    bare = _ALIAS.sub(" ", _ASIDE.sub(" ", _TO_FILL.sub(" [BLANK] ", text)))
    bare = re.split(r"\s(?:FOR|REGARDING|CONCERNING|TO)\s", bare)[
        0
    ]  # a title in capitals goes on to say what for
    stop = _STOP.search(bare)
    bare = bare[: stop.start()] if stop and stop.start() > 3 else bare
    for piece in _SPLIT.split(" ".join(bare.split())[:600]):
        name = _tidy(piece)
        if (
            2 < len(name) <= MAX_NAME
            and not _NOT_NAMES.search(name)
            and (name[0].isupper() or name[0] in "[{(_")
        ):
            yield name


def _tidy(name: str) -> str:
    name = re.sub(r"^(?:and\s+)?(?:the|its|both)\s+", "", name.strip(" ,.;:-–—\\"), flags=re.IGNORECASE)
    return " ".join(name.split())


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def _same(key: str, other: str) -> bool:
    """The same name, or one that begins or ends the other, in another order of words."""
    one, two = set(key.split()) - {"of", "the"}, set(other.split()) - {"of", "the"}
    return one <= two or two <= one
