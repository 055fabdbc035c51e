"""What `record` writes: the rows, what changed in them, and no more queries than that takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from psycopg2.extras import DateRange

from agreements.models import Agreement, Provision
from audit.canonical import canonical, plain
from audit.models import Event
from audit.record import SYSTEM, Stale, record
from audit.sentences import body, changes
from tests import builders
from tests.builders import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement() -> Agreement:
    return Agreement.objects.get(pk=builders.drafted(builders.world()).pk)


def say(agreement: Agreement, *changed: Any, **more: Any) -> Event:
    return record("thing.done", stream=agreement.pk, actor=SYSTEM, now=NOW, changed=changed, **more)


def test_an_event_holds_old_and_new_of_what_changed_and_nothing_else(agreement: Agreement) -> None:
    before = agreement.title
    agreement.title = "A title — “new”"
    event = say(agreement, agreement)
    (change,) = body(event)["changes"]
    assert change["object"] == f"agreements.agreement:{agreement.pk}"
    assert change["fields"] == {"title": [before, "A title — “new”"]}
    stored = Agreement.objects.get(pk=agreement.pk)
    assert (
        (stored.title, stored.last_event_id)
        == (agreement.title, event.pk)
        == ("A title — “new”", agreement.last_event_id)
    )
    assert changes(event)[0]["field"] == "title"


def test_a_new_row_came_from_nothing(agreement: Agreement) -> None:
    row = Provision(agreement=agreement, heading="Own", text="Long " * 5000)
    event = say(agreement, row)
    (change,) = body(event)["changes"]
    assert all(old is None for old, _ in change["fields"].values())
    assert change["fields"]["text"][1] == "Long " * 5000
    assert Provision.objects.get(pk=row.pk).last_event_id == event.pk


def test_a_touched_row_gets_the_event_and_no_words(agreement: Agreement) -> None:
    event = say(agreement, touched=[agreement])
    assert body(event)["changes"] == []
    assert Agreement.objects.get(pk=agreement.pk).last_event_id == event.pk


def test_the_same_written_another_way_is_no_change(agreement: Agreement) -> None:
    agreement.turn_since = NOW
    say(agreement, agreement)
    agreement.turn_since = NOW.astimezone(timezone(timedelta(hours=-7)))
    agreement.lead_id = str(agreement.lead_id)  # type: ignore[assignment]
    assert body(say(agreement, agreement))["changes"] == []
    agreement.effective_on = "2026-10-02"  # type: ignore[assignment]
    (change,) = body(say(agreement, agreement))["changes"]
    assert change["fields"] == {"effective_on": [None, "2026-10-02"]}


def test_an_expression_is_refused_since_no_event_could_say_its_value(agreement: Agreement) -> None:
    agreement.title = F("reference")  # type: ignore[assignment]
    with pytest.raises(TypeError, match="title"):
        say(agreement, agreement)


def test_the_second_of_two_editors_is_told_even_when_both_saw_the_same(agreement: Agreement) -> None:
    mine, theirs = Agreement.objects.get(pk=agreement.pk), Agreement.objects.get(pk=agreement.pk)
    say(agreement, touched=[theirs])
    mine.title = "Mine"
    with pytest.raises(Stale) as refused:
        say(agreement, mine)
    assert refused.value.row is mine
    say(agreement, theirs)


def test_one_changed_row_takes_three_queries(agreement: Agreement) -> None:
    agreement.title = "Once more"
    with CaptureQueriesContext(
        connection,
    ) as asked:
        say(agreement, agreement)
    assert len(asked) == 3, [query["sql"][:80] for query in asked]


@pytest.mark.parametrize("count", [10, 80])
def test_many_rows_take_no_more_queries_than_ten(agreement: Agreement, count: int) -> None:
    rows = [Provision(agreement=agreement, heading=f"New {n}", text="x") for n in range(count)]
    with CaptureQueriesContext(connection) as drafting:
        say(agreement, *rows)
    for number, row in enumerate(rows):
        row.heading = f"Changed {number}"
        if number % 2:
            row.text = "y"
    with CaptureQueriesContext(connection) as editing:
        event = say(agreement, *rows, touched=[agreement])
    assert (len(drafting), len(editing)) == (2, 5)
    stored = Provision.objects.filter(last_event=event).order_by("pk").values_list("heading", "text")
    assert sorted(stored) == sorted((row.heading, row.text) for row in rows)


def test_when_a_row_cannot_be_written_neither_can_its_event(agreement: Agreement) -> None:
    twin = Agreement(reference=agreement.reference, title="Twin", kind="x", lead=agreement.lead)
    size = Event.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        record("thing.done", stream=twin.pk, actor=SYSTEM, now=NOW, changed=[twin])
    assert Event.objects.count() == size


def test_numbers_go_on_without_a_gap_after_a_savepoint_is_undone(agreement: Agreement) -> None:
    first = say(agreement)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        say(agreement)
        raise ZeroDivisionError
    second = say(agreement)
    assert second.number - first.number == 1


def test_facts_without_an_exact_form_are_refused_and_leave_nothing(agreement: Agreement) -> None:
    size = Event.objects.count()
    for fact in (1.5, "\ud800", object(), {1, 2}):
        with pytest.raises(ValueError), transaction.atomic():
            say(agreement, facts={"fact": fact})
    assert Event.objects.count() == size


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 10, 2), "2026-10-02"),
        (datetime(2026, 10, 2, 8, tzinfo=UTC), "2026-10-02T08:00:00+00:00"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Decimal("1.50"), "1.50"),
        (timedelta(days=1), "1 day, 0:00:00"),
        (DateRange(date(2026, 1, 1), date(2026, 2, 1)), "[2026-01-01, 2026-02-01)"),
        ([date(2026, 1, 1), None], ["2026-01-01", None]),
        ({"a": (1, True)}, {"a": [1, True]}),
        (b"\x00\xff", "00ff"),
    ],
)
def test_values_have_one_plain_form(value: object, expected: object) -> None:
    assert plain(value) == expected
    canonical(plain(value))


def test_a_file_has_no_plain_form() -> None:
    with pytest.raises(ValueError):
        canonical(plain(ContentFile(b"x")))
