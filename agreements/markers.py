"""The numbers and letters people put before provisions: recognised one line at a time.

A marker is only believed when it fits: it begins its series or follows the one before it, so that a line wrapped
after "Section" or before "J. Smith" does not become a provision.
"""

import re
from dataclasses import dataclass

_WORD = re.compile(
    r"(?P<word>article|section|exhibit|appendix|attachment|annex|schedule|part)\s+"
    r"(?P<number>\d{1,3}(?:\.\d{1,3})*|[IVXLC]+|[A-Z])(?=[\s.:)\u2013\u2014-]|$)[.:)]*\s*[-\u2013\u2014:]?\s*(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_DOTTED = re.compile(
    r"(?P<number>(?:\d{1,3}|[A-Z])(?:\.\d{1,3}){1,5})(?:[.)]?(?:\s+|$)|\.(?=[A-Z]))(?P<rest>.*)$", re.DOTALL
)
_SIMPLE = re.compile(
    r"(?P<open>\(?)(?P<number>\d{1,3}|[A-Z]|[a-z]|[IVXLC]{2,6}|[ivxlc]{2,6})(?P<end>\.\)|[.)][.,-]{0,3})(?:\s+|$)(?P<rest>.*)$",
    re.DOTALL,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
ANNEXED = {"exhibit", "appendix", "attachment", "annex", "schedule"}


@dataclass(frozen=True)
class Marker:
    """A number as written, what kind of number it is, its value, and the text after it.

    `style` is 'word:article', 'dotted', or the first of its series: '1', '1)', '(1)', 'A', 'a', '(a)', 'I', 'i', '(i)'.
    """

    written: str
    style: str
    value: int
    rest: str
    depth: int = 0


def candidates(line: str) -> list[Marker]:
    """Every way to read the start of `line` as a marker; 'i.' may be a letter or a Roman number."""
    if match := _WORD.match(line):
        number = match["number"]
        value = _value(number)
        written = line[: match.start("rest")].rstrip(" :\u2013\u2014-")
        return (
            [Marker(written, f"word:{match['word'].lower()}", value, match["rest"])]
            if _titled(match["rest"])
            else []
        )
    if match := _DOTTED.match(line):
        parts = match["number"].split(".")
        return [Marker(match["number"], "dotted", _value(parts[-1]), match["rest"], len(parts))]
    match = _SIMPLE.match(line)
    return _simple(match) if match else []


def _simple(match: re.Match[str]) -> list[Marker]:
    number, rest = match["number"], match["rest"]
    written = match["open"] + number + match["end"]
    shape = "({})" if match["open"] else "{})" if ")" in match["end"] else "{}"
    found = []
    if number.isdigit():
        found.append(Marker(written, shape.format("1"), int(number), rest))
    if number.isalpha() and len(number) == 1:
        first = "A" if number.isupper() else "a"
        found.append(Marker(written, shape.format(first), ord(number.lower()) - ord("a") + 1, rest))
    if number.isalpha() and (roman := roman_value(number)):
        found.append(Marker(written, shape.format("I" if number.isupper() else "i"), roman, rest))
    return found


def believed(found: list[Marker], series: dict[str, int], *, fresh: bool) -> Marker | None:
    """The reading that continues a series, else begins one, else stands after a blank line; `series` is style to value."""
    for marker in found:
        if series.get(marker.style) == marker.value - 1 and marker.style in series:
            return marker
    for marker in found:
        if _dotted(marker, series) or (marker.style.startswith("word:") and fresh):
            return marker
    for marker in reversed(found):
        if marker.value == 1 and not marker.style.startswith("word:"):
            return marker
    ahead = [m for m in found if m.style in series and series[m.style] < m.value <= series[m.style] + 3]
    return ahead[0] if ahead and fresh else None


def _dotted(marker: Marker, series: dict[str, int]) -> bool:
    """'2.1' is a number; 'D.4' is one only where such numbers have begun."""
    begun = marker.value == 1 or any(style.startswith("dotted") for style in series)
    return marker.style == "dotted" and (marker.written[0].isdigit() or begun)


def roman_value(text: str) -> int:
    """The value of a Roman number up to a hundred or so; 0 when it is none."""
    digits = [_ROMAN.get(letter, 0) for letter in text.lower()]
    if not all(digits):
        return 0
    total = sum(-d if d < max(digits[n:]) else d for n, d in enumerate(digits))
    return total if to_roman(total) == text.lower() else 0


def to_roman(number: int) -> str:
    """'xiv' of 14."""
    steps = (
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    )
    out = ""
    for value, letters in steps:
        out += letters * (number // value)
        number %= value
    return out


def _value(number: str) -> int:
    last = number.split(".")[-1]
    if last.isdigit():
        return int(last)
    return roman_value(last) or ord(last.lower()[0]) - ord("a") + 1


def _titled(rest: str) -> bool:
    """A heading follows the word, or nothing: 'Section 4 below.' is a sentence, 'Section 4. Notice' is a heading."""
    return not rest or (len(rest) <= 120 and not rest[0].islower() and not rest.endswith((".", ",", ";")))
