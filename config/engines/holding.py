"""One server for one data directory: a lock that every process of the server holds by inheritance.

The lock file's descriptor is passed on to the server and to every process it forks; the kernel frees the
lock when the last of them is gone. Whoever gets the lock knows that none of ours works on the directory
any more, whatever pid files say: after a `kill -9` they name dead, unreaped or foreign processes.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.child import EngineError


@contextmanager
def held(directory: Path, *, patience: float) -> Iterator[int]:
    """The directory's lock as an open descriptor to hand to the server.

    Waits up to `patience` seconds for processes left over from a crash to leave. Raises EngineError when
    somebody still works there.
    """
    lock = os.open(directory.with_name(directory.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience
        while not _locked(lock) or workers(directory):
            if time.monotonic() > deadline:
                raise EngineError(taken(directory))
            time.sleep(0.1)
        yield lock
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def workers(directory: Path) -> list[int]:
    """Live processes whose working directory this is (PostgreSQL's and Valkey's all are); Linux only."""
    wanted = str(directory.resolve())
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _works_in(entry, wanted)]


def _works_in(entry: Path, wanted: str) -> bool:
    try:
        return (entry / "cwd").readlink() == Path(wanted)
    except OSError:  # gone, a zombie, or another user's
        return False


def taken(directory: Path) -> str:
    """What to tell somebody who starts a second Concordat on the same data."""
    found = workers(directory)
    who = f" (process {', '.join(map(str, found))})" if found else ""
    return (
        f"{directory} is in use by another running Concordat{who}. Stop that one first, or choose another VAR_DIR "
        "(and another PORT) for this one."
    )
