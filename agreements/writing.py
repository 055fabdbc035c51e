"""What somebody who writes a provision can put into it: references, facts of the agreement, its defined terms. Pure."""

from collections.abc import Mapping
from typing import Any

from agreements import catalog, defined, placeholders, prose
from agreements.numbering import labels_of
from agreements.wording import Content

SHORT = 80


def offered(content: Content, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """References, facts and terms for the editor and for those who type; `about` is the provision being written.

    "sections" are {code, says, label, heading} of the other provisions, "facts" {name, meaning, says, block}, "terms"
    words; "defines" tells whether bold words alone define a term here; "own" is the provision's own code.
    """
    labels = labels_of(content)
    own = str(about.get("id") or "") if about else ""
    rows = [row for row in content["provisions"] if row["id"] != own]
    return {
        "sections": [_section(row, labels.get(row["id"], "")) for row in rows],
        "facts": _facts(content),
        "terms": sorted({term.words for term in defined.definitions(content)}, key=str.lower),
        "defines": bool(about) and defined.defines(about or {}),
        "own": placeholders.code_of(own),
    }


def _section(row: Mapping[str, Any], label: str) -> dict[str, str]:
    heading = row["heading"] or " ".join(row["text"].split())[:SHORT]
    return {
        "code": placeholders.code_of(row["id"]),
        "says": placeholders.cited(label, row["heading"]),
        "label": label,
        "heading": heading,
    }


def _facts(content: Content) -> list[dict[str, Any]]:
    values = placeholders.values(content)
    found = []
    for known in catalog.load().placeholders.values():
        value = values[known.name]() if known.name in values else prose.Gap(known.meaning)
        says = value if isinstance(value, str) else "" if isinstance(value, prose.Gap) else value.words
        found.append(
            {"name": known.name, "meaning": known.meaning, "says": _short(says), "block": known.block}
        )
    return found


def _short(words: str) -> str:
    return words if len(words) <= SHORT else f"{words[: SHORT - 1].rstrip()}…"
