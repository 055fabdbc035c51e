"""The owner's side of the printing press: one warm child process, started when first needed and after any death."""

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

MEMORY = 1 << 30
PROCESSOR_SECONDS = 60
WALL_SECONDS = 120.0
START_SECONDS = 60.0
MAX_HTML = 8_000_000
_FRAME = struct.Struct(">cQ")
_PROGRAM = Path(__file__).with_name("layout.py")
# The press gets no secret of ours: neither the database's address nor a key.
_PASSED_ON = ("PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
              "XDG_CACHE_HOME", "XDG_DATA_DIRS")  # fmt: skip


class RenderFailed(Exception):
    """A document could not be printed; `reason` says why in words for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Died(Exception):
    """The press itself ended before it answered."""


class Press:
    """A warm printing process; documents are printed one after the other, each in its own limited fork."""

    def __init__(
        self, *, memory: int = MEMORY, seconds: int = PROCESSOR_SECONDS, wall: float = WALL_SECONDS
    ) -> None:
        self.limits = {"memory": memory, "seconds": seconds, "wall": wall}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

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
        sent = {"html": html, "css": css, "attached": list(attached), "fields": list(fields), **self.limits}
        return self._printed(json.dumps(sent).encode())

    def _printed(self, job: bytes) -> bytes:
        """The PDF of a job, after a second try with a new process where the first ended."""
        with self._lock:
            try:
                kind, body = self._ask(job)
            except (_Died, BrokenPipeError):
                self.close()
                kind, body = self._ask_again(job)
        if kind != b"P":
            raise RenderFailed(body.decode("utf-8", "replace"))
        return body

    def close(self) -> None:
        """End the process; the next document starts another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        for stream in (process.stdin, process.stdout):
            if stream and not stream.closed:
                stream.close()
        process.kill()
        process.wait()

    def _ask_again(self, job: bytes) -> tuple[bytes, bytes]:
        try:
            return self._ask(job)
        except (_Died, BrokenPipeError) as died:
            self.close()
            raise RenderFailed(
                "The printing process ends before it answers. Check that WeasyPrint's libraries (pango) are installed."
            ) from died

    def _ask(self, job: bytes) -> tuple[bytes, bytes]:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise _Died
        _write(process.stdin.fileno(), _FRAME.pack(b"R", len(job)) + job)
        deadline = time.monotonic() + self.limits["wall"] + START_SECONDS
        kind, length = _FRAME.unpack(_read(process.stdout.fileno(), _FRAME.size, deadline))
        return kind, _read(process.stdout.fileno(), length, deadline)

    def _running(self) -> subprocess.Popen[bytes]:
        """Our process. One inherited through a fork belongs to the parent: it is left to it."""
        process = self._process if self._owner == os.getpid() else None
        if process is None or process.poll() is not None:
            self.close()
            process = self._process = subprocess.Popen(
                [sys.executable, "-P", str(_PROGRAM)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(), bufsize=0,
            )  # fmt: skip
            self._owner = os.getpid()
        return process


@cache
def shared() -> Press:
    """The press of this process, ended with it."""
    made = Press()
    atexit.register(made.close)
    return made


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}


def _write(target: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(target, left) :]


def _read(source: int, length: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        if not select.select([source], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise _Died
        part = os.read(source, min(1 << 20, length - len(parts)))
        if not part:
            raise _Died
        parts += part
    return bytes(parts)
