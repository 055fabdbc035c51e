"""The catalog's frozen entries: what the data files say, typed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agreements.catalog.clause import Clause, Facts


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of agreement; `binding` is only the usual case, the agreement's own field decides."""

    key: str
    name: str
    prefix: str
    binding: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category of data; `states` are the flow fields each exchange of it must fill."""

    key: str
    name: str
    classification: str
    personal_data: bool
    regimes: tuple[str, ...]
    states: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose data may be used for, or (`permitted` false) a use commonly ruled out."""

    key: str
    name: str
    permitted: bool
    note: str


@dataclass(frozen=True, slots=True)
class MeasureIdea:
    """A ready measure of effectiveness; the target is a proposal."""

    key: str
    name: str
    definition: str
    target: str
    unit: str
    source: str
    frequency: str

    def row(self) -> dict[str, Any]:
        """The measure in the shape of an agreement's content, without id and owner."""
        names = ("name", "definition", "target", "unit", "source", "frequency")
        return {name: getattr(self, name) for name in names} | {"baseline": "", "owner": None}


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name in braces that the document fills from the agreement's terms; `block` ones fill a paragraph."""

    name: str
    meaning: str
    sample: str
    block: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the reminder ladder: days before the deadline, and the roles told then."""

    days: int
    roles: tuple[str, ...]
    phase: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Subject and body of a reminder; `otherwise` says what happens if nobody acts."""

    deadline: str
    phase: str
    subject: str
    body: str
    otherwise: str
    otherwise_automatic: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """When people are reminded of a deadline and in which words."""

    rungs: tuple[Rung, ...]
    overdue_every_days: int
    overdue_roles: tuple[str, ...]
    wordings: Mapping[tuple[str, str], Wording]

    def wording(self, deadline: str, days: int) -> Wording:
        """The words for a deadline (`last_day`, `notice`, `review`, `duty`) that is `days` away; negative is overdue."""
        ahead = (rung.phase for rung in reversed(self.rungs) if rung.days >= days)
        return self.wordings[deadline, "overdue" if days < 0 else next(ahead, self.rungs[0].phase)]


@dataclass(frozen=True, slots=True)
class Rule:
    """A compliance rule over a closed vocabulary; `subject` is what it is asked of, one by one.

    `unverified` says what in the source was not read; `inserts` are clauses that help to mend it.
    """

    id: str
    severity: str
    from_stage: str
    subject: str
    when: Mapping[str, Any]
    when_any: tuple[Mapping[str, Any], ...]
    then: Mapping[str, Any]
    message: str
    citation: str
    verified: str
    unverified: str
    waivable: bool
    points_to: str
    inserts: tuple[str, ...]
    pack: str

    @property
    def number(self) -> str:
        """The requirement's number without the letter of its part."""
        return self.id.rstrip("abcdefgh")


@dataclass(frozen=True, slots=True)
class RulePack:
    """Rules that belong together and the edition of the policy they cite; an optional one is switched on by name."""

    key: str
    name: str
    policy_version: str
    effective: str
    optional: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class FilingKind:
    """A kind of paper that a rule asks to have on file beside the text; blank labels are not asked for.

    `renews`: it runs out, and a newer one is asked for by its last day.
    """

    key: str
    name: str
    of: str
    reference: str
    on: str
    until: str
    amount: bool
    renews: bool
    note: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at the table that a template foresees; its key stands for the party until one is chosen."""

    key: str
    name: str
    roles: tuple[str, ...]
    cj_status: str
    notice_days: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a template: its clauses in order, and further ones offered beside them."""

    part: str
    title: str
    clauses: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A pattern for an agreement, with its defaults; `datasets` and the like are in the shape of the content."""

    id: str
    name: str
    version: int
    kind: str
    binding: str
    title: str
    summary: str
    guidance: str
    parties_min: int
    parties_max: int
    seats: tuple[Seat, ...]
    sections: tuple[Section, ...]
    term: Mapping[str, Any]
    flow_defaults: Mapping[str, Mapping[str, Any]]
    datasets: tuple[Mapping[str, Any], ...]
    commitments: tuple[Mapping[str, Any], ...]
    measures: tuple[str, ...]
    annexes: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """The domain as data, checked and frozen.

    `families` are the clauses by the matter they are about, `earlier` past texts of clauses by `key@version`.
    """

    kinds: Mapping[str, Kind]
    categories: Mapping[str, Category]
    purposes: Mapping[str, Purpose]
    measures: Mapping[str, MeasureIdea]
    placeholders: Mapping[str, Placeholder]
    phrases: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, str]
    ladder: Ladder
    clauses: Mapping[str, Clause]
    earlier: Mapping[str, Clause]
    families: Mapping[str, tuple[Clause, ...]]
    templates: Mapping[str, Template]
    filings: Mapping[str, FilingKind]
    packs: tuple[RulePack, ...]

    def using(self, switched_on: Collection[str]) -> "Catalog":
        """The same catalog with only those optional rule packs that are switched on."""
        return replace(self, packs=tuple(p for p in self.packs if not p.optional or p.key in switched_on))

    def family(self, key: str) -> str:
        """The matter a clause's key is about: its family's name, or the key itself where the library has no such clause."""
        return self.clauses[key].family if key in self.clauses else key

    def chosen(self, key: str, facts: Facts) -> Clause | None:
        """Of the texts on the matter of `key` the one whose conditions hold for such an agreement, if one does."""
        holding = [one for one in self.families[self.family(key)] if one.holds(facts)]
        return max(holding, key=lambda one: one.rank) if holding else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of every pack, in order."""
        return tuple(rule for pack in self.packs for rule in pack.rules)
