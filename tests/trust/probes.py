"""Random questions by everybody, looking for a word that only another agency's private entries hold.

`python -m tests.trust.probes` asks 10,000 by each person (PROBES=500: as many); the suite asks a few. A kind of
probe is a function in KINDS that draws an address; whatever is answered there must not contain a canary of an
agency that is not the person's own, and is never an error of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode
from uuid import UUID, uuid4

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


Kind = Callable[[Random, Ground], str]


def desk(draw: Random, ground: Ground) -> str:
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
    return "/audit/?" + urlencode({name: draw.choice(values[name]) for name in names})


def history(draw: Random, ground: Ground) -> str:
    """A page of a history."""
    asked = {
        "before": draw.randrange(ground.entries + 5),
        "what": draw.choice(["", "comment", "provision", "x"]),
        "who": "",
    }
    return f"/agreements/{_stream(draw, ground)}/history/?{urlencode(asked)}"


def as_of(draw: Random, ground: Ground) -> str:
    """An agreement as it was after any entry, with any version, at any time."""
    asked = draw.choice(
        [
            ("entry", str(draw.randrange(ground.entries + 5))),
            ("version", str(draw.randrange(5))),
            ("at", draw.choice(["2026-03-02", "2027-01-01", "2026-03-02T08:00", "x"])),
        ]
    )
    return f"/agreements/{_stream(draw, ground)}/as-of/?{urlencode([asked])}"


def export(draw: Random, ground: Ground) -> str:
    """A history taken away: an agreement's or an agency's."""
    kind, one = draw.choice([("streams", _stream(draw, ground)), ("agencies", draw.choice(ground.agencies))])
    return f"/audit/{kind}/{one}/export.{draw.choice(['csv', 'jsonl', 'xml'])}"


def interface(draw: Random, ground: Ground) -> str:
    """What programs read."""
    path = draw.choice(["", "events/", "history/", "comments/", "provisions/", "text/", "versions/"])
    return f"/api/v1/agreements/{_stream(draw, ground)}/{path}"


def talk(draw: Random, ground: Ground) -> str:
    """A page or an answer on which a remark, a suggestion or a draft's words could show."""
    page = draw.choice(["", "discussion/", "suggestions/", "suggestions/new/", "versions/", "versions/since/", "data/",
                        "versions/compare/?from=1&to=1", "versions/compare/?from=1&to=now", "checks/"])  # fmt: skip
    door = draw.choice(["comments/", "suggestions/", "redline/?from=1&to=1", "provisions/", "checks/"])
    if draw.random() < 0.5:
        return f"/agreements/{_stream(draw, ground)}/{page}"
    return f"/api/v1/agreements/{_stream(draw, ground)}/{door}"


def searched(draw: Random, ground: Ground) -> str:
    """The list of agreements, searched for what only others know."""
    return f"/agreements/?{urlencode({'q': draw.choice([WORD, '7731', 'hidden records', '%'])})}"


def _stream(draw: Random, ground: Ground) -> UUID:
    return draw.choice([*ground.streams, *ground.streams, uuid4()])


KINDS: list[Kind] = [desk, desk, history, as_of, export, interface, talk, searched]


def main() -> int:
    """The whole number, through the same test as in the suite."""
    os.environ.setdefault("PROBES", str(FULL))
    command = [sys.executable, "-m", "pytest", "tests/trust/test_probes.py", "-q", "--timeout=0"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
