"""The difference of two contents as a Word document with tracked changes: accepting all gives the new text,
rejecting all the old one.

Both documents are written as they would be alone; then their paragraphs and tables are laid side by side, provision
by provision as in the redline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from agreements.docx.marks import DELETED, INSERTED, MOVED_AWAY, MOVED_HERE, Pen
from agreements.docx.writing import Chunk, build, settled
from agreements.matching import Said, moved, pairs, said
from agreements.worddiff import matches
from agreements.wording import Content


def write_changes(old: Content, new: Content, *, note: str, author: str, made_at: datetime) -> bytes:
    """The .docx of `new` with what changed since `old` marked as `author`'s, at `made_at`."""
    before, after = (build(content, note=note, made_at=made_at) for content in (old, new))
    pen = Pen(author, made_at)
    merged = list(_merged(before.chunks(), after.chunks(), _rows(old), _rows(new), pen))
    body = after.word.element.body
    for child in [child for child in body if child.tag != qn("w:sectPr")]:
        body.remove(child)
    for place, element in enumerate(merged):
        body.insert(place, element)
    return settled(after.word)


def _rows(content: Content) -> dict[str, Said]:
    return {row["id"]: said(row["id"], row["heading"], row["text"]) for row in content["provisions"]}


def _compared(chunk: Chunk, rows: dict[str, Said]) -> Said:
    return rows.get(chunk.key) or said(chunk.key, "", "")


def _merged(
    old: Sequence[Chunk], new: Sequence[Chunk], was: dict[str, Said], now: dict[str, Said], pen: Pen
) -> Iterator[Any]:
    found = pairs([_compared(chunk, was) for chunk in old], [_compared(chunk, now) for chunk in new])
    elsewhere = moved(found)
    away = {place for place in elsewhere if new[place].provision}
    found = {place: known for place, known in found.items() if place in away or place not in elsewhere}
    targets = {known: place for place, known in found.items()}
    done = 0

    def gone(stop: int) -> Iterator[Any]:
        for place in range(done, stop):
            target = targets.get(place)
            if target is None:
                yield from (pen.whole(element, DELETED) for element in old[place].elements)
            elif target in away:
                yield from _range(pen, "w:moveFromRange", target, [
                    pen.whole(element, MOVED_AWAY) for element in old[place].elements])  # fmt: skip

    for place, chunk in enumerate(new):
        known = found.get(place)
        if known is None:
            yield from (pen.whole(element, INSERTED) for element in chunk.elements)
        elif place in away:
            made = list(_moved_here(old[known].elements, chunk.elements, pen))
            yield from _range(pen, "w:moveToRange", place, made)
        else:
            yield from gone(known)
            done = known + 1
            yield from _beside(old[known].elements, chunk.elements, pen)
    yield from gone(len(old))


def _range(pen: Pen, tag: str, place: int, elements: Sequence[Any]) -> Iterator[Any]:
    """Elements that moved, between marks whose name is the same at both places."""
    start = pen.mark(f"{tag}Start", name=f"move{place}")
    end = OxmlElement(f"{tag}End")
    end.set(qn("w:id"), start.get(qn("w:id")))
    yield from (start, *elements, end)


def _moved_here(old: Sequence[Any], new: Sequence[Any], pen: Pen) -> Iterator[Any]:
    """What stands at the new place: moved words as moved, words that are new as inserted."""
    for known, place in _aligned(old, new):
        if place is None:
            continue
        if known is None or new[place].tag == qn("w:tbl"):
            yield pen.whole(new[place], INSERTED)
        elif _said(old[known]) == _said(new[place]):
            yield pen.whole(new[place], MOVED_HERE)
        else:
            yield pen.words(old[known], new[place], moved=True)


def _beside(old: Sequence[Any], new: Sequence[Any], pen: Pen) -> Iterator[Any]:
    """Paragraphs and tables of one chunk."""
    for known, place in _aligned(old, new):
        if known is None and place is not None:
            yield pen.whole(new[place], INSERTED)
        elif place is None and known is not None:
            yield pen.whole(old[known], DELETED)
        elif known is not None and place is not None:
            yield from _one(old[known], new[place], pen)


def _one(old: Any, new: Any, pen: Pen) -> Iterator[Any]:
    if _said(old) == _said(new):
        yield new
    elif new.tag == qn("w:p"):
        yield pen.words(old, new)
    elif _width(old) != _width(new):
        yield pen.whole(old, DELETED)
        yield pen.whole(new, INSERTED)
    else:
        yield _table(old, new, pen)


def _width(table: Any) -> int:
    return len(list(table.iter(qn("w:gridCol"))))


def _table(old: Any, new: Any, pen: Pen) -> Any:
    """The new table with its rows beside those of the old one."""
    was, now = (list(table.iter(qn("w:tr"))) for table in (old, new))
    made = []
    for known, place in _aligned(was, now):
        if known is not None and place is not None:
            _cells(was[known], now[place], pen)
        elif place is not None:
            pen.row(now[place], INSERTED)
        elif known is not None:
            pen.row(was[known], DELETED)
        made.append(now[place] if place is not None else was[known or 0])
    for row in now:
        new.remove(row)
    for row in made:
        new.append(row)
    return new


def _cells(old: Any, new: Any, pen: Pen) -> None:
    for was, now in zip(old.iter(qn("w:tc")), new.iter(qn("w:tc")), strict=False):
        if _said(was) != _said(now):
            before, after = (list(cell.iter(qn("w:p"))) for cell in (was, now))
            made = list(_beside(before, after, pen))
            for element in after:
                now.remove(element)
            for element in made:
                now.append(element)


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Places of what corresponds, in the order in which both stand; None where there is nothing on the other side."""
    was, now = [_said(element) for element in old], [_said(element) for element in new]
    i = j = 0
    for a, b, size in [*matches(was, now), (len(was), len(now), 0)]:
        yield from _between(was, now, range(i, a), range(j, b))
        yield from ((a + n, b + n) for n in range(size))
        i, j = a + size, b + size


def _between(
    was: Sequence[str], now: Sequence[str], old: range, new: range
) -> Iterator[tuple[int | None, int | None]]:
    found = pairs([said("", "", was[i]) for i in old], [said("", "", now[j]) for j in new])
    elsewhere = moved(found)
    stayed = {j: i for j, i in found.items() if j not in elsewhere and was[old[i]][:6] == now[new[j]][:6]}
    done = 0
    for j in range(len(new)):
        known = stayed.get(j)
        if known is None:
            yield None, new[j]
            continue
        yield from ((old[i], None) for i in range(done, known))
        yield old[known], new[j]
        done = known + 1
    yield from ((old[i], None) for i in range(done, len(old)))


def _said(element: Any) -> str:
    """What an element says, with what it is in its first six letters."""
    kind: str = element.tag.rpartition("}")[2].ljust(6)[:6]
    if element.tag == qn("w:p"):
        return kind + "".join(_letters(element))
    return kind + "\t".join("".join(_letters(paragraph)) for paragraph in element.iter(qn("w:p")))


def _letters(paragraph: Any) -> Iterator[str]:
    for child in paragraph.iter(qn("w:t"), qn("w:br")):
        yield child.text or "" if child.tag == qn("w:t") else "\n"
