"""What people changed in a Word file that we wrote, tracked or not: changes of provisions, and the rest in words.

The version the file was made from is written once more and read by the same reader, so that the two can be laid side
by side. Headings are matched by the bookmarks we put there, and by their words where a bookmark is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from agreements import placeholders
from agreements.docx.blocks import OUR_FOOTER, Block, Edited, Piece, pieces, read_pieces
from agreements.docx.container import inspected
from agreements.docx.rebuilding import rebuilt
from agreements.docx.writing import Chunk, bookmarks, build
from agreements.matching import moved, pairs, said
from agreements.numbering import explicit_label
from agreements.worddiff import matches
from agreements.wording import Content

AT = datetime(2000, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Edit:
    """One change: "replace", "insert", "delete" or "move". `follows` is the place in the list of the insertion it
    comes after; `level` is None where it stays."""

    kind: str
    provision: str | None = None
    heading: str = ""
    text: str = ""
    after: str | None = None
    follows: int | None = None
    part: str = ""
    level: int | None = None
    authors: tuple[str, ...] = ()


@dataclass
class Changes:
    """Every change found, in an order in which they can be made one after the other, and what a person must place."""

    edits: list[Edit] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)


def read_edited(data: bytes) -> Edited:
    """The file's pieces. Raises UnreadableText with what to do."""
    with inspected(data):
        return read_pieces(data)


def changes(content: Content, edited: Edited) -> Changes:
    """What the file says otherwise than `content`, the version it was made from."""
    comparison = _Comparison(content, edited)
    comparison.provisions()
    comparison.rest()
    return comparison.found


@dataclass(frozen=True)
class _Known:
    """A piece of the version, and the chunk it is."""

    piece: Piece
    key: str
    provision: bool


class _Comparison:
    def __init__(self, content: Content, edited: Edited) -> None:
        writer = build(content, note="", made_at=AT)
        self.rows = {row["id"]: row for row in content["provisions"]}
        self.values = placeholders.values(content)
        self.known = _named(pieces(writer.word), writer.chunks())
        self.new = list(edited.pieces)
        self.given = _paired(self.known, self.new)
        self.order = [place for place in self.given if self.known[self.given[place]].provision]
        self.away = moved({place: self.given[place] for place in self.order})
        self.parted = any(row.get("part") for row in self.rows.values())
        self.headed = {self._part_of(self.known[known]) for known in self.given.values()}
        ours = " ".join(f"{content['reference']} {content['title']}".split())
        self.beside = [said_ for said_ in edited.beside if said_ != ours and not OUR_FOOTER.fullmatch(said_)]
        self.found = Changes()

    def provisions(self) -> None:
        """Provision after provision as the file has them; those it has no more come last."""
        part, after, follows = "", None, None
        last = max([0, *(place for place, k in self.given.items() if self.known[k].provision)])
        end = min(
            [len(self.new), *(place for place, k in self.given.items() if self._ends(k) and place > last)]
        )
        for place, piece in enumerate(self.new):
            known = self.known[self.given[place]] if place in self.given else None
            if known is None:
                if 0 < place < end and self._insertable(piece):
                    self._add(piece, "insert", piece.heading, after=after, follows=follows, part=part)
                    after, follows = None, len(self.found.edits) - 1
                elif piece.heading or piece.blocks:
                    self._unplaced(f"New: {' '.join([piece.heading, piece.text]).strip()}")
            elif known.provision:
                part = self._present(place, piece, known, part, after, follows)
                after, follows = known.key, None
            else:
                part = self._part_of(known) or part
        present = {self.known[self.given[place]].key for place in self.order}
        for known in self.known:
            if known.provision and known.key not in present:
                self.found.edits.append(Edit("delete", known.key))

    def _ends(self, known: int) -> bool:
        return self.known[known].key == "signatures" or self.known[known].key.startswith("schedule:")

    def _insertable(self, piece: Piece) -> bool:
        return bool(piece.heading or piece.blocks) and not (self.parted and piece.level == 1)

    def _part_of(self, known: _Known) -> str:
        """The part whose heading this is: that of the provision after it."""
        if not known.key.startswith("section:"):
            return ""
        after = self.known[self.known.index(known) + 1 :]
        row = next((self.rows[one.key] for one in after if one.provision), None)
        return str(row.get("part") or "") if row else ""

    def _add(self, piece: Piece, kind: str, heading: str, **more: Any) -> None:
        text = rebuilt("", self.values, piece.blocks)
        level = piece.level if piece.level > 1 or not self.parted else 2
        authors = tuple(sorted(piece.authors - {""}))
        self.found.edits.append(Edit(kind, heading=heading, text=text, level=level, authors=authors, **more))

    def _present(
        self, place: int, piece: Piece, known: _Known, part: str, after: str | None, follows: int | None
    ) -> str:
        """A provision that is still there: its place and its words. Returns the part that it stands in."""
        row, authors = self.rows[known.key], tuple(sorted(piece.authors - {""}))
        own = str(row.get("part") or "")
        # Past the heading of a part, and yet between the same neighbours.
        across = own != "" and part not in {"", own} and own in self.headed
        if place in self.away or across:
            self.found.edits.append(Edit("move", known.key, after=after, follows=follows, authors=authors,
                                         part=part if self.parted else ""))  # fmt: skip
        heading = _heading(row, known.piece, piece)
        same = [b.looks for b in piece.blocks] == [b.looks for b in known.piece.blocks]
        level = (
            piece.level
            if piece.level != known.piece.level and {piece.level, known.piece.level} <= {2, 3}
            else None
        )
        if heading != row["heading"] or not same or level:
            text = row["text"] if same else rebuilt(row["text"], self.values, piece.blocks)
            self.found.edits.append(Edit("replace", known.key, heading, text, level=level, authors=authors))
        if piece.level != known.piece.level and level is None:
            self._unplaced(f"“{heading or row['text'][:60]}” has become a heading of level {piece.level}.")
        return part if place in self.away or across else own

    def rest(self) -> None:
        """Everything that is no provision: said in words, for a person to place."""
        places = {known: place for place, known in self.given.items()}
        for number, known in enumerate(self.known):
            if known.provision:
                continue
            if number in places:
                self._other(known, self.new[places[number]])
            elif not known.key.startswith("section:") or self._used(number):
                self._unplaced(f"Taken out: {known.piece.heading} {known.piece.text}".strip())
        for words in self.beside:
            self._unplaced(f"Beside the text: {words}")

    def _other(self, known: _Known, piece: Piece) -> None:
        named = {"front": "the first page", "signatures": "the signature page"}
        if piece.heading != known.piece.heading:
            self._unplaced(f"The heading “{known.piece.heading}” now reads “{piece.heading}”.")
        for words in _differing(known.piece.blocks, piece.blocks):
            self._unplaced(f"In {named.get(known.key, known.piece.heading)}: {words}")

    def _used(self, number: int) -> bool:
        """Whether a provision of this part is still in the file; a part without one has no heading either."""
        kept = {self.known[self.given[place]].key for place in self.order}
        under = takewhile(lambda one: one.provision, self.known[number + 1 :])
        return any(one.key in kept for one in under)

    def _unplaced(self, words: str) -> None:
        self.found.unplaced.append(words)


