"""A whole small installation for the fault programmes: its PostgreSQL, those who append, who send mail, and the notary."""

import os
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from config.addresses import SUPERUSER, embedded_broker, embedded_database, socket_dir
from config.engines import postgres
from tests import clusters

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120.0


class Engine:
    """PostgreSQL with fsync on, stopped in order, killed, and put back from a copy of its directory."""

    def __init__(self, directory: Path) -> None:
        """Not started yet."""
        self.data = directory / "postgres"
        self._running = ExitStack()
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Up, after whatever recovery it needs."""
        self.server = self._running.enter_context(postgres.running(self.data))

    def stop(self) -> None:
        """In order: connections are ended, everything is on the disk."""
        self._running.close()

    def kill(self) -> None:
        """Kill -9 of the server and of all its processes, as when the machine dies.

        Of the server alone would not do: what waits for a lock in shared memory does not notice, and waits for ever.
        """
        if self.server is not None:
            children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()
            self.server.kill()
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            self.server.wait()
        self._running.close()

    def copy(self, target: Path) -> None:
        """A backup: the directory of the stopped server as it is."""
        subprocess.run(["cp", "-a", str(self.data), str(target)], check=True)

    def put_back(self, backup: Path) -> None:
        """The backup in the place of the directory."""
        shutil.rmtree(self.data)
        subprocess.run(["cp", "-a", str(backup), str(self.data)], check=True)


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that keeps the Message-IDs of what it accepted."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        """On a port of its own."""
        super().__init__(("127.0.0.1", 0), Conversation)
        self.accepted: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Conversation(socketserver.StreamRequestHandler):
    """Just enough SMTP."""

    def handle(self) -> None:
        """Say yes to everything."""
        self._say("220 here")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                self._say(self._taken())
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 yes")

    def _taken(self) -> str:
        for line in self.rfile:
            if line.lower().startswith(b"message-id:"):
                self.server.accepted.append(line.split(b":", 1)[1].strip().decode())  # type: ignore[attr-defined]
            if line == b".\r\n":
                break
        return "250 taken"

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def installation() -> Iterator[tuple[Path, Engine, Sink]]:
    """The directory, its engine (up) and its mail server, named in the environment; everything gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="concordat-faults-"))
    made.chmod(0o711)
    clusters.placed(made / "postgres")
    engine, sink = Engine(made), Sink()
    os.environ |= {
        "CONCORDAT_ENV": "test", "DATABASE_URL": embedded_database(made), "BROKER_URL": embedded_broker(made),
        "DATABASE_OWNER_URL": embedded_database(made, SUPERUSER), "VAR_DIR": str(made), "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "config.settings", "EMAIL_URL": f"smtp://127.0.0.1:{sink.server_address[1]}",
    }  # fmt: skip
    os.environ.pop("NOTARY_DIR", None)
    try:
        engine.start()
        yield made, engine, sink
    finally:
        engine.stop()
        sink.shutdown()
        sink.server_close()
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(socket_dir(made), ignore_errors=True)


@contextmanager
def at_work(*commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that work for as long as the block lasts; one that ends by itself is an error."""
    alive = [subprocess.Popen([sys.executable, *command], cwd=ROOT) for command in commands]
    try:
        yield alive
        ended = [process.args for process in alive if process.poll() is not None]
        if ended:
            raise RuntimeError(f"These ended by themselves: {ended}")
    finally:
        for process in alive:
            process.send_signal(signal.SIGTERM)
        for process in alive:
            process.wait(60)


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something; it not coming is an error."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Waited in vain: {what}")
        time.sleep(0.05)
