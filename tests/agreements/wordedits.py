"""Somebody edits our Word file at random, with and without tracking; apart from the code under test.

`python -m tests.agreements.wordedits` tries 500 (CASES=...); the suite tries a few.
"""

from __future__ import annotations

import copy
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from agreements import docx
from tests.agreements.tracked import W

FULL = 500
FEW = 12
WORDS = [
    "promptly",
    "within",
    "sixty",
    "(60)",
    "days'",
    "the",
    "Sheriff",
    "—",
    "notice,",
    "1.",
    "*",
    "under_score",
    "[sic]",
    "|",
    "{term.months}",
    "naïve",
]
Element = Any


class Editor:
    """A body of paragraphs, and how people change it."""

    def __init__(self, data: bytes, draw: Random) -> None:
        self.data, self.draw, self.number = data, draw, 9_000
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.tree = etree.fromstring(archive.read("word/document.xml"))
        self.body = self.tree[0]

    def saved(self) -> bytes:
        """The file as it is now."""
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.data)) as old, zipfile.ZipFile(out, "w") as new:
            for part in old.infolist():
                text = etree.tostring(self.tree) if part.filename == "word/document.xml" else old.read(part)
                new.writestr(part, text)
        return out.getvalue()

    def level(self, element: Element) -> int:
        """The level of a heading, 0 for what is none."""
        style = element.find(f"{W}pPr/{W}pStyle")
        name = style.get(W + "val") if style is not None else ""
        return int(name[-1]) if name.startswith("Heading") else 0

    def said(self, element: Element) -> str:
        """What a paragraph says, deletions left out."""
        return "".join(t.text or "" for t in element.iter(W + "t") if not self._gone(t))

    def _gone(self, element: Element) -> bool:
        return any(up.tag in (W + "del", W + "moveFrom") for up in element.iterancestors())

    def chunks(self) -> list[list[Element]]:
        """The provisions: headings of level 2 and 3 with what follows, grouped by nothing."""
        found: list[list[Element]] = []
        for element in self.body:
            level = self.level(element) if element.tag == W + "p" else 0
            if level == 1 and self.said(element) == "Signature page":
                break
            if level == 1:
                found.append([])
            elif level:
                found.append([element])
            elif found and found[-1]:
                found[-1].append(element)
        return [chunk for chunk in found if chunk]

    def alone(self, chunk: list[Element]) -> bool:
        """Whether it is the only provision under its part's heading, or gone already."""
        if self._dead(chunk[0]):
            return True
        heads = [e for e in self.body if e.tag == W + "p" and self.level(e) and not self._dead(e)]
        place = heads.index(chunk[0])
        after = place + 1 < len(heads) and self.level(heads[place + 1]) > 1
        return self.level(heads[place - 1]) == 1 and not after

    def _dead(self, paragraph: Element) -> bool:
        marks = paragraph.find(f"{W}pPr/{W}rPr")
        return marks is not None and any(marks.find(W + tag) is not None for tag in ("del", "moveFrom"))

    def mark(self, tag: str) -> Element:
        """A mark of a change."""
        self.number += 1
        who = self.draw.choice(["Ann Example", "Bo Sample"])
        return etree.Element(
            W + tag, {W + "id": str(self.number), W + "author": who, W + "date": "2026-03-02T00:00:00Z"}
        )

    def wrap(self, paragraph: Element, tag: str) -> None:
        """A whole paragraph came, went or moved, tracked."""
        settings = paragraph.find(W + "pPr")
        if settings is None:
            settings = etree.Element(W + "pPr")
            paragraph.insert(0, settings)
        marks = etree.SubElement(settings, W + "rPr")
        marks.append(self.mark(tag))
        for run in list(paragraph.findall(W + "r")):
            around = self.mark(tag)
            run.addprevious(around)
            around.append(run)
            if tag == "del":
                for text in run.iter(W + "t"):
                    text.tag = W + "delText"

    def run(self, text: str, like: Element | None = None) -> Element:
        """New words."""
        run = etree.Element(W + "r")
        if like is not None and like.find(W + "rPr") is not None:
            run.append(copy.deepcopy(like.find(W + "rPr")))
        elif self.draw.random() < 0.2:
            etree.SubElement(etree.SubElement(run, W + "rPr"), W + self.draw.choice("bi"))
        words = etree.SubElement(run, W + "t")
        words.text = text
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        return run

    def some(self) -> str:
        """A few words."""
        return " ".join(self.draw.choices(WORDS, k=self.draw.randrange(1, 7)))

    def paragraph(self) -> Element | None:
        """A paragraph of a provision that says something."""
        found = [
            p
            for c in self.chunks()
            for p in c
            if p.tag == W + "p" and p.findall(W + "r") and not self._dead(p)
        ]
        return self.draw.choice(found) if found else None

    def words(self, *, tracked: bool) -> None:
        """Words put in, taken out or replaced somewhere in a paragraph."""
        paragraph = self.paragraph()
        if paragraph is None:
            return
        runs = [run for run in paragraph.findall(W + "r") if run.find(W + "t") is not None]
        if not runs:
            return
        run = self.draw.choice(runs)
        text = "".join(t.text or "" for t in run.iter(W + "t"))
        start = self.draw.randrange(len(text) + 1)
        end = min(start + self.draw.choice([0, 3, 20]), len(text))
        new = f" {self.some()} " if self.draw.random() < 0.7 or start == end else ""
        pieces = [("", text[:start]), ("del", text[start:end]), ("ins", new), ("", text[end:])]
        for kind, words in pieces:
            if not words or (kind == "del" and not tracked):
                continue
            made = self.run(words, run)
            if kind and tracked:
                around = self.mark(kind)
                around.append(made)
                if kind == "del":
                    made.find(W + "t").tag = W + "delText"
                made = around
            run.addprevious(made)
        paragraph.remove(run)

    def new(self, *, tracked: bool) -> None:
        """A paragraph, or a provision, more."""
        chunk = self.draw.choice(self.chunks())
        made = [self._made(0)]
        if self.draw.random() < 0.4:
            made = [
                self._made(self.draw.choice([2, 3])),
                *(self._made(0) for _ in range(self.draw.randrange(3))),
            ]
        at = chunk[-1] if len(made) > 1 or self.level(made[0]) else self.draw.choice(chunk)
        for element in reversed(made):
            if tracked:
                self.wrap(element, "ins")
            at.addnext(element)

    def _made(self, level: int) -> Element:
        paragraph = etree.Element(W + "p")
        styles = {2: "Heading2", 3: "Heading3"}
        style = styles.get(level) or self.draw.choice(["", "", "ListBullet"])
        if style:
            settings = etree.SubElement(paragraph, W + "pPr")
            etree.SubElement(settings, W + "pStyle", {W + "val": style})
        paragraph.append(self.run(self.some()))
        return paragraph

    def out(self, *, tracked: bool) -> None:
        """A paragraph, or a provision, less."""
        chunk = self.draw.choice(self.chunks())
        whole = self.draw.random() < 0.4 and not self.alone(chunk) and len(self.chunks()) > 3
        gone = chunk if whole else [self.draw.choice(chunk[1:])] if len(chunk) > 1 else []
        for element in gone:
            if tracked and element.tag == W + "p":
                self.wrap(element, "del")
            else:
                self.body.remove(element)

    def move(self, *, tracked: bool) -> None:
        """A provision to another place, of its own or of another part."""
        chunks = self.chunks()
        chunk = self.draw.choice(chunks)
        targets = [other for other in chunks if other is not chunk]
        if self.alone(chunk) or not targets or self._dead(chunk[0]):
            return
        target = self.draw.choice(targets)[-1]
        copies = [copy.deepcopy(element) for element in chunk]
        if (
            not tracked
            or any(e.tag != W + "p" for e in chunk)
            or any(e.find(f".//{W}ins") is not None or e.find(f".//{W}del") is not None for e in chunk)
        ):
            for element in chunk:
                self.body.remove(element)
        else:
            for element in chunk:
                for mark in list(element.iter(W + "bookmarkStart", W + "bookmarkEnd")):
                    element.remove(mark)
                self.wrap(element, "moveFrom")
            for element in copies:
                self.wrap(element, "moveTo")
        for element in reversed(copies):
            target.addnext(element)

    def nameless(self, *, tracked: bool) -> None:
        """A program that keeps no bookmarks has saved the file."""
        for mark in list(self.body.iter(W + "bookmarkStart", W + "bookmarkEnd")):
            mark.getparent().remove(mark)


