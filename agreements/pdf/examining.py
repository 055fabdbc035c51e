"""Examining a file that was signed outside, in a fork of a warm process: a hostile one can exhaust that fork only."""

from __future__ import annotations

import atexit
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from agreements.pdf.outside import MOST_BYTES, UNREADABLE, Certified, NotAccepted
from agreements.pdf.warm import Failed, Warm

MEMORY, PROCESSOR_SECONDS, WALL_SECONDS = 900_000_000, 18, 30.0
"""What examining one file may take."""
TOO_MUCH = "This file takes too much time or memory to read. Sign the document as it was given to you, and send that."


class Examiner(Warm):
    """A warm process that examines one file after the other."""

    program = Path(__file__).with_name("outside.py")

    def __init__(
        self, *, memory: int = MEMORY, seconds: int = PROCESSOR_SECONDS, wall: float = WALL_SECONDS
    ) -> None:
        super().__init__(memory=memory, seconds=seconds, wall=wall)


_idle: list[Examiner] = []


def examine(
    data: bytes, *, prepared: bytes, field: str, name: str, email: str, roots: str, lists: str, now: datetime
) -> Certified:
    """As `outside.examined`, with the operator's files of roots and revocation lists. Raises NotAccepted."""
    if len(data) > MOST_BYTES:
        raise NotAccepted(UNREADABLE)
    asked = {"length": len(prepared), "field": field, "name": name, "email": email, "roots": roots, "lists": lists,
             "now": now.isoformat()}  # fmt: skip
    try:
        with _lent() as examiner:
            said = json.loads(examiner.ask(json.dumps(asked).encode() + b"\n" + prepared + data))
    except Failed:
        raise NotAccepted(TOO_MUCH) from None
    if "reason" in said:
        raise NotAccepted(said["reason"])
    return Certified(**said["certified"])


@contextmanager
def _lent() -> Iterator[Examiner]:
    """An examiner for oneself: who sends a hostile file keeps nobody else waiting. One is kept for the next."""
    lent = _taken() or Examiner()
    try:
        yield lent
    finally:
        _idle.append(lent)
        close(keeping=1)


def _taken() -> Examiner | None:
    """One that nobody uses. Another thread may be quicker."""
    with suppress(IndexError):
        return _idle.pop()
    return None


def close(*, keeping: int = 0) -> None:
    """End those that nobody uses but so many."""
    while len(_idle) > keeping and (one := _taken()):
        one.close()


atexit.register(close)
