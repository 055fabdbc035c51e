"""Text that is harmless where it will be read: file names, pages without a network, a terminal."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""What turns the direction of reading, so that a text seems to say something else."""


def _replaced(code: int) -> bool:
    kept = chr(code) in "\n\t"
    return not kept and (unicodedata.category(chr(code)) in {"Cc", "Cs"} or chr(code) in BIDI)


HARMFUL = dict.fromkeys(
    [code for code in (*range(0x20), *range(0x7F, 0xA0), *map(ord, BIDI)) if _replaced(code)],
    "\N{REPLACEMENT CHARACTER}",
) | {0x2028: " ", 0x2029: " "}


def harmless(text: str) -> str:
    """The text without control and direction-changing characters; line ends and tabs stay."""
    return text.replace("\r\n", "\n").translate(HARMFUL)


def one_line(text: str) -> str:
    """The text on one line, for a terminal."""
    return " ".join(harmless(text).split())


def slug(text: str, key: UUID) -> str:
    """A name for a file: plain ASCII letters, digits and hyphens; with part of the key where that loses something."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60]
    return plain if plain == text else f"{plain}-{key.hex[:8]}".strip("-")


def page(template: str, title: str, **context: Any) -> bytes:
    """One of our pages as a file that needs nothing else: the style inside, nothing fetched, no script."""
    values = {"title": title, "style": _style(), "policy": _policy(), **context}
    return harmless(render_to_string(f"agreements/dossier/{template}.html", values)).encode(
        "utf-8", "replace"
    )


def exact(value: Any) -> bytes:
    """Data as JSON to be read by people and programs."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"


@cache
def _style() -> str:
    found = [finders.find(name) for name in ("css/print.css", "css/dossier.css")]
    return "\n".join(Path(str(path)).read_text(encoding="utf-8") for path in found)


def _policy() -> str:
    """What a browser may do with the page: show it, with the one style that stands in it."""
    digest = hashlib.sha256(_style().encode()).digest()
    return f"default-src 'none'; style-src 'sha256-{base64.b64encode(digest).decode()}'"
