"""Histories as CSV and JSON Lines; harmless in a spreadsheet whatever people typed.

A million entries are to go out about as fast as PostgreSQL copies them, so what repeats (who, which action) is made
harmless once and remembered, and of an entry's bytes only the facts are read as JSON: their places are known, for
the bytes are canonical. Whatever is not plain takes the longer way; both ways give the same text.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Case, F, Func, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce

from audit.models import Event
from audit.sentences import actor_name, say

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
BATCH = 200
"""Rows written out at once: more would be slower, as the text no longer fits into memory at hand."""
LONGEST = 32_000
CUT = " … (cut; whole in the JSON Lines export)"
"""A spreadsheet's cell holds 32,767 characters and spills the rest into other rows."""
WITHHELD = "Private to another agency; its hash stands for it."
ERASED = "Lawfully erased; its hash stands for it."
UNREADABLE = "The bytes of this entry cannot be read; its hash does not belong to them."
APART = "\x1f"


class Row(NamedTuple):
    """An event as it is read for an export: `who` is label, agency and action; no `body` if withheld, empty if erased."""

    number: int
    at: str
    who: str
    body: str | None
    seq: int | None
    leaf: str


def rows(events: QuerySet[Event], own: Iterable[Any]) -> QuerySet[Event, Any]:
    """The same events as plain columns in the order of Row; the words of what is private to agencies not in `own` stay."""
    text = TextField()
    who = Func(
        Value(APART), "actor_label", Coalesce(Cast("agency", text), Value("")), "action", function="concat_ws"
    )
    body = Func(F("body"), Value("UTF8"), function="convert_from", output_field=text)
    open_ = Q(private_to=None) | Q(private_to__in=list(own))
    return events.values_list(
        "number",
        Cast("at", text),
        Func(who, function="", output_field=text),
        Case(When(open_, then=body), output_field=text),
        "entry__seq",
        Func(F("leaf"), Value("hex"), function="encode", output_field=text),
    )


def cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula, without control or direction-changing characters."""
    text = str(value)
    if len(text) > LONGEST:
        text = text[:LONGEST] + CUT
    text = harmless(text)
    return f"'{text}" if text.startswith(DANGEROUS) or text.lstrip().startswith(DANGEROUS) else text


def harmless(text: str) -> str:
    """The text without control or direction-changing characters."""
    return text if text.isprintable() else "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in "\t\n\r\u2028\u2029":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char


def _quoted(text: str) -> str:
    """A cell's text as it stands between quotation marks."""
    if not (text.isprintable() and text[:1].isalnum() and len(text) <= LONGEST):
        text = cell(text)
    return text.replace('"', '""') if '"' in text else text


def line(*values: Any) -> str:
    """A line of CSV whose cells are harmless."""
    return '"' + '","'.join(_quoted(str(value)) for value in values) + '"\r\n'


@lru_cache(maxsize=20_000)
def _who(who: str) -> tuple[str, str, str]:
    """The three cells that say who did what, the action, and the person's name."""
    label, agency, action = who.rsplit(APART, 2)
    return f'{_quoted(label)}","{agency}","{_quoted(action)}', action, actor_name(label)


BEFORE_CHANGES, BEFORE_FACTS, AFTER_FACTS = ',"changes":[', '],"facts":{', '},"private_to":'
REPEATED = 200
"""Facts longer than this are hardly ever the same twice, so what they say is not kept at hand."""


def _said(body: str) -> tuple[str, str]:
    """The facts and the changes as JSON text.

    Up to the changes a body holds no list of objects, and quotation marks inside text are escaped, so the first such
    mark is the right one. The facts' marks could occur in a change's values or in the facts: then the whole is read.
    """
    facts = body.find(BEFORE_FACTS) + 1
    end = body.find(AFTER_FACTS, facts) + 1
    if not (facts and end) or body.find(BEFORE_FACTS, facts) >= 0 or body.find(AFTER_FACTS, end) >= 0:
        said = json.loads(body)
        return json.dumps(said["facts"]), json.dumps(said["changes"], separators=(",", ":"))
    return body[facts + 9 : end], body[body.index(BEFORE_CHANGES) + 11 : facts]


