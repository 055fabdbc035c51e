"""The processes that the launcher runs beside the engines, and how it keeps them running."""

import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config import child
from config.engines import EngineError, Server

HOME = Path(__file__).resolve().parent.parent
LONGEST_PAUSE = 30.0
SETTLED_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Place:
    """Where to run: what PORT, BIND and VAR_DIR say."""

    bind: str
    port: int
    var: Path

    @property
    def address(self) -> str:
        return f"[{self.bind}]:{self.port}" if ":" in self.bind else f"{self.bind}:{self.port}"

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        everywhere = self.bind in {"0.0.0.0", "::", "127.0.0.1", "localhost"}
        return f"http://localhost:{self.port}/" if everywhere else f"http://{self.address}/"


@dataclass
class Service:
    """One of our own processes, started again when it dies."""

    name: str
    command: list[str]
    log: Path
    env: Mapping[str, str]
    process: Server | None = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default=0.0)

    def start(self) -> None:
        self.started = time.monotonic()
        # Not SIGTERM: with the launcher gone nobody is left to insist, and one that waits would wait on.
        self.process = child.spawn(
            self.command, log=self.log, death=signal.SIGKILL, cwd=HOME, env=dict(self.env)
        )

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def look(self, now: float) -> None:
        """Notes a death, and starts the service again after a pause that doubles with each early death."""
        if self.process is not None and (code := self.process.poll()) is not None:
            self.failures = 0 if now - self.started > SETTLED_SECONDS else self.failures + 1
            pause = min(LONGEST_PAUSE, 2.0**self.failures / 2)
            say(
                f"{self.name} stopped ({ended(code)}); starting it again in {pause:.0f} s. Its log: {self.log}"
            )
            self.process, self.due = None, now + pause
        elif self.process is None and now >= self.due:
            self.start()


def commands(place: Place) -> dict[str, list[str]]:
    """The command line of each service."""
    celery = [sys.executable, "-m", "celery", "-A"]
    return {
        "web": [
            sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", place.address, "--worker-class", "gthread",
            "--workers", "2", "--threads", "8", "--graceful-timeout", "10", "--no-control-socket", "--preload",
            "--config", "python:config.web",
        ],
        "worker": [*celery, "config.celery", "worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"],
        # Checks read every address and page, of which the clock needs none.
        "beat": [*celery, "config.clock", "--skip-checks", "beat", "--schedule", str(place.var / "beat"), "--pidfile", "", "--loglevel", "INFO"],
        "notary": [sys.executable, "manage.py", "notary"],
    }  # fmt: skip


def stop_all(services: Sequence[Service]) -> None:
    """Asks all at once, then waits for each; what does not stop in time is killed."""
    for service in services:
        service.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    for service in services:
        if service.process is not None:
            child.stop(service.process, signal.SIGTERM, max(0.1, deadline - time.monotonic()))


def watch(servers: Mapping[str, Server], services: Sequence[Service]) -> None:
    """Starts services that die again; an engine that dies ends everything, by EngineError."""
    while True:
        for name, server in servers.items():
            if (code := server.poll()) is not None:
                raise EngineError(f"{name} stopped ({ended(code)}); everything else is being stopped.")
        for service in services:
            service.look(time.monotonic())
        time.sleep(0.5)


def ended(code: int) -> str:
    """An exit code in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def say(line: str) -> None:
    print(line, flush=True)
