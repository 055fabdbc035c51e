"""The key terms of an agreement signed elsewhere, and how they are read from a row of a table. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from agreements.recognition.reckoning import days

MAX_NAMES = 40
MAX_DAYS, MAX_MONTHS = 3660, 1200


@dataclass(frozen=True)
class Terms:
    """What is confirmed of an agreement: when it was signed, begins and ends, and how it goes on.

    `last_day` is inclusive; without it and without `months` it runs until ended.
    """

    signed_on: date | None = None
    effective_on: date | None = None
    last_day: date | None = None
    months: int | None = None
    notice_days: int | None = None
    renewal: str = "none"
    renewal_months: int | None = None
    review_months: int | None = None
    their_reference: str = ""

    @property
    def kind(self) -> str:
        """How long it lasts, as the term says it."""
        return "fixed_date" if self.last_day else "months" if self.months else "evergreen"

    @property
    def begins(self) -> date | None:
        """The first day in force: the stated one, else the day of the last signature."""
        return self.effective_on or self.signed_on

    def problems(self, *, today: date) -> dict[str, str]:
        """What can't be so, by field."""
        found: dict[str, str] = {}
        if self.begins is None:
            found["signed_on"] = "Give the day it was signed or the first day in force."
        if self.signed_on and self.signed_on > today:
            found["signed_on"] = "The day it was signed lies in the future."
        if self.last_day and self.begins and self.last_day < self.begins:
            found["last_day"] = f"The last day, {self.last_day}, is before the first day, {self.begins}."
        if self.last_day and self.months:
            found["months"] = "Give the last day or the number of months, not both."
        return found


@dataclass(frozen=True)
class Column:
    """A term that a column may hold: its key, name for people, other names it is known by, and whether it must be there."""

    key: str
    name: str
    known: tuple[str, ...] = ()
    must: bool = False
    hint: str = ""


COLUMNS: tuple[Column, ...] = (
    Column("title", "Title", ("name", "agreement", "agreement title", "subject"), must=True),
    Column("kind", "Kind", ("type", "agreement type", "document type"), hint="MOU, DSA …; without one, MOU"),
    Column("partners", "Partner agencies", ("partner", "parties", "party", "other party", "counterparty", "agency", "agencies"),
           must=True, hint="Names, short names or ORIs as registered here, with a semicolon between them"),
    Column("file", "File", ("filename", "file name", "document", "path"), hint="Its name in the ZIP"),
    Column("signed_on", "Signed on", ("signed", "date signed", "signature date", "executed", "execution date")),
    Column("effective_on", "First day", ("effective", "effective date", "start", "start date", "begins", "from")),
    Column("last_day", "Last day", ("expires", "expiry", "expiration", "expiration date", "end", "end date", "until", "ends"),
           hint="“none” or empty when it runs until ended"),
    Column("months", "Months", ("term", "term months", "term (months)", "duration")),
    Column("notice_days", "Notice (days)", ("notice", "notice days", "notice period", "termination notice")),
    Column("renewal", "Renewal", ("renews", "renewal type", "auto renew"), hint="none, mutual, option or automatic"),
    Column("renewal_months", "Renewal (months)", ("renewal period", "renewal term")),
    Column("review_months", "Review every (months)", ("review", "review cycle", "review months")),
    Column("their_reference", "Reference it bears", ("reference", "number", "contract number", "id", "agreement number", "no")),
)  # fmt: skip
BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}
RENEWALS: Mapping[str, str] = {
    "": "none", "none": "none", "no": "none", "no renewal": "none", "mutual": "mutual_written",
    "mutual written": "mutual_written", "mutual_written": "mutual_written", "by agreement": "mutual_written",
    "option": "option", "automatic": "automatic", "auto": "automatic", "yes": "automatic",
}  # fmt: skip
_OPEN = {
    "none",
    "n/a",
    "na",
    "evergreen",
    "open",
    "until terminated",
    "until ended",
    "indefinite",
    "no end date",
    "-",
}