def _told(action: str, name: str, facts: str) -> str:
    """The sentence, as it stands between quotation marks."""
    return _quoted(say(action, name, json.loads(facts)))


_told_again = lru_cache(maxsize=50_000)(_told)


def _changed(text: str) -> str:
    """The changes as they stand between quotation marks: JSON, with letters as letters."""
    if "\\u" in text or "\x7f" in text or len(text) > LONGEST:
        return _quoted(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False))
    return text.replace('"', '""')


def csv_row(row: tuple[int, str, str, str | None, int | None, str]) -> str:
    """One line; of a withheld or erased event its numbers and its hash."""
    number, at, who, body, seq, leaf = row
    place = "" if seq is None else seq
    if not body:
        word, why = ("withheld", WITHHELD) if body is None else ("erased", ERASED)
        return f'"{number}","","","","{word}","{why}","","{place}","{leaf}"\r\n'
    cells, action, name = _who(who)
    try:
        facts, changed = _said(body)
        told = (_told_again if len(facts) < REPEATED else _told)(action, name, facts)
        changed = changed if changed == "[]" else _changed(changed)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        told, changed = UNREADABLE, "[]"
    return f'"{number}","{at[:19]}","{cells}","{told}","{changed}","{place}","{leaf}"\r\n'


def csv_lines(batch: Iterable[Any]) -> bytes:
    """The lines of some rows, in UTF-8."""
    return "".join(map(csv_row, batch)).encode()


MARK = "\x04"
"""Stands for a quotation mark of ours until those within the bytes are escaped; canonical bytes never hold it."""


def json_lines(batch: Iterable[Any]) -> bytes:
    """One JSON object per row. `body` holds the exact bytes that were hashed, as text; null if withheld or erased."""
    text = "".join([
        f"{{\4body\4:\4{body}\4,\4leaf\4:\4{leaf}\4,\4number\4:{number},\4seq\4:{seq or 'null'}}}\n" if body else
        f"{{\4body\4:null,\4leaf\4:\4{leaf}\4,\4number\4:{number},\4seq\4:{seq or 'null'}}}\n"
        for number, _, _, body, seq, leaf in batch
    ])  # fmt: skip
    return text.replace("\\", "\\\\").replace('"', '\\"').replace(MARK, '"').encode()


Withheld = Callable[[Event], bool]


def _open(event: Event) -> bool:
    return False


def as_csv(events: Iterable[Event], withheld: Withheld = _open) -> Iterator[str]:
    """One line per event, with a header; of a withheld event only its numbers and its hash."""
    yield line(*COLUMNS)
    for event in events:
        yield csv_row(_row(event, withheld))


def as_json_lines(events: Iterable[Event], withheld: Withheld = _open) -> Iterator[str]:
    """One JSON object per event. `body` holds the exact bytes that were hashed, as text; null if withheld."""
    found = (_row(event, withheld) for event in events)
    while batch := list(islice(found, BATCH)):
        yield from json_lines(batch).decode().splitlines(keepends=True)


def _row(event: Event, withheld: Withheld) -> Row:
    entry = getattr(event, "entry", None)
    return Row(
        event.number,
        f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        APART.join([event.actor_label, str(event.agency or ""), event.action]),
        None if withheld(event) else bytes(event.body).decode("utf-8", "replace"),
        entry.seq if entry else None,
        bytes(event.leaf).hex(),
    )


class Format(NamedTuple):
    """How a history is written: its lines, its media type, and what comes before the first."""

    lines: Callable[[Iterable[Any]], bytes]
    media: str
    header: bytes


FORMATS = {
    "csv": Format(csv_lines, "text/csv; charset=utf-8", line(*COLUMNS).encode()),
    "jsonl": Format(json_lines, "application/x-ndjson", b""),
}
