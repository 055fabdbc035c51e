"""The receipt of an export as text: the events that record it, their places in the log, and the head that covers them."""

from __future__ import annotations

from base64 import b64encode

from audit import heads, log, merkle
from audit.models import Event
from audit.taking import Export

FORM = "c2sp.org/tlog-proof@v1"
"""An index, the hashes from the entry up to the root, and a signed head: the form of other transparency logs."""


def receipt(export: Export) -> str:
    """For a person first, then for a program: each event's exact bytes and the proof that the log holds them."""
    completed = export.completed
    parts = [
        f"Receipt of an export from Concordat\n{export.address}\n",
        "The SHA-256 is that of every byte of the file before its last line:\n"
        f"    head -n -1 {export.filename} | sha256sum\n",
        _event("Asked for", export.event),
    ]
    if completed:
        parts.append(_event("Sent to its end", completed))
    else:
        parts.append("Not sent to its end yet. Take the file, then come back.\n")
    return "\n".join(parts)


def _event(title: str, event: Event) -> str:
    body = bytes(event.body).decode("utf-8", "replace")
    lines = [
        f"== {title}: event {event.number} of {event.stream}",
        f"body  {body}",
        f"leaf  {bytes(event.leaf).hex()}   SHA-256 of the byte 00 and the body",
    ]
    return "\n".join([*lines, proof(event)]) + "\n"


def proof(event: Event) -> str:
    """That the log holds the event, once a signed head covers it."""
    seq = Event.objects.filter(pk=event.pk).values_list("entry__seq", flat=True).get()
    if seq is None:
        return "place  not in the log yet; come back in a minute"
    head = heads.covering(seq)
    if head is None:
        return f"place  log entry {seq}; no signed head covers it yet, come back in ten minutes"
    path = inclusion(seq - 1, head.size, log.Reading().hashes)
    hashes = "\n".join(b64encode(each).decode() for each in path)
    return f"place  log entry {seq}\n\n{FORM}\nindex {seq - 1}\n{hashes}\n\n{head.note.rstrip()}"


def inclusion(index: int, size: int, hashes: merkle.Hashes) -> list[bytes]:
    """The hashes from entry `index`, counted from 0, up to the root over `size` entries (RFC 6962 section 2.1.1)."""
    lo, hi = 0, size
    path: list[bytes] = []
    while hi - lo > 1:
        middle = lo + merkle.split(hi - lo)
        if index < middle:
            path.append(hashes(middle, hi))
            hi = middle
        else:
            path.append(hashes(lo, middle))
            lo = middle
    return path[::-1]
