"""Random questions by everybody, looking for a word that only another agency's private entries hold.

`python -m tests.trust.probes` asks 10,000 by each person (PROBES=500: as many); the suite asks a few. A kind of
probe is a function in KINDS that draws what to ask; whatever is answered there, unpacked, must not contain a canary of
an agency that is not the person's own, and is never an error of ours.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from tests.trust.addresses import ANSWERS, DOORS, ELSEWHERE, FILES, PAGES, PAPERS

FULL = 10_000
FEW = 12
WORD = "kestrel"
"""What probes type; it is shown again in the form, so a canary is longer."""


@dataclass(frozen=True)
class Ground:
    """What there is to ask about, and which canary is whose: agency's name in the cast -> the word it alone holds."""

    streams: tuple[UUID, ...]
    agencies: tuple[UUID, ...]
    references: tuple[str, ...]
    entries: int
    canaries: dict[str, str] = field(default_factory=dict)
    rows: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    """Ids by the name of the place they take in an address, those of private things among them."""


class Probe(NamedTuple):
    """One question."""

    address: str
    method: str = "get"


Kind = Callable[[Random, Ground], Probe]


def desk(draw: Random, ground: Ground) -> Probe:
    """A search of the desk with some of its fields filled, now and then nonsense."""
    values = {
        "words": [WORD, "7731", "private", "comment", "zz", "%", "\\u006b"],
        "who": ["mesa", "mesa.liaison@agency.example", "Riverton Counsel", "harbor", "nobody", "Concordat"],
        "agency": ["Mesa County District Attorney", "riverton", "Harbor School District", "x"],
        "agreement": [*ground.references, WORD, "case records"],
        "action": ["comment.", "comment.made_privately", "provision.", "provision.edited", "none"],
        "show": ["", "mine", "taken", "private", "others"],
        "since": ["2026-03-01", "2026-03-02T08:00", "x"],
        "until": ["2026-03-02", "2027-01-01T00:00", "0"],
        "before": [f"20270101T000000.000000-{draw.randrange(500)}", f"20260302T150000.000000-{draw.randrange(500)}", "x"],
    }  # fmt: skip
    names = draw.sample(sorted(values), draw.randrange(5))
    return Probe("/audit/?" + urlencode({name: draw.choice(values[name]) for name in names}))


def history(draw: Random, ground: Ground) -> Probe:
    """A page of a history."""
    asked = {
        "before": draw.randrange(ground.entries + 5),
        "what": draw.choice(["", "comment", "provision", "x"]),
        "who": "",
    }
    return Probe(f"/agreements/{_stream(draw, ground)}/history/?{urlencode(asked)}")


def as_of(draw: Random, ground: Ground) -> Probe:
    """An agreement as it was after any entry, with any version, at any time."""
    asked = draw.choice(
        [
            ("entry", str(draw.randrange(ground.entries + 5))),
            ("version", str(draw.randrange(5))),
            ("at", draw.choice(["2026-03-02", "2027-01-01", "2026-03-02T08:00", "x"])),
        ]
    )
    return Probe(f"/agreements/{_stream(draw, ground)}/as-of/?{urlencode([asked])}")


def export(draw: Random, ground: Ground) -> Probe:
    """A history taken away: an agreement's or an agency's."""
    kind, one = draw.choice([("streams", _stream(draw, ground)), ("agencies", draw.choice(ground.agencies))])
    return Probe(f"/audit/{kind}/{one}/export.{draw.choice(['csv', 'jsonl', 'xml'])}")


def page(draw: Random, ground: Ground) -> Probe:
    """Any page of an agreement, with ids of what is and what is not there."""
    return Probe(f"/agreements/{_stream(draw, ground)}/{_filled(draw.choice(PAGES), draw, ground)}")


def interface(draw: Random, ground: Ground) -> Probe:
    """What programs read of an agreement."""
    return Probe(f"/api/v1/agreements/{_stream(draw, ground)}/{_filled(draw.choice(DOORS), draw, ground)}")


def elsewhere(draw: Random, ground: Ground) -> Probe:
    """Pages and lists that are of no one agreement."""
    return Probe(_filled(draw.choice(ELSEWHERE), draw, ground))


def taken(draw: Random, ground: Ground) -> Probe:
    """A file to take away; now and then one that is printed for it."""
    place = draw.choice(PAPERS if draw.random() < 0.02 else FILES)
    return Probe(
        f"{draw.choice(['', '/api/v1'])}/agreements/{_stream(draw, ground)}/{_filled(place, draw, ground)}"
    )


def answering(draw: Random, ground: Ground) -> Probe:
    """An act on a row of others, which is refused as if the row were not there."""
    door, place = draw.choice(ANSWERS)
    return Probe(f"{door}/agreements/{_stream(draw, ground)}/{_filled(place, draw, ground)}", "post")


def searched(draw: Random, ground: Ground) -> Probe:
    """The list of agreements, searched for what only others know."""
    words = [WORD, "7731", "hidden records", "between us", "%", *ground.references]
    path = draw.choice(["/agreements/", "/api/v1/agreements/", "/board/", "/board.csv", "/"])
    return Probe(f"{path}?{urlencode({'q': draw.choice(words), 'words': draw.choice(words)})}")


def _filled(place: str, draw: Random, ground: Ground) -> str:
    """The address with ids and numbers drawn."""
    known = {name: draw.choice([*ids, *ids, uuid4()]) for name, ids in sorted(ground.rows.items())}
    return place.format(
        n=draw.randrange(4), m=draw.choice([1, 2, "now", 9]), word=WORD, entry=draw.randrange(60), **known
    )


def unpacked(content: bytes) -> bytes:
    """What a file says: the parts of a ZIP (Word files are some), the words of a PDF, else the bytes themselves."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"\n".join(unpacked(archive.read(name)) for name in archive.namelist())
    if content.startswith(b"%PDF"):
        command = ["pdftotext", "-", "-"]
        return content + subprocess.run(command, input=content, capture_output=True, check=True).stdout
    return content


def _stream(draw: Random, ground: Ground) -> UUID:
    return draw.choice([*ground.streams, *ground.streams, uuid4()])


KINDS: list[Kind] = [desk, history, as_of, export, page, page, page, interface, interface, interface, elsewhere, taken,
                     answering, searched]  # fmt: skip


def main() -> int:
    """The whole number, through the same test as in the suite."""
    os.environ.setdefault("PROBES", str(FULL))
    command = [sys.executable, "-m", "pytest", "tests/trust/test_probes.py", "-v", "-s", "--timeout=0"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
