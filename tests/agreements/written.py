"""Agreements of a few provisions, written for one test each, and how they read."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from agreements.document import structure
from tests.agreements.sample import provision, sample_content


def content(*texts: str, part: str = "Access and use") -> dict[str, Any]:
    """An agreement whose provisions are a1, b2, c3 … with these texts."""
    rows = [
        provision(f"{'abcdefgh'[n]}{n + 1}", part, f"Heading {n + 1}", said) for n, said in enumerate(texts)
    ]
    return sample_content(provisions=rows)


def html(said: dict[str, Any], place: int = 0) -> str:
    return str([row for section in structure(said).sections for row in section.provisions][place].html)


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())
