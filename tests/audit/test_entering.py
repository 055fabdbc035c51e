"""An event whose writer is slow gets its place in the log, however often others enter meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal
from uuid import uuid4

import pytest
from django.db import connection, transaction

from audit import log
from audit.models import Entry
from audit.record import SYSTEM, record
from tests.builders import NOW


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_writer_with_the_newest_number_that_stays_open_is_waited_for(calls: int) -> None:
    drawn, go = Signal(), Signal()

    def slow() -> int:
        try:
            with transaction.atomic():
                made = record("thing.noted", stream=uuid4(), actor=SYSTEM, now=NOW)
                drawn.set()
                go.wait(20)
            return int(made.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(slow)
        assert drawn.wait(20)
        for _ in range(calls):
            log.enter()
        go.set()
        key = late.result(20)
    log.enter()
    assert Entry.objects.filter(event=key).exists()
