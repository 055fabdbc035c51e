"""Reckon the whole log anew from the texts of its events, and say what does not fit.

This asks only whether the database agrees with itself; somebody who rewrote all of it would pass. Whether it is the
history that others saw is shown by the heads they hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import connection

from audit import guards, merkle
from audit.canonical import canonical
from audit.log import BLOCK, BLOCK_LEVEL
from audit.models import Checkpoint, Head, Node, Stream

BATCH = 5_000
FIRST = "0" * 64
REDACTED = "history.redacted"
READ = """
SELECT x.seq, x.leaf, e.id, e.stream::text, e.number, e.action, e.actor::text, e.actor_label, e.agency::text,
  e.private_to::text, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.body, e.leaf
"""
ENTERED = READ + (
    "FROM audit_entry x LEFT JOIN audit_event e ON e.id = x.event_id WHERE x.seq > %s ORDER BY x.seq LIMIT %s"
)
WAITING = READ + (
    "FROM audit_event e LEFT JOIN audit_entry x ON x.event_id = e.id WHERE x.seq IS NULL AND e.id > %s "
    "ORDER BY e.id LIMIT %s"
)


class Row(NamedTuple):
    """One event and its place in the log, ids and times as text."""

    seq: int | None
    entered: memoryview
    id: int | None
    stream: str
    number: int
    action: str
    actor: str | None
    label: str
    agency: str | None
    private_to: str | None
    at: str
    body: memoryview
    leaf: memoryview

    def __str__(self) -> str:
        place = f"Entry {self.seq}" if self.seq else f"Event {self.id}, not yet in the log"
        return f"{place} (number {self.number} of stream {self.stream})"


class Inspection:
    """One pass over the log in its order. `full` also writes every text anew, and asks every head instead of the newest."""

    def __init__(self, *, full: bool = False) -> None:
        """Nothing read yet."""
        self.full = full
        self.entries = self.waiting = 0
        self.ends: dict[str, tuple[int, str]] = {}
        self._erased: dict[tuple[str, int], str] = {}
        self._leaves: list[bytes] = []
        self._edge: list[tuple[int, bytes]] = []
        self._below: dict[int, list[bytes]] = {}

    def findings(self) -> Iterator[str]:
        """What does not fit, the first bad entry first; nothing if all of it does."""
        self._nodes = {(row.level, row.index): bytes(row.hash) for row in Node.objects.iterator()}
        self._heads = self._signed()
        for row in self._rows(ENTERED):
            self.entries += 1
            yield from self._place(row)
            if row.id is not None:
                yield from self._event(row)
            yield from self._grow(bytes(row.entered))
        for row in self._rows(WAITING):
            self.waiting += 1
            yield from self._event(row)
        yield from self._left()
        yield from (f"A guard is missing: {guard}." for guard in guards.missing())

    def _rows(self, statement: str) -> Iterator[Row]:
        last, found = 0, True
        while found:
            with connection.cursor() as cursor:
                cursor.execute(statement, [last, BATCH])
                rows = cursor.fetchall()
            yield from map(Row._make, rows)
            found = len(rows) == BATCH
            last = rows[-1][0] or rows[-1][2] if rows else 0

    def _signed(self) -> dict[int, bytes]:
        """The roots that were signed in this epoch, by size; only the newest unless all are asked for."""
        rows = list(Checkpoint.objects.order_by("-epoch", "-size").values_list("epoch", "size", "root"))
        asked = [row for row in rows if row[0] == rows[0][0]] if self.full else rows[:1]
        return {size: bytes(root) for _, size, root in asked}

    def _place(self, row: Row) -> Iterator[str]:
        if row.seq != self.entries:
            yield f"Entry {self.entries} is missing: after it comes {row.seq}."
            self.entries = row.seq or self.entries
        if row.id is None:
            yield f"Entry {row.seq}: its event is gone."
        elif bytes(row.entered) != bytes(row.leaf):
            yield f"{row}: the log holds another hash than the event."

    def _event(self, row: Row) -> Iterator[str]:
        number, before = self.ends.get(row.stream, (0, FIRST))
        if row.number != number + 1:
            yield f"{row}: number {number + 1} of its stream should come here."
        if body := bytes(row.body):
            if sha256(b"\x00" + body).digest() != bytes(row.leaf):
                yield f"{row}: its text does not have the hash that is kept."
            yield from self._text(row, body, before)
        else:
            if row.label:
                yield f"{row}: its text is erased, but not the name of who acted."
            self._erased[row.stream, row.number] = str(row)
        self.ends[row.stream] = (row.number, bytes(row.leaf).hex())

    def _text(self, row: Row, body: bytes, before: str) -> Iterator[str]:
        try:
            said = json.loads(body)
            yield from _columns(row, said, before)
            if row.action == REDACTED and not self._erased.pop((row.stream, said["facts"]["number"]), None):
                yield f"{row}: it says that number {said['facts']['number']} was erased, which was not."
            if self.full and canonical(said) != body:
                yield f"{row}: its text is not in the one form in which texts are written."
        except (ValueError, KeyError, TypeError):
            yield f"{row}: its text is not an event's."

    def _grow(self, leaf: bytes) -> Iterator[str]:
        self._leaves.append(leaf)
        root = self._heads.pop(self.entries, None)
        if root is not None and root != merkle.root_of([*self._edge, *merkle.edge(self._leaves)]):
            yield f"The head that was signed over {self.entries} entries has another root than these entries."
        if len(self._leaves) == BLOCK:
            digest = merkle.root(self._leaves)
            self._leaves, self._edge = [], merkle.edge([digest], self._edge)
            yield from self._kept(BLOCK_LEVEL, digest)

    def _kept(self, level: int, digest: bytes) -> Iterator[str]:
        index = (self.entries >> level) - 1
        if self._nodes.pop((level, index), None) != digest:
            yield f"The kept hash over entries {(index << level) + 1} to {self.entries} is missing or wrong."
        row = self._below.setdefault(level, [])
        row.append(digest)
        if len(row) == BLOCK:
            self._below[level] = []
            yield from self._kept(level + BLOCK_LEVEL, merkle.root(row))

    def _left(self) -> Iterator[str]:
        yield from (f"{row}: its text was erased, and nothing says why." for row in self._erased.values())
        yield from (
            f"A head was signed over {size} entries; there are {self.entries}." for size in self._heads
        )
        yield from (f"A hash of level {level} is kept beyond the log." for level, _ in self._nodes)
        if (size := Head.objects.get(pk=1).size) != self.entries:
            yield f"The log says that it has {size} entries; there are {self.entries}."
        for stream in Stream.objects.iterator():
            number, leaf = self.ends.pop(str(stream.pk), (0, ""))
            if (number, leaf) != (stream.size, bytes(stream.leaf).hex()):
                yield f"Stream {stream.pk} should end with number {stream.size}; it ends with {number}."
        yield from (f"Stream {stream} is not counted." for stream in self.ends)


def _columns(row: Row, said: dict[str, Any], before: str) -> Iterator[str]:
    """What the columns repeat must be what the text says."""
    actor = said["actor"]
    pairs = {
        "stream": (said["stream"], row.stream),
        "number": (said["stream_number"], row.number),
        "action": (said["action"], row.action),
        "actor": (actor["id"], row.actor),
        "name": (actor["label"][:400], row.label),
        "agency": (actor["agency"], row.agency),
        "private_to": (said["private_to"], row.private_to),
        "time": (said["at"], row.at),
    }
    for name, (text, column) in pairs.items():
        if text != column:
            yield f"{row}: the column for its {name} does not say what its text says."
    if said["stream_prev"] != before:
        yield f"{row}: it does not follow on the event before it in its stream."
