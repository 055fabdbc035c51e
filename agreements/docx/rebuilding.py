"""Restricted Markdown of edited paragraphs: what nobody touched stays as it was written, placeholders and all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import docx

from agreements import prose
from agreements.docx.blocks import Block, Run, pieces
from agreements.docx.writing import Writer
from agreements.prose import PLACEHOLDER, Gap
from agreements.worddiff import matches, words

OPEN, CLOSE = "\ue000", "\ue001"
"""Around the words of a placeholder while its place is looked for; private characters that no text of ours holds."""


def rebuilt(text: str, values: prose.Values, blocks: Sequence[Block]) -> str:
    """A provision's text so that it reads as these blocks; `text` is how it was written, with its placeholders."""
    parts = [part for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    groups = shown(parts, values)
    made = _written(list(_sources(parts, groups, values, blocks)))
    if _reads(made, values, blocks):
        return made
    return _written([(block, markdown(block)) for block in blocks])


def shown(parts: Sequence[str], values: prose.Values) -> list[list[Block]]:
    """What each part reads as in Word."""
    word = docx.Document()
    writer = Writer(word, 0)
    for part in parts:
        word.add_paragraph("x", "Heading 1")
        writer.prose(prose.render(part, values).html)
    return [piece.blocks for piece in pieces(word)[1:]]


def _reads(text: str, values: prose.Values, blocks: Sequence[Block]) -> bool:
    found = [block for group in shown([text], values) for block in group] if text else []
    return [block.said for block in found] == [block.said for block in blocks]


def _sources(
    parts: Sequence[str], groups: Sequence[Sequence[Block]], values: prose.Values, blocks: Sequence[Block]
) -> Iterator[tuple[Block, str]]:
    """Each block's Markdown, or that of a whole part with its first block where the part is as it was."""
    flat = [(block, place) for place, group in enumerate(groups) for block in group]
    same: dict[int, int] = {}
    for a, b, size in matches([block.looks for block, _ in flat], [block.looks for block in blocks]):
        same |= {b + n: a + n for n in range(size)}
    place, last = 0, -1
    while place < len(blocks):
        known = same.get(place)
        part = flat[known][1] if known is not None else -1
        size = len(groups[part]) if part >= 0 else 0
        if known is not None and _whole(flat, same, place, known, size):
            yield replace(blocks[place], kind="p"), parts[part]
            place, last = place + size, part
            continue
        source = parts[last + 1] if known is None and last + 1 < len(parts) else ""
        single = (
            bool(source) and len(groups[last + 1]) == 1 and groups[last + 1][0].kind == blocks[place].kind
        )
        kept = _with_placeholders(source, values, blocks[place]) if single else ""
        last += bool(kept)
        yield blocks[place], kept or markdown(blocks[place])
        place += 1


def _whole(
    flat: Sequence[tuple[Block, int]], same: dict[int, int], place: int, known: int, size: int
) -> bool:
    begins = known == 0 or flat[known - 1][1] != flat[known][1]
    return begins and all(same.get(place + n) == known + n for n in range(size))


def _written(sources: Sequence[tuple[Block, str]]) -> str:
    """The sources with a blank line between, list items directly under each other and no deeper than one can be."""
    out, last, depth = "", "", -1
    for block, source in sources:
        item = block.kind in {"bullet", "number"}
        depth = min(block.depth, depth + 1) if item else -1
        gap = "\n" if item and last == block.kind else "\n\n"
        indented = source.replace("\n", "\n" + " " * 4 * (depth + 1)) if item else source
        out += (gap if out else "") + (" " * 4 * depth + indented if item else indented)
        last = block.kind if item else ""
    return out


def markdown(block: Block) -> str:
    """One block, word for word."""
    if block.kind == "table":
        return prose.table(block.rows)
    said = "\\\n".join(_line(line) for line in _lines(block.runs))
    return {"bullet": "- ", "number": "1. "}.get(block.kind, "") + said


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    found: list[list[Run]] = [[]]
    for text, mark in runs:
        first, *others = text.split("\n")
        found[-1].append((first, mark))
        found += [[(other, mark)] for other in others]
    return [line for line in found if "".join(text for text, _ in line).strip()]


def _line(runs: Sequence[Run]) -> str:
    whole = "".join(text for text, _ in runs)
    if not any(mark for _, mark in runs):
        return prose.literal(whole)
    made = "".join(_marked(text, mark) for text, mark in runs)
    return made if prose.shows(made, whole) else prose.literal(whole)


def _marked(text: str, mark: str) -> str:
    core = text.strip()
    if not core:
        return text
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}{mark}{_escaped(core)}{mark}{tail}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_|{}])", r"\\\1", text)


