"""Reading millions of events in flat memory: while one batch is written out, PostgreSQL makes the next."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

FETCH = 2000


def batches(found: QuerySet[Any, Any], *, size: int = FETCH) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a values_list in batches, through one cursor of the database: one plan, one moment.

    The next batch is fetched by a second thread. Only it touches the connection meanwhile, and it is waited for
    before the generator goes on, also when whoever reads goes away in the middle.
    """
    sql, params = found.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as thread:
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")  # all rows are wanted, not the first few soon
        cursor.execute(f"DECLARE export_rows NO SCROLL CURSOR FOR {sql}", params)
        raw = connection.connection.cursor()

        def fetch() -> list[tuple[Any, ...]]:
            raw.execute(f"FETCH {size} FROM export_rows")
            rows: list[tuple[Any, ...]] = raw.fetchall()
            return rows

        coming = thread.submit(fetch)
        while batch := coming.result():
            coming = thread.submit(fetch)
            yield batch
        cursor.execute("CLOSE export_rows")
