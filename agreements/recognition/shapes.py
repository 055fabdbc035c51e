"""What is proposed, and the passages it is read from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Confidence = Literal["high", "fair", "low"]
MAX_WORDS = 400
MAX_SENTENCE = 2_000
MAX_FIRST, MAX_LAST = 3_000, 1_000
"""How much is looked at: of a sentence its beginning, of a very long text its beginning and its end."""
ORDER: dict[str, int] = {"high": 0, "fair": 1, "low": 2}
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENDS = re.compile(r"(?<=[.;?!])[\"”’)]*\s+(?=[\"“(\[]?[A-Z0-9_{])")
_ABBREVIATED = re.compile(
    r"\b(?:No|Nos|Inc|Sec|Art|St|Dr|Mr|Ms|Mrs|U\.S|v|vs|e\.g|i\.e|Jr|Sr|Co|Corp|Dept)\.$"
)


@dataclass(frozen=True)
class Proposal:
    """A term as read: the field it fills, its value, the words, where they stand and how sure the reading is.

    `because` says in plain words why it is not sure, or by which words it was recognised.
    """

    field: str
    value: str | int
    words: str
    where: str
    confidence: Confidence
    because: str = ""

    def as_data(self) -> dict[str, Any]:
        """For keeping as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Findings:
    """Everything proposed, the surest first within a field; what the text does not seem to speak of; what is blank."""

    proposals: tuple[Proposal, ...] = ()
    missing: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()

    def of(self, field: str) -> list[Proposal]:
        """The proposals for one field, the surest first."""
        return [row for row in self.proposals if row.field == field]

    def best(self, field: str) -> Proposal | None:
        """The surest proposal for a field, if there is one."""
        return next(iter(self.of(field)), None)

    def as_data(self) -> dict[str, Any]:
        """For keeping as JSON."""
        return {"proposals": [row.as_data() for row in self.proposals], "missing": list(self.missing),
                "blanks": list(self.blanks)}  # fmt: skip

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Findings:
        """As kept by `as_data`."""
        rows = tuple(Proposal(**row) for row in data.get("proposals", ()))
        return cls(rows, tuple(data.get("missing", ())), tuple(data.get("blanks", ())))


@dataclass(frozen=True)
class Passage:
    """One sentence, where it stands, whether near the beginning, and whether it is a heading."""

    text: str
    where: str
    opening: bool = False
    heading: bool = False

    @property
    def low(self) -> str:
        """In small letters, for looking."""
        return self.text.lower()

    def says(self, *, field: str, value: str | int, confidence: Confidence, because: str = "") -> Proposal:
        """A proposal read from this passage."""
        words = self.text if len(self.text) <= MAX_WORDS else f"{self.text[: MAX_WORDS - 1]}…"
        return Proposal(field, value, words, self.where, confidence, because)


def plain(markdown: str) -> str:
    """The words of restricted Markdown, near enough to quote them."""
    text = re.sub(r"(?<!\\)\*\*|(?<![\\*\w])\*(?=\S)|(?<=\S)(?<!\\)\*(?!\w)", "", markdown)
    text = re.sub(r"(?m)^\s*\|?[\s:|-]*-{3}[\s:|-]*$", " ", text)
    return _ESCAPED.sub(r"\1", text.replace("\\\n", "\n"))


def looked_at(provisions: Sequence[Mapping[str, Any]]) -> list[Passage]:
    """The sentences in order; of a very long text the first and the last, where the terms and signatures stand."""
    found = list(passages(provisions))
    return found if len(found) <= MAX_FIRST + MAX_LAST else found[:MAX_FIRST] + found[-MAX_LAST:]


def passages(provisions: Sequence[Mapping[str, Any]]) -> Iterator[Passage]:
    """Every sentence, with the heading under which it stands."""
    under = ""
    for place, row in enumerate(provisions):
        under = str(row["heading"] or under)
        where = str(row["heading"]) or (f"under “{under}”" if under else "the text")
        if row["heading"]:
            yield Passage(plain(str(row["heading"])), where, place < 3, True)
        for paragraph in re.split(r"\n\s*\n", plain(str(row["text"]))):
            for sentence in sentences(paragraph):
                yield Passage(sentence[:MAX_SENTENCE], where, place < 3)


def sentences(paragraph: str) -> Iterator[str]:
    """A paragraph cut after full stops and semicolons, not after abbreviations."""
    whole, start = " ".join(paragraph.split()), 0
    for match in _ENDS.finditer(whole):
        piece = whole[start : match.start()].rstrip()
        if _ABBREVIATED.search(piece) or re.search(r"(?:^|\s)[A-Z]\.$", piece):
            continue
        if re.fullmatch(r"\(?[0-9A-Za-z]{1,4}[.)]+", piece):
            continue
        if piece:
            yield piece
        start = match.end()
    if whole[start:].strip():
        yield whole[start:].strip()
