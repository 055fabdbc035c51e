"""Reading millions of events in flat memory: while one batch is written out, PostgreSQL makes the next."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

FETCH = 2000


def batches(found: QuerySet[Any, Any], *, size: int = FETCH) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a values_list in batches, through one cursor of the database: one plan, one moment.

    The next batch is waited for by a second thread. Only it touches the connection meanwhile, and it is waited for
    before the generator ends, also when whoever reads goes away in the middle. What has come is made into rows by
    whoever reads: a second thread that did it would keep PostgreSQL waiting.
    """
    sql, params = found.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as thread:
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")  # all rows are wanted, not the first few soon
        cursor.execute(f"DECLARE export_rows NO SCROLL CURSOR FOR {sql}", params)
        own = connection.connection

        def fetch(asking: Event) -> Any:
            raw = own.cursor()
            asking.set()
            raw.execute(f"FETCH {size} FROM export_rows")
            return raw

        def ask() -> Future[Any]:
            asking = Event()
            coming = thread.submit(fetch, asking)
            asking.wait()  # or the interpreter would let it begin only when we pause
            return coming

        coming = ask()
        while (come := coming.result()).rowcount:
            coming = ask()
            yield come.fetchall()
            come.close()
        cursor.execute("CLOSE export_rows")
