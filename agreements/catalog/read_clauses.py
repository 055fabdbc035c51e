"""Reading the clause library: one clause a file, front matter in TOML between +++ lines, then the text."""

import re
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from agreements.catalog import vocabulary as words
from agreements.catalog.clause import Clause, Conditions, placeholders_in
from agreements.catalog.reading import CatalogError, Table, file_names, parse_toml, read_text

FRONT = re.compile(r"\A\+\+\+\n(?P<front>.*?)\n\+\+\+\n(?P<text>.*)\Z", re.DOTALL)
EARLIER = "clauses/earlier"
NOT_RESTRICTED = re.compile(r"<[a-zA-Z/!]|\]\(|^#|^```|!\[", re.MULTILINE)


def _among(row: Table, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
    found = row.texts(key)
    for word in found:
        if word not in allowed:
            raise row.fail(key, f"{word!r} is not one of {', '.join(allowed)}")
    return found


def _conditions(row: Table) -> Conditions:
    return Conditions(
        categories=row.texts("categories"),
        party_types=_among(row, "party_types", words.PARTY_TYPES),
        jurisdictions=row.texts("jurisdictions"),
        templates=row.texts("templates"),
        bindings=_among(row, "bindings", words.BINDINGS),
    )


def _clause(row: Table, text: str) -> Clause:
    conditions, key = _conditions(row), row.text("key")
    return Clause(
        key=key,
        version=row.number("version"),
        kind=row.one_of("kind", words.CLAUSE_KINDS),
        part=row.text("part"),
        heading=row.text("heading"),
        position=row.one_of("position", words.POSITIONS),
        level=row.number("level", default=2),
        family=row.text("family", default=key),
        rank=row.number("rank", default=conditions.stated),
        conditions=conditions,
        note=row.text("note"),
        source=row.text("source", default=""),
        text=text.strip(),
    )


def _problem(
    clause: Clause, file: str, name: str, parts: Container[str], placeholders: Container[str]
) -> tuple[str, str] | None:
    unknown = sorted(name for name in placeholders_in(clause.text) if name not in placeholders)
    if file != name:
        return "key", f"{clause.key!r} does not match the file's name"
    if clause.part not in parts:
        return "part", f"{clause.part!r} is not in parts.toml"
    if unknown:
        return "(text)", f"{{{unknown[0]}}} is not in placeholders.toml"
    if not clause.text or NOT_RESTRICTED.search(clause.text):
        return "(text)", "must be paragraphs, bold, lists and tables, and not empty"
    return None


def _read(
    root: Path, file: str, parts: Container[str], placeholders: Container[str], *, versioned: bool = False
) -> Clause:
    found = FRONT.match(read_text(root, file))
    if not found:
        raise CatalogError(file, "(front matter)", "expected TOML between two +++ lines, then the text")
    row = parse_toml(file, found["front"])
    clause = _clause(row, found["text"])
    row.done()
    name = f"{EARLIER}/{clause.origin}.md" if versioned else f"clauses/{clause.key}.md"
    problem = _problem(clause, file, name, parts, placeholders)
    if problem:
        raise row.fail(*problem)
    return clause


def clauses(root: Path, parts: Container[str], placeholders: Container[str]) -> Mapping[str, Clause]:
    """The clauses by key."""
    found = [_read(root, file, parts, placeholders) for file in file_names(root, "clauses", ".md")]
    return MappingProxyType({clause.key: clause for clause in found})


def earlier(
    root: Path, clauses: Mapping[str, Clause], parts: Container[str], placeholders: Container[str]
) -> Mapping[str, Clause]:
    """Past texts of clauses by `key@version`, kept so that the texts agreements began with stay readable."""
    found: dict[str, Clause] = {}
    for file in file_names(root, EARLIER, ".md"):
        clause = _read(root, file, parts, placeholders, versioned=True)
        if clause.key not in clauses:
            raise CatalogError(file, "key", f"{clause.key!r} is not a clause of the catalog")
        if clause.version >= clauses[clause.key].version:
            raise CatalogError(
                file, "version", f"{clause.version} is not earlier than the clause's own version"
            )
        found[clause.origin] = clause
    return MappingProxyType(found)
