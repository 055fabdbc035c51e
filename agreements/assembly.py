"""Source lines gathered into numbered blocks: which line opens a provision, which continues one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from agreements.headings import MAX_HEADING, furniture, is_caps, split_heading, titled_lines
from agreements.markers import ANNEXED, Marker, believed, candidates
from agreements.prose import bold, escape_markdown, guarded, literal, shows
from agreements.sourcelines import Line

MAX_BLOCKS = 2_000
PREAMBLE = "Preamble"
_BULLET = re.compile(r"^[•●▪◦‣·\uf0b7\u2013*+-]\s+(?=\S)")
_OPENERS = {"recitals", "recital", "witnesseth", "background"}


class UnreadableText(Exception):
    """A file cannot be taken as the text of an agreement; says what to do instead."""


@dataclass(frozen=True)
class Block:
    """One provision as found: level 1 to 3, its number as written, its heading, its text in restricted Markdown."""

    level: int
    number_in_source: str
    heading: str
    text: str


@dataclass
class _Paragraph:
    """Lines that run together; `kind` is text, bullet, bold or raw."""

    kind: str
    lines: list[Line] = field(default_factory=list)

    def markdown(self) -> str:
        """The paragraph in restricted Markdown."""
        if self.kind == "raw":
            return "\n".join(line.text for line in self.lines)
        if self.kind == "bold":
            return "\\\n".join(bold(line.text) for line in self.lines)
        if any(line.markdown for line in self.lines):
            return guarded("\n".join(line.markdown or line.text for line in self.lines))
        segments = list(self._segments())
        text = "\\\n".join(literal(segment) for segment in segments)
        if not shows(text, " ".join(segments)):
            text = "\\\n".join(escape_markdown(segment) for segment in segments)
        return f"- {text}".replace("\n", "\n  ") if self.kind == "bullet" else text

    def _segments(self) -> Iterator[str]:
        """Wrapped lines joined; a line that ended early begins a new one."""
        running = ""
        for line, after in zip_longest(self.lines, self.lines[1:]):
            joined = not running or (running.endswith("-") and running[-2:-1].isalnum())
            running += line.text if joined else f" {line.text}"
            if line.ended and after and not (after.text[:1].islower() or running.endswith("-")):
                yield running
                running = ""
        if running:
            yield running


@dataclass
class _Open:
    """The block being filled."""

    level: int
    number: str
    heading: str
    paragraphs: list[_Paragraph] = field(default_factory=list)

    def closed(self) -> Block:
        """The finished block."""
        texts = (paragraph.markdown() for paragraph in self.paragraphs)
        return Block(
            self.level, self.number, self.heading, "\n\n".join(text for text in texts if text.strip())
        )


def assemble(lines: list[Line]) -> list[Block]:
    """Lines gathered into blocks. Raises UnreadableText when there is nothing to read or too much."""
    kept = [line for line in lines if line.text.strip()]
    if not kept:
        raise UnreadableText("The file holds no text. If it is a scan, have its text recognised first.")
    blocks = _Assembly(kept).blocks()
    if len(blocks) > MAX_BLOCKS:
        raise UnreadableText(
            "The text has more than 2,000 numbered provisions. Import it as several agreements."
        )
    return blocks


class _Assembly:
    """Walks the lines once, keeping the stack of numbering styles that are open."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.stack: list[tuple[str, int]] = []
        self.series: dict[str, int] = {}
        self.indents: dict[str, int] = {}
        self.open = _Open(1, "", PREAMBLE)
        self.done: list[Block] = []
        self.started = False
        self.base_rank = 0
        self.annex_rank = 0
        self.title_rank = 0
        self.furniture = furniture(lines)
        self.numbered = self._is_numbered()
        self.titled = set[int]() if self.numbered else titled_lines(lines)

    def blocks(self) -> list[Block]:
        """All blocks in order; an empty preamble is left out."""
        for place, line in enumerate(self.lines):
            after = self.lines[place + 1] if place + 1 < len(self.lines) else None
            alone = after is None or after.fresh or bool(candidates(after.text))
            if place in self.titled and not candidates(line.text):
                line = replace(line, rank=1)
            self._take(line, alone=alone)
        self._close()
        return self.done

    def _take(self, line: Line, *, alone: bool) -> None:
        marker = None if line.raw else self._marker(line)
        if line.raw:
            self.open.paragraphs.append(_Paragraph("raw", [line]))
        elif marker and (level := self._level(marker, line)) <= 3:
            self._begin(marker, level, line, alone=alone)
        elif marker:
            self._paragraph("text", Line(f"{marker.written} {marker.rest}".strip(), ended=line.ended))
        elif self._is_heading(line):
            self._heading(line)
        else:
            self._text(line)

    def _marker(self, line: Line) -> Marker | None:
        if line.text in self.furniture:
            return None
        if line.number:
            value = self.series.get(line.series, 0) + 1
            return Marker(line.number, line.series, value, line.text)
        found = candidates(line.text)
        inner = [replace(m, style=m.style + "+") for m in found if m.style + "+" in self.series]
        near = sorted(found + inner, key=lambda m: abs(line.indent - self.indents.get(m.style, line.indent)))
        marker = believed(near, self.series, fresh=line.fresh)
        if (
            marker
            and self.numbered
            and not (self.started or line.rank or split_heading(marker.rest, alone=False)[0])
        ):
            return None
        return replace(marker, style=marker.style + "+") if marker and self._nested(marker, line) else marker

    def _nested(self, marker: Marker, line: Line) -> bool:
        """Whether a series begins again inside a provision of the same style: indented, or after a colon."""
        if marker.value != 1 or marker.style.endswith("+") or marker.style not in dict(self.stack):
            return False
        last = self.open.paragraphs[-1].lines[-1].text if self.open.paragraphs else ""
        return line.indent > self.indents.get(marker.style, 0) or last.endswith(":")

    def _level(self, marker: Marker, line: Line) -> int:
        """The depth of a marker, after closing what it ends; the stack then ends with its style."""
        style = marker.style
        self.indents[style] = line.indent
        lettered = style.strip("()+") in ("a", "i")
        if line.rank and not line.number and style != "dotted" and not (lettered and self.stack):
            self._cut(0)
        if self.stack and self.stack[0][1] > 2 and line.fresh and style in ("1", "A", "I"):
            self._cut(
                0
            )  # letters with nothing above them, as of definitions: the numbered sections begin after
        kind = style.removeprefix("word:") if style.startswith("word:") else ""
        if kind and kind != "section":
            self._cut(0, forget=kind in ANNEXED)
        elif kind and not (self.stack and self.stack[0][0] in ("word:article", "word:part")):
            self._cut(0)
        elif style == "dotted":
            style = f"dotted:{marker.depth}"
            while self.stack and self.stack[-1][1] >= marker.depth:
                self._cut(len(self.stack) - 1)
            return self._push(style, marker.depth, marker.value)
        for place, (open_style, level) in enumerate(self.stack):
            if open_style == style:
                self._cut(place)
                return self._push(style, level, marker.value)
        above = self.stack[-1][1] if self.stack else 0
        lower = style.strip("()+") in ("a", "i") or style.endswith(":lower")
        level = max(3, above + 1) if lower and (above or not self.started) else above + 1
        return self._push(style, level, marker.value)

    def _cut(self, length: int, *, forget: bool = False) -> None:
        for style, _ in self.stack[length + 1 :]:
            self.series.pop(style, None)
        del self.stack[length:]
        if forget:
            self.series.clear()

    def _push(self, style: str, level: int, value: int) -> int:
        self.stack.append((style, level))
        self.series[style] = value
        return level

    def _begin(self, marker: Marker, level: int, line: Line, *, alone: bool) -> None:
        rest = marker.rest.strip()
        heading, text = (
            (rest, "") if line.rank and len(rest) <= MAX_HEADING else split_heading(rest, alone=alone)
        )
        self._close()
        if marker.style.removeprefix("word:") in ANNEXED:
            self.annex_rank = line.rank
        self.open = _Open(level if self.started or level == 3 else 1, marker.written, heading)
        self.started = self.started or level < 3
        if text:
            whole = text == rest and bool(line.markdown)
            markdown = (line.markdown if line.number else text) if whole else ""
            self._paragraph("text", Line(text, ended=line.ended, markdown=markdown))

    def _is_heading(self, line: Line) -> bool:
        return bool(line.rank) or (line.fresh and is_caps(line.text))

    def _heading(self, line: Line) -> None:
        plain = line.text.strip(" :.").lower()
        annexed = bool(self.stack) and self.stack[0][0].removeprefix("word:") in ANNEXED
        peer = annexed and 0 < line.rank <= self.annex_rank and bool(self.open.heading)
        if annexed and not self.open.heading and not self.open.paragraphs:
            self.open.heading = line.text
        elif (
            len(line.text) > MAX_HEADING
            or (annexed and not peer)
            or (self.numbered and plain not in _OPENERS)
            or (
                not self.started
                and plain not in _OPENERS
                and not self._has_body()
                and not self._below_title(line)
            )
        ):
            self.title_rank = self.title_rank or line.rank
            self._paragraph("bold", line)
        else:
            self._section(line, opener=plain in _OPENERS)

    def _section(self, line: Line, *, opener: bool) -> None:
        self._close()
        rank = line.rank or 1
        self.base_rank = min(self.base_rank or rank, rank)
        level = 1 if opener or rank <= self.base_rank else 2
        self.open = _Open(level, "", line.text)
        self.stack = [] if opener else [("heading", 1), ("heading", 2)][:level]
        self.started = self.started or not opener

    def _below_title(self, line: Line) -> bool:
        """Whether a heading marked as such is of a lower rank than the title above it."""
        return 0 < self.title_rank < line.rank

    def _has_body(self) -> bool:
        return bool(self.done) or any(p.kind != "bold" for p in self.open.paragraphs)

    def _text(self, line: Line) -> None:
        last = self.open.paragraphs[-1] if self.open.paragraphs else None
        bullet = None if line.markdown else _BULLET.match(line.text)
        if bullet:
            self._paragraph("bullet", Line(line.text[bullet.end() :], ended=line.ended))
        elif (last and not line.fresh and last.kind in ("text", "bullet")) or (
            last and not line.fresh and last.kind == "bold" and is_caps(line.text)
        ):
            last.lines.append(line)
        elif not last and not line.fresh and is_caps(line.text) and self.open.heading:
            self.open.heading = f"{self.open.heading} {line.text}"
        else:
            self._paragraph("text", line)

    def _paragraph(self, kind: str, line: Line) -> None:
        self.open.paragraphs.append(_Paragraph(kind, [line]))

    def _close(self) -> None:
        block = self.open.closed()
        if block.heading != PREAMBLE or block.text:
            self.done.append(block)

    def _is_numbered(self) -> bool:
        """Whether the sections of this text are numbered headings, so that other headings are only emphasis."""
        fresh = [line for line in self.lines if line.fresh and not line.raw]
        rests = [line.text for line in fresh if line.number]
        rests += [
            found[-1].rest
            for line in fresh
            if not line.number
            and (found := candidates(line.text))
            and found[-1].style.strip("()+") not in ("a", "i", "dotted")
        ]
        titled = sum(bool(split_heading(rest, alone=True)[0]) for rest in rests)
        bare = sum(self._is_heading(line) and not candidates(line.text) and not line.number for line in fresh)
        return titled >= 2 and titled >= bare / 2 and titled >= 0.3 * len(rests)
