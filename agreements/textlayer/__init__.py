"""The text of a PDF, read by a process of its own under limits: a hostile file can exhaust that process only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agreements.assembly import UnreadableText

MAX_BYTES = 25_000_000
SECONDS = 20
WORDS_A_PAGE = 12
"""Fewer words than this on an average page mean that the text is in pictures."""
_CHILD = Path(__file__).with_name("child.py")
_PASSED_ON = ("PATH", "HOME", "LD_LIBRARY_PATH")
"""It gets no secret of ours: neither the database's address nor a key."""
_SAYS = {
    "encrypted": "The PDF is protected by a password. Save it without protection and import that.",
    "broken": "The PDF is damaged and can't be read. Open it, print it to a new PDF and import that.",
    "pages": "The PDF has more than 600 pages. Import the agreement without its attachments.",
    "active": "The PDF holds programs or starts other files. Print it to a new PDF and import that.",
}
TOO_MUCH = "The PDF takes too much time or memory to read. Print it to a new PDF, or import the text as .docx or .txt."


class Scanned(UnreadableText):
    """A PDF without a text layer: pictures of pages."""


@dataclass(frozen=True)
class Layer:
    """The text found, and on how many pages."""

    text: str
    pages: int


def read(content: bytes) -> Layer:
    """The text layer of a PDF. Raises Scanned when there is none, UnreadableText with what to do otherwise."""
    if len(content) > MAX_BYTES:
        raise UnreadableText("The PDF is larger than 25 MB. Import the agreement without its attachments.")
    if b"%PDF-" not in content[:1024]:
        raise UnreadableText("This is not a PDF. Import a .pdf, .docx, .txt or .md file.")
    said = _asked(content)
    if said.get("why"):
        raise UnreadableText(_SAYS.get(str(said["why"]), _SAYS["broken"]))
    pages = [str(page) for page in said["pages"]]
    words = sum(len(page.split()) for page in pages)
    if not pages or words < WORDS_A_PAGE * len(pages):
        raise Scanned(
            "This PDF is a scan: its pages are pictures without text. It is kept as it is; type its key terms instead."
        )
    return Layer("\n\n".join(pages), len(pages))


def _asked(content: bytes) -> dict[str, Any]:
    """What the child process answers: `pages`, or `why` there are none."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_CHILD)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise UnreadableText(TOO_MUCH) from None
    if done.returncode != 0:
        raise UnreadableText(TOO_MUCH)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
