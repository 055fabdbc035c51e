"""What a heading looks like: in capitals, in title case, alone in its line; and what only looks like one."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from agreements.markers import candidates
from agreements.sourcelines import Line

MAX_HEADING = 200
_SMALL = {
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or", "per", "that", "the",
    "this", "to", "under", "upon", "with", "without",
}  # fmt: skip
_CAPS_LEAD = re.compile(r"^([A-Z][A-Z0-9 &/,'’()-]{2,90}?)\s*[.:]\s+(?=\S)(.*)$", re.DOTALL)
_TITLE_LEAD = re.compile(r"^([A-Z][^.:;]{2,80}?)[.:]\s+(?=\S)(.*)$", re.DOTALL)


def furniture(lines: list[Line]) -> set[str]:
    """Lines such as "Attachment A" that stand alone on page after page: the head of a page, no heading."""
    count = Counter(line.text for line in lines if not line.rank and len(line.text) <= 40)
    return {text for text, times in count.items() if times > 2 and any(
        marker.style.startswith("word:") and not marker.rest for marker in candidates(text))}  # fmt: skip


def titled_lines(lines: list[Line]) -> set[int]:
    """Which lines of a plain text are headings by their look: a few words in capitals alone, then running text.

    Believed only where a text has several of them, so that a name above an address is not taken for one.
    """
    found = set[int]()
    for place, (line, after) in enumerate(pairwise(lines)):
        short = line.fresh and line.ended and not (line.rank or line.raw or line.number or line.markdown)
        if short and len(line.text) <= 80 and not line.text.endswith((".", ",", ";", ":")):
            runs_on = len(after.text) >= 50 and not after.raw and after.text[:1].isupper()
            if runs_on and is_title(line.text) and not re.search(r"[:,_\d]|\.\s", line.text):
                found.add(place)
    return found if len(found) > 1 else set()


def split_heading(rest: str, *, alone: bool) -> tuple[str, str]:
    """Heading and text of what follows a number: 'TERM. The term is' and 'Scope of services' have headings."""
    if is_caps(rest) and len(rest) <= MAX_HEADING:
        return rest.rstrip(" :."), ""
    if match := _CAPS_LEAD.match(rest):
        return match[1].strip(), match[2]
    if (match := _TITLE_LEAD.match(rest)) and is_title(match[1]):
        return match[1].strip(), match[2]
    if alone and len(rest) <= 100 and is_title(rest.rstrip(" :.")) and not rest.endswith((";", ",")):
        return rest.rstrip(" :."), ""
    return "", rest


def is_caps(text: str) -> bool:
    """A short line all in capitals with at least one real word."""
    letters = [letter for letter in text if letter.isalpha()]
    return (
        len(text) <= 150
        and len(letters) >= 0.5 * len(text.replace(" ", ""))
        and all(not letter.islower() for letter in letters)
        and bool(re.search(r"[^\W\d_]{3}", text))
    )


def is_title(text: str) -> bool:
    """A few words, each important one with a capital: 'Limited Data Set', 'Term and Termination'."""
    words = re.findall(r"[^\W\d_][\w'’-]*", text)
    return (
        0 < len(words) <= 12 and words[0][0].isupper() and all(w[0].isupper() or w in _SMALL for w in words)
    )
