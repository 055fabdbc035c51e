"""Histories as CSV and JSON Lines, streamed; harmless in a spreadsheet whatever people typed."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from typing import Any

from audit.models import Event
from audit.sentences import changes, sentence

COLUMNS = (
    "number",
    "time_utc",
    "who",
    "agency",
    "action",
    "what_happened",
    "changes",
    "log_number",
    "leaf_sha256",
)
DANGEROUS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n", "\x00")
"""How a formula begins, in ASCII and full width (which some locales' spreadsheets take for the same)."""
CHUNK = 2000
LONGEST = 32_000
CUT = " … (cut; whole in the JSON Lines export)"
"""A spreadsheet's cell holds 32,767 characters and spills the rest into other rows."""
WITHHELD = "Private to another agency; its hash stands for it."


class _Echo:
    def write(self, value: str) -> str:
        return value


def cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula, without control or direction-changing characters."""
    text = str(value)
    if len(text) > LONGEST:
        text = text[:LONGEST] + CUT
    if not text.isprintable():
        text = "".join(_shown(char) for char in text)
    return f"'{text}" if text.startswith(DANGEROUS) or text.lstrip().startswith(DANGEROUS) else text


def _shown(char: str) -> str:
    if char in "\t\n\r\u2028\u2029":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char


def _open(event: Event) -> bool:
    return False


Withheld = Callable[[Event], bool]


def as_csv(events: Iterable[Event], withheld: Withheld = _open) -> Iterator[str]:
    """One line per event, with a header; of a withheld event only its numbers and its hash."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(COLUMNS)
    for event in events:
        yield writer.writerow([cell(value) for value in _row(event, hidden=withheld(event))])


def _row(event: Event, *, hidden: bool) -> list[Any]:
    if hidden:
        return [event.number, "", "", "", "withheld", WITHHELD, "", _place(event), bytes(event.leaf).hex()]
    return [
        event.number,
        f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        event.actor_label,
        event.agency or "",
        event.action,
        sentence(event),
        json.dumps(changes(event), ensure_ascii=False),
        _place(event),
        bytes(event.leaf).hex(),
    ]


def _place(event: Event) -> int | str:
    """The event's number in the log; nothing yet for one that is still waiting to be entered."""
    entry = getattr(event, "entry", None)
    return entry.seq if entry else ""


def as_json_lines(events: Iterable[Event], withheld: Withheld = _open) -> Iterator[str]:
    """One JSON object per event. `body` holds the exact bytes that were hashed, as text; null if withheld."""
    for event in events:
        text = None if withheld(event) else bytes(event.body).decode("ascii")
        line = {
            "seq": _place(event) or None,
            "number": event.number,
            "leaf": bytes(event.leaf).hex(),
            "body": text,
        }
        yield json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n"


FORMATS = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/x-ndjson")}
