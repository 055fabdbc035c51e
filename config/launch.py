"""`make run`: the engines, then the web server, the worker, the beat and the notary, as children of this one process.

PORT (8000), BIND (127.0.0.1) and VAR_DIR (./var) say where; DEMO=no leaves the demo data out. Ctrl-C or SIGTERM
stops all of it; if this process is killed, the kernel stops its children.
"""

import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from config import child, engines
from config.addresses import OWNER, embedded_database
from config.engines import EngineError, Server
from config.processes import HOME, Place, Service, commands, say, stop_all, watch

DATA_OF = {"PostgreSQL": "postgres", "Valkey": "valkey"}
ADDRESS_OF = {"PostgreSQL": "DATABASE_URL", "Valkey": "BROKER_URL"}
OWNER_NAMES = ("DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE")
"""For preparing the database alone; no process that answers people is told."""
DOORS_SECONDS = 180


class Stop(Exception):
    """Somebody asked us to stop."""


def main() -> int:
    """Runs until told to stop; returns the exit code."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _stop)
    try:
        place = wanted(os.environ)
        require_free(place)
        run(place)
    except Stop:
        say("Stopped.")
        return 0
    except EngineError as error:
        say(f"Concordat cannot run: {error}")
    return 1


def _stop(signum: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # once is enough; what is being stopped has its own time limit
    raise Stop


def wanted(environ: Mapping[str, str]) -> Place:
    """Reads PORT, BIND and VAR_DIR. Raises EngineError with a sentence about a bad one."""
    port = environ.get("PORT", "").strip() or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise EngineError(f"PORT must be a number from 1 to 65535, not {port!r}.")
    return Place(environ.get("BIND", "").strip() or "127.0.0.1", int(port), engines.var_dir())


def require_free(place: Place) -> None:
    """Raises EngineError when something else already listens there."""
    family = socket.AF_INET6 if ":" in place.bind else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place.bind, place.port))
    except OSError as error:
        raise EngineError(
            f"{place.address} cannot be used ({error.strerror}). Is another server running there? Choose another port, "
            f"for example: PORT={place.port + 1 if place.port < 65535 else 8000} make run"
        ) from None


def run(place: Place) -> None:
    """Starts everything in order and watches over it. Leaves by exception only, with everything stopped."""
    began = time.monotonic()
    say("Starting the database and the queue ...")
    with ExitStack() as stack:
        servers, addresses = stack.enter_context(engines.running(place.var))
        logs = place.var / "logs"
        logs.mkdir(exist_ok=True)
        env = {**os.environ, **addresses, **surroundings(place)}
        owner = {name: env.pop(name) for name in OWNER_NAMES if name in env}
        if "DATABASE_URL" in addresses:
            owner = {"DATABASE_OWNER_URL": embedded_database(place.var, OWNER)}
        say("Preparing the database (the first start loads demo data; this takes a moment) ...")
        prepare({**env, **owner}, logs / "prepare.log")
        services = [
            Service(name, command, logs / f"{name}.log", env) for name, command in commands(place).items()
        ]
        stack.callback(stop_all, services)
        for service in services:
            service.start()
        wait_for_doors(place, services[0])
        say(screen(place, servers, services, time.monotonic() - began))
        watch(servers, services)


def surroundings(place: Place) -> dict[str, str]:
    """The environment of every process we start."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(place.var),
        "BIND": place.bind,
        "PORT": str(place.port),
        "PYTHONUNBUFFERED": "1",
        **({} if engines.given("SECRET_KEY") else {"SECRET_KEY": secret(place.var / "secret")}),
    }


def secret(path: Path) -> str:
    """This VAR_DIR's own secret key, made on the first start and readable by its owner alone."""
    if not path.is_file():
        fresh = path.with_name("secret.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
        ) as out:
            out.write(secrets.token_urlsafe(64))
            out.flush()
            os.fsync(out.fileno())
        fresh.rename(path)
    return path.read_text(encoding="ascii").strip()


def prepare(env: Mapping[str, str], log: Path) -> None:
    """Migrations and demo data, in a process of their own."""
    process = child.spawn([sys.executable, "-m", "config.prepare"], log=log, cwd=HOME, env=dict(env))
    try:
        if process.wait():
            raise EngineError(f"the database could not be prepared:\n{child.tail(log)}\nThe whole log: {log}")
    finally:
        child.stop(process, signal.SIGKILL, 5)


def wait_for_doors(place: Place, web: Service) -> None:
    """Returns when the web server answers. Raises EngineError when it does not."""
    deadline = time.monotonic() + DOORS_SECONDS
    while not answers(
        f"http://{place.address.replace('0.0.0.0', '127.0.0.1').replace('[::]', '[::1]')}/healthz"
    ):
        if time.monotonic() > deadline or web.process is None or web.process.poll() is not None:
            raise EngineError(
                f"the web server did not start:\n{child.tail(web.log)}\nThe whole log: {web.log}"
            )
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether an address answers at all, if only with a refusal."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": "localhost"}), timeout=5):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def screen(place: Place, servers: Mapping[str, Server], services: list[Service], took: float) -> str:
    """What runs where."""
    lines = [
        (
            name,
            f"embedded, data in {place.var / DATA_OF[name]}" if name in servers else f"from {url}",
        )
        for name, url in ADDRESS_OF.items()
    ]
    lines += [
        (one.name.capitalize(), f"process {one.process.pid if one.process else '-'}, log {one.log}")
        for one in services
    ]
    lines += [
        ("Documents", os.environ.get("DOCUMENTS") or str(place.var / "documents")),
        (
            "Mail",
            "sent through EMAIL_URL"
            if engines.given("EMAIL_URL")
            else "kept in the application (no EMAIL_URL)",
        ),
    ]
    table = "\n".join(f"    {name:<12}{what}" for name, what in lines)
    return f"\n  Concordat is ready at {place.url}   (started in {took:.1f} s)\n\n{table}\n\n  Ctrl-C stops all of it.\n"


if __name__ == "__main__":
    sys.exit(main())
