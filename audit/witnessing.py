"""Heads of the log in other people's hands: what mails and documents carry, and which head was seen outside last."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from audit import checkpoints, heads, merkle
from audit.log import Reading
from audit.models import Checkpoint, Entry, Event, OutsideHead
from common import outbox

PATIENCE = timedelta(minutes=5)
"""How long a mail or a document waits for a signed head that covers what it tells of."""
AGAIN = timedelta(seconds=5)

KEEP = """\
Keep this mail. The lines below are a signed head of the history: whoever keeps them can show later whether anything \
recorded up to then was changed or removed. To check, paste them at {url}"""
BEHIND = "This head is older than what this mail tells of: no newer one could be had in five minutes."
NONE = """\
This mail carries no signed head of the history: none could be had in five minutes. The heads of each day are at {url}"""

_NOTE = re.compile(
    rf"{checkpoints.HOST}/audit/[0-9]{{1,9}}\n[0-9]{{1,18}}\n[^\n]{{1,80}}\nat [^\n]{{1,40}}\n\n— [^\n]{{1,400}}\n"
)


def covered(event: Event | None, *, now: datetime) -> bool | outbox.Later:
    """Whether a signed head covers the event; `Later` while one may still come. No event is covered by any head."""
    if event is None:
        return True
    entry = Entry.objects.filter(event=event.pk).first()
    if entry and heads.covering(entry.seq):
        return True
    if now - event.at >= PATIENCE:
        return False
    heads.ask()
    return outbox.Later(now + AGAIN)


def closing(closes: Mapping[str, Any], *, now: datetime) -> str | outbox.Later:
    """What is put under a mail when it goes: the newest signed head, once one covers the event that caused the mail."""
    event = Event.objects.filter(pk=closes["event"]).only("at").first() if closes.get("event") else None
    is_covered = covered(event, now=now)
    if isinstance(is_covered, outbox.Later):
        return is_covered
    head = heads.newest()
    if head is None:
        return _paragraph(NONE, "audit-heads")
    behind = "" if is_covered else f"{BEHIND}\n"
    return f"{_paragraph(KEEP, 'audit-heads-check')}{behind}\n{head.note}"


def _paragraph(words: str, page: str) -> str:
    return words.format(url=f"{settings.SITE_URL}{reverse(page)}") + "\n"


def accepted(closed: str, *, now: datetime) -> None:
    """A mail server took a mail with this closing part: its head is held outside from now on."""
    if (found := note_in(closed)) is not None:
        head = checkpoints.parse(found).head
        seen_outside(head.epoch, head.size, how=OutsideHead.MAIL, now=now)


def seen_outside(epoch: int, size: int, *, how: str, now: datetime) -> None:
    """Remember that somebody outside holds this head, if it is the newest such head."""
    last = newest_outside()
    if last is None or (epoch, size) > (last.epoch, last.size):
        rows: QuerySet[OutsideHead] = QuerySet(OutsideHead)
        rows.bulk_create([OutsideHead(epoch=epoch, size=size, how=how, seen_at=now)], ignore_conflicts=True)


def newest_outside() -> OutsideHead | None:
    """The newest head that is known to be in somebody else's hands."""
    found: OutsideHead | None = OutsideHead.objects.order_by("-epoch", "-size").first()
    return found


def note_in(text: str) -> str | None:
    """The first signed note in a text, as people paste one: a whole mail, quoted in an answer, with Windows' line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = _NOTE.search("\n".join(line.rstrip(" \t").lstrip("> \t") for line in lines) + "\n")
    return found.group() if found else None


@dataclass(frozen=True)
class Proof:
    """That an entry is in the log which a signed head covers: the text of a C2SP tlog-proof, and its numbers."""

    text: str
    entry: int
    size: int
    signed_at: datetime

    @property
    def signed(self) -> str:
        """When the head was signed, in UTC."""
        return f"{self.signed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def proof_of(event: Event) -> Proof | None:
    """The proof under the first head that covers the event; None while there is no such head.

    The first, so that it is the same whenever it is asked for. Beside the proof stands the entry's leaf hash (as
    tlog-proof's "extra" data): the SHA-256 of a byte 00 and the event's bytes, which an export or a dossier holds.
    """
    entry = Entry.objects.filter(event=event.pk).first()
    head = heads.covering(entry.seq) if entry else None
    if entry is None or head is None:
        return None
    return Proof(_tlog_proof(entry, head), entry.seq, head.size, head.signed_at)


def _tlog_proof(entry: Entry, head: Checkpoint) -> str:
    hashes = merkle.path(entry.seq - 1, head.size, Reading().hashes)
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {_based(bytes(entry.leaf))}",
        f"index {entry.seq - 1}",
        *(_based(digest) for digest in hashes),
    ]
    return "\n".join(lines) + f"\n\n{head.note}"


def _based(digest: bytes) -> str:
    return b64encode(digest).decode()
