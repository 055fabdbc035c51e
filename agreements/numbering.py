"""Numbers of provisions, derived from their places: what a reader sees beside them and how they are cited.

A provision whose `part` differs from the one before begins a section headed by that part; its
provisions are 3.1, 3.2 and, at level 3, (a), (b) under the last one. A provision without a part at level 1 is a
section itself (imported text); those after it count under it. A heading that brings its own label ("ARTICLE IV",
"Exhibit B", "7.") keeps it and its provisions count under that label: IV.1. Opening recitals of an imported text
carry no number.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agreements import catalog, wording
from agreements.wording import Content

LABEL = re.compile(
    r"(?P<word>(?i:article|section|exhibit|appendix|attachment|annex|schedule|part)\s+)?"
    r"(?P<number>\d{1,3}|[IVXLC]+|[A-Z])(?P<end>[.):]+(?=\s|$)|\s*[-\u2013\u2014](?=\s)|(?=\s|$))\s*"
)
INSTRUMENT = "instrument"
"""The origin of what an amendment or a joinder says of itself: the text below it keeps the numbers it has."""
UNNUMBERED = {"preamble", "recitals", "preamble and recitals", "introduction"}


@dataclass(frozen=True)
class Opening:
    """The heading of a section, with the anchor it has on a page."""

    anchor: str = ""
    number: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Numbered:
    """A provision in its section: `shown` stands beside it, `label` cites it in full ('3.2(a)'), `heading` is its own."""

    row: Mapping[str, Any]
    section: Opening
    shown: str
    label: str
    heading: str


def explicit_label(heading: str) -> tuple[str, str, str]:
    """The label a heading brings, its bare number, and the rest: ('ARTICLE IV', 'IV', 'SCOPE'); else empty ones.

    A bare number needs its full stop: 'A. Scope' has a label, 'A county' has none.
    """
    match = LABEL.match(heading)
    if not match or not (match["word"] or match["end"].strip()):
        return "", "", heading
    label = " ".join(((match["word"] or "") + match["number"]).split())
    return label, match["number"], heading[match.end() :]


class Numbering:
    """Counts sections, provisions and letters as they are met in order."""

    def __init__(self) -> None:
        self.section = self.provision = self.letter = 0
        self.prefix = self.paragraph = ""

    def open(self, heading: str) -> tuple[str, str]:
        """Number and heading of the next section."""
        label, bare, rest = explicit_label(heading)
        self.provision = self.letter = 0
        if label:
            self.section = int(bare) if bare.isdigit() and label == bare else self.section
        else:
            label = bare = self.expect(heading)
            self.section += 1 if label else 0
        self.prefix = self.paragraph = bare
        return label, rest

    def expect(self, heading: str) -> str:
        """The number a section of this heading would get by itself."""
        plain = heading.strip().lower()
        return "" if plain in UNNUMBERED and not self.section else str(self.section + 1)

    def next(self, level: int) -> tuple[str, str]:
        """Number shown beside the next provision and the label that cites it."""
        if level == 3:
            self.letter += 1
            shown = f"({_letters(self.letter)})"
            return shown, f"{self.paragraph}{shown}"
        self.provision, self.letter = self.provision + 1, 0
        self.paragraph = f"{self.prefix}.{self.provision}" if self.prefix else str(self.provision)
        return self.paragraph, self.paragraph


def labels_of(content: Content) -> dict[str, str]:
    """How to cite each provision by its id: {'…': '3.2(a)'}."""
    return {one.row["id"]: one.label for one in numbered(content)}


def numbered(content: Content) -> Iterator[Numbered]:
    """Every provision in its order."""
    numbering, opened, part, first = Numbering(), Opening(), "", True
    for place, row in enumerate(content["provisions"]):
        if content.get("amends") and row.get("origin") == INSTRUMENT:
            yield Numbered(row, Opening(f"section-{place + 1}", "", row["heading"]), "", "", "")
            continue
        own, named = _opens(row, part, first=first)
        first = False
        if own or named:
            number, heading = numbering.open(row["heading"] if own else _part_name(row["part"]))
            opened = Opening(f"section-{place + 1}", number, heading)
        part = row.get("part") or ""
        shown, label = (opened.number, opened.number) if own else numbering.next(int(row.get("level") or 2))
        yield Numbered(row, opened, "" if own else shown, label, "" if own else row["heading"])


def _opens(row: Mapping[str, Any], part: str, *, first: bool) -> tuple[bool, bool]:
    """Whether `row` is a section itself, and whether it begins a new part."""
    own_part = row.get("part") or ""
    if own_part:
        return False, own_part != part
    return row.get("level") == 1 or (first and bool(row["heading"])), bool(part) or first


def _part_name(part: str) -> str:
    return str(catalog.load().parts.get(part) or wording.spoken(part) or "Provisions")


def _letters(number: int) -> str:
    """a … z, aa, ab …"""
    number, rest = divmod(number - 1, 26)
    return (_letters(number) if number else "") + chr(ord("a") + rest)
