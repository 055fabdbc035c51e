"""The document derived from an agreement's canonical content: exact bytes, hash, numbered structure.

Numbering. A provision whose `part` differs from the one before begins a section headed by that part; its
provisions are 3.1, 3.2 and, at level 3, (a), (b) under the last one. A provision without a part at level 1 is a
section itself (imported text); those after it count under it. A heading that brings its own label ("ARTICLE IV",
"Exhibit B", "7.") keeps it and its provisions count under that label: IV.1. Opening recitals of an imported text
carry no number.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from agreements import catalog, placeholders, prose, schedules, wording
from agreements.wording import Content

LABEL = re.compile(
    r"(?P<word>(?i:article|section|exhibit|appendix|attachment|annex|schedule|part)\s+)?"
    r"(?P<number>\d{1,3}|[IVXLC]+|[A-Z])(?P<end>[.):]+(?=\s|$)|\s*[-\u2013\u2014](?=\s)|(?=\s|$))\s*"
)
UNNUMBERED = {"preamble", "recitals", "preamble and recitals", "introduction"}


@dataclass(frozen=True)
class Provision:
    """One provision as it is read: `number` is shown beside it, `label` cites it in full ('3.2(a)').

    One that `opens` its section has its own heading there.
    """

    id: str
    number: str
    label: str
    heading: str
    html: SafeString
    level: int
    origin: str = ""
    position: str = "own"
    withheld: bool = False
    gaps: tuple[str, ...] = ()
    opens: bool = False


@dataclass(frozen=True)
class Section:
    """A numbered heading with what stands under it."""

    anchor: str
    number: str
    heading: str
    provisions: tuple[Provision, ...] = ()


@dataclass(frozen=True)
class SignatureFact:
    """A signature as it is recorded; `signed_at` is aware, `zone` is the agreement's time zone name.

    `method` says how the person was authenticated, `event` is the number of its entry in the audit history.
    """

    party: str
    agency: str
    name: str
    title: str
    authority: str
    intent: str
    method: str
    signed_at: datetime
    zone: str
    event: int | None = None
    consent: str = ""

    @property
    def local_time(self) -> str:
        """'2 Oct 2026 14:03 (MDT)'."""
        local = self.signed_at.astimezone(ZoneInfo(self.zone))
        return f"{wording.day(local.date())} {local:%H:%M} ({local:%Z})"

    @property
    def utc_time(self) -> str:
        """'2026-10-02 20:03:11 UTC'."""
        return f"{self.signed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True)
class SignatureLine:
    """Where a party signs, and who has."""

    party: str
    name: str
    legal_name: str
    signatory_name: str
    signatory_title: str
    deputy_name: str = ""
    deputy_title: str = ""
    signed: tuple[SignatureFact, ...] = ()


@dataclass(frozen=True)
class Document:
    """Everything the page and the PDF show, in order; `gaps` names facts still missing from the text."""

    title: str
    reference: str
    kind: str
    binding: str
    between: str
    parties: schedules.Table
    sections: tuple[Section, ...]
    schedules: tuple[schedules.Schedule, ...]
    signatures: tuple[SignatureLine, ...]
    gaps: tuple[str, ...] = ()

    def signed_by(self, facts: Iterable[SignatureFact]) -> "Document":
        """The same document with its signature blocks filled."""
        given = tuple(facts)
        lines = (
            replace(line, signed=tuple(f for f in given if f.party == line.party)) for line in self.signatures
        )
        return replace(self, signatures=tuple(lines))

    def labels(self) -> dict[str, str]:
        """How to cite each provision by its id: {'…': '3.2(a)'}."""
        return {row.id: row.label for section in self.sections for row in section.provisions}


def canonical(content: Content) -> bytes:
    """The one byte string of `content`: sorted keys, no spaces, UTF-8. Its SHA-256 is what people sign.

    Raises ValueError on what has no exact form: floats, unpaired surrogates, NUL, keys that are not text.
    """
    _refuse_inexact(content)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "strict")


def digest(content: Content) -> str:
    """Lower-case hexadecimal SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(content)).hexdigest()


