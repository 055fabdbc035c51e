"""Values of structured terms that somebody proposes: which row and field, whether they can stand, how they read.

A row is named by a topic: "term", "flow:<id>", "dataset:<id>", "party:<id>", "commitment:<id>", "measure:<id>".
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from agreements import redline
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Term
from agreements.models.snapshot import COMMITMENT, DATASET, FLOW, MEASURE, PARTY, TERM, plain
from agreements.wording import day, spoken

__all__ = [
    "MODELS",
    "Content",
    "Row",
    "as_stated",
    "as_stored",
    "checked",
    "in_words",
    "live",
    "ordered",
    "plain",
    "stands",
    "stated",
    "with_value",
]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
Content = Mapping[str, Any]
Row = Term | Party | Dataset | Flow | Commitment | Measure
MODELS: dict[str, tuple[type[Row], list[str]]] = {
    "term": (Term, TERM),
    "party": (Party, PARTY),
    "dataset": (Dataset, DATASET),
    "flow": (Flow, FLOW),
    "commitment": (Commitment, COMMITMENT),
    "measure": (Measure, MEASURE),
}
"""The kinds of rows with the fields that can be suggested: the agreement's text has them, and they name no other row."""
FOREIGN: dict[type[Row], dict[str, str]] = {
    Party: {"agency": "agency_id"},
    Flow: {"provider": "provider_id", "recipient": "recipient_id"},
}
"""What else a row needs to be checked: the rows it points to, as its content names them."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PLACES = {"party": "parties", "dataset": "datasets", "commitment": "commitments", "measure": "measures"}


def stated(content: Content, topic: str) -> dict[str, Any] | None:
    """The row as a content has it; None if there is no such row."""
    kind, _, key = topic.partition(":")
    if topic == "term":
        return dict(content["term"])
    rows = _flows(content) if kind == "flow" else content.get(PLACES.get(kind, ""), ())
    return next((dict(row) for row in rows if row["id"] == key), None)


def stands(content: Content, topic: str, name: str) -> Any:
    """What a row that a content has says in this field; where the content is older than the field, its default."""
    model, said = MODELS[topic.partition(":")[0]][0], stated(content, topic) or {}
    return said[name] if name in said else plain(getattr(model(), name))


def _flows(content: Content) -> Iterator[dict[str, Any]]:
    for dataset in content["datasets"]:
        yield from dataset["flows"]


def live(agreement: Agreement, topic: str) -> Row | None:
    """The row as it is in the draft; None if it was taken out."""
    kind, _, key = topic.partition(":")
    model, _ = MODELS[kind]
    rows: Any = model._default_manager.filter(agreement=agreement)
    if model is Term:
        found: Row | None = rows.first()
        return found
    gone = {"left_on": None} if model is Party else {"removed": False}
    found = rows.filter(pk=UUID(key), **gone).first()
    return found


def as_stated(agreement: Agreement, content: Content, topic: str) -> Row:
    """The row of a content as an unsaved row of the draft: nothing that is in somebody's hands is in it."""
    kind, _, key = topic.partition(":")
    model, names = MODELS[kind]
    said = stated(content, topic) or {}
    row = model(agreement=agreement, **({} if model is Term else {"pk": UUID(key)}))
    for name in names:
        if name in said:
            setattr(row, name, _field(model, name).to_python(said[name]))
    for name, foreign in FOREIGN.get(model, {}).items():
        setattr(row, foreign, UUID(said[name]))
    return row


def _field(model: type[Row], name: str) -> models.Field[Any, Any]:
    found: models.Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]
    return found


def checked(agreement: Agreement, content: Content, topic: str, name: str, value: Any) -> Any:
    """The value as canonical data. Raises ValidationError for what can't stand in this field of this row."""
    kind = topic.partition(":")[0]
    if kind not in MODELS or stated(content, topic) is None:
        raise ValidationError({"topic": "Choose a term of the text that was handed over."})
    if name not in MODELS[kind][1]:
        raise ValidationError({"field": "This can't be suggested. Choose another field of this term."})
    row = as_stated(agreement, content, topic)
    field = _field(type(row), name)
    if not _fits(value, plain(getattr(row, name)), field):
        raise ValidationError({"value": "This is no value that can stand here."})
    try:
        setattr(row, name, field.clean(value, row))
        row.clean()
    except ValidationError as wrong:
        raise ValidationError({"value": wrong.messages}) from wrong
    except (TypeError, ValueError, AttributeError) as wrong:
        raise ValidationError({"value": "This is no value that can stand here."}) from wrong
    return plain(getattr(row, name))


def _fits(value: Any, current: Any, field: models.Field[Any, Any]) -> bool:
    """Whether it is of the kind that stands there, of characters that can be stored."""
    words = value if isinstance(value, list) else [value]
    if any(isinstance(word, str) and CONTROL.search(word) for word in words):
        return False
    if isinstance(current, list):
        return isinstance(value, list) and all(isinstance(word, str) for word in value)
    text = isinstance(field, models.CharField | models.TextField)
    return isinstance(value, str) if text else isinstance(value, str | int | None)


def ordered(
    agreement: Agreement, content: Content, topic: str, changes: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    """The changes in an order in which each can stand once those before it do, as far as there is one.

    "Until a stated last day" can only stand once the last day does.
    """
    waiting, so_far = dict(changes), content
    found: list[tuple[str, Any]] = []
    while waiting:
        able = (name for name in waiting if _stands(agreement, so_far, topic, name, waiting[name]))
        name = next(able, next(iter(waiting)))
        found.append((name, waiting.pop(name)))
        so_far = with_value(so_far, topic, *found[-1])
    return found


def _stands(agreement: Agreement, content: Content, topic: str, name: str, value: Any) -> bool:
    try:
        checked(agreement, content, topic, name, value)
    except ValidationError:
        return False
    return True


def with_value(content: Content, topic: str, name: str, value: Any) -> Content:
    """The content with this value of this row, which it has."""
    changed = copy.deepcopy(dict(content))
    next(row for key, row in _rows(changed) if key == topic)[name] = value
    return changed


def as_stored(row: Row, name: str, value: Any) -> Any:
    """Canonical data as the row's field holds it."""
    return _field(type(row), name).to_python(value)


def in_words(content: Content, topic: str, name: str, value: Any) -> tuple[str, str, str]:
    """What it is called, what it says in `content`, and what it would say: as in the printed schedules where they say it."""
    before = stands(content, topic, name)
    for fact in redline.facts(content, with_value(content, topic, name, value)):
        return f"{fact.where}: {fact.name}", fact.old, fact.new
    kind = topic.partition(":")[0]
    called = capfirst(str(_field(MODELS[kind][0], name).verbose_name))
    return f"{spoken(kind)}: {called}", _spoken(before), _spoken(value)


def _rows(content: Content) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "term", content["term"]
    yield from ((f"flow:{row['id']}", row) for row in _flows(content))
    for kind, place in PLACES.items():
        yield from ((f"{kind}:{row['id']}", row) for row in content[place])


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return day(value) if DAY.fullmatch(str(value)) else "" if value is None else str(value)
