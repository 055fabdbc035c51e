"""A text of the library, shipped or an agency's own, and what it says in plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from agencies.models.agency import AgencyKind
from agreements import catalog
from agreements.catalog import Clause, Conditions, Facts
from agreements.catalog.clause import PLACEHOLDER
from agreements.models import AgencyClause, Position
from agreements.wording import joined, name_of, spoken

RULES = {
    "cjis": ("CJIS Security Policy", r"CJIS"),
    "cfr": ("Code of Federal Regulations", r"\bCFR\b"),
    "usc": ("United States Code", r"\bUSC\b"),
    "uk": ("Law of the United Kingdom", r"UK GDPR|Data Protection Act|Freedom of Information"),
    "state": ("State law", r"\bCal\. |\bC\.R\.S\.|\bMCL\b|[Ss]tate "),
    "other": ("Another source", r"."),
    "none": ("No rule named", r"\A\Z"),
}
"""What may stand behind a clause, and how its source tells."""
PARTIES = {key: label[0].lower() + label[1:] for key, label in AgencyKind.choices if key not in {"fire_ems", "other"}} | {
    "CJA": "criminal justice agency", "NCJA_gov": "noncriminal justice agency (government)",
    "NCJA_public": "noncriminal justice agency (public)", "NCJA_private": "noncriminal justice agency (private)",
    "fire_ems": "fire or EMS agency", "tribal": "tribal government", "foreign": "foreign agency",
    "other": "body of another kind",
}  # fmt: skip
"""What sort of body a party may be, as it stands in a sentence."""
BINDING = {"binding": "binding", "non_binding": "not binding", "mixed": "binding in part"}


@dataclass(frozen=True)
class Text:
    """One text of the library. `agency` is empty for a shipped one; `matter` is what it is one of several texts on.

    `marks` is what an agency's drafters are told about it, `instead` whether a draft at hand speaks of its matter already.
    """

    ref: str
    version: int
    matter: str
    kind: str
    part: str
    heading: str
    position: str
    level: int
    conditions: Conditions
    note: str
    source: str
    text: str
    agency: str = ""
    slug: str = ""
    made_at: datetime | None = None
    made_by: str = ""
    retired_at: datetime | None = None
    marks: tuple[str, ...] = ()
    instead: bool = False
    etag: int = 0

    @property
    def origin(self) -> str:
        """How a provision names the text it came from."""
        return f"{self.ref}@{self.version}"

    @property
    def own(self) -> bool:
        """Whether an agency keeps it for itself."""
        return bool(self.agency)

    @property
    def url(self) -> str:
        """Where it is read."""
        return f"/clauses/{self.ref}/"

    @property
    def part_name(self) -> str:
        """The heading of the part it belongs to."""
        return catalog.load().parts.get(self.part, self.part)

    @property
    def position_name(self) -> str:
        """How far it may be moved, in a word."""
        return str(Position(self.position).label)

    @property
    def rules(self) -> tuple[str, ...]:
        """What stands behind it: keys of RULES."""
        return _rules(self.source)

    @property
    def templates(self) -> tuple[str, ...]:
        """The templates that name this text, or another one on the same matter."""
        return _templates().get(self.matter, ())

    @property
    def template_names(self) -> tuple[str, ...]:
        """Those templates by name; empty where every template names it."""
        known = catalog.load().templates
        return tuple(known[key].name for key in self.templates) if len(self.templates) < len(known) else ()

    @property
    def says_when(self) -> str:
        """Its conditions in words."""
        return when(self.conditions)

    @property
    def explained(self) -> list[tuple[str, str, str]]:
        """Its placeholders: the name in braces, what it stands for, and how that may read."""
        known = catalog.load().placeholders
        names = dict.fromkeys(PLACEHOLDER.findall(self.text))
        return [(name, known[name].meaning, known[name].sample) for name in names if name in known]

    def holds(self, facts: Facts) -> bool:
        """Whether its conditions hold."""
        return self.conditions.hold(facts)

    def marked(self, marks: Iterable[str], *, instead: bool = False) -> Text:
        """The same text as drafters of an agency are offered it."""
        return replace(self, marks=tuple(marks), instead=instead)

    def provision(self, title: str) -> dict[str, Any]:
        """The text as a provision under the heading of its part."""
        return {"part": title, "heading": self.heading, "text": self.text, "origin": self.origin,
                "position": self.position, "withheld": False, "level": self.level}  # fmt: skip


@lru_cache(maxsize=2000)
def _rules(source: str) -> tuple[str, ...]:
    found = [key for key, (_, pattern) in RULES.items() if re.search(pattern, source)]
    return tuple(key for key in found if key != "other" or len(found) == 1)


@cache
def _templates() -> Mapping[str, tuple[str, ...]]:
    """The templates that name each matter."""
    known, found = catalog.load(), dict[str, dict[str, None]]()
    for template in known.templates.values():
        for part in template.sections:
            for key in (*part.clauses, *part.optional):
                found.setdefault(known.family(key), {})[template.id] = None
    return {matter: tuple(names) for matter, names in found.items()}


def shipped(clause: Clause) -> Text:
    """A clause that comes with the application."""
    return Text(
        ref=clause.key, version=clause.version, matter=clause.family, kind=clause.kind, part=clause.part,
        heading=clause.heading, position=clause.position, level=clause.level, conditions=clause.conditions,
        note=clause.note, source=clause.source, text=clause.text,
    )  # fmt: skip


def kept(row: AgencyClause) -> Text:
    """A version of an agency's own clause; `row` comes with its agency and author."""
    return Text(
        ref=row.ref, version=row.version, matter=row.family or row.ref, kind=row.kind, part=row.part,
        heading=row.heading, position=row.position, level=2, conditions=conditions(row.conditions), note=row.note,
        source=row.source, text=row.text, agency=row.agency.name, slug=row.agency.slug, made_at=row.made_at,
        made_by=row.made_by.name, retired_at=row.retired_at, etag=row.last_event_id,
    )  # fmt: skip


def conditions(said: Mapping[str, Any]) -> Conditions:
    """Conditions as an agency's clause keeps them."""
    return Conditions(**{name: tuple(found) for name, found in said.items()})


def when(asked: Conditions) -> str:
    """When a text applies, in words; empty if it always does."""
    known = catalog.load()
    bindings = [BINDING.get(key, key) for key in asked.bindings]
    said = [
        ("the data includes", [name_of(known.categories, key) for key in asked.categories]),
        ("a party is", [_article(PARTIES.get(key, spoken(key))) for key in asked.party_types]),
        ("the agreement belongs to", list(asked.jurisdictions)),
        ("it is drafted from the template", [name_of(known.templates, key) for key in asked.templates]),
        ("the agreement is", bindings),
    ]
    return " and ".join(f"{words} {either(names)}" for words, names in said if names)


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def either(names: Iterable[str]) -> str:
    """The names with "or" before the last."""
    *first, last = names
    return f"{joined(first) if len(first) == 1 else ', '.join(first)} or {last}" if first else last
