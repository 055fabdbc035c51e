"""The benchmark's filling makes what the application's own triggers would have made."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreements import board, policy, standing
from agreements.models import STANDINGS, Access, Agreement, Deadline, Party, ReminderSweep
from agreements.operations import lately, reminding
from audit.models import Event
from tests.bench.fill import fill
from tests.builders import World, drafted, world

TODAY = date(2026, 11, 21)
SIZE = 400
PERSON = UUID("00000000-0000-0000-0000-000000000001")


@pytest.fixture
def filled(db: None) -> None:
    with connection.cursor() as cursor:
        fill(cursor, size=SIZE, person=str(PERSON), today=TODAY, agencies=20)


def _access() -> set[Any]:
    return set(Access.objects.values_list("principal", "agreement", "sort_on", "until"))


def _words() -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT agreement_id, tsv::text FROM agreements_searchentry")
        return set(cursor.fetchall())


def test_access_and_search_are_what_the_triggers_make(filled: None) -> None:
    before = _access(), _words()
    assert len(before[0]) > SIZE
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM agreements_access")
        cursor.execute("SELECT count(agreements_refresh_access(id)) FROM agreements_agreement")
    assert (_access(), _words()) == before


def _days() -> set[Any]:
    return set(
        Deadline.objects.values_list("agency", "agreement", "what", "due_on", "settled", "leads", "endless")
    )


def test_deadlines_are_what_the_triggers_make(filled: None) -> None:
    before = _days()
    assert len(before) > SIZE
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM agreements_deadline")
        cursor.execute("SELECT count(agreements_refresh_deadlines(id)) FROM agreements_agreement")
    assert _days() == before


def _plan(cursor: Any, sql: str) -> str:
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {sql}")
    return "\n".join(line for (line,) in cursor.fetchall())


def test_the_board_walks_its_index_and_reads_no_more_than_it_shows(filled: None) -> None:
    busy = Deadline.objects.values_list("agency", flat=True).first()
    assert busy is not None
    scope = board.Scope((busy,))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        with CaptureQueriesContext(connection) as taken:
            board.page(scope, today=TODAY)
            board.counts(scope, today=TODAY)
            board.within(scope, TODAY, TODAY + timedelta(days=30), today=TODAY)
        asked = [query["sql"] for query in taken]
        first, counts, month = (_plan(cursor, sql) for sql in asked if "agreements_deadline" in sql)
        cursor.execute("SET LOCAL enable_seqscan = off")  # four hundred rows are read faster than any index
        owed = [_plan(cursor, sql) for sql in asked if 'FROM "agreements_duty"' in sql]
        now = datetime.combine(TODAY, time(6), UTC)
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
        ReminderSweep.objects.update_or_create(
            pk=1, defaults={"at": now - timedelta(days=1), "event": newest}
        )
        with CaptureQueriesContext(connection) as due:
            reminding.looked_at(lately.since(now), now)
        asked = [query["sql"] for query in due if "agreement" in query["sql"] and " IN (" in query["sql"]]
        scans = [_plan(cursor, sql) for sql in asked if "last_day" in sql or "_due_on" in sql][-3:]
    assert "deadline_open" in first and "deadline_open" in counts and "deadline_in_order" in month
    for plan in (first, counts, month):
        assert (
            "Seq Scan on agreements_deadline" not in plan and "Seq Scan on agreements_agreement" not in plan
        ), plan
    assert len(owed) == 5 and not [plan for plan in owed if "Seq Scan on agreements_duty" in plan]
    for index, plan in zip(
        ("agreement_last_day", "agreement_notice_due", "agreement_review_due"), scans, strict=True
    ):
        assert index in plan, plan


def test_the_shape_is_believable(filled: None) -> None:
    assert Agreement.objects.count() == SIZE
    assert 2.1 < Party.objects.count() / SIZE < 2.5
    found = {standing.of(row, today=TODAY).key for row in Agreement.objects.all()}
    assert found >= set(STANDINGS) - {"upcoming", "suspended", "in_notice"}


def test_the_operations_go_on_from_there(filled: None) -> None:
    made: World = world()
    agreement = drafted(made)
    assert policy.visible(made.riverton_liaison, today=TODAY).get() == agreement
    assert agreement.last_event.pk > SIZE
