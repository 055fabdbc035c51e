"""A clause of the library, the conditions under which its text is the one to take, and what they are asked of. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLACEHOLDER = re.compile(r"\{([^{}\s]*)\}")
FALLBACK = "fallback"


def placeholders_in(text: str) -> set[str]:
    """The names in braces a text uses."""
    return set(PLACEHOLDER.findall(text))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice between texts may depend on; `party_types` are the parties' kinds and criminal justice standings."""

    template: str = ""
    binding: str = ""
    jurisdiction: str = ""
    categories: frozenset[str] = frozenset()
    party_types: frozenset[str] = frozenset()


def facts_of(content: Mapping[str, Any]) -> Facts:
    """The facts of an agreement's content."""
    parties = content.get("parties") or []
    return Facts(
        template=str(content.get("template") or "").partition("@")[0],
        binding=str(content.get("binding") or ""),
        jurisdiction=str(content.get("jurisdiction") or ""),
        categories=frozenset(str(row.get("category")) for row in content.get("datasets") or []),
        party_types=frozenset(str(row.get(name) or "") for row in parties for name in ("kind", "cj_status")),
    )


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a text applies: an agreement must meet each list that is not empty, by one of its words.

    An agreement has one template, binding force and jurisdiction, but may have several data categories and party types.
    """

    categories: tuple[str, ...] = ()
    party_types: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()

    @property
    def stated(self) -> int:
        """How many of the five are asked."""
        lists = (self.categories, self.party_types, self.jurisdictions, self.templates, self.bindings)
        return sum(map(bool, lists))

    def hold(self, facts: Facts) -> bool:
        """Whether an agreement like this meets them."""
        return (
            (not self.templates or facts.template in self.templates)
            and (not self.bindings or facts.binding in self.bindings)
            and (not self.jurisdictions or facts.jurisdiction.casefold() in _folded(self.jurisdictions))
            and (not self.categories or not facts.categories.isdisjoint(self.categories))
            and (not self.party_types or not facts.party_types.isdisjoint(self.party_types))
        )

    def excludes(self, other: "Conditions") -> bool:
        """Whether no agreement can meet both: they ask for different ones of what an agreement has one of."""
        pairs = ((self.templates, other.templates), (self.bindings, other.bindings),
                 (_folded(self.jurisdictions), _folded(other.jurisdictions)))  # fmt: skip
        return any(ours and theirs and set(ours).isdisjoint(theirs) for ours, theirs in pairs)


def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the library; `text` is restricted Markdown with placeholders from the whitelist.

    Clauses of one `family` are texts on the same matter: where the conditions of several hold, the one of the highest
    `rank` is taken, which is the number of conditions it states unless its file says otherwise.
    """

    key: str
    version: int
    kind: str
    part: str
    heading: str
    position: str
    level: int
    family: str
    rank: int
    conditions: Conditions
    note: str
    source: str
    text: str

    @property
    def origin(self) -> str:
        """How a provision names the clause it came from."""
        return f"{self.key}@{self.version}"

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names in braces that the document fills, in the order they stand in."""
        return tuple(dict.fromkeys(PLACEHOLDER.findall(self.text)))

    def applies(self, facts: Facts) -> bool:
        """Whether the clause's conditions hold for an agreement like this."""
        return self.conditions.hold(facts)

    def holds(self, facts: Facts) -> bool:
        """Whether it may be put in by itself: its conditions hold, and it is no fallback."""
        return self.position != FALLBACK and self.applies(facts)
