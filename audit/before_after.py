"""What an event changed, in a reader's words: the names of fields and of their values, not their codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.timezone import get_current_timezone_name

from audit.models import Event
from audit.sentences import body
from common import dates

LONG = 90
UNSAID = frozenset({"agreement", "position_in_order", "id", "canonical"})
"""Columns that only say where a row belongs, which the entry itself does; and a version's text, which has a page."""

Names = Mapping[UUID, str]


@dataclass(frozen=True)
class Change:
    """One field of one row, before and after; `long` when it takes a redline to read."""

    row: str
    field: str
    old: str
    new: str

    @property
    def long(self) -> bool:
        """Whether both texts are there and one of them is long."""
        return bool(self.old and self.new) and max(len(self.old), len(self.new)) > LONG


def read(events: Iterable[Event], find: Callable[[Collection[UUID]], Names]) -> dict[int, list[Change]]:
    """What each event changed, by its id; `find` names the agencies and people that fields point to."""
    return read_together([[event] for event in events], find)


def read_together(
    runs: Iterable[Sequence[Event]], find: Callable[[Collection[UUID]], Names]
) -> dict[int, list[Change]]:
    """What each run of events (newest first) changed from before its first to after its last, by its newest's id."""
    found = {run[0].pk: list(_fields(_whole(run))) for run in runs}
    ids = {key for fields in found.values() for one in fields for key in one.ids()}
    names = find(ids) if ids else {}
    return {pk: [said for one in fields if (said := one.told(names))] for pk, fields in found.items()}


def _whole(run: Sequence[Event]) -> list[dict[str, Any]]:
    """The changes of a run as one event would state them."""
    found: dict[str, dict[str, Any]] = {}
    for event in reversed(run):
        for change in body(event)["changes"]:
            row = found.setdefault(change["object"], {"object": change["object"], "fields": {}})
            row["label"] = change["label"]
            for name, (old, new) in change["fields"].items():
                row["fields"][name] = [row["fields"].get(name, [old])[0], new]
    return list(found.values())


@dataclass(frozen=True)
class _Field:
    """One field as the event's bytes have it."""

    row: str
    name: str
    field: Any
    old: Any
    new: Any

    def ids(self) -> Iterator[UUID]:
        if _points(self.field):
            yield from (UUID(value) for value in (self.old, self.new) if value)

    def told(self, names: Names) -> Change | None:
        old, new = (_words(self.field, value, names) for value in (self.old, self.new))
        if old == new:
            return None
        words = str(self.field.verbose_name) if self.field is not None else self.name.replace("_", " ")
        words = words.replace("sha256", "SHA-256")
        return Change(self.row, words[:1].upper() + words[1:], old, new)


def _fields(changes: Iterable[Mapping[str, Any]]) -> Iterator[_Field]:
    for change in changes:
        model = _model(change["object"].partition(":")[0])
        for name, (old, new) in change["fields"].items():
            field = _field(model, name)
            if getattr(field, "name", name) not in UNSAID:
                yield _Field(change["label"], name, field, old, new)


def _model(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None  # a table of an earlier release


def _field(model: type[models.Model] | None, name: str) -> Any:
    known = model._meta.concrete_fields if model else ()
    return next((field for field in known if field.attname == name), None)


def _points(field: Any) -> bool:
    """Whether it names a row that people know; what points by number points to a row of machinery."""
    return isinstance(field, models.ForeignKey) and isinstance(field.target_field, models.UUIDField)


def _words(field: Any, value: Any, names: Names) -> str:
    """A value as people say it; nothing for what is empty or points to a row that has no name of its own."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _points(field):
        return names.get(UUID(value), "")
    if isinstance(value, list):
        inner = getattr(field, "base_field", None)
        return ", ".join(_words(inner, item, names) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return _said(field, str(value))


def _said(field: Any, value: str) -> str:
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    try:
        if isinstance(field, models.DateTimeField):
            return dates.instant(datetime.fromisoformat(value), get_current_timezone_name())
        if isinstance(field, models.DateField):
            return dates.day(date.fromisoformat(value))
    except ValueError:
        return value
    return value
