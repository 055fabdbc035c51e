"""A table of many agreements with their files, and faults planted at known rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.agreements.papers import scanned, table, word, written, zipped

HEADER = [
    "Title",
    "Kind",
    "Partner agencies",
    "File",
    "Signed on",
    "First day",
    "Last day",
    "Notice (days)",
    "Renewal",
]
TEXT = (
    "MEMORANDUM OF UNDERSTANDING {n}\nbetween Riverton Police Department and Mesa County District Attorney\n\n1. PURPOSE\n"
    "The parties share records of series {n}.\n\n2. TERM\nThis Memorandum shall continue through June 30, 2027. Either party may "
    "terminate this Memorandum by giving 60 days written notice to the other party.\n"
)


@dataclass(frozen=True)
class Heap:
    """The table, the ZIP, and for each faulty row a word its reason must hold."""

    table: bytes
    archive: bytes
    faulty: dict[int, str]


def _set(place: int, value: str) -> Callable[[list[object], dict[str, bytes]], None]:
    def plant(row: list[object], files: dict[str, bytes]) -> None:
        row[place] = value

    return plant


def _bytes(content: bytes, suffix: str = ".pdf") -> Callable[[list[object], dict[str, bytes]], None]:
    def plant(row: list[object], files: dict[str, bytes]) -> None:
        files.pop(str(row[3]))
        row[3] = str(row[3]).rpartition(".")[0] + suffix
        files[str(row[3])] = content

    return plant


PLANTED: tuple[tuple[str, Callable[[list[object], dict[str, bytes]], None]], ...] = (
    ("title is missing", _set(0, "")),
    ("longer than 200", _set(0, "x" * 201)),
    ("no kind of agreement", _set(1, "Treaty")),
    ("no agency registered", _set(2, "Nowhere Police")),
    ("No partner agency", _set(2, "")),
    ("Only your own agency", _set(2, "Riverton Police Department")),
    ("No file is named", _set(3, "")),
    ("not in the ZIP", _set(3, "missing.docx")),
    ("is no day", _set(4, "soon")),
    ("future", _set(4, "2099-01-01")),
    ("before the first day", _set(6, "2019-01-01")),
    ("no number", _set(7, "a month or so")),
    ("no renewal", _set(8, "perhaps")),
    ("damaged", _bytes(b"%PDF-1.7 broken")),
    ("Word document", _bytes(b"not a document", ".docx")),
    ("no text", _bytes(b" \n ", ".txt")),
)
"""A word of the reason, and how the fault is planted."""


def heap(rows: int, *, faults: int) -> Heap:
    """`rows` agreements, of which `faults` are faulty, spread evenly; the kinds of file take turns."""
    lines: list[list[object]] = []
    files: dict[str, bytes] = {}
    faulty: dict[int, str] = {}
    every = rows // faults if faults else rows + 1
    for n in range(rows):
        text, kind = TEXT.format(n=n), n % 10
        name = f"agreement-{n:04}" + (
            ".docx" if kind == 1 else ".pdf" if kind in (3, 7) else ".md" if kind == 5 else ".txt"
        )
        files[name] = (
            word(text)
            if kind == 1
            else written(text)
            if kind == 3
            else _scan(n)
            if kind == 7
            else text.encode()
        )
        line: list[object] = [f"Records of series {n}", "MOU", "Mesa County District Attorney", name, "2024-06-15", "2024-07-01",
                              "2027-06-30" if n % 4 else "", 60, "none"]  # fmt: skip
        if every and n % every == every - 1 and len(faulty) < faults:
            says, plant = PLANTED[len(faulty) % len(PLANTED)]
            plant(line, files)
            faulty[n + 2] = says
        lines.append(line)
    return Heap(table([HEADER, *lines]), zipped(files), faulty)


def _scan(n: int) -> bytes:
    """Scans that differ: each is a file of its own."""
    return scanned() + f"\n% {n}\n".encode()
