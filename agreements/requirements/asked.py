"""The words after `then`: what is missing or wrong, in words; nothing when all is well."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from agreements.catalog import Clause, facts_of
from agreements.requirements.case import Case, Subject, blank, day_of, found, same, value_of, words_of

Check = Callable[[Case, Subject, Any], list[str]]


def _has(case: Case, subject: Subject, asked: Iterable[str]) -> list[str]:
    return [words_of(path) for path in asked if blank(value_of(subject.row, path))]


def _has_any(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    missing = _has(case, subject, asked)
    return [" or ".join(missing)] if len(missing) == len(asked) else []


def _field(test: Callable[[Any, Any], bool]) -> Check:
    return lambda case, subject, asked: [
        words_of(path) for path, want in asked.items() if not test(value_of(subject.row, path), want)
    ]


def _mentions_each(case: Case, subject: Subject, asked: Mapping[str, Any]) -> list[str]:
    return [
        group[0]
        for path, groups in asked.items()
        for group in groups
        if not found(value_of(subject.row, path), group)
    ]


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _in_order(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    given = [(path, value) for path in asked if not blank(value := value_of(subject.row, path))]
    days = [day_of(value) for _, value in given]
    if None in days:
        return [words_of(path) for path, value in given if day_of(value) is None]
    return [] if days == sorted(day for day in days if day) else [words_of(asked[-1])]


def _not_past(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    days = {path: day_of(value_of(subject.row, path)) for path in asked}
    return [words_of(path) for path, day in days.items() if day and day < case.today]


def _differ(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    values = [value_of(subject.row, path) for path in asked]
    known = all(value in case.parties for value in values)
    return [] if known and len(set(values)) == len(values) else [_and(asked)]


def _equal(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    values = {value_of(subject.row, path) for path in asked}
    return [] if len(values) == 1 and not blank(values.pop()) else [_and(asked)]


def _and(paths: Iterable[str]) -> str:
    return " and ".join(words_of(path) for path in paths)


def _empty(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    values = (value_of(subject.row, path) for path in asked)
    return [str(one) for value in values if value for one in (value if isinstance(value, list) else [value])]


def _each_among(case: Case, subject: Subject, asked: Mapping[str, Any]) -> list[str]:
    """The entries of a list that are none of those named; the list's own name when it says nothing."""
    missing: list[str] = []
    for path, phrases in asked.items():
        entries = value_of(subject.row, path) or []
        missing += [str(one) for one in entries if not found(one, phrases)] or (
            [] if entries else [words_of(path)]
        )
    return missing


def _same_for_all(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    given = {path: {p.get(path) for p in case.parties.values()} - {None} for path in asked}
    return [words_of(path) for path, values in given.items() if len(values) > 1]


def _at_least(counted: int, least: int, what: str) -> list[str]:
    return [] if counted >= least else [what]


def _commitments(case: Case, subject: Subject, asked: int) -> list[str]:
    own = [row for row in case.rows("commitments") if str(row.get("party")) == subject.id]
    return _at_least(sum(not blank(row.get("text")) for row in own), asked, "a commitment")


def _measures(case: Case, subject: Subject, asked: int) -> list[str]:
    needed = ("name", "target", "source", "frequency")
    whole = [row for row in case.rows("measures") if not any(blank(row.get(name)) for name in needed)]
    return _at_least(len(whole), asked, "a measure")


def _on_file(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    """The papers that are not on file: a party's own, a flow's recipient's, or anybody's for the agreement."""
    row = subject.row
    of = None if row is case.content else [row.get("recipient"), row.get("id")]
    return [case.catalog.filings[kind].name.lower() for kind in asked if not case.filed(kind, of)]


def _orders_within(case: Case, subject: Subject, asked: tuple[str, ...]) -> list[str]:
    """Orders (the first kind) against their general terms (the second): the sum of the amounts, and each period."""
    orders, terms = (case.filed(kind) for kind in asked)
    begins, ends = min(row["on"] for row in terms), max(row["until"] or "9999" for row in terms)
    sums = [sum(Decimal(row["amount"] or 0) for row in rows) for rows in (orders, terms)]
    late = [
        f"the period of order {row['reference']}"
        for row in orders
        if row["on"] < begins or (row["until"] or "9999") > ends
    ]
    return [*([f"the amount, {sums[0]:,.2f} of {sums[1]:,.2f}"] if sums[0] > sums[1] else []), *late]


def unmet(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The subjects that neither a clause of the library nor the parties' own words cover."""
    return {
        name: topic
        for name, topic in asked.items()
        if case.clauses.isdisjoint(topic.get("any", ())) and not found(case.text, topic.get("words", ()))
    }


def _topics(case: Case, subject: Subject, asked: Mapping[str, Any]) -> list[str]:
    return [name.replace("_", " ") for name in unmet(case, asked)]


def _category_fields(case: Case, subject: Subject, asked: bool) -> list[str]:
    entries = [case.catalog.categories.get(str(dataset.get("category"))) for dataset in subject.datasets]
    return [missing for entry in entries if entry for missing in _has(case, subject, entry.states)]


def taken_out(case: Case) -> list[Clause]:
    """The mandatory clauses of the template that apply and are not in the text."""
    template = case.catalog.templates.get(case.template)
    if not template:
        return []
    facts = facts_of(case.content)
    keys = [key for section in template.sections for key in section.clauses]
    chosen = [case.catalog.chosen(key, facts) for key in keys]
    needed = [one for one in dict.fromkeys(chosen) if one is not None and one.position == "mandatory"]
    return [one for one in needed if one.family not in case.clauses]


CHECKS: dict[str, Check] = {
    "has": _has,
    "has_any": _has_any,
    "true": lambda case, subject, asked: [
        words_of(path) for path in asked if value_of(subject.row, path) is not True
    ],
    "one_of": _field(same),
    "none_of": _field(lambda value, barred: not same(value, barred)),
    "mentions_any": _field(lambda value, phrases: bool(found(value, phrases))),
    "mentions_none": _field(lambda value, phrases: not found(value, phrases)),
    "mentions_each": _mentions_each,
    "at_most": _field(lambda value, most: _number(value) and value <= most),
    "at_least": _field(lambda value, least: _number(value) and value >= least),
    "in_order": _in_order,
    "not_past": _not_past,
    "differ": _differ,
    "equal": _equal,
    "empty": _empty,
    "each_among": _each_among,
    "ends_with": _field(lambda value, ends: str(value or "").upper().endswith(tuple(ends))),
    "on_file": _on_file,
    "orders_within": _orders_within,
    "same_for_all_parties": _same_for_all,
    "parties_min": lambda case, subject, asked: _at_least(len(case.parties), asked, f"{asked} parties"),
    "commitments_min": _commitments,
    "measures_min": _measures,
    "flows_min": lambda case, subject, asked: _at_least(len(subject.row.get("flows") or []), asked, "a flow"),
    "clauses": _topics,
    "text_free_of": lambda case, subject, asked: found(case.every_text, asked),
    "category_fields": _category_fields,
    "mandatory_clauses": lambda case, subject, asked: [one.heading for one in taken_out(case)],
}
