"""`python -m tests.bench.redline [OLD.txt NEW.txt ...]`: how long a redline of 40,000 words takes.

The long text is put together from the catalog's own clauses, then edited at random: words replaced, provisions taken
out, put in and moved. Texts named in pairs are imported as two versions of one agreement and compared as well.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import django

os.environ.setdefault("CONCORDAT_ENV", "embedded")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from agreements import outline  # noqa: E402
from agreements.redline import compare  # noqa: E402
from tests.agreements.contents import complete  # noqa: E402

WORDS, GOAL, GOAL_PAIR = 40_000, 3.0, 1.0
Content = dict[str, Any]


def long_text(words: int, draw: Random) -> Content:
    """A content of at least so many words."""
    content = complete()
    said = [row["text"] for row in content["provisions"] if len(row["text"]) > 200]
    rows: list[Content] = []
    while sum(len(row["text"].split()) for row in rows) < words:
        sentences = " ".join(draw.choice(said) for _ in range(3)).split(". ")
        draw.shuffle(sentences)
        rows.append({**content["provisions"][0], "id": f"long{len(rows)}", "part": f"part_{len(rows) // 12}",
                     "heading": f"Matter {len(rows)}", "text": ". ".join(sentences)})  # fmt: skip
    return content | {"provisions": rows}


def edited(content: Content, draw: Random, *, keep_ids: bool) -> Content:
    """The content with about a tenth of everything changed; without ids kept, as if it were imported anew."""
    rows = [dict(row) for row in content["provisions"]]
    for row in draw.sample(rows, len(rows) // 4):
        words = row["text"].split(" ")
        for place in draw.sample(range(len(words)), max(len(words) // 10, 1)):
            words[place] = draw.choice(["shall", "may", "", "sixty days", words[place] + " promptly"])
        row["text"] = " ".join(words)
    for _ in range(len(rows) // 20):
        rows.insert(draw.randrange(len(rows)), rows.pop(draw.randrange(len(rows))))
        rows.pop(draw.randrange(len(rows)))
    if not keep_ids:
        rows = [{**row, "id": f"anew{place}"} for place, row in enumerate(rows)]
    return content | {"provisions": rows}


def imported(path: str) -> Content:
    """A text file as the content of an agreement."""
    name = Path(path)
    text = outline.decode(name.read_bytes())
    rows = outline.to_provisions(outline.parse_text(text, fmt="md" if name.suffix == ".md" else "txt"))
    return complete() | {
        "provisions": [{"id": f"{name.stem}{place}", **row} for place, row in enumerate(rows)]
    }


def timed(old: Content, new: Content, what: str, goal: float) -> bool:
    """Compare, print, and say whether it was quick enough."""
    began = time.perf_counter()
    found = compare(old, new)
    took = time.perf_counter() - began
    words = sum(len(row["text"].split()) for row in old["provisions"])
    print(
        f"{what}: {words:,} words, {len(old['provisions'])} provisions: {took:.2f} s (goal {goal:.0f} s); {found.summary}"
    )
    return took < goal


def main(paths: list[str]) -> int:
    """1 if one of them is too slow."""
    draw = Random(7)
    text = long_text(WORDS, draw)
    good = [
        timed(text, edited(text, draw, keep_ids=True), "edited here", GOAL),
        timed(text, edited(text, draw, keep_ids=False), "imported anew", GOAL),
        timed(text, long_text(WORDS, Random(8)), "wholly other words", GOAL),
    ]
    good += [
        timed(imported(old), imported(new), f"{Path(old).stem} to {Path(new).stem}", GOAL_PAIR)
        for old, new in zip(paths[::2], paths[1::2], strict=True)
    ]
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
