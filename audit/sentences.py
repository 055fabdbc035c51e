"""What an event says to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.models import Event

_table: dict[str, str] = {
    "history.erasure_asked": "{actor} asked for the text of entry {number} to be erased by order {order}: {reason}",
    "history.erasure_declined": "{actor} left the text of entry {number} as it is.",
    "history.redacted": "{confirmed_by} erased the text of entry {number}, as {asked_by} had asked, by order {order}: {reason}",
}
ERASED: dict[str, Any] = {"facts": {}, "changes": [], "request": {}}
"""What the bytes of an erased event say."""


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def register(table: Mapping[str, str]) -> None:
    """Add the sentences of an app: action -> words with {facts}."""
    _table.update(table)


def body(event: Event) -> dict[str, Any]:
    """What the event's bytes say; nothing if they were erased."""
    found: dict[str, Any] = json.loads(bytes(event.body)) if event.body else ERASED
    return found


def erased(event: Event) -> str:
    """What stands in the place of a text that was lawfully erased."""
    row = getattr(event, "erasure", None)
    if row is None or row.decided_at is None:
        return "Erased; its hash stands for it."
    day = f"{row.decided_at.day} {row.decided_at:%b %Y}"
    return f"Erased on {day} by order {row.order}; its hash stands for it."


def sentence(event: Event) -> str:
    """One sentence: who did what. An unknown action is named as it is."""
    if not event.body:
        return erased(event)
    said = body(event)
    facts = _Facts({name: _spoken(value) for name, value in said["facts"].items()}, actor=_name(event))
    pattern = _table.get(event.action, "{actor}: " + event.action.replace(".", " ").replace("_", " ") + ".")
    return pattern.format_map(facts)


def changes(event: Event) -> list[dict[str, Any]]:
    """Before and after of every field the event changed, for display."""
    return [
        {"object": change["label"], "field": name, "old": pair[0], "new": pair[1]}
        for change in body(event)["changes"]
        for name, pair in change["fields"].items()
    ]


def _name(event: Event) -> str:
    return event.actor_label.split(" (")[0]


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
