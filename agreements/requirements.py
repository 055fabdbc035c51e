"""Compliance checks on an agreement's content: pure, over the closed vocabulary of the catalog's rule packs.

A checklist with its sources, no legal advice. A `block` that fails stops the step; a `warn` asks to be acknowledged.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

from agreements.catalog import Catalog, Rule
from agreements.catalog.vocabulary import STAGES

Result = Literal["pass", "fail", "na"]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found about one subject.

    `points_to` is where to mend it: `term/last_day`, `party/<id>/notice_days`, `flow/<id>/transit`, `clause/<key>`.
    `subject` is the name of the party, dataset or flow, empty for the agreement as a whole.
    """

    rule: str
    severity: str
    result: Result
    message: str
    citation: str
    points_to: str
    subject: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a rule is asked of: a row with the rows around it, under dotted names."""

    name: str
    id: str
    row: Row
    datasets: tuple[Row, ...]


class _Case:
    """One agreement's content with what several checks need from it."""

    def __init__(self, content: Row, today: date, catalog: Catalog) -> None:
        self.content, self.today, self.catalog = content, today, catalog

    def rows(self, name: str) -> list[Row]:
        """The content's list of that name, empty when absent."""
        return list(self.content.get(name) or [])

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
        """Keys of the library's clauses that stand in the text with words in them."""
        kept = (row for row in self.rows("provisions") if not _blank(row.get("text")))
        return frozenset(str(row.get("origin") or "").partition("@")[0] for row in kept)

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
    def subjects(self) -> dict[str, list[_Subject]]:
        """Everything a rule may be asked of, by kind of subject."""
        datasets = self.rows("datasets")
        return {
            "agreement": [_Subject("", "", self.content, tuple(datasets))],
            "party": [_Subject(_label(p, "A party"), str(p.get("id")), p, ()) for p in self.rows("parties")],
            "dataset": [_Subject(_label(d, "A dataset"), str(d.get("id")), d, (d,)) for d in datasets],
            "flow": [self._flow(d, flow) for d in datasets for flow in d.get("flows") or []],
        }

    def _flow(self, dataset: Row, flow: Row) -> _Subject:
        ends = {side: self.parties.get(flow.get(side)) for side in ("provider", "recipient")}
        names = [_label(end or {}, "a party not named") for end in ends.values()]
        around = {
            **flow,
            "dataset": dataset,
            "provider_row": ends["provider"],
            "recipient_row": ends["recipient"],
        }
        name = f"{_label(dataset, 'A dataset')}, {names[0]} to {names[1]}"
        return _Subject(name, str(flow.get("id")), around, (dataset,))


def _label(row: Row, otherwise: str) -> str:
    return str(row.get("name") or row.get("legal_name") or otherwise)


