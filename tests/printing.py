"""What was printed once is not printed again: the same input gives the same bytes (tests/agreements/test_pdf.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from agreements.pdf import Press


class Remembering(Press):
    """The shared press of a run of tests: whoever asks for the same paper gets the same one."""

    def __init__(self) -> None:
        """Nothing printed yet."""
        super().__init__()
        self._printed: dict[bytes, bytes] = {}

    def render(
        self,
        html: str,
        css: str,
        attached: Sequence[Mapping[str, str]] = (),
        fields: Sequence[Sequence[str]] = (),
    ) -> bytes:
        """As any press does it, the first time."""
        asked = json.dumps([html, css, [dict(file) for file in attached], [list(field) for field in fields]])
        key = sha256(asked.encode()).digest()
        if key not in self._printed:
            self._printed[key] = super().render(html, css, attached, fields)
        return self._printed[key]