ACTS: list[tuple[Callable[..., None], int]] = [
    (Editor.words, 10), (Editor.new, 4), (Editor.out, 4), (Editor.move, 3), (Editor.nameless, 1)]  # fmt: skip


def edited(data: bytes, draw: Random) -> bytes:
    """The file after somebody's work on it."""
    editor = Editor(data, draw)
    for _ in range(draw.randrange(1, 9)):
        act = draw.choices([act for act, _ in ACTS], [weight for _, weight in ACTS])[0]
        act(editor, tracked=draw.random() < 0.5)
    return editor.saved()


def applied(content: dict[str, Any], found: docx.Changes) -> dict[str, Any]:
    """The content with every change made, one after the other, as accepting all suggestions would."""
    rows = [dict(row) for row in content["provisions"]]
    made: dict[int, str] = {}
    for number, edit in enumerate(found.edits):
        places = {row["id"]: place for place, row in enumerate(rows)}
        if edit.kind == "delete":
            rows.pop(places[edit.provision or ""])
            continue
        if edit.kind == "replace":
            row = rows[places[edit.provision or ""]]
            row |= {"heading": edit.heading, "text": edit.text, "level": edit.level or row["level"]}
            continue
        after = made[edit.follows] if edit.follows is not None else edit.after
        if edit.kind == "move":
            row = rows.pop(places[edit.provision or ""])
            row["part"] = edit.part or row["part"]
        else:
            made[number] = f"made{number}"
            row = {"id": made[number], "part": edit.part, "heading": edit.heading, "text": edit.text, "origin": "",
                   "position": "own", "withheld": False, "level": edit.level or 2}  # fmt: skip
        places = {row["id"]: place for place, row in enumerate(rows)}
        rows.insert(places[after] + 1 if after else 0, row)
    return content | {"provisions": rows}


def main() -> int:
    """The whole number, through the same test as in the suite."""
    os.environ.setdefault("CASES", str(FULL))
    command = [sys.executable, "-m", "pytest", "tests/agreements/test_word_edits.py", "-q", "--timeout=0"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