def structure(content: Content) -> Document:
    """The numbered document of `content`, every text made safe for HTML."""
    sections = tuple(_sections(content))
    gaps = dict.fromkeys(gap for section in sections for row in section.provisions for gap in row.gaps)
    return Document(
        title=content["title"],
        reference=content["reference"],
        kind=wording.name_of(catalog.load().kinds, content["kind"]),
        binding=wording.BINDING.get(content["binding"], ""),
        between=wording.joined(party.get("legal_name") or party["name"] for party in content["parties"]),
        parties=schedules.parties(content),
        sections=sections,
        schedules=schedules.schedules(content),
        signatures=tuple(_signature_line(party) for party in content["parties"]),
        gaps=tuple(gaps),
    )


def explicit_label(heading: str) -> tuple[str, str, str]:
    """The label a heading brings, its bare number, and the rest: ('ARTICLE IV', 'IV', 'SCOPE'); else empty ones.

    A bare number needs its full stop: 'A. Scope' has a label, 'A county' has none.
    """
    match = LABEL.match(heading)
    if not match or not (match["word"] or match["end"].strip()):
        return "", "", heading
    label = " ".join(((match["word"] or "") + match["number"]).split())
    return label, match["number"], heading[match.end() :]


def _signature_line(party: Mapping[str, Any]) -> SignatureLine:
    return SignatureLine(
        party["id"], party["name"], party.get("legal_name") or party["name"], party.get("signatory_name") or "",
        party.get("signatory_title") or "", party.get("deputy_name") or "", party.get("deputy_title") or "",
    )  # fmt: skip


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
    """As `structure(content).labels()`, without rendering any text."""
    return {row["id"]: label for row, _, _, label, _ in _numbered(content)}


def _sections(content: Content) -> Iterator[Section]:
    values = placeholders.values(content)
    opened, rows = Section("", "", ""), list[Provision]()
    for row, section, shown, label, heading in _numbered(content):
        if section is not opened:
            if rows:
                yield _closed(opened, rows)
            opened, rows = section, []
        rows.append(_provision(row, shown, label, heading, values))
    if rows:
        yield _closed(opened, rows)


def _numbered(content: Content) -> Iterator[tuple[Mapping[str, Any], Section, str, str, str]]:
    """Each provision with its section (still empty), the number beside it, its label and the heading it keeps."""
    numbering, opened, part = Numbering(), Section("", "", ""), ""
    for place, row in enumerate(content["provisions"]):
        own, named = _opens(row, part, first=place == 0)
        if own or named:
            number, heading = numbering.open(row["heading"] if own else _part_name(row["part"]))
            opened = Section(f"section-{place + 1}", number, heading)
        part = row.get("part") or ""
        shown, label = (opened.number, opened.number) if own else numbering.next(int(row.get("level") or 2))
        yield row, opened, "" if own else shown, label, "" if own else row["heading"]


def _opens(row: Mapping[str, Any], part: str, *, first: bool) -> tuple[bool, bool]:
    """Whether `row` is a section itself, and whether it begins a new part."""
    own_part = row.get("part") or ""
    if own_part:
        return False, own_part != part
    return row.get("level") == 1 or (first and bool(row["heading"])), bool(part) or first


def _closed(section: Section, rows: list[Provision]) -> Section:
    return Section(section.anchor, section.number, section.heading, tuple(rows))


def _provision(
    row: Mapping[str, Any], shown: str, label: str, heading: str, values: prose.Values
) -> Provision:
    rendered = prose.render(row["text"], values)
    return Provision(
        id=row["id"], number=shown, label=label, heading=heading, html=rendered.html, level=int(row.get("level") or 2),
        origin=row.get("origin") or "", position=row.get("position") or "own", withheld=bool(row.get("withheld")),
        gaps=rendered.gaps, opens=not shown,
    )  # fmt: skip


def _part_name(part: str) -> str:
    return str(catalog.load().parts.get(part) or wording.spoken(part) or "Provisions")


def _letters(number: int) -> str:
    """a … z, aa, ab …"""
    number, rest = divmod(number - 1, 26)
    return (_letters(number) if number else "") + chr(ord("a") + rest)


def _refuse_inexact(value: object) -> None:
    if isinstance(value, str):
        value.encode("utf-8", "strict")
        if "\x00" in value:
            raise ValueError("The content holds a NUL character.")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"The content has a key that is not text: {key!r}")
            _refuse_inexact(key)
            _refuse_inexact(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_inexact(inner)
    elif value is not None and not isinstance(value, bool | int):
        raise ValueError(f"The content holds {type(value).__name__}, which has no exact form.")
