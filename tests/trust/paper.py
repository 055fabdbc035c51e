"""A log without a database: the same bytes as record and its trigger write, for tests that need many or false ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast
from unittest import mock
from uuid import UUID
from zipfile import ZipFile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import bundle, checkpoints, merkle, verify
from audit.canonical import canonical
from audit.models import Event

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOST = "log.example"
KEY = checkpoints.key_of(HOST, SECRET).vkey()
BEGAN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AGREEMENT, AGENCY = UUID(int=7), UUID(int=8)
LOG_STREAM = UUID(verify.LOG_STREAM.decode())
DOCUMENTS: list[tuple[str, bytes | Path]] = [("documents/a/final.pdf", b"%PDF"), ("history/a.csv", b'"1"\n')]


@dataclass
class Paper:
    """Entries in memory, one a minute."""

    leaves: list[bytes] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    streams: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)

    def add(
        self, action: str = "thing.done", stream: UUID = AGREEMENT, at: datetime | None = None, **facts: Any
    ) -> None:
        """One more entry."""
        seq = len(self.leaves) + 1
        last, before = self.streams.get(stream, (0, bytes(32)))
        body = canonical(
            {
                "v": 1, "action": action, "stream": str(stream), "stream_number": last + 1,
                "at": (at or self.at(seq)).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "actor": {"id": None, "label": "C", "agency": None}, "private_to": None, "request": {},
                "facts": facts, "changes": [], "salt": sha256(b"%d" % seq).hexdigest()[:32],
                "stream_prev": before.hex(),
            }
        )  # fmt: skip
        self.put(body, stream, last + 1)

    def put(self, body: bytes, stream: UUID, number: int) -> None:
        """An entry of any bytes."""
        seq, leaf = len(self.leaves) + 1, merkle.leaf(body)
        self.streams[stream] = number, leaf
        self.leaves.append(leaf)
        self.events.append(
            cast(
                Event,
                SimpleNamespace(
                    stream=stream, number=number, body=body, leaf=leaf, entry=SimpleNamespace(seq=seq)
                ),
            )
        )

    def fill(self, number: int, streams: Sequence[UUID] = (AGREEMENT, AGENCY)) -> None:
        """Ordinary entries, of the streams in turn."""
        for place in range(number):
            self.add(stream=streams[place % len(streams)])

    def conclude(self, **said: Any) -> None:
        """The dossier's own entry."""
        facts = {
            "manifest": bundle.manifest(DOCUMENTS).sha256,
            "streams": {str(AGREEMENT): self.streams[AGREEMENT][0]},
        }
        self.add("dossier.made", **facts | said)

    @staticmethod
    def at(seq: int) -> datetime:
        """When the entry was made."""
        return BEGAN + seq * MINUTE

    def hashes(self, lo: int, hi: int) -> bytes:
        """MTH(D[lo:hi])."""
        return merkle.root(self.leaves[lo:hi])

    def head(
        self,
        size: int,
        *,
        at: datetime | None = None,
        epoch: int = 1,
        secret: Ed25519PrivateKey = SECRET,
        host: str = HOST,
    ) -> str:
        """A signed head of the first entries."""
        made = checkpoints.Head(host, epoch, size, self.hashes(0, size), at or self.at(size) + MINUTE / 2)
        return checkpoints.sign(made, secret).text()

    def proof(self, old: int, new: int) -> list[bytes]:
        """That the log of `new` entries continues that of `old`."""
        return merkle.consistency(old, new, self.hashes)

    def write(
        self, target: BinaryIO, *, withheld: Callable[[Event], bool] = lambda event: False, heads: Iterable[str] = (),
        checkpoint: str = "", events: Iterable[Event] | None = None, key: str = KEY,
        documents: Iterable[tuple[str, bytes | Path]] = tuple(DOCUMENTS),
    ) -> None:  # fmt: skip
        """A dossier of all entries, or of some."""
        reading = SimpleNamespace(hashes=self.hashes, prefetch=lambda places: None)
        with mock.patch.object(bundle, "Reading", lambda: reading):
            bundle.write(
                target, documents=documents, events=self.events if events is None else events, withheld=withheld,
                checkpoint=checkpoint or self.head(len(self.leaves)), heads=heads, key=key,
            )  # fmt: skip

    def dossier(self, **given: Any) -> bytes:
        """The same as bytes."""
        target = io.BytesIO()
        self.write(target, **given)
        return target.getvalue()


class Members:
    """A dossier as the verifier sees an unpacked folder: no sums but those of the proof itself."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        """Names and contents."""
        self.contents = contents
        self.parts = dict(sorted((name, len(content)) for name, content in contents.items()))

    def open(self, name: str) -> BinaryIO:
        """As Folder does."""
        return io.BytesIO(self.contents[name])


def unpacked(container: bytes) -> dict[str, bytes]:
    """The members of a dossier."""
    with ZipFile(io.BytesIO(container)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(contents: dict[str, bytes]) -> bytes:
    """A container in the very form, of whatever contents."""
    target = io.BytesIO()
    with ZipFile(target, "w") as container:
        for name, content in sorted(contents.items()):
            container.writestr(bundle._info(name), content)
    return target.getvalue()


def held(*notes: str) -> list[verify.Head]:
    """Heads as the verifier reads them."""
    return [verify.head_in(verify.NOTE.fullmatch(note.encode())) for note in notes]


def verdict(
    given: bytes | dict[str, bytes], *notes: str, key: str | None = None, proof: verify.Proof | None = None
) -> tuple[int, str]:
    """Exit code and last words for a container, or for its members."""
    said: list[str] = []

    def work() -> Iterator[str]:
        dossier: Any = verify.Zip(io.BytesIO(given)) if isinstance(given, bytes) else Members(given)
        return verify.examine(verify.complete(dossier), key.encode() if key else None, held(*notes), proof)

    return verify.judged(work, said.append), said[-1]


def rewritten(body: bytes, **said: Any) -> bytes:
    """The body with other members, in canonical form."""
    return canonical(json.loads(body) | said)
