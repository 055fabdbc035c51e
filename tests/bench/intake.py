"""How well existing agreements are read: `python -m tests.bench.intake [directory]`, or MOUS=directory; no part of the suite.

For each text: its headings found as parts or provisions, its parties, days, notice and renewal against what a person
reads in it (EXPECTED), and whether every word is still there. The texts are no part of this repository.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("CONCORDAT_ENV", "test")
HERE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Facts:
    """What a person reads in one text.

    `marks`: for each heading or numbered provision in order, how the SHA-256 of its words (or number) begins.
    `parties` are named with a name (blanks to fill in do not count). `first` is a day, or "sig" for the day of the
    last signature; `last` a day, a number of months, or "open" for until ended; `notice` in days. None: not said.
    """

    marks: str
    parties: int = 0
    first: str | None = None
    last: str | int | None = None
    notice: int | None = None
    renewal: str | None = None

    @property
    def headings(self) -> list[str]:
        """The marks one by one."""
        return self.marks.split()


@dataclass
class Line:
    """One row of the table."""

    name: str
    found: int
    headings: int
    missed: list[str] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    words: str = ""
    seconds: float = 0.0


def main() -> int:
    """Read every text and print the table; 1 if fewer than nine in ten headings were found or a word was lost."""
    where = Path(
        sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MOUS", HERE.parent / "shared" / "mous")
    )
    if not where.is_dir():
        print(
            f"There is no directory {where}. Name it: python -m tests.bench.intake DIRECTORY", file=sys.stderr
        )
        return 2
    import_module("conftest")
    import_module("django").setup()
    facts = import_module("tests.bench.intake_facts").FACTS
    lines = [_line(where / name, said) for name, said in facts.items() if (where / name).is_file()]
    print(_table(lines))
    found, all_ = sum(line.found for line in lines), sum(line.headings for line in lines)
    lost = [line.name for line in lines if line.words not in {"equal", "-"}]
    print(
        f"\nheadings {found} of {all_}: {100 * found / max(1, all_):.1f} % (goal: 90 %); words lost in: {lost or 'none'}"
    )
    for line in lines:
        if line.missed:
            print(f"  {line.name}: not found: {', '.join(line.missed)}")
    return int(bool(lost) or found < 0.9 * all_)


def _line(path: Path, said: Facts) -> Line:
    importing, recognition = (
        import_module("agreements.operations.importing"),
        import_module("agreements.recognition"),
    )
    began = time.perf_counter()
    provisions = importing.read(path.read_bytes(), path.name)
    found = recognition.recognise(provisions)
    missed = _missed(provisions, said.headings)
    line = Line(path.name, len(said.headings) - len(missed), len(said.headings), missed)
    line.seconds = time.perf_counter() - began
    line.marks = {
        "parties": f"{len(found.of('party'))}/{said.parties}",
        "first": _mark(_first(found), said.first),
        "last": _mark(_last(found), said.last),
        "notice": _mark(_value(found, "notice_days"), said.notice),
        "renewal": _mark(_value(found, "renewal"), said.renewal),
    }
    line.words = _words(path, provisions)
    return line


def _missed(provisions: list[dict[str, Any]], wanted: list[str]) -> list[str]:
    """Which of the wanted headings no provision begins with, by their place; each provision stands for one only."""
    shown = _shown(provisions)
    missed = []
    for place, mark in enumerate(wanted, start=1):
        fits = next((n for n, marks in enumerate(shown) if mark in marks), None)
        if fits is None:
            missed.append(f"no. {place}")
        else:
            shown.pop(fits)
    return missed


def _shown(provisions: list[dict[str, Any]]) -> list[set[str]]:
    """For each provision, the marks of every beginning of its heading, and of its number."""
    numbering, found = import_module("agreements.numbering").Numbering(), list[set[str]]()
    plain = import_module("agreements.recognition.shapes").plain
    for place, row in enumerate(provisions):
        own = row["level"] == 1 or place == 0
        number = numbering.expect(row["heading"]) if own else numbering.next(row["level"])[0]
        if own:
            numbering.open(row["heading"])
        words = _bare(row["heading"] or plain(row["text"])[:80]).split()
        last = number.rpartition(".")[2] if not row["heading"] or not own else number
        begins = {" ".join(words[:n]) for n in range(1, len(words) + 1)} | {_bare(number), _bare(last)}
        begins |= {" ".join(words[n:]) for n in (1, 2)}  # a number that stayed in the heading
        found.append({hashlib.sha256(one.encode()).hexdigest()[:8] for one in begins if one})
    return found


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _value(found: Any, name: str) -> Any:
    best = found.best(name)
    return best.value if best else None


def _first(found: Any) -> Any:
    rule = _value(found, "effective_rule")
    return _value(found, "effective_on") or ("sig" if rule else None)


def _last(found: Any) -> Any:
    return (
        _value(found, "last_day")
        or _value(found, "months")
        or ("open" if _value(found, "term_kind") else None)
    )


def _mark(got: Any, said: Any) -> str:
    if got == said:
        return "= " + (str(said) if said is not None else "none")
    return f"! {got} for {said}"


def _words(path: Path, provisions: list[dict[str, Any]]) -> str:
    """Whether the multiset of words is the same in the text and in the provisions as shown; only for text formats."""
    if path.suffix not in {".txt", ".md"}:
        return "-"
    prose, numbering = import_module("agreements.prose"), import_module("agreements.numbering").Numbering()
    pieces: list[str] = []
    for place, row in enumerate(provisions):
        own = row["level"] == 1 or place == 0
        number = numbering.open(row["heading"])[0] if own else numbering.next(row["level"])[0]
        pieces += [
            number.rpartition(".")[2],
            number,
            row["heading"],
            _numerals(prose.render(row["text"]).html),
        ]
    source = import_module("agreements.outline").decode(path.read_bytes())
    lost = Counter(_plain(source, path.suffix)) - Counter(_plain(" ".join(pieces), path.suffix))
    return "equal" if not lost else f"LOST {sum(lost.values())}: {' '.join(list(lost)[:5])}"


def _numerals(html: str) -> str:
    """The words of rendered text, with the numbers a browser shows before the items of a numbered list."""
    shown, counts = "", list[int]()
    for tag, text in re.findall(r"(<[^>]*>)|([^<]+)", html):
        if tag.startswith("<ol"):
            start = re.search(r'start="(\d+)"', tag)
            counts.append(int(start[1]) if start else 1)
        elif tag.startswith("<ul"):
            counts.append(-1)
        elif tag.startswith(("</ol", "</ul")):
            counts.pop()
        elif tag.startswith("<li") and counts and counts[-1] >= 0:
            shown += f" {counts[-1]} "
            counts[-1] += 1
        shown += (
            " "
            if tag.startswith(("<p", "<li", "<t", "<br", "</")) and "em>" not in tag and "strong>" not in tag
            else ""
        )
        shown += unescape(text)
    return shown


def _plain(text: str, suffix: str) -> list[str]:
    """Words and numbers; a word divided at the end of a line is one, and the tags of HTML are no words."""
    if suffix == ".md":
        text = re.sub(
            r"</?[a-z][^<>]*>", " ", re.sub(r"\\(?=[^\w\s])|[*#]", "", unescape(text)), flags=re.IGNORECASE
        )
    return re.findall(r"[^\W_]+", re.sub(r"-\s*\n\s*", "", text).casefold().replace("-", ""))


def _table(lines: list[Line]) -> str:
    rows = [
        f"{'text':48} {'headings':>9} {'parties':>8} {'first day':14} {'last day':14} {'notice':14} {'renewal':26} words"
    ]
    for line in lines:
        marks = line.marks
        rows.append(
            f"{line.name[:48]:48} {line.found:>4}/{line.headings:<4} {marks['parties']:>8} {marks['first']:14} {marks['last']:14} "
            f"{marks['notice']:14} {marks['renewal']:26} {line.words} ({line.seconds:.1f} s)"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
