"""The owner's side of a warm process: a child started when first needed and after any death, asked job by job."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from agreements.pdf.forking import ANSWER, FRAME, JOB, write

START_SECONDS = 60.0
_FORKING = Path(__file__).with_name("forking.py")


class Failed(Exception):
    """A job was not done; `reason` says why in words for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Died(Exception):
    """The process itself ended before it answered."""


class Warm:
    """A warm process; jobs are done one after the other, each in its own limited fork (`agreements.pdf.forking`)."""

    program: ClassVar[Path]
    isolation: ClassVar[str] = "-I"
    # It gets no secret of ours: neither the database's address nor a key.
    passed_on: ClassVar[Sequence[str]] = ("PATH", "HOME", "LD_LIBRARY_PATH")
    given: ClassVar[Mapping[str, str]] = {}
    silent: ClassVar[bool] = True
    """Whether what it says on its error stream is dropped: it may quote what it reads."""
    ended: ClassVar[str] = "The process ends before it answers."

    def __init__(self, *, memory: int, seconds: int, wall: float) -> None:
        self._limits = (str(memory), str(seconds), str(wall))
        self._wall = wall
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, job: bytes) -> bytes:
        """The answer to a job, after a second try with a new process where the first ended. Raises Failed."""
        with self._lock:
            try:
                kind, body = self._ask(job)
            except (_Died, BrokenPipeError):
                self.close()
                kind, body = self._ask_again(job)
        if kind != ANSWER:
            raise Failed(body.decode("utf-8", "replace"))
        return body

    def close(self) -> None:
        """End the process; the next job starts another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        for stream in (process.stdin, process.stdout):
            if stream and not stream.closed:
                stream.close()
        process.kill()
        process.wait()

    def environment(self) -> dict[str, str]:
        """All that the process is told."""
        return {name: os.environ[name] for name in self.passed_on if name in os.environ} | dict(self.given)

    def _ask_again(self, job: bytes) -> tuple[bytes, bytes]:
        try:
            return self._ask(job)
        except (_Died, BrokenPipeError) as died:
            self.close()
            raise Failed(self.ended) from died

    def _ask(self, job: bytes) -> tuple[bytes, bytes]:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise _Died
        for part in (FRAME.pack(JOB, len(job)), job):
            write(process.stdin.fileno(), part)
        deadline = time.monotonic() + self._wall + START_SECONDS
        kind, length = FRAME.unpack(_read(process.stdout.fileno(), FRAME.size, deadline))
        return kind, _read(process.stdout.fileno(), length, deadline)

    def _running(self) -> subprocess.Popen[bytes]:
        """Our process. One inherited through a fork belongs to the parent: it is left to it."""
        process = self._process if self._owner == os.getpid() else None
        if process is None or process.poll() is not None:
            self.close()
            process = self._process = subprocess.Popen(
                [sys.executable, self.isolation, str(_FORKING), str(self.program), *self._limits],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if self.silent else None,
                env=self.environment(), bufsize=0,
            )  # fmt: skip
            self._owner = os.getpid()
        return process


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