def _named(found: Sequence[Piece], chunks: Sequence[Chunk]) -> list[_Known]:
    """Each piece of the version with its chunk: both begin at the same headings."""
    names = bookmarks(chunks)
    known: list[_Known] = []
    at = 0
    for piece in found:
        # A schedule's chunk has headings of its own inside; they belong to it.
        if piece.level == 0:
            known.append(_Known(piece, chunks[0].key, False))
            piece.key = names[0]
            continue
        if at + 1 < len(chunks) and _begins(chunks[at + 1], piece):
            at += 1
            piece.key = names[at]
        known.append(_Known(piece, chunks[at].key, chunks[at].provision))
    return known


def _begins(chunk: Chunk, piece: Piece) -> bool:
    return " ".join(chunk.heading.split()) == piece.heading


def _paired(known: Sequence[_Known], new: Sequence[Piece]) -> dict[int, int]:
    """For places of the file the place of the same piece of the version."""
    before = [
        said(one.piece.key or f"own{n}", one.piece.heading, one.piece.text) for n, one in enumerate(known)
    ]
    after = [said(piece.key or f"new{n}", piece.heading, piece.text) for n, piece in enumerate(new)]
    found = {place: number for place, number in pairs(before, after).items() if place and number} | {0: 0}
    return {
        place: number
        for place, number in found.items()
        if not place or known[number].provision or new[place].key == known[number].piece.key
        or new[place].heading == known[number].piece.heading
    }  # fmt: skip


def _heading(row: Row, known: Piece, piece: Piece) -> str:
    """The heading as it would be kept: with the label it brings itself, without the number that we wrote before it."""
    kept, heading = str(row["heading"]), piece.heading
    if heading == known.heading:
        return kept
    said_, rest = " ".join(kept.split()), explicit_label(kept)[2]
    if known.heading.endswith(said_):
        number = known.heading.removesuffix(said_).strip()
        return heading.removeprefix(number).strip() if number else heading
    return kept.removesuffix(rest) + heading if known.heading == " ".join(rest.split()) else heading


def _differing(old: Sequence[Block], new: Sequence[Block]) -> Iterator[str]:
    was, now = [block.said for block in old], [block.said for block in new]
    i = j = 0
    for a, b, size in [*matches(was, now), (len(was), len(now), 0)]:
        yield from (f"taken out: {block.text}" for block in old[i:a])
        yield from (f"new: {block.text}" for block in new[j:b])
        i, j = a + size, b + size
