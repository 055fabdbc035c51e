"""A small log with heads, and dossiers of it, for tests of the container, the verifier and what an operator may try."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import bundle, checkpoints, log, verify
from audit.models import Event
from audit.record import SYSTEM, record
from tests.builders import NOW

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOST = "log.example"
KEY = checkpoints.key_of(HOST, SECRET).vkey()
STREAM = UUID(int=7)
DOCUMENTS: list[tuple[str, bytes | Path]] = [
    ("documents/a/final.pdf", b"%PDF-1.7 and so on"),
    ("history/a.csv", b'"number"\n'),
]
MINUTE = timedelta(minutes=1)


def head(
    size: int,
    *,
    at: datetime = NOW,
    epoch: int = 1,
    root: bytes | None = None,
    secret: Ed25519PrivateKey = SECRET,
) -> str:
    """A head of the log as it is now, signed with the log's key."""
    found = log.Reading().hashes(0, size) if root is None else root
    return checkpoints.sign(checkpoints.Head(HOST, epoch, size, found, at.astimezone(UTC)), secret).text()


def happened(number: int, *, stream: UUID = STREAM, at: datetime = NOW) -> list[Event]:
    """Events of one stream, entered in the log."""
    made = [
        record("thing.done", stream=stream, actor=SYSTEM, now=at, facts={"place": place})
        for place in range(number)
    ]
    log.enter()
    return made


def concluded(*, at: datetime = NOW + MINUTE, stream: UUID = STREAM, **said: Any) -> Event:
    """The event of a dossier of that stream, entered."""
    last = (
        Event.objects.filter(stream=stream).order_by("-number").values_list("number", flat=True).first() or 0
    )
    facts = {"manifest": bundle.manifest(DOCUMENTS).sha256, "streams": {str(stream): last}} | said
    made = record("dossier.made", stream=stream, actor=SYSTEM, now=at, facts=facts)
    log.enter()
    return made


def everything() -> list[Event]:
    """Every event that has its place, in the order of the log."""
    return list(Event.objects.filter(entry__isnull=False).select_related("entry").order_by("entry__seq"))


def dossier(events: Iterable[Event], **given: Any) -> bytes:
    """The dossier of these events, whole."""
    target = BytesIO()
    options: dict[str, Any] = {
        "documents": DOCUMENTS, "withheld": lambda event: False, "heads": [], "key": KEY,
        "checkpoint": "", **given,
    }  # fmt: skip
    options["checkpoint"] = options["checkpoint"] or head(log.size(), at=NOW + 2 * MINUTE)
    bundle.write(target, events=events, **options)
    return target.getvalue()


def verdict(
    container: bytes, *held: str, key: str | None = None, proof: verify.Proof | None = None
) -> tuple[int, list[str]]:
    """The verifier's exit code and words for a dossier in memory, given these heads."""
    heads = [verify.head_in(verify.NOTE.fullmatch(note.encode())) for note in held]
    said: list[str] = []
    known = key.encode() if key else None
    code = verify.judged(
        lambda: verify.examine(verify.complete(verify.Zip(BytesIO(container))), known, heads, proof),
        said.append,
    )
    return code, said