def _with_placeholders(source: str, values: prose.Values, block: Block) -> str:
    """The block's Markdown with those placeholders of the part it came from whose words nobody touched; else nothing."""
    known = {name: prose.value_of(values, name[1:-1]) for name in PLACEHOLDER.findall(source)}
    names = [name for name in PLACEHOLDER.findall(source) if known[name]]
    if not names or block.kind == "table":
        return ""
    marked = shown([source], {**values, **{n[1:-1]: _between(value) for n, value in known.items() if value}})
    text = "".join(one.text for group in marked for one in group)
    spans = _spans(text)
    if len(spans) != len(names):
        return ""
    plain = text.replace(OPEN, "").replace(CLOSE, "")
    places = _unmoved(plain, block.text, spans)
    kept = [(*places[n], name) for n, name in enumerate(names) if n in places]
    return _substituted(block, kept) if kept else ""


def _between(value: Callable[[], prose.Value]) -> Callable[[], prose.Value]:
    def say() -> prose.Value:
        found = value()
        if isinstance(found, Gap):
            return f"{OPEN}[to be completed: {found.what}]{CLOSE}"
        return f"{OPEN}{found if isinstance(found, str) else found.words}{CLOSE}"

    return say


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the marked words stand once the marks are gone."""
    found, start, place = [], 0, 0
    for letter in text:
        if letter == OPEN:
            start = place
        elif letter == CLOSE:
            found.append((start, place))
        else:
            place += 1
    return found


def _unmoved(old: str, new: str, spans: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Where the spans of the old text stand in the new one, for those within words that are the same."""
    found: dict[int, tuple[int, int]] = {}
    i = j = 0
    for piece in words(old, new):
        size = len(piece.text)
        if piece.kind == "same":
            for number, (start, end) in enumerate(spans):
                if i <= start < end <= i + size:
                    found[number] = (start - i + j, end - i + j)
        i += size if piece.kind != "inserted" else 0
        j += size if piece.kind != "deleted" else 0
    return found


def _substituted(block: Block, kept: Sequence[tuple[int, int, str]]) -> str:
    """The block's Markdown with each of these stretches of its words as the placeholder it is."""
    text, tokens = block.text, [f"\ue100{n}\ue101" for n in range(len(kept))]
    marks = [mark for words_, mark in block.runs for _ in words_]
    runs: list[Run] = []
    place = 0
    for (start, end, _), token in zip(kept, tokens, strict=True):
        runs += _cut(text, marks, place, start)
        runs.append((token, marks[start]))
        place = end
    runs += _cut(text, marks, place, len(text))
    made = markdown(replace(block, runs=tuple(runs)))
    for token, (_, _, name) in zip(tokens, kept, strict=True):
        made = made.replace(token, name)
    return made


def _cut(text: str, marks: Sequence[str], start: int, end: int) -> list[Run]:
    found: list[Run] = []
    for place in range(start, end):
        if found and found[-1][1] == marks[place]:
            found[-1] = (found[-1][0] + text[place], marks[place])
        else:
            found.append((text[place], marks[place]))
    return found
