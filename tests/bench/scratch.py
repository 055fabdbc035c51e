"""The scratch servers of a benchmark: one PostgreSQL and one Valkey of its own, a database for each size."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from config.addresses import SUPERUSER, embedded_broker, embedded_database, socket_dir
from config.engines import postgres, valkey
from tests import clusters


@contextmanager
def servers() -> Iterator[Path]:
    """Both servers up, named in the environment, and everything gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="concordat-bench-"))
    made.chmod(0o711)
    try:
        clusters.placed(made / "postgres")
        with postgres.running(made / "postgres"), valkey.running(made / "valkey"):
            os.environ |= {
                "CONCORDAT_ENV": "test", "DATABASE_URL": embedded_database(made), "BROKER_URL": embedded_broker(made),
                "DATABASE_OWNER_URL": embedded_database(made, SUPERUSER), "VAR_DIR": str(made), "DJANGO_SETTINGS_MODULE": "config.settings",
                "SECRET_KEY": secrets.token_urlsafe(64),  # one for this process and the servers it starts
            }  # fmt: skip
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(socket_dir(made), ignore_errors=True)


def connect(directory: Path, name: str) -> Any:
    """A connection of psycopg2 to one of the databases."""
    return psycopg2.connect(host=str(socket_dir(directory)), user=postgres.ROLE, dbname=name)


def copy(directory: Path, name: str) -> None:
    """A new database, the same as the migrated one."""
    connection = connect(directory, "postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {postgres.DATABASE}")
    connection.close()
