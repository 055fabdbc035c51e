"""The tables are migrated once in a run of the tests; every other database of the run begins as a copy of that one."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from config.engines.postgres import binaries

WRITTEN = "CONCORDAT_TEST_TABLES"
"""Names the file in which they are written down, for servers that are started apart."""


def migrated() -> None:
    """See that the database beside those of the tests is migrated and written down: whoever comes first does it.

    Not where the server is somebody else's: its databases are not ours to fill.
    """
    if os.environ.get("CONCORDAT_TEST_DATABASE_URL"):
        return
    written = Path(settings.VAR_DIR) / "tables.sql"
    with written.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not written.is_file():
            call_command("migrate", verbosity=0)
            connection.close()
            _program("pg_dump", "--file", f"{written}.part")
            Path(f"{written}.part").rename(written)
    connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]
    os.environ[WRITTEN] = str(written)


def filled() -> None:
    """Fill an empty database of a server of its own, from what was written down if there is such a run of tests."""
    if written := os.environ.get(WRITTEN):
        _program("psql", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1", "--file", written)
    call_command("migrate", verbosity=0)


def _program(name: str, *told: str) -> None:
    place = connection.settings_dict
    command = [str(binaries() / name), "-h", place["HOST"], "-U", place["USER"], "-d", place["NAME"], *told]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
