"""The coming days of some agencies' agreements as an iCalendar file (RFC 5545): reference, what is due and when. Pure.

No title, party or word of an agreement: a calendar is shown on screens and kept by whoever runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from agreements.board import Item

DAYS = 400
"""How far ahead the days go."""
WIDTH = 74
HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Concordat//Deadlines//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "X-WR-CALNAME:Concordat deadlines")  # fmt: skip


def ics(items: Iterable[Item], *, site: str, now: datetime) -> str:
    """The file: one whole-day entry for each deadline."""
    lines = [*HEAD, *(line for item in items for line in _entry(item, site, now)), "END:VCALENDAR"]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _entry(item: Item, site: str, now: datetime) -> Iterator[str]:
    agreement, on = item.agreement, item.deadline.on
    yield "BEGIN:VEVENT"
    yield f"UID:{agreement.pk}-{item.deadline.rule or 'day'}-{on:%Y%m%d}@concordat"
    yield f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{on + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(agreement.reference)}: {_text(item.deadline.name)}"
    yield f"URL:{site}{agreement.get_absolute_url()}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(words: str) -> str:
    """A value in which nothing ends the line or the field."""
    plain = "".join(c if c.isprintable() else " " for c in words)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, each but the first begun with a space."""
    piece, lead = "", ""
    for character in line:
        if len((lead + piece + character).encode()) > WIDTH:
            yield lead + piece
            piece, lead = "", " "
        piece += character
    yield lead + piece
