"""What an event says to a person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any

from common import dates

if TYPE_CHECKING:
    from audit.models import Event

DAY = len("2026-10-02")

_table: dict[str, str] = {
    "history.erasure_asked": "{actor} asked for the text of entry {number} to be erased by order {order}: {reason}",
    "history.erasure_declined": "{actor} left the text of entry {number} as it is.",
    "history.redacted": "{confirmed_by} erased the text of entry {number}, as {asked_by} had asked, by order {order}: {reason}",
    "history.exported": "{actor} took the history away ({format}).",
    "history.export_completed": "The export of entry {export} was sent to its end: {rows} rows, SHA-256 {sha256}.",
    "history.export_resumed": "{actor} took up the export of entry {export} again, after number {after}.",
    "log.epoch_declared": (
        "A restore of the database was declared: entries {lost_first} to {lost_last} of epoch {old_epoch} of the log were "
        "lost. {reason}"
    ),
}
ERASED: dict[str, Any] = {"facts": {}, "changes": [], "request": {}}
"""What the bytes of an erased event say."""
CODE = re.compile(r"^[a-z]+(_[a-z]+)+$")
FACT = re.compile(r"\{\w+\}")


def register(table: Mapping[str, str]) -> None:
    """Add the sentences of an app: action -> words with {facts}."""
    _table.update(table)
    _words.cache_clear()


def known() -> list[str]:
    """Every action that has a sentence."""
    return sorted(_table)


def saying(word: str) -> list[str]:
    """The actions whose sentence has this word in it, whatever the facts are."""
    return [action for action, said in _table.items() if word.casefold() in FACT.sub(" ", said).casefold()]


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
    return say(event.action, actor_name(event.actor_label), body(event)["facts"])


def say(action: str, actor: str, facts: Mapping[str, Any]) -> str:
    """The sentence of an event whose body has been read."""
    words, names = _words(action)
    return words % tuple([
        actor if name == "actor" else value if _said_so(value := facts.get(name, "…")) else _spoken(value)
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


def _said_so(value: Any) -> bool:
    """Whether a fact is said as it stands: words, but no day."""
    return type(value) is str and not (len(value) == DAY and value[4] == value[7] == "-")


def _spoken(value: Any) -> str:
    """A fact as people say it: a day with its month's name, a list with commas."""
    if isinstance(value, str):
        try:
            return dates.day(date.fromisoformat(value))
        except ValueError:
            return value
    if isinstance(value, list):
        return ", ".join(CODE.sub(lambda code: code[0].replace("_", " "), str(item)) for item in value)
    return "" if value is None else str(value)
