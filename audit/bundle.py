"""The dossier's container: a ZIP in which every byte follows from the names and the contents, written as a stream.

What the members of `log/` look like is told in README.txt and checked by audit/verify.py, which goes along.
"""

from __future__ import annotations

import re
import shutil
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from audit import merkle
from audit.checkpoints import Head, Note, parse
from audit.log import BLOCK, Reading
from audit.models import Event

HERE = Path(__file__).parent
SHIPPED = {"README.txt": HERE / "dossier_readme.txt", "verify.py": HERE / "verify.py"}
"""What lies in every dossier beside its documents."""
NAME = re.compile(r"(documents|history)(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,12}")
LONGEST = 240
LONGEST_BODY = 16_000_000
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
REGULAR_FILE = 0o100644 << 16
WINDOW = 256 * BLOCK
"""Entries of the log whose hashes are held at once while the proof is made."""

Source = bytes | Path


class Unfit(ValueError):
    """This cannot be put in a dossier; the message says why."""


@dataclass(frozen=True)
class Manifest:
    """The list of members with their SHA-256, as `sha256sum -c` reads it, and the list's own SHA-256."""

    text: str
    sha256: str


def manifest(documents: Iterable[tuple[str, Source]]) -> Manifest:
    """The list of what the dossier will hold; its hash goes into the event that binds the documents to the log."""
    lines = [f"{_sha256(source)}  {name}\n" for name, source in _members(documents)]
    text = "".join(lines)
    return Manifest(text, sha256(text.encode("ascii")).hexdigest())


def write(
    target: BinaryIO,
    *,
    documents: Iterable[tuple[str, Source]],
    events: Iterable[Event],
    withheld: Callable[[Event], bool],
    checkpoint: str,
    heads: Iterable[str] = (),
    key: str,
) -> None:
    """Write the dossier to `target`, a file that can seek.

    `documents` are those given to `manifest`. `events` come in the order of the log, each with its entry, the
    `dossier.made` event last; `checkpoint` is a signed head over all of them, `heads` are earlier ones, `key` the
    log's public key. Memory does not grow with the documents or the bodies.
    """
    head = parse(checkpoint).head
    given = list(documents)
    with ZipFile(target, "w", ZIP_STORED, allowZip64=False) as container:
        _put(container, "MANIFEST", manifest(given).text.encode("ascii"))
        shipped = _members(given)
        for name, source in (row for row in shipped if row[0] < "log/"):
            _put(container, name, source)
        _put(container, "log/checkpoint", checkpoint.encode())
        with container.open(_info("log/entries"), "w") as opened:
            places = _entries(opened, events, withheld, head.size)
        with container.open(_info("log/heads"), "w") as opened:
            _heads(opened, heads, head)
        _put(container, "log/key", f"{key}\n".encode())
        with container.open(_info("log/others"), "w") as opened:
            for digest in merkle.others(places, head.size, Near(places).hashes):
                opened.write(f"{digest.hex()}\n".encode())
        for name, source in (row for row in shipped if row[0] > "log/"):
            _put(container, name, source)


def _members(documents: Iterable[tuple[str, Source]]) -> list[tuple[str, Source]]:
    """Documents and what is shipped, by name. Raises Unfit for a name that some system could not unpack."""
    given = list(documents)
    for name, _ in given:
        if not NAME.fullmatch(name) or len(name) > LONGEST or "./" in name or name.endswith("."):
            raise Unfit(f"Not a name for a document in a dossier: {name!r}")
    names = [name.lower() for name, _ in given]
    if len(set(names)) < len(names):
        raise Unfit("Two documents have the same name.")
    return sorted([*given, *SHIPPED.items()], key=lambda row: row[0])


def _sha256(source: Source) -> str:
    digest = sha256()
    with _opened(source) as stream:
        while block := stream.read(1 << 18):
            digest.update(block)
    return digest.hexdigest()


def _opened(source: Source) -> IO[bytes]:
    return BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _info(name: str) -> ZipInfo:
    """Nothing of the machine, the day or the writer."""
    info = ZipInfo(name, FIXED_TIME)
    info.create_system, info.create_version, info.extract_version = 3, 20, 20
    info.external_attr = REGULAR_FILE
    info.compress_type = ZIP_STORED
    return info


def _put(container: ZipFile, name: str, source: Source) -> None:
    with _opened(source) as stream, container.open(_info(name), "w") as opened:
        shutil.copyfileobj(stream, opened, 1 << 18)


def _entries(
    opened: IO[bytes], events: Iterable[Event], withheld: Callable[[Event], bool], size: int
) -> Sequence[int]:
    """Write a line for each event; returns their places, counted from 0."""
    places = array("q")
    for event in events:
        seq = event.entry.seq
        if seq > size or (places and seq - 1 <= places[-1]):
            raise Unfit("Events come in the order of the log, and the head covers them.")
        opened.write(_line(event, seq, hidden=withheld(event)))
        places.append(seq - 1)
    return places


def _line(event: Event, seq: int, *, hidden: bool) -> bytes:
    """The exact body, or, if it is withheld or was lawfully erased, its hash and its place in its stream."""
    body = bytes(event.body)
    if len(body) > LONGEST_BODY:
        raise Unfit("An entry is longer than verify.py reads.")
    if hidden or not body:
        return f"{seq} h {bytes(event.leaf).hex()} {event.stream} {event.number}\n".encode("ascii")
    return b"%d b %s\n" % (seq, body)


def _heads(opened: IO[bytes], notes: Iterable[str], head: Head) -> None:
    """Earlier heads, each with the hashes that show the log to begin with what it signed."""
    reading = Reading()
    read = {(note.head.epoch, note.head.size): note for note in map(parse, notes)}
    for _, note in sorted(read.items()):
        if (note.head.epoch, note.head.size) >= (head.epoch, head.size):
            raise Unfit("An earlier head is earlier than the dossier's own.")
        proof = _proof(note, head, reading)
        opened.write(f"head\n{note.text()}proof {len(proof)}\n".encode())
        opened.writelines(f"{digest.hex()}\n".encode() for digest in proof)
    opened.write(b"end\n")


def _proof(note: Note, head: Head, reading: Reading) -> list[bytes]:
    """None for a head whose end was lost in a restore: the declaration of the new epoch explains it."""
    if note.head.size > head.size or reading.hashes(0, note.head.size) != note.head.root:
        if note.head.epoch == head.epoch:
            raise Unfit("The log does not begin with what an earlier head signed.")
        return []
    return merkle.consistency(note.head.size, head.size, reading.hashes)


@dataclass
class Near:
    """The log's hashes near the entries that are shown, asked for from left to right, a window at a time."""

    places: Sequence[int]
    _ends: int = 0
    _reading: Reading = field(default_factory=Reading)

    def hashes(self, lo: int, hi: int) -> bytes:
        """MTH(D[lo:hi])."""
        if lo >= self._ends:
            self._ends = (lo // WINDOW + 1) * WINDOW
            self._reading = Reading()
            self._reading.prefetch(self._shown(lo, self._ends))
        return self._reading.hashes(lo, hi)

    def _shown(self, lo: int, hi: int) -> Iterator[int]:
        first, last = bisect_left(self.places, lo - BLOCK), bisect_left(self.places, hi)
        return (self.places[at] for at in range(first, last))
