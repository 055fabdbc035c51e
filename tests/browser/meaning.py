"""What a rendered text means, for comparing two of them; and made-up texts to compare."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from random import Random
from typing import Any

from agreements import prose


class Meaning(HTMLParser):
    """What a rendered text means: its blocks, its words, which letters are strong or emphasised."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.marks: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in {"strong", "em"}:
            self.marks.append(tag)
        elif tag != "span":
            self._block(f"<{tag}{dict(attrs).get('start', '')}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"strong", "em"}:
            self.marks.remove(tag)
        elif tag not in {"br", "span"}:
            self._block(f"</{tag}>")

    def _block(self, tag: str) -> None:
        """A paragraph's edge means nothing beside that of a list, an item or a cell."""
        while self.found and self.found[-1] == (" ",):
            self.found.pop()
        if tag in {"<p>", "</p>"}:
            if self.found and (len(self.found[-1]) == 2 or self.found[-1] == ("<br>",)):
                self.found.append(("¶",))
            return
        if tag != "<br>" and self.found and self.found[-1] == ("¶",):
            self.found.pop()
        self.found.append((tag,))

    def handle_data(self, data: str) -> None:
        for letter in data:
            if letter not in " \n\t":
                self.found.append((letter, "+".join(sorted(set(self.marks)))))
            elif self.found and len(self.found[-1]) == 2:
                self.found.append((" ",))


def meaning(markdown: str, known: prose.Values) -> list[tuple[str, ...]]:
    parser = Meaning()
    parser.feed(prose.render(markdown, known).html)
    while parser.found and parser.found[-1] in {(" ",), ("¶",)}:
        parser.found.pop()
    return parser.found


WORDS = (
    "alpha", "the Party", "first_name", "2", "-", "+", "*", "_", "a|b", "{party.lead}", "{nobody.knows}", "1.", "3)",
    "“quoted”", "(see", "it).", "é", "日本", "**bold**", "*slanted*", "***both***", "__strong__", "a*b*c", "--", ":", "\n",
    "  \n", "\\\n", "&amp;", "<b>bold</b>", "<script>", "`code`", "[link](javascript:x)", "# head", "\\*", "{term.notice}",
)  # fmt: skip


def made_up(chance: Random, depth: int = 0) -> str:
    """A paragraph, table or list, deeper ones within."""
    line = re.sub(r"\s*\n\s*", "\n", " ".join(chance.choices(WORDS, k=chance.randint(1, 9)))).strip() or "x"
    kind = chance.random()
    if kind < 0.45 or depth > 2:
        return line
    flat = line.replace("\\\n", " ").replace("\n", " ").replace("|", "\\|")
    if kind < 0.6:
        width = chance.randint(2, 5)
        rows = [
            f"| {' | '.join([flat] * width)} |",
            "|" + " --- |" * width,
            f"| {' | '.join(['x'] * width)} |",
        ]
        return "\n".join(rows)
    marker, gap = chance.choice(("-", "*", "1.", "3)")), chance.choice(("\n", "\n", "\n\n"))
    items = []
    for _ in range(chance.randint(1, 3)):
        inner = f"{flat}{gap}{made_up(chance, depth + 1)}" if chance.random() < 0.4 else flat
        items.append(f"{marker} " + inner.replace("\n", "\n" + " " * (len(marker) + 1)))
    return gap.join(items)