@dataclass
class Read:
    """A row as understood, and what is wrong with it: the column's key and the words."""

    title: str = ""
    kind: str = ""
    partners: tuple[str, ...] = ()
    file: str = ""
    terms: Terms = field(default_factory=Terms)
    problems: list[tuple[str, str]] = field(default_factory=list)


def file_key(name: str) -> str:
    """A file's name as it is looked up: without directories, in small letters, accents in one form."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    return unicodedata.normalize("NFC", bare).casefold().strip()


def guessed(header: Sequence[str]) -> dict[str, int]:
    """Which column holds which term, from the columns' names; each column is used once."""
    found: dict[str, int] = {}
    bare = [re.sub(r"[^a-z0-9()/ ]+", " ", name.lower()).strip() for name in header]
    for exact in (True, False):
        for column in COLUMNS:
            names = (column.name.lower(), column.key.replace("_", " "), *column.known)
            for place, name in enumerate(bare):
                fits = name in names if exact else any(len(known) > 4 and known in name for known in names)
                if column.key not in found and place not in found.values() and fits:
                    found[column.key] = place
    return found


def understood(
    cells: Sequence[str], mapping: Mapping[str, int], *, kinds: Mapping[str, str], today: date
) -> Read:
    """A row under a mapping. `kinds` are the catalog's, name and key in small letters to key."""
    row = Read()
    said = {key: cells[place].strip() for key, place in mapping.items() if place < len(cells)}
    row.title = said.get("title", "")
    if not row.title:
        row.problems.append(("title", "The title is missing."))
    elif len(row.title) > 200:
        row.problems.append(("title", "The title is longer than 200 characters."))
    row.kind = kinds.get(said.get("kind", "").lower(), "") if said.get("kind") else "MOU"
    if not row.kind:
        row.problems.append(("kind", f"“{said['kind']}” is no kind of agreement known here."))
    row.partners = tuple(
        name.strip() for name in re.split(r"[;\n|]", said.get("partners", "")) if name.strip()
    )[:MAX_NAMES]
    if not row.partners:
        row.problems.append(("partners", "No partner agency is named."))
    row.file = said.get("file", "")
    row.terms = _terms(said, row.problems)
    if not row.problems:
        row.problems += row.terms.problems(today=today).items()
    return row


def _terms(said: Mapping[str, str], problems: list[tuple[str, str]]) -> Terms:
    renewal = RENEWALS.get(said.get("renewal", "").lower().rstrip("."))
    if renewal is None:
        problems.append(
            ("renewal", f"“{said['renewal']}” is no renewal: write none, mutual, option or automatic.")
        )
    return Terms(
        signed_on=_day("signed_on", said, problems), effective_on=_day("effective_on", said, problems),
        last_day=_day("last_day", said, problems), months=_number("months", said, problems, MAX_MONTHS),
        notice_days=_number("notice_days", said, problems, MAX_DAYS), renewal=renewal or "none",
        renewal_months=_number("renewal_months", said, problems, MAX_MONTHS),
        review_months=_number("review_months", said, problems, 120),
        their_reference=said.get("their_reference", "")[:80],
    )  # fmt: skip


def _day(key: str, said: Mapping[str, str], problems: list[tuple[str, str]]) -> date | None:
    """A day written out; month before day where only figures stand, as is usual here."""
    text = said.get(key, "")
    if not text or (key == "last_day" and text.lower() in _OPEN):
        return None
    found = [day for day, start in days(text) if not text[:start].strip()]
    if not found:
        problems.append(
            (key, f"“{text[:40]}” is no day: write it as 2026-07-01, 07/01/2026 or July 1, 2026.")
        )
        return None
    return found[0]


def _number(key: str, said: Mapping[str, str], problems: list[tuple[str, str]], most: int) -> int | None:
    text = said.get(key, "")
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,5})(?:\.0+)?\s*(?:days?|months?)?\.?", text, re.IGNORECASE)
    if match is None or not 0 < int(match[1]) <= most:
        problems.append((key, f"“{text[:40]}” is no number from 1 to {most:,}."))
        return None
    return int(match[1])


def as_data(terms: Terms) -> dict[str, Any]:
    """For the facts of an event."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in vars(terms).items()
        if value
    }
