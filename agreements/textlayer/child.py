"""Reads a PDF from standard input and writes what its pages say as JSON. Run alone, under limits of its own."""

import contextlib
import io
import json
import logging
import resource
import sys
from typing import Any

import pypdf
from pypdf.errors import PyPdfError

MEMORY = 900_000_000
SECONDS = 18
MAX_PAGES = 600
MAX_CHARS = 4_000_000
ACTIVE = {"/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/RichMedia", "/XFA"}


def limited() -> None:
    """Take no more memory and time than reading a document needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(content: bytes) -> dict[str, Any]:
    """`pages` with the text of each, or `why` there is none: encrypted, broken, pages, active."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"why": "encrypted"}
        if len(reader.pages) > MAX_PAGES:
            return {"why": "pages"}
        if _active(reader):
            return {"why": "active"}
        pages, total = [], 0
        for page in reader.pages:
            text = page.extract_text()
            total += len(text)
            if total > MAX_CHARS:
                return {"why": "pages"}
            pages.append(text)
        return {"pages": pages}
    except MemoryError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError, EOFError,
            AssertionError, NotImplementedError, ArithmeticError):  # fmt: skip
        return {"why": "broken"}


def _active(reader: pypdf.PdfReader) -> bool:
    """Whether the document does something when it is opened, beyond going to a page."""
    root = reader.root_object
    names = root.get("/Names")
    held = set(names.get_object()) if names is not None else set()
    action = root.get("/OpenAction")
    act = action.get_object() if action is not None else None
    kind = {str(act.get("/S"))} if isinstance(act, dict) else set()
    return bool((held | kind | set(root)) & ACTIVE) or "/AA" in root


if __name__ == "__main__":
    limited()
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stderr(io.StringIO()):
        answer = read(sys.stdin.buffer.read())
    json.dump(answer, sys.stdout)