def _blank(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _value(row: Row, path: str) -> Any:
    """The field of a subject; `recipient.kind` is a field of the party a flow names."""
    first, _, rest = path.partition(".")
    if not rest:
        return row.get(first)
    around = row.get(f"{first}_row", row.get(first))
    return around.get(rest) if isinstance(around, Mapping) else None


def _words(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")


def _found(text: Any, phrases: Iterable[str]) -> list[str]:
    """The phrases that occur in the text, each from the start of a word on, whatever the case."""
    kept = "\n".join(text) if isinstance(text, list | tuple) else str(text or "")
    return [one for one in phrases if re.search(rf"(?<!\w){re.escape(one.strip())}", kept, re.IGNORECASE)]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _same(value: Any, allowed: Iterable[str]) -> bool:
    """Whether the value (or one of a list) is among the allowed, whatever the case."""
    values = value if isinstance(value, list | tuple) else [value]
    known = {one.casefold() for one in allowed}
    return any(str(one).casefold() in known for one in values if one is not None)


# Conditions: does the rule concern this subject?


def _field_condition(test: Callable[[Any, Any], bool]) -> Callable[[_Case, _Subject, Any], bool]:
    return lambda case, subject, asked: all(
        test(_value(subject.row, path), want) for path, want in asked.items()
    )


def _content_condition(field: str) -> Callable[[_Case, _Subject, Any], bool]:
    return lambda case, subject, asked: _same(case.content.get(field), asked)


def _term_in(case: _Case, subject: _Subject, asked: Mapping[str, Any]) -> bool:
    term = case.content.get("term") or {}
    return all(_same(term.get(field), allowed) for field, allowed in asked.items())


CONDITIONS: dict[str, Callable[[_Case, _Subject, Any], bool]] = {
    "kind_in": _content_condition("kind"),
    "template_in": lambda case, subject, asked: case.template in asked,
    "binding_in": _content_condition("binding"),
    "jurisdiction_in": _content_condition("jurisdiction"),
    "category_in": lambda case, subject, asked: any(
        _same(d.get("category"), asked) for d in subject.datasets
    ),
    "personal_data": lambda case, subject, asked: any(
        bool(d.get("personal_data")) is asked for d in subject.datasets
    ),
    "parties_min": lambda case, subject, asked: len(case.parties) >= asked,
    "term_in": _term_in,
    "value_in": _field_condition(_same),
    "value_set": lambda case, subject, asked: not any(_blank(_value(subject.row, path)) for path in asked),
    "mentions": _field_condition(lambda value, phrases: bool(_found(value, phrases))),
    "not_mentions": _field_condition(lambda value, phrases: not _found(value, phrases)),
}


# Checks: what is missing or wrong, in words; nothing when all is well.


def _has(case: _Case, subject: _Subject, asked: Iterable[str]) -> list[str]:
    return [_words(path) for path in asked if _blank(_value(subject.row, path))]


def _has_any(case: _Case, subject: _Subject, asked: tuple[str, ...]) -> list[str]:
    missing = _has(case, subject, asked)
    return [" or ".join(missing)] if len(missing) == len(asked) else []


def _field_check(test: Callable[[Any, Any], bool]) -> Callable[[_Case, _Subject, Any], list[str]]:
    return lambda case, subject, asked: [
        _words(path) for path, want in asked.items() if not test(_value(subject.row, path), want)
    ]


def _mentions_each(case: _Case, subject: _Subject, asked: Mapping[str, Any]) -> list[str]:
    return [
        group[0]
        for path, groups in asked.items()
        for group in groups
        if not _found(_value(subject.row, path), group)
    ]


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _in_order(case: _Case, subject: _Subject, asked: tuple[str, ...]) -> list[str]:
    given = [(path, value) for path in asked if not _blank(value := _value(subject.row, path))]
    days = [_day(value) for _, value in given]
    if None in days:
        return [_words(path) for path, value in given if _day(value) is None]
    return [] if days == sorted(day for day in days if day) else [_words(asked[-1])]


def _not_past(case: _Case, subject: _Subject, asked: tuple[str, ...]) -> list[str]:
    days = {path: _day(_value(subject.row, path)) for path in asked}
    return [_words(path) for path, day in days.items() if day and day < case.today]


def _differ(case: _Case, subject: _Subject, asked: tuple[str, ...]) -> list[str]:
    values = [_value(subject.row, path) for path in asked]
    known = all(value in case.parties for value in values)
    return [] if known and len(set(values)) == len(values) else [" and ".join(_words(path) for path in asked)]


def _same_for_all(case: _Case, subject: _Subject, asked: tuple[str, ...]) -> list[str]:
    given = {path: {p.get(path) for p in case.parties.values()} - {None} for path in asked}
    return [_words(path) for path, values in given.items() if len(values) > 1]


def _at_least(found: int, least: int, what: str) -> list[str]:
    return [] if found >= least else [what]


def _commitments(case: _Case, subject: _Subject, asked: int) -> list[str]:
    own = [row for row in case.rows("commitments") if str(row.get("party")) == subject.id]
    return _at_least(sum(not _blank(row.get("text")) for row in own), asked, "a commitment")


def _measures(case: _Case, subject: _Subject, asked: int) -> list[str]:
    needed = ("name", "target", "source", "frequency")
    whole = [row for row in case.rows("measures") if not any(_blank(row.get(name)) for name in needed)]
    return _at_least(len(whole), asked, "a measure")


def _topics(case: _Case, subject: _Subject, asked: Mapping[str, Any]) -> list[str]:
    return [
        name.replace("_", " ")
        for name, topic in asked.items()
        if case.clauses.isdisjoint(topic.get("any", ())) and not _found(case.text, topic.get("words", ()))
    ]


def _category_fields(case: _Case, subject: _Subject, asked: bool) -> list[str]:
    entries = [case.catalog.categories.get(str(dataset.get("category"))) for dataset in subject.datasets]
    return [missing for entry in entries if entry for missing in _has(case, subject, entry.states)]


def _mandatory(case: _Case, subject: _Subject, asked: bool) -> list[str]:
    template = case.catalog.templates.get(case.template)
    if not template:
        return []
    categories = frozenset(str(dataset.get("category")) for dataset in subject.datasets)
    clauses = [case.catalog.clauses[key] for section in template.sections for key in section.clauses]
    binding = str(case.content.get("binding"))
    needed = [
        one
        for one in clauses
        if one.position == "mandatory"
        and one.applies(template=template.id, binding=binding, categories=categories)
    ]
    return [one.heading for one in needed if one.key not in case.clauses]


CHECKS: dict[str, Callable[[_Case, _Subject, Any], list[str]]] = {
    "has": _has,
    "has_any": _has_any,
    "true": lambda case, subject, asked: [
        _words(path) for path in asked if _value(subject.row, path) is not True
    ],
    "one_of": _field_check(_same),
    "none_of": _field_check(lambda value, barred: not _same(value, barred)),
    "mentions_any": _field_check(lambda value, phrases: bool(_found(value, phrases))),
    "mentions_each": _mentions_each,
    "at_most": _field_check(lambda value, most: _number(value) and value <= most),
    "at_least": _field_check(lambda value, least: _number(value) and value >= least),
    "in_order": _in_order,
    "not_past": _not_past,
    "differ": _differ,
    "same_for_all_parties": _same_for_all,
    "parties_min": lambda case, subject, asked: _at_least(len(case.parties), asked, f"{asked} parties"),
    "commitments_min": _commitments,
    "measures_min": _measures,
    "flows_min": lambda case, subject, asked: _at_least(len(subject.row.get("flows") or []), asked, "a flow"),
    "clauses": _topics,
    "text_free_of": lambda case, subject, asked: _found(case.every_text, asked),
    "category_fields": _category_fields,
    "mandatory_clauses": _mandatory,
}


def _holds(case: _Case, subject: _Subject, group: Mapping[str, Any]) -> bool:
    return all(CONDITIONS[word](case, subject, asked) for word, asked in group.items())


def _concerned(case: _Case, rule: Rule) -> list[_Subject]:
    groups = rule.when_any or ({},)
    return [
        subject
        for subject in case.subjects[rule.subject]
        if _holds(case, subject, rule.when) and any(_holds(case, subject, group) for group in groups)
    ]


def _place(rule: Rule, subject: _Subject | None) -> str:
    kind, _, field = rule.points_to.partition("/")
    return (
        f"{kind}/{subject.id}/{field}" if subject and kind == rule.subject and subject.id else rule.points_to
    )


def _finding(rule: Rule, result: Result, message: str, subject: _Subject | None = None) -> Finding:
    name = subject.name if subject else ""
    return Finding(rule.id, rule.severity, result, message, rule.citation, _place(rule, subject), name)


def _judge(case: _Case, rule: Rule, subject: _Subject) -> Finding:
    missing = [what for word, asked in rule.then.items() for what in CHECKS[word](case, subject, asked)]
    if not missing:
        return _finding(rule, "pass", "In order.", subject)
    words = {"{subject}": subject.name, "{missing}": ", ".join(dict.fromkeys(missing))}
    message = re.sub(r"\{(?:subject|missing)\}", lambda found: words[found.group()], rule.message)
    return _finding(rule, "fail", message, subject)


def _findings(case: _Case, rule: Rule, stage: str) -> Iterator[Finding]:
    due = STAGES.index(rule.from_stage) <= STAGES.index(stage)
    concerned = _concerned(case, rule) if due else []
    if not concerned:
        yield _finding(rule, "na", "Does not apply." if due else f"Asked from {rule.from_stage} on.")
    yield from (_judge(case, rule, subject) for subject in concerned)


def findings(content: Row, *, stage: str, today: date, catalog: Catalog) -> list[Finding]:
    """Every rule's answer about the content on the way into `stage` (share, approval or signing).

    A rule gives one finding per party, dataset or flow it concerns, or a single `na`. Ask with stage "signing" to
    show a drafter everything that will be asked. Raises ValueError for an unknown stage.
    """
    if stage not in STAGES:
        raise ValueError(f"{stage!r} is not one of {', '.join(STAGES)}")
    case = _Case(content, today, catalog)
    return [finding for rule in catalog.rules for finding in _findings(case, rule, stage)]


def blocks(content: Row, *, stage: str, today: date, catalog: Catalog) -> list[Finding]:
    """The findings that stop the step into `stage`."""
    found = findings(content, stage=stage, today=today, catalog=catalog)
    return [one for one in found if one.result == "fail" and one.severity == "block"]
