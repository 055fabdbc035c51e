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
from typing import Any, NamedTuple

from django.db.models import Case, F, Func, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

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


def rows(events: QuerySet[Event], own: Iterable[Any], written: Format) -> QuerySet[Event, Any]:
    """The same events as the columns that `written.lines` takes; the words of what is private to agencies not in `own` stay."""
    body = Func(F("body"), Value("UTF8"), function="convert_from", output_field=TEXT)
    open_ = Q(private_to=None) | Q(private_to__in=list(own))
    return events.values_list(*written.before, Case(When(open_, then=body), output_field=TEXT), written.after)


TEXT = TextField()


def _joined(*parts: Any) -> Func:
    """Texts and columns one after another, as PostgreSQL writes them; nothing for NULL."""
    said = [Value(part) if isinstance(part, str) else part for part in parts]
    return Func(*said, function="concat", output_field=TEXT)


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


CHANGES, FACTS, AFTER = ',"changes":', ',"facts":', ',"private_to":'
"""What stands before the changes, before the facts and after them.

Quotation marks inside text are escaped. Up to the changes no object in a body's object has such a name, so the first
mark of them is the right one; nor has one after the facts, so the last of theirs is. The facts' own could also occur
in the values of a change or of a fact: then the whole is read.
"""
REPEATED = 200
"""Facts longer than this are hardly ever the same twice, so what they say is not kept at hand."""


def _read(body: str) -> tuple[str, str]:
    """The changes and the facts as JSON text, of a body whose marks are not where they are expected."""
    said = json.loads(body)
    return json.dumps(said["changes"], separators=(",", ":")), json.dumps(said["facts"])


def _told(action: str, name: str, facts: str) -> str:
    """The sentence, as it stands between quotation marks."""
    return _quoted(say(action, name, json.loads(facts)))


_told_again = lru_cache(maxsize=50_000)(_told)


def _changed(text: str) -> str:
    """The changes as they stand between quotation marks: JSON, with letters as letters."""
    if "\\u" in text or "\x7f" in text or len(text) > LONGEST:
        return _quoted(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False))
    return text.replace('"', '""')


def csv_row(row: tuple[str, str, str | None, str]) -> str:
    """One line; of a withheld or erased event its numbers and its hash.

    A row is what comes before the words, who (label, agency and action), the bytes (None if withheld, empty if
    erased), and what comes after the words.
    """
    head, who, body, tail = row
    if not body:
        word, why = ("withheld", WITHHELD) if body is None else ("erased", ERASED)
        return f'{head[: head.index(",")]},"","","","{word}","{why}","{tail}'
    cells, action, name = _who(who)
    changed, _, rest = body.partition(CHANGES)[2].partition(FACTS)
    facts, found, _ = rest.rpartition(AFTER)
    try:
        if not found or FACTS in facts:
            changed, facts = _read(body)
        told = (_told_again if len(facts) < REPEATED else _told)(action, name, facts)
        changed = changed if changed == "[]" else _changed(changed)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        told, changed = UNREADABLE, "[]"
    return f'{head}{cells}","{told}","{changed}{tail}'


def csv_lines(batch: Iterable[Any]) -> bytes:
    """The lines of some rows, in UTF-8."""
    return "".join(map(csv_row, batch)).encode()


MARK = "\x04"
"""Stands for a quotation mark of ours until those within the bytes are escaped; canonical bytes never hold it."""


def json_lines(batch: Iterable[Any]) -> bytes:
    """One JSON object per row, which is the bytes and what comes after them.

    `body` holds the exact bytes that were hashed, as text; null if withheld or erased.
    """
    text = "".join([
        f"{{\4body\4:\4{body}\4{tail}" if body else f"{{\4body\4:null{tail}" for body, tail in batch
    ])  # fmt: skip
    return text.replace("\\", "\\\\").replace('"', '\\"').replace(MARK, '"').encode()


Withheld = Callable[[Event], bool]


def _open(event: Event) -> bool:
    return False


def as_csv(events: Iterable[Event], withheld: Withheld = _open) -> Iterator[str]:
    """One line per event, with a header; of a withheld event only its numbers and its hash."""
    yield line(*COLUMNS)
    for event in events:
        who = APART.join([event.actor_label, str(event.agency or ""), event.action])
        head, tail = csv_ends(
            event.number,
            f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            _seq(event),
            bytes(event.leaf).hex(),
        )
        yield csv_row((head, who, _body(event, withheld), tail))


def as_json_lines(events: Iterable[Event], withheld: Withheld = _open) -> Iterator[str]:
    """One JSON object per event. `body` holds the exact bytes that were hashed, as text; null if withheld."""
    for event in events:
        tail = json_end(event.number, _seq(event), bytes(event.leaf).hex())
        yield json_lines([(_body(event, withheld), tail)]).decode()


def csv_ends(number: int, at: str, seq: int | None, leaf: str) -> tuple[str, str]:
    """What stands before and after the words of a line, as PostgreSQL writes it for FORMATS."""
    return f'"{number}","{at}","', f'","{seq or ""}","{leaf}"\r\n'


def json_end(number: int, seq: int | None, leaf: str) -> str:
    """What stands after the bytes of a line, as PostgreSQL writes it for FORMATS."""
    return f",\4leaf\4:\4{leaf}\4,\4number\4:{number},\4seq\4:{seq or 'null'}}}\n"


def _seq(event: Event) -> int | None:
    entry = getattr(event, "entry", None)
    return entry.seq if entry else None


def _body(event: Event, withheld: Withheld) -> str | None:
    return None if withheld(event) else bytes(event.body).decode("utf-8", "replace")


class Format(NamedTuple):
    """How a history is written: its lines, its media type, what comes before the first, and what PostgreSQL writes
    of a line before and after its bytes."""

    lines: Callable[[Iterable[Any]], bytes]
    media: str
    header: bytes
    before: tuple[Func, ...]
    after: Func


LEAF = Func(F("leaf"), Value("hex"), function="encode", output_field=TEXT)
TIME = Func(Cast("at", TEXT), Value(19), function="left", output_field=TEXT)
FORMATS = {
    "csv": Format(
        csv_lines, "text/csv; charset=utf-8", line(*COLUMNS).encode(),
        (_joined('"', F("number"), '","', TIME, '","'), _joined(F("actor_label"), APART, F("agency"), APART, F("action"))),
        _joined('","', F("entry__seq"), '","', LEAF, '"\r\n'),
    ),
    "jsonl": Format(
        json_lines, "application/x-ndjson", b"", (),
        _joined(",\4leaf\4:\4", LEAF, "\4,\4number\4:", F("number"), ",\4seq\4:", F("entry__seq"), "}\n"),
    ),
}  # fmt: skip
