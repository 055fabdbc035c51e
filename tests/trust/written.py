"""Passages of docs/security.md that tests write."""

from __future__ import annotations

import os
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "security.md"


def written(name: str, text: str) -> None:
    """A passage of docs/security.md between its marks; UPDATE_DOCS=1 rewrites it on purpose."""
    begin, end = f"<!-- {name}: written by a test -->\n", f"<!-- {name} ends -->"
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(begin)
    wanted = f"{before}{begin}{text}\n{end}{rest.split(end)[1]}"
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(wanted, encoding="utf-8")
        page = wanted
    assert page == wanted, (
        f"docs/security.md is out of date at {name}: run the tests once with UPDATE_DOCS=1."
    )
