"""An agreement as the rules see it: who and what they are asked of, and the values they look at. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from agreements.catalog import Catalog

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule is asked of: a row with the rows around it, under dotted names."""

    name: str
    id: str
    row: Row
    datasets: tuple[Row, ...]


class Case:
    """One agreement's content with what several checks need from it.

    `record` in the content holds facts beside the text (`agreements.facts`); without it nothing has happened yet.
    """

    def __init__(self, content: Row, today: date, catalog: Catalog) -> None:
        self.content, self.today, self.catalog = content, today, catalog
        self.record: Row = content.get("record") or {}

    def rows(self, name: str) -> list[Row]:
        """The content's list of that name, empty when absent."""
        return list(self.content.get(name) or [])

    def filed(self, kind: str, parties: Iterable[Any] | None = None) -> list[Row]:
        """What of this kind is on file; with `parties` only what is recorded for one of them or for nobody."""
        of = None if parties is None else {*parties, None}
        rows: list[Row] = list(self.record.get("files") or [])
        return [row for row in rows if row["kind"] == kind and (of is None or row["party"] in of)]

    @property
    def template(self) -> str:
        """The template's id; the content names it with its version, as in `sro@1`."""
        return str(self.content.get("template") or "").partition("@")[0]

    @cached_property
    def parties(self) -> dict[Any, Row]:
        """The parties by id."""
        return {party.get("id"): party for party in self.rows("parties")}

    @cached_property
    def clauses(self) -> frozenset[str]:
        """Keys of the library's clauses that stand in the text with words in them, and the families they are of."""
        kept = (row for row in self.rows("provisions") if not blank(row.get("text")))
        keys = {str(row.get("origin") or "").partition("@")[0] for row in kept}
        return frozenset(keys | {self.catalog.family(key) for key in keys})

    @cached_property
    def text(self) -> str:
        """All prose of the provisions."""
        return "\n".join(
            f"{row.get('heading') or ''}\n{row.get('text') or ''}" for row in self.rows("provisions")
        )

    @cached_property
    def every_text(self) -> str:
        """The prose and whatever is written in the fields of flows and commitments."""
        flows = [flow for dataset in self.rows("datasets") for flow in dataset.get("flows") or []]
        fields = (value for row in [*flows, *self.rows("commitments")] for value in row.values())
        return "\n".join([self.text, *(value for value in fields if isinstance(value, str))])

    @cached_property
    def subjects(self) -> dict[str, list[Subject]]:
        """Everything a rule may be asked of, by kind of subject."""
        datasets = self.rows("datasets")
        signatures = list(self.record.get("signatures") or [])
        return {
            "agreement": [Subject("", "", self.content, tuple(datasets))],
            "party": [self._party(p) for p in self.rows("parties")],
            "dataset": [Subject(_label(d, "A dataset"), str(d.get("id")), d, (d,)) for d in datasets],
            "flow": [self._flow(d, flow) for d in datasets for flow in d.get("flows") or []],
            "signature": [Subject(_label(s, "A signatory"), str(s.get("id")), s, ()) for s in signatures],
        }

    def _party(self, party: Row) -> Subject:
        facts = (self.record.get("parties") or {}).get(party.get("id"), {})
        return Subject(_label(party, "A party"), str(party.get("id")), {**party, "record": facts}, ())

    def _flow(self, dataset: Row, flow: Row) -> Subject:
        ends = {side: self.parties.get(flow.get(side)) for side in ("provider", "recipient")}
        names = [_label(end or {}, "a party not named") for end in ends.values()]
        around = {
            **flow,
            "status": (self.record.get("statuses") or {}).get(flow.get("id"), flow.get("status")),
            "dataset": dataset,
            "record": self.record,
            "provider_row": ends["provider"],
            "recipient_row": ends["recipient"],
        }
        name = f"{_label(dataset, 'A dataset')}, {names[0]} to {names[1]}"
        return Subject(name, str(flow.get("id")), around, (dataset,))


def _label(row: Row, otherwise: str) -> str:
    return str(row.get("name") or row.get("legal_name") or otherwise)


def blank(value: Any) -> bool:
    """Whether nothing is stated; 0 and false are statements."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def value_of(row: Row, path: str) -> Any:
    """The field of a subject; `recipient.kind` is a field of the party a flow names."""
    first, _, rest = path.partition(".")
    if not rest:
        return row.get(first)
    around = row.get(f"{first}_row", row.get(first))
    return around.get(rest) if isinstance(around, Mapping) else None


def words_of(path: str) -> str:
    """A field's name as people read it."""
    return path.rpartition(".")[2].replace("_", " ")


def found(text: Any, phrases: Iterable[str]) -> list[str]:
    """The phrases that occur in the text, each from the start of a word on, whatever the case."""
    kept = "\n".join(text) if isinstance(text, list | tuple) else str(text or "")
    small = _small(kept)
    return [one for one in phrases if _there(one, small) and _from_the_start_of_a_word(one).search(kept)]


ALIKE = str.maketrans("İıſ\N{KELVIN SIGN}", "iisk")
"""What a search that takes no account of the case takes for a letter of ASCII."""


@lru_cache(maxsize=8)
def _small(text: str) -> str:
    """The text in small letters: many phrases are looked for in one."""
    return text.translate(ALIKE).lower() if any(chr(one) in text for one in ALIKE) else text.lower()


def _there(phrase: str, small: str) -> bool:
    """Whether a phrase can be found; to look for its letters is fifty times faster than for where words begin."""
    return not phrase.isascii() or phrase.strip().lower() in small


@lru_cache(maxsize=2000)
def _from_the_start_of_a_word(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(phrase.strip())}", re.IGNORECASE)


def day_of(value: Any) -> date | None:
    """A day written as ISO text; None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def same(value: Any, allowed: Iterable[str]) -> bool:
    """Whether the value (or one of a list) is among the allowed, whatever the case."""
    values = value if isinstance(value, list | tuple) else [value]
    known = {one.casefold() for one in allowed}
    return any(str(one).casefold() in known for one in values if one is not None)
