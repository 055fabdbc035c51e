"""The bench of every test, read before any other file of the tests.

One PostgreSQL and one Valkey for the whole run, shared by all its workers; each worker has its own database
in it. CONCORDAT_TEST_DATABASE_URL and CONCORDAT_TEST_BROKER_URL name running ones instead.
An engine that cannot start fails the run, and so does a test that was skipped."""

import gc
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from hypothesis import settings

from config.addresses import SUPERUSER, embedded_broker, embedded_database, socket_dir
from config.engines import EngineError, postgres, valkey
from tests import clusters

_engines = ExitStack()


def _scratch() -> Path:
    """A directory the engines may use even as root: others can pass through it."""
    made = Path(tempfile.mkdtemp(prefix="concordat-tests-"))
    made.chmod(0o711)
    _engines.callback(shutil.rmtree, made, ignore_errors=True)
    _engines.callback(shutil.rmtree, socket_dir(made), ignore_errors=True)
    return made


def _addresses() -> dict[str, str]:
    database = os.environ.get("CONCORDAT_TEST_DATABASE_URL", "")
    broker = os.environ.get("CONCORDAT_TEST_BROKER_URL", "")
    scratch = _scratch()
    if not database:
        durable = os.environ.get("CONCORDAT_TEST_DURABLE") == "1"  # where faults are the subject
        os.environ[clusters.PLACE] = str(scratch)
        clusters.placed(scratch / "postgres")
        _engines.enter_context(postgres.running(scratch / "postgres", durable=durable))
    if not broker:
        _engines.enter_context(valkey.running(scratch / "valkey"))
    return {
        "DATABASE_URL": database or embedded_database(scratch),
        "DATABASE_OWNER_URL": database or embedded_database(scratch, SUPERUSER),
        "BROKER_URL": broker or embedded_broker(scratch),
        "VAR_DIR": str(scratch),
    }


def _begin() -> None:
    """Before Django's settings are read. A worker of xdist inherits the controller's environment."""
    if os.environ.get("CONCORDAT_TEST_ENGINES") == "up":
        return
    for name in ("SECRET_KEY", "EMAIL_URL", "DOCUMENTS", "ALLOWED_HOSTS", "SITE_URL", "DEBUG"):
        os.environ.pop(name, None)
    try:
        os.environ |= {"CONCORDAT_ENV": "test", **_addresses(), "CONCORDAT_TEST_ENGINES": "up"}
    except EngineError as error:
        _engines.close()
        raise SystemExit(f"The tests need PostgreSQL and Valkey: {error}") from None


_begin()
os.environ["SEAL_DIR"] = str(
    Path(os.environ["VAR_DIR"]) / f"seal-{os.environ.get('PYTEST_XDIST_WORKER', '')}"
)
# Not in pyproject.toml: pytest-django would read the settings before this file has said where the engines are.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

# The same examples on every machine and at any speed; the programmes in tests/trust go on with new ones.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, shared out by files: no worker is left with it when the others are done.

    xdist begins by giving each worker one stretch of the list, all of the same length.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long, short = [item for item in items if _long(item)], [item for item in items if not _long(item)]
    files, ordered = list(dict.fromkeys(item.path for item in long)), list[pytest.Item]()
    for number in range(workers):
        mine = [item for item in long if files.index(item.path) % workers == number]
        size = (len(items) - len(ordered)) // (workers - number) - len(mine)
        ordered += mine + short[: max(0, size)]
        short = short[max(0, size) :]
    items[:] = ordered + short


def _long(item: pytest.Item) -> bool:
    return "slow" in item.keywords or "chromium" in getattr(item, "fixturenames", ())


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector of garbage need not look through it a hundred times a minute."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a test that nobody ran."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    _engines.close()
    gc.freeze()  # nothing of it is worth looking through at the end
