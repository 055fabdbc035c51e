"""The words after `when`: does a rule concern this subject?"""

from collections.abc import Callable, Mapping
from typing import Any

from agreements.requirements.case import Case, Subject, blank, day_of, found, same, value_of

Condition = Callable[[Case, Subject, Any], bool]


def _field(test: Callable[[Any, Any], bool]) -> Condition:
    return lambda case, subject, asked: all(
        test(value_of(subject.row, path), want) for path, want in asked.items()
    )


def _content(field: str) -> Condition:
    return lambda case, subject, asked: same(case.content.get(field), asked)


def _term_in(case: Case, subject: Subject, asked: Mapping[str, Any]) -> bool:
    term = case.content.get("term") or {}
    return all(same(term.get(field), allowed) for field, allowed in asked.items())


def _after(case: Case, subject: Subject, asked: str) -> bool:
    last = day_of(asked)
    return last is not None and case.today > last


CONDITIONS: dict[str, Condition] = {
    "kind_in": _content("kind"),
    "template_in": lambda case, subject, asked: case.template in asked,
    "binding_in": _content("binding"),
    "jurisdiction_in": _content("jurisdiction"),
    "category_in": lambda case, subject, asked: any(same(d.get("category"), asked) for d in subject.datasets),
    "personal_data": lambda case, subject, asked: any(
        bool(d.get("personal_data")) is asked for d in subject.datasets
    ),
    "parties_min": lambda case, subject, asked: len(case.parties) >= asked,
    "term_in": _term_in,
    "value_in": _field(same),
    "value_not_in": _field(lambda value, barred: not same(value, barred)),
    "value_set": lambda case, subject, asked: not any(blank(value_of(subject.row, path)) for path in asked),
    "mentions": _field(lambda value, phrases: bool(found(value, phrases))),
    "not_mentions": _field(lambda value, phrases: not found(value, phrases)),
    "text_mentions": lambda case, subject, asked: bool(found(case.text, asked)),
    "filed": lambda case, subject, asked: all(case.filed(kind) for kind in asked),
    "after_day": _after,
}
