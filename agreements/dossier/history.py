"""A history as one reader may read it: sentences as text and as a page, a table, and the exact entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from html import escape

from agreements.dossier.reader import Reader
from agreements.dossier.texts import harmless, one_line, page
from audit import exports
from audit.models import Event
from audit.sentences import sentence

MARK = b"<!--entries-->"
WITHHELD = "Private to another agency; its hash stands for it in log/entries."
Lines = Iterator[bytes]


def histories(
    events: Callable[[], Iterable[Event]], reader: Reader, *, at: str, title: str
) -> Iterator[tuple[str, Lines]]:
    """The files of one history; `events` gives its events anew each time, oldest first."""
    yield f"{at}/events.txt", _text(events(), reader)
    yield f"{at}/events.html", _page(events(), reader, title)
    yield f"{at}/events.csv", (line.encode() for line in exports.as_csv(events(), reader.withheld))
    yield f"{at}/events.jsonl", (line.encode() for line in exports.as_json_lines(events(), reader.withheld))


def _text(events: Iterable[Event], reader: Reader) -> Lines:
    for event in events:
        yield f"{event.number:>6}  {_when(event, reader)}  {one_line(_said(event, reader))}\n".encode(
            "utf-8", "replace"
        )


def _page(events: Iterable[Event], reader: Reader, title: str) -> Lines:
    """The page around the entries, and in its middle one line of a list per event."""
    before, _, after = page("history", title).partition(MARK)
    yield before
    for event in events:
        said = escape(harmless(_said(event, reader)))
        yield (
            f'<li value="{event.number}"><time>{_when(event, reader)}</time> {said} '
            f"<code>{bytes(event.leaf).hex()[:16]}</code></li>\n"
        ).encode("utf-8", "replace")
    yield after


def _said(event: Event, reader: Reader) -> str:
    return WITHHELD if reader.withheld(event) else sentence(event)


def _when(event: Event, reader: Reader) -> str:
    """When it was; of what is withheld not even that."""
    return " " * 23 if reader.withheld(event) else f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
