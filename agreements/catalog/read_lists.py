"""Reading the short lists: kinds, categories, purposes, measures, placeholders, phrases, parts, reminders."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from agreements.catalog import vocabulary as words
from agreements.catalog.entries import (
    Category,
    FilingKind,
    Kind,
    Ladder,
    MeasureIdea,
    Placeholder,
    Purpose,
    Rung,
    Wording,
)
from agreements.catalog.reading import Table, read_toml

Entry = TypeVar("Entry")
REMINDER_NAMES = frozenset({"title", "reference", "day", "days", "parties", "what"})


def _entries(
    root: Path, file: str, key: str, build: Callable[[Table], Entry], name: str
) -> Mapping[str, Entry]:
    top = read_toml(root, file)
    found: dict[str, Entry] = {}
    for row in top.tables(key, name=name):
        entry = build(row)
        row.done()
        own = getattr(entry, name)
        if own in found:
            raise row.fail(name, "used twice")
        found[own] = entry
    top.done()
    if not found:
        raise top.fail(key, "no entries")
    return MappingProxyType(found)


def _kind(row: Table) -> Kind:
    return Kind(
        row.text("key"),
        row.text("name"),
        row.text("prefix"),
        row.one_of("binding", words.BINDINGS),
        row.text("meaning"),
    )


def _category(row: Table) -> Category:
    entry = Category(
        key=row.text("key"),
        name=row.text("name"),
        classification=row.one_of("classification", words.CLASSIFICATIONS),
        personal_data=row.flag("personal_data"),
        regimes=row.texts("regimes"),
        states=row.texts("states"),
        note=row.text("note"),
    )
    for field in set(entry.states) - set(words.FLOW):
        raise row.fail("states", f"{field!r} is not a field of a flow")
    return entry


def _purpose(row: Table) -> Purpose:
    return Purpose(row.text("key"), row.text("name"), row.flag("permitted", default=True), row.text("note"))


def _measure(row: Table) -> MeasureIdea:
    names = ("name", "definition", "target", "source", "frequency")
    return MeasureIdea(
        row.text("key"), **{name: row.text(name) for name in names}, unit=row.text("unit", default="")
    )


def _placeholder(row: Table) -> Placeholder:
    return Placeholder(
        row.text("name"), row.text("meaning"), row.text("sample"), row.flag("block", default=False)
    )


def _filing(row: Table) -> FilingKind:
    return FilingKind(
        row.text("key"),
        row.text("name"),
        row.one_of("of", words.FILED_FOR),
        row.text("reference"),
        row.text("on"),
        row.text("until", default=""),
        row.flag("amount", default=False),
        row.flag("renews", default=False),
        row.text("note"),
    )


def filings(root: Path) -> Mapping[str, FilingKind]:
    """What rules ask to have on file beside the text, by key."""
    return _entries(root, "filings.toml", "filing", _filing, "key")


def kinds(root: Path) -> Mapping[str, Kind]:
    """Kinds of agreement by key."""
    return _entries(root, "kinds.toml", "kind", _kind, "key")


def categories(root: Path) -> Mapping[str, Category]:
    """Categories of data by key."""
    return _entries(root, "data_categories.toml", "category", _category, "key")


def purposes(root: Path) -> Mapping[str, Purpose]:
    """Permitted and commonly excluded purposes by key."""
    return _entries(root, "purposes.toml", "purpose", _purpose, "key")


def measures(root: Path) -> Mapping[str, MeasureIdea]:
    """Ready measures by key."""
    return _entries(root, "measures.toml", "measure", _measure, "key")


def placeholders(root: Path) -> Mapping[str, Placeholder]:
    """The whitelist of placeholders by name."""
    return _entries(root, "placeholders.toml", "placeholder", _placeholder, "name")


def phrases(root: Path) -> Mapping[str, tuple[str, ...]]:
    """Standard wordings to offer for the text fields of a flow, by field."""
    top = read_toml(root, "phrases.toml")
    found = {field: top.texts(field) for field in words.FLOW}
    top.done()
    return MappingProxyType({field: texts for field, texts in found.items() if texts})


def parts(root: Path) -> Mapping[str, str]:
    """Headings of the parts of an agreement by key, in the usual order."""
    rows = read_toml(root, "parts.toml").tables("part")
    return MappingProxyType({row.text("key"): row.text("title") for row in rows})


def _rung(row: Table) -> Rung:
    rung = Rung(row.number("days"), row.texts("roles", needed=True), row.one_of("phase", words.PHASES))
    for role in set(rung.roles) - set(words.ROLES):
        raise row.fail("roles", f"{role!r} is not a role")
    return rung


def _wording(row: Table) -> Wording:
    found = Wording(
        row.one_of("deadline", words.DEADLINES),
        row.one_of("phase", words.PHASES),
        row.text("subject"),
        row.text("body"),
        row.text("otherwise"),
        row.text("otherwise_automatic"),
    )
    used = re.findall(
        r"\{(\w*)\}", " ".join((found.subject, found.body, found.otherwise, found.otherwise_automatic))
    )
    for name in set(used) - REMINDER_NAMES:
        raise row.fail("body", f"{{{name}}} is not one of {', '.join(sorted(REMINDER_NAMES))}")
    return found


def ladder(root: Path) -> Ladder:
    """The reminder ladder with its words; a wording for every deadline and phase."""
    top = read_toml(root, "reminders.toml")
    rungs = tuple(_rung(row) for row in top.tables("rung", name="days"))
    wordings = {
        (w.deadline, w.phase): w for w in (_wording(row) for row in top.tables("wording", name="deadline"))
    }
    for pair in ((deadline, phase) for deadline in words.DEADLINES for phase in words.PHASES):
        if pair not in wordings:
            raise top.fail("wording", f"none for {pair[0]}, {pair[1]}")
    if not rungs or list(rungs) != sorted(rungs, key=lambda rung: -rung.days):
        raise top.fail("rung", "the rungs must stand from the earliest to the latest")
    every, roles = top.number("overdue_every_days"), top.texts("overdue_roles", needed=True)
    top.done()
    return Ladder(rungs, every, roles, MappingProxyType(wordings))
