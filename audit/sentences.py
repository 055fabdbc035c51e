"""What an event says to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.models import Event

_table: dict[str, str] = {
    "history.exported": "{actor} took the history away ({format}).",
    "history.export_completed": "The export of entry {export} was sent to its end: {rows} rows, SHA-256 {sha256}.",
    "history.export_resumed": "{actor} took up the export of entry {export} again, after number {after}.",
}


def register(table: Mapping[str, str]) -> None:
    """Add the sentences of an app: action -> words with {facts}."""
    _table.update(table)
    _words.cache_clear()


def body(event: Event) -> dict[str, Any]:
    """What the event's bytes say."""
    found: dict[str, Any] = json.loads(bytes(event.body))
    return found


def sentence(event: Event) -> str:
    """One sentence: who did what. An unknown action is named as it is."""
    return say(event.action, actor_name(event.actor_label), body(event)["facts"])


def say(action: str, actor: str, facts: Mapping[str, Any]) -> str:
    """The sentence of an event whose body has been read."""
    words, names = _words(action)
    return words % tuple([
        actor if name == "actor" else value if type(value := facts.get(name, "…")) is str else _spoken(value)
        for name in names
    ])  # fmt: skip


@cache
def _words(action: str) -> tuple[str, tuple[str, ...]]:
    """The pattern of an action with its facts as %s, and their names: read once, for exports of millions."""
    pattern = _table.get(action, "{actor}: " + action.replace(".", " ").replace("_", " ") + ".")
    parts = list(Formatter().parse(pattern))
    words = "".join(text.replace("%", "%%") + ("%s" if name else "") for text, name, _, _ in parts)
    return words, tuple(name for _, name, _, _ in parts if name)


def changes(event: Event) -> list[dict[str, Any]]:
    """Before and after of every field the event changed, for display."""
    return told(body(event)["changes"])


def told(changed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes of an event whose body has been read, one for each field."""
    return [
        {"object": change["label"], "field": name, "old": pair[0], "new": pair[1]}
        for change in changed
        for name, pair in change["fields"].items()
    ]


def actor_name(label: str) -> str:
    """A person's name without title and address."""
    return label.split(" (")[0]


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
