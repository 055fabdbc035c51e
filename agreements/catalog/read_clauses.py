"""Reading the clause library: one clause a file, front matter in TOML between +++ lines, then the text."""

import re
from collections.abc import Container, Mapping
from pathlib import Path
from types import MappingProxyType

from agreements.catalog import vocabulary as words
from agreements.catalog.entries import Clause
from agreements.catalog.reading import CatalogError, Table, file_names, parse_toml, read_text

FRONT = re.compile(r"\A\+\+\+\n(?P<front>.*?)\n\+\+\+\n(?P<text>.*)\Z", re.DOTALL)
PLACEHOLDER = re.compile(r"\{([^{}\s]*)\}")
NOT_RESTRICTED = re.compile(r"<[a-zA-Z/!]|\]\(|^#|^```|!\[", re.MULTILINE)


def placeholders_in(text: str) -> set[str]:
    """The names in braces a text uses."""
    return set(PLACEHOLDER.findall(text))


def _clause(row: Table, text: str) -> Clause:
    return Clause(
        key=row.text("key"),
        version=row.number("version"),
        kind=row.one_of("kind", words.CLAUSE_KINDS),
        part=row.text("part"),
        heading=row.text("heading"),
        position=row.one_of("position", words.POSITIONS),
        level=row.number("level", default=2),
        categories=row.texts("categories"),
        templates=row.texts("templates"),
        bindings=row.texts("bindings"),
        note=row.text("note"),
        source=row.text("source", default=""),
        text=text.strip(),
    )


def _problem(
    clause: Clause, file: str, parts: Container[str], placeholders: Container[str]
) -> tuple[str, str] | None:
    unknown = sorted(name for name in placeholders_in(clause.text) if name not in placeholders)
    if file != f"clauses/{clause.key}.md":
        return "key", f"{clause.key!r} does not match the file's name"
    if clause.part not in parts:
        return "part", f"{clause.part!r} is not in parts.toml"
    if unknown:
        return "(text)", f"{{{unknown[0]}}} is not in placeholders.toml"
    if not clause.text or NOT_RESTRICTED.search(clause.text):
        return "(text)", "must be paragraphs, bold, lists and tables, and not empty"
    return None


def _read(root: Path, file: str, parts: Container[str], placeholders: Container[str]) -> Clause:
    found = FRONT.match(read_text(root, file))
    if not found:
        raise CatalogError(file, "(front matter)", "expected TOML between two +++ lines, then the text")
    row = parse_toml(file, found["front"])
    clause = _clause(row, found["text"])
    row.done()
    problem = _problem(clause, file, parts, placeholders)
    if problem:
        raise row.fail(*problem)
    return clause


def clauses(root: Path, parts: Container[str], placeholders: Container[str]) -> Mapping[str, Clause]:
    """The clauses by key."""
    found = [_read(root, file, parts, placeholders) for file in file_names(root, "clauses", ".md")]
    return MappingProxyType({clause.key: clause for clause in found})
