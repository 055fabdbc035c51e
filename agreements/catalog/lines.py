"""On which line of a data file a complaint of the catalog is about."""

import re
from itertools import pairwise

_TABLE = re.compile(r"(?P<list>\w+)\[(?P<name>.+?)\](?:\.(?P<path>.+))?\Z")
_PARSER = re.compile(r"at line (\d+)")
_VALUE = re.compile(r"'([^']+)'")


def line_of(text: str, key: str, problem: str) -> int:
    """The line (from 1) of `text` where `key` stands, as exactly as can be told; 1 if it can't.

    `key` is as CatalogError has it: `rule[CJI-008].when.category_in`, `term.kind`, `(file)`.
    """
    said = _PARSER.search(problem)
    if said:
        return int(said[1])
    lines = text.splitlines()
    found = _TABLE.match(key)
    first, last = _block(lines, found["list"], found["name"]) if found else (0, len(lines))
    path = (found["path"] if found else key) or ""
    return 1 + _within(lines, first, last, path, _VALUE.findall(problem))


def _block(lines: list[str], name: str, own: str) -> tuple[int, int]:
    """Where the table of a list that calls itself `own` begins and ends: the last one, if there are several."""
    starts = [number for number, line in enumerate(lines) if line.strip() == f"[[{name}]]"]
    calls = re.compile(rf"\w+\s*=\s*[\"']?{re.escape(own)}[\"']?\s*\Z")
    spans = list(pairwise([*starts, len(lines)]))
    named = [span for span in spans if any(calls.match(line.strip()) for line in lines[slice(*span)])]
    return named[-1] if named else (0, len(lines))


def _within(lines: list[str], first: int, last: int, path: str, values: list[str]) -> int:
    """The line of the field at the end of the path, else of a value complained of, else of its table."""
    steps = path.split(".")
    wanted = [rf"{re.escape(steps[-1])}\s*=", *(rf".*[\"']{re.escape(value)}[\"']" for value in values)]
    wanted += [rf"\[+\w+\.{re.escape(step)}\]" for step in reversed(steps)]
    for pattern in wanted if path else wanted[1:]:
        for number in range(first, last):
            if re.match(pattern, lines[number].strip()):
                return number
    return first
