"""`make run`: comes up by itself, says what is wrong, and leaves nothing behind however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from config.addresses import socket_dir
from config.engines import EngineError
from config.launch import wanted

HOME = Path(__file__).resolve().parents[2]
NOT_OURS = {
    "DATABASE_URL",
    "BROKER_URL",
    "CONCORDAT_ENV",
    "CONCORDAT_TEST_ENGINES",
    "SECRET_KEY",
    "EMAIL_URL",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Launched:
    """One VAR_DIR and port, started and ended as often as a test likes."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, free_port()
        self.out = var.with_name(var.name + ".out")
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        env |= {"PORT": str(self.port), "VAR_DIR": str(self.var), "DEMO": "no"}
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.launch"], cwd=HOME, env=env, stdout=out, stderr=out
            )
        return self.process

    def start(self) -> None:
        process = self.begin()
        deadline = time.monotonic() + 80
        while "is ready at" not in self.said():
            assert process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        return self.out.read_text(errors="replace")

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return int(answer.status)

    def family(self) -> list[int]:
        """Every live process that was started for this VAR_DIR, by its environment."""
        mark = f"VAR_DIR={self.var}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def end(self, how: int) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(40)

    def alone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.family() and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.family()


@pytest.fixture
def launched(var: Path) -> Iterator[Launched]:
    one = Launched(var)
    yield one
    for pid in one.family():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if one.process is not None:
        one.process.wait(10)


def rows(var: Path, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(host=str(socket_dir(var)), user="concordat", dbname="concordat")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def ready(launched: Launched) -> bool:
    try:
        return launched.get("/readyz") == 200
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_after_a_kill_of_everything_it_comes_up_with_all_it_had_acknowledged_and_control_c_leaves_no_process(
    launched: Launched,
) -> None:
    launched.start()
    assert launched.get("/accounts/login/") == 200
    rows(launched.var, "CREATE TABLE acknowledged (n int)")
    for n in range(10):
        rows(launched.var, f"INSERT INTO acknowledged VALUES ({n})")
    secret = launched.var / "secret"
    known = secret.read_text()
    assert secret.stat().st_mode & 0o777 == 0o600
    for pid in launched.family():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert launched.process is not None
    launched.process.wait(10)

    launched.start()
    assert rows(launched.var, "SELECT count(*) FROM acknowledged") == [(10,)]
    assert secret.read_text() == known
    assert launched.get("/accounts/login/") == 200
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not ready(launched):
        time.sleep(0.2)
    assert launched.get("/readyz") == 200
    assert len(launched.family()) >= 8
    assert launched.end(signal.SIGINT) == 0
    assert launched.family() == []
    assert "Stopped." in launched.said()

    launched.start()  # ... and when the launcher alone is killed, nothing outlives it
    launched.end(signal.SIGKILL)
    assert launched.alone_within(30), launched.family()


def test_a_taken_port_is_told_before_anything_is_started(launched: Launched) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", launched.port))
        taken.listen()
        assert launched.begin().wait(20) == 1
    assert f"PORT={launched.port + 1} make run" in launched.said()
    assert not launched.var.exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 80"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(EngineError, match="PORT must be a number from 1 to 65535"):
        wanted({"PORT": port})
