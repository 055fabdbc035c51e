"""The inside of a warm process: imports once, then does each job in a fork of its own under limits.

Run as a program by `agreements.pdf.warm`, with a file that says how to get warm and how to answer a job, and with the
limits. It reads frames on standard input, answers on standard output, and ends when its owner does. Jobs may be hostile:
they pass through here in pieces, unread, and a fork reaches neither the next job nor the owner. It imports the standard
library only, so that a fork is small and holds no secret.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import select
import signal
import struct
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any, BinaryIO, NoReturn, Protocol, cast

FRAME = struct.Struct(">cQ")
JOB, ANSWER, ERROR = b"R", b"A", b"E"
_PR_SET_PDEATHSIG = 1
_PIECE = memoryview(bytearray(1 << 16))


class Work(Protocol):
    """What the file of a program holds."""

    def warm(self) -> None:
        """Do once what every job would do."""

    def answer(self, job: BinaryIO) -> bytes:
        """The answer to one job."""


def main(program: str, memory: int, seconds: int, wall: float) -> None:
    """Answer frames until the owner closes the stream."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work = _loaded(program)
    work.warm()
    gc.freeze()
    while (length := _next_job()) is not None:
        answer = _in_fork(work, length, memory, seconds, wall)
        write(sys.stdout.fileno(), FRAME.pack(answer[:1], len(answer) - 1) + answer[1:])


def _loaded(program: str) -> Work:
    """A file by its path: nothing beside it can be imported."""
    spec = spec_from_file_location("work", program)
    if spec is None or spec.loader is None:
        raise ImportError(program)
    made = sys.modules["work"] = module_from_spec(spec)
    spec.loader.exec_module(made)
    return cast(Work, made)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _next_job() -> int | None:
    """The length of the next job; nothing at the end of the stream."""
    head = b""
    while len(head) < FRAME.size:
        part = os.read(sys.stdin.fileno(), FRAME.size - len(head))
        if not part:
            return None
        head += part
    length: int = FRAME.unpack(head)[1]
    return length


def _in_fork(work: Work, length: int, memory: int, seconds: int, wall: float) -> bytes:
    """The answer of a fork with its kind in front. What the fork leaves behind goes with it."""
    (job, job_in), (source, out) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(job_in)
        os.close(source)
        _work(work, job, out, memory, seconds)
    os.close(job)
    os.close(out)
    deadline = time.monotonic() + wall
    _pass_on(length, job_in)
    answer = _collect(source, deadline)
    os.close(source)
    if answer is None:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if answer is None:
        return ERROR + b"The document took too long."
    return (
        answer or f"EThe document exceeded a limit on memory or processor time ({_ending(status)}).".encode()
    )


def _pass_on(length: int, target: int) -> None:
    """Give a fork its job, and take all of it from the stream even if the fork has ended. Nothing of it is kept."""
    wanted = True
    while length:
        got = os.readv(sys.stdin.fileno(), [_PIECE[:length]])
        if not got:
            break
        length -= got
        try:
            if wanted:
                write(target, _PIECE[:got])
        except BrokenPipeError:
            wanted = False
    _PIECE[:] = bytes(len(_PIECE))
    os.close(target)


def _collect(source: int, deadline: float) -> bytes | None:
    """All that the fork writes; nothing when the time is over first."""
    parts: list[bytes] = []
    while select.select([source], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(source, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def _work(work: Work, job: int, out: int, memory: int, seconds: int) -> NoReturn:
    """In the fork: do the job and leave, without running any of the parent's exits."""
    with contextlib.suppress(BaseException):
        answer = _answered(work, job, memory, seconds)
        write(out, answer)
    os._exit(0)


def _answered(work: Work, job: int, memory: int, seconds: int) -> bytes:
    try:
        _die_with_parent()
        _shut_off()
        _limit(memory, seconds)
        with os.fdopen(job, "rb") as stream:
            return ANSWER + work.answer(stream)
    except MemoryError:
        return ERROR + b"The document needs more memory than is allowed."
    except BaseException as broken:
        return f"EThe document cannot be read or laid out: {type(broken).__name__}: {broken}"[:500].encode()


def _shut_off() -> None:
    """A fork has neither the jobs that follow nor the owner's ear."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (sys.stdin.fileno(), sys.stdout.fileno()):
        os.dup2(nothing, standard)
    os.close(nothing)


def _limit(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def write(target: int, content: Any) -> None:
    """All of it."""
    left = memoryview(content)
    while left:
        left = left[os.write(target, left) :]


def _ending(status: int) -> str:
    return (
        signal.Signals(os.WTERMSIG(status)).name
        if os.WIFSIGNALED(status)
        else f"exit {os.WEXITSTATUS(status)}"
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
