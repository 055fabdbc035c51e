"""A server process as our own child: unprivileged, logged to a file, dead when we are dead."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h
UNPRIVILEGED = "nobody"


class EngineError(Exception):
    """An engine cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """As whom a server runs: the owner of its files, and how its processes are started."""

    uid: int
    gid: int
    wrapper: tuple[str, ...] = ()
    popen: tuple[tuple[str, Any], ...] = ()

    def own(self, path: Path) -> None:
        """Makes the path, and all in it, this account's."""
        if os.geteuid() != 0:
            return
        for found in (path, *path.rglob("*")):
            if found.lstat().st_uid != self.uid:
                os.chown(found, self.uid, self.gid, follow_symlinks=False)


def account(*paths: Path) -> Account:
    """As whom a server may run that must reach `paths`: PostgreSQL refuses to run as root.

    Root gives its rights up for those of `nobody`; where nobody cannot reach a path (a clone under /root),
    for those of a user namespace in which root is an ordinary user.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    try:
        nobody = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        nobody = None
    if nobody and all(reachable(path) for path in paths):
        rights: tuple[tuple[str, Any], ...] = (
            ("user", nobody.pw_uid),
            ("group", nobody.pw_gid),
            ("extra_groups", []),
        )
        return Account(nobody.pw_uid, nobody.pw_gid, popen=rights)
    if namespaces_work():
        return Account(0, 0, wrapper=("unshare", "--user", "--map-user=1000", "--map-group=1000"))
    closed = next((str(path) for path in paths if not reachable(path)), "")
    raise EngineError(
        f"PostgreSQL does not run as root, and the account {UNPRIVILEGED!r} cannot reach {closed}. Run Concordat as an "
        "ordinary user, or from a directory that others may enter, or set DATABASE_URL to a server of your own."
    )


def reachable(path: Path) -> bool:
    """Whether anybody at all may enter every directory above `path`, and run it if it is a program."""
    doors = [above for above in path.parents if above.is_dir()] + [path] * path.is_file()
    return all(door.stat().st_mode & stat.S_IXOTH for door in doors)


@cache
def namespaces_work() -> bool:
    """Whether this machine lets us make a user namespace."""
    tool = shutil.which("unshare")
    probe = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "true"]
    return bool(tool) and subprocess.run(probe, capture_output=True, check=False).returncode == 0


LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(how: int, parent: int) -> None:
    """Has the kernel send this process `how` when its parent is gone, even by kill -9; Linux only.

    A parent that was gone before the kernel knew is no longer ours.
    """
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, how, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def dies_with_parent(how: int) -> Callable[[], None]:
    """`die_with_parent` for a child about to be started by this process."""
    return partial(die_with_parent, how, os.getpid())


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    runs_as: Account | None = None,
    death: int = signal.SIGTERM,
    keep: Sequence[int] = (),
    **more: Any,
) -> subprocess.Popen[bytes]:
    """Starts a server; its own process group keeps the terminal's Ctrl-C for the launcher alone."""
    chosen = runs_as or Account(os.geteuid(), os.getegid())
    with log.open("ab") as out:
        return subprocess.Popen(
            [*chosen.wrapper, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=tuple(keep),
            process_group=0,
            preexec_fn=dies_with_parent(death),
            **dict(chosen.popen),
            **more,
        )


def stop(process: subprocess.Popen[bytes], how: int, patience: float) -> None:
    """Asks a child to stop, insists after `patience` seconds, and reaps it."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for a message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
