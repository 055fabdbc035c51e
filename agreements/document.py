"""The document derived from an agreement's canonical content: exact bytes, hash, numbered structure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from agreements import catalog, defined, placeholders, prose, schedules, wording
from agreements.numbering import Numbered, Opening, numbered
from agreements.wording import Content


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

    @property
    def printed(self) -> SafeString:
        """The text without links, for paper."""
        return prose.unlinked(self.html)


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

    `method` says how the person was authenticated, `how` in words how it was signed; `event` is the number of its entry
    in the audit history.
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
    how: str = "Signed electronically"

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
    gaps |= dict.fromkeys(wording.unfinished(content))
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


def provision_of(content: Content, key: str) -> Provision | None:
    """One provision as it stands in the whole document, without rendering others than define terms."""
    wanted = {key, *(term.provision for term in defined.definitions(content))}
    others = [row if row["id"] in wanted else {**row, "text": ""} for row in content["provisions"]]
    rows = (
        row for section in structure({**content, "provisions": others}).sections for row in section.provisions
    )
    return next((row for row in rows if row.id == key), None)


def _signature_line(party: Mapping[str, Any]) -> SignatureLine:
    return SignatureLine(
        party["id"], party["name"], party.get("legal_name") or party["name"], party.get("signatory_name") or "",
        party.get("signatory_title") or "", party.get("deputy_name") or "", party.get("deputy_title") or "",
    )  # fmt: skip


def _sections(content: Content) -> Iterator[Section]:
    values, terms = placeholders.values(content), defined.Linker(content)
    opened, rows = Opening(), list[Provision]()
    for one in numbered(content):
        if one.section is not opened:
            if rows:
                yield _closed(opened, rows)
            opened, rows = one.section, []
        rows.append(_provision(one, values, terms))
    if rows:
        yield _closed(opened, rows)


def _closed(section: Opening, rows: list[Provision]) -> Section:
    return Section(section.anchor, section.number, section.heading, tuple(rows))


def _provision(one: Numbered, values: prose.Values, terms: defined.Linker) -> Provision:
    row, rendered = one.row, prose.render(one.row["text"], values)
    return Provision(
        id=row["id"], number=one.shown, label=one.label, heading=one.heading, html=terms.linked(rendered.html, row),
        level=int(row.get("level") or 2), origin=row.get("origin") or "", position=row.get("position") or "own",
        withheld=bool(row.get("withheld")), gaps=rendered.gaps, opens=not one.shown,
    )  # fmt: skip


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
