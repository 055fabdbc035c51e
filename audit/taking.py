"""Taking a history away: first an event that says who takes what, then the lines, then an event that says what was sent.

What an export holds is settled by its event: the entries of its scope up to that event's own place in the log. They
never change, so an export can be taken up again after a break, and sent a second time gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from audit import exports, heads, log, reading, sentences, streaming
from audit.models import Event
from audit.record import SYSTEM, Actor, record

TAKEN, COMPLETED, RESUMED = "history.exported", "history.export_completed", "history.export_resumed"
AGREEMENT, AGENCY = "agreement", "agency"
PROGRESS_SECONDS = 6 * 3600
PROGRESS_ROWS = 20_000


class ScopeChanged(Exception):
    """An agency's history covers other agreements than when the export was begun; begin another."""


@dataclass(frozen=True)
class Export:
    """An export that was asked for, by the event that recorded it."""

    event: Event

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the event says of it."""
        found: dict[str, Any] = sentences.body(self.event)["facts"]
        return found

    @property
    def format(self) -> exports.Format:
        """How its lines are written."""
        return exports.FORMATS[self.facts["format"]]

    @property
    def filename(self) -> str:
        """What the file is called."""
        return f"history-{self.event.stream}.{self.facts['format']}"

    @property
    def address(self) -> str:
        """Where its receipt is."""
        return f"{settings.SITE_URL}/audit/exports/{self.event.pk}/"

    @property
    def completed(self) -> Event | None:
        """The event that says what was sent; None while nobody has taken all of it."""
        later = Event.objects.filter(
            stream=self.event.stream, number__gt=self.event.number, action=COMPLETED
        ).order_by("number")
        return next((e for e in later if sentences.body(e)["facts"]["export"] == self.event.number), None)

    @property
    def rows_so_far(self) -> int:
        """How many entries the newest download of it has got."""
        return int(cache.get(self._key) or 0)

    @property
    def _key(self) -> str:
        return f"export:{self.event.pk}"

    def sent(self, rows: int) -> None:
        """Note how far the download is."""
        cache.set(self._key, rows, PROGRESS_SECONDS)


def begin(stream: UUID, *, scope: str, format: str, agency: UUID, actor: Actor, now: datetime) -> Export:
    """Record that a history is taken away and give what it holds its places in the log."""
    facts: dict[str, Any] = {"format": format, "scope": scope}
    if scope == AGENCY:
        facts["streams"] = _streams(stream)
    with transaction.atomic():
        event = record(TAKEN, stream=stream, actor=actor, now=now, agency=agency, facts=facts)
    log.enter()
    return Export(event)


def resume(export: Export, *, after: int, agency: UUID, actor: Actor, now: datetime) -> None:
    """Record that an export is taken up again. Raises ScopeChanged if it would hold other agreements."""
    if export.facts["scope"] == AGENCY and export.facts["streams"] != _streams(export.event.stream):
        raise ScopeChanged
    facts = {"export": export.event.number, "after": after}
    with transaction.atomic():
        record(RESUMED, stream=export.event.stream, actor=actor, now=now, agency=agency, facts=facts)


def _streams(agency: UUID) -> dict[str, Any]:
    """Which streams an agency's history is made of: how many, and a hash over their sorted ids."""
    first = reading.of_agency(agency).filter(number=1).values_list("stream", flat=True)
    found = sorted(str(stream) for stream in first)
    return {"count": len(found), "sha256": sha256("\n".join(found).encode()).hexdigest()}


def events(export: Export) -> QuerySet[Event]:
    """The entries an export holds, oldest first."""
    if export.facts["scope"] == AGENCY:
        last = Event.objects.values_list("entry__seq", flat=True).get(pk=export.event.pk)
        return reading.of_agency(export.event.stream).filter(entry__seq__lte=last).order_by("pk")
    found: QuerySet[Event] = Event.objects.filter(
        stream=export.event.stream, number__lte=export.event.number, entry__seq__gt=0
    )
    return found.order_by("pk")


def contents(
    export: Export, *, own: Iterable[UUID], clock: Callable[[], datetime], after: int = 0
) -> Iterator[bytes]:
    """The file in pieces, from the line after `after` (an entry's number; its log number in an agency's history).

    Its last line is the receipt: how many entries it holds, the SHA-256 of every byte before that line, and where
    the events that record the export are to be read. What was had before is reckoned in, not sent.
    """
    written, digest, wanted = export.format, sha256(export.format.header), events(export)
    place = "entry__seq" if export.facts["scope"] == AGENCY else "number"
    had = wanted.filter(**{f"{place}__lte": after}).count() if after else 0
    rows, size = 0, len(written.header)
    if not after:
        yield written.header
    with ThreadPoolExecutor(1) as beside:  # SHA-256 lets other threads go on
        hashed = beside.submit(digest.update, b"")
        for batch in streaming.batches(exports.rows(wanted, own, written)):
            for start in range(0, len(batch), exports.BATCH):
                part = batch[start : start + exports.BATCH]
                first = min(max(had - rows - start, 0), len(part))
                for piece, asked in ((part[:first], False), (part[first:], True)):
                    text = written.lines(piece) if piece else b""
                    hashed.result()
                    hashed = beside.submit(digest.update, text)
                    size += len(text)
                    if text and asked:
                        yield text
            rows += len(batch)
            if rows % PROGRESS_ROWS == 0:
                export.sent(rows)
    export.sent(rows)
    _complete(export, digest.hexdigest(), rows, size, clock())
    yield receipt_line(export, rows, digest.hexdigest())


def _complete(export: Export, digest: str, rows: int, size: int, now: datetime) -> None:
    """Record what was sent, once: a file sent again has the same hash."""
    if export.completed:
        return
    facts = {"export": export.event.number, "sha256": digest, "rows": rows, "bytes": size}
    with transaction.atomic():
        record(
            COMPLETED,
            stream=export.event.stream,
            actor=SYSTEM,
            now=now,
            agency=export.event.agency,
            facts=facts,
        )
    heads.ask()  # so that the receipt has its proof by the time somebody reads it


def receipt_line(export: Export, rows: int, digest: str) -> bytes:
    """The last line of an export."""
    if export.facts["format"] == "jsonl":
        said = {"receipt": export.address, "rows": rows, "sha256": digest}
        return (json.dumps(said, separators=(",", ":")) + "\n").encode()
    words = f"{rows} entries. SHA-256 of every line above: {digest}. Receipt: {export.address}"
    return exports.line("", "", "", "", "receipt", words, "", "", "").encode()
