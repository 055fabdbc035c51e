"""The printing press: pages of ours laid out as PDF by a warm process (`agreements.pdf.layout`)."""

import atexit
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from agreements.pdf.warm import Failed, Warm

MEMORY = 1 << 30
PROCESSOR_SECONDS = 60
WALL_SECONDS = 120.0
MAX_HTML = 8_000_000


class RenderFailed(Failed):
    """A document could not be printed; `reason` says why in words for the operator."""


class Press(Warm):
    """A warm printing process; documents are printed one after the other, each in its own limited fork."""

    program = Path(__file__).with_name("layout.py")
    # Not -I, which would take the hash seed away: the same input gives the same bytes.
    isolation = "-P"
    passed_on = (*Warm.passed_on, "DYLD_FALLBACK_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME",
                 "XDG_DATA_DIRS")  # fmt: skip
    given = {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    silent = False
    ended = "The printing process ends before it answers. Check that WeasyPrint's libraries (pango) are installed."

    def __init__(
        self, *, memory: int = MEMORY, seconds: int = PROCESSOR_SECONDS, wall: float = WALL_SECONDS
    ) -> None:
        super().__init__(memory=memory, seconds=seconds, wall=wall)

    def render(
        self,
        html: str,
        css: str,
        attached: Sequence[Mapping[str, str]] = (),
        fields: Sequence[Sequence[str]] = (),
    ) -> bytes:
        """The PDF of a page with files attached, and fields to sign in. Raises RenderFailed; the press stays usable."""
        if len(html) + sum(len(file["text"]) for file in attached) > MAX_HTML:
            raise RenderFailed("The document is too long to print.")
        sent = {"html": html, "css": css, "attached": list(attached), "fields": list(fields)}
        try:
            return self.ask(json.dumps(sent).encode())
        except Failed as failed:
            raise RenderFailed(failed.reason) from failed


@cache
def shared() -> Press:
    """The press of this process, ended with it."""
    made = Press()
    atexit.register(made.close)
    return made
