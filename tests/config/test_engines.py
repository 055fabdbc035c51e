"""The embedded engines keep what they acknowledged, are nobody's but ours, and leave with us."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from config import child
from config.addresses import socket_dir
from config.engines import EngineError, postgres, valkey
from config.engines.holding import held, workers

HOST = """
import sys, time
from pathlib import Path
from config.engines import postgres
with postgres.running(Path(sys.argv[1]) / "postgres"):
    print("up", flush=True)
    time.sleep(60)
"""


def ask(var: Path, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(host=str(socket_dir(var)), user="concordat", dbname="concordat")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def hosted(var: Path) -> subprocess.Popen[str]:
    """PostgreSQL under a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", HOST, str(var)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.stdout.close()
    return process


def all_of(var: Path) -> list[int]:
    return workers(var / "postgres")


@pytest.mark.usefixtures("cluster")
def test_what_was_acknowledged_survives_a_kill_of_everything_at_once(var: Path) -> None:
    host = hosted(var)
    ask(var, "CREATE TABLE kept (n int)")
    for n in range(20):
        ask(var, f"INSERT INTO kept VALUES ({n})")
    host.send_signal(
        signal.SIGSTOP
    )  # so that the killed server stays an unreaped zombie, as under a slow PID 1
    for pid in all_of(var):
        with suppress(ProcessLookupError):  # some go by themselves once the first are gone
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while all_of(var) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (var / "postgres" / "postmaster.pid").exists()
    # Its host, stopped and alive, still holds the lock: nobody may start beside it.
    with (
        pytest.raises(EngineError, match="in use by another running Concordat"),
        held(var / "postgres", patience=0.2),
    ):
        pass
    host.kill()
    host.wait()
    with postgres.running(var / "postgres"):
        assert ask(var, "SELECT count(*) FROM kept") == [(20,)]


@pytest.mark.usefixtures("cluster")
def test_a_killed_launcher_takes_its_server_along(var: Path) -> None:
    host = hosted(var)
    assert all_of(var)
    host.kill()
    host.wait()
    deadline = time.monotonic() + 15
    while all_of(var) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert all_of(var) == []


@pytest.mark.usefixtures("cluster")
def test_a_second_server_on_the_same_data_is_refused_and_the_first_not_disturbed(var: Path) -> None:
    with postgres.running(var / "postgres"):
        with pytest.raises(EngineError, match="choose another VAR_DIR"), postgres.running(var / "postgres"):
            pass
        assert ask(var, "SELECT 1") == [(1,)]


@pytest.mark.usefixtures("cluster")
def test_a_pid_file_of_a_process_that_works_elsewhere_does_not_hinder_a_start(var: Path) -> None:
    with postgres.running(var / "postgres"):
        pass
    (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{var}/postgres\n1\n5432\n\n\n\n")
    with postgres.running(var / "postgres"):
        assert ask(var, "SELECT 1") == [(1,)]


def test_valkey_gives_back_what_was_queued_before_it_was_killed(var: Path) -> None:
    socket = socket_dir(var) / "valkey.sock"
    with valkey.running(var / "valkey") as server:
        client = valkey.redis.Redis(unix_socket_path=str(socket))
        client.rpush("celery", "a bell")
        time.sleep(1.2)  # its file is synced every second
        client.close()
        server.kill()
        server.wait()
    with valkey.running(var / "valkey"):
        client = valkey.redis.Redis(unix_socket_path=str(socket))
        assert client.lrange("celery", 0, -1) == [b"a bell"]
        client.close()


@pytest.mark.usefixtures("cluster")
def test_nobody_else_may_use_the_sockets(var: Path) -> None:
    with postgres.running(var / "postgres"):
        found = socket_dir(var).stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert "0.0.0.0" not in str(ask(var, "SHOW listen_addresses"))
        assert ask(var, "SHOW listen_addresses") == [("",)]


def test_a_directory_of_somebody_else_in_the_sockets_place_is_refused(var: Path) -> None:
    socket_dir(var).symlink_to(var.parent)
    try:
        with pytest.raises(EngineError, match="somebody else's"), postgres.running(var / "postgres"):
            pass
    finally:
        socket_dir(var).unlink()


def runs_as_root(server: subprocess.Popen[bytes]) -> bool:
    """Whether the server is root in its own eyes."""
    uid = Path(f"/proc/{server.pid}/status").read_text().split("Uid:")[1].split()[0]
    inside = Path(f"/proc/{server.pid}/uid_map").read_text().split()[0]
    return uid == "0" and inside == "0"


def test_the_server_never_runs_as_root(var: Path) -> None:
    with postgres.running(var / "postgres") as server:
        assert not runs_as_root(server)


def test_below_a_closed_directory_it_runs_in_a_namespace_or_says_what_to_do(var: Path) -> None:
    var.mkdir(mode=0o700)
    closed = var / "var"
    try:
        with postgres.running(closed / "postgres") as server:
            assert not runs_as_root(server)
            assert ask(closed, "SELECT 1") == [(1,)]
    except EngineError as error:
        assert os.geteuid() == 0 and not child.namespaces_work(), error
        assert "ordinary user" in str(error)
    finally:
        shutil.rmtree(socket_dir(closed), ignore_errors=True)


def test_a_machine_where_no_way_is_left_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.child.os.geteuid", lambda: 0)
    monkeypatch.setattr(child, "reachable", lambda path: False)
    monkeypatch.setattr(child, "namespaces_work", lambda: False)
    with pytest.raises(EngineError, match="ordinary user"):
        child.account(Path("/root/closed"))
