"""The embedded engines: PostgreSQL and Valkey from wheels, run as our own children for one VAR_DIR.

An address in the environment (DATABASE_URL, BROKER_URL) comes first: then nothing is started in its place.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.addresses import embedded_broker, embedded_database
from config.child import EngineError
from config.engines import postgres, valkey

__all__ = ["EngineError", "Server", "given", "lent", "running", "var_dir"]

Server = subprocess.Popen[bytes]
NEEDS_NONE = {"makemigrations", "help", "version", "check", "collectstatic", "spectacular", "diffsettings"}


def var_dir() -> Path:
    """Where the embedded engines keep their data: VAR_DIR, or `var` beside the code."""
    beside_the_code = Path(__file__).resolve().parent.parent.parent / "var"
    return Path(os.environ.get("VAR_DIR", "").strip() or beside_the_code).absolute()


def given(name: str) -> bool:
    """Whether the environment names a real server, itself or by NAME_FILE."""
    return any(os.environ.get(key, "").strip() for key in (name, f"{name}_FILE"))


@contextmanager
def running(directory: Path) -> Iterator[tuple[Mapping[str, Server], Mapping[str, str]]]:
    """The engines that the environment does not name, up for as long as the block lasts.

    Gives the server processes by name, and the addresses to put into the environment.
    """
    servers: dict[str, Server] = {}
    addresses: dict[str, str] = {}
    with ExitStack() as stack:
        if not given("DATABASE_URL"):
            servers["PostgreSQL"] = stack.enter_context(postgres.running(directory / "postgres"))
            addresses["DATABASE_URL"] = embedded_database(directory)
        if not given("BROKER_URL"):
            servers["Valkey"] = stack.enter_context(valkey.running(directory / "valkey"))
            addresses["BROKER_URL"] = embedded_broker(directory)
        yield servers, addresses


@contextmanager
def lent(argv: Sequence[str]) -> Iterator[None]:
    """Engines for one management command, unless the launcher already runs them or none are needed."""
    command = argv[1] if len(argv) > 1 else "help"
    elsewhere = os.environ.get("CONCORDAT_ENV", "embedded") != "embedded" or given("DATABASE_URL")
    if command in NEEDS_NONE or elsewhere or postgres.answers(var_dir()):
        yield
        return
    try:
        with running(var_dir()):
            yield
    except EngineError as error:
        raise SystemExit(str(error)) from None
