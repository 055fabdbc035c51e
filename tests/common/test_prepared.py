"""A question put together once answers as one put together each time, for whatever values, in whatever thread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, Membership, User
from agencies.models.people import memberships_of, roles_of
from agencies.operations.agencies import register_agency
from agencies.operations.roles import retire_membership
from agreements import policy
from agreements.models import Agreement
from audit import guards
from audit.record import SYSTEM
from common.prepared import Change, Prepared, Slot, Statement, one_of
from tests import builders
from tests.__main__ import PACKAGES
from tests.agreements.pages import browser
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
KEYS = Slot("keys", models.UUIDField())
NAMED = Prepared(lambda: Agency.objects.filter(one_of("pk", KEYS)).order_by("name"))


def test_it_finds_what_is_asked_for_each_time(made: World) -> None:
    for keys in ([made.mesa.pk, made.riverton.pk], [made.mesa.pk], []):
        assert NAMED.rows(keys=keys) == list(Agency.objects.filter(pk__in=keys).order_by("name"))


def test_rows_come_with_what_was_to_be_read_together(made: World) -> None:
    asked = memberships_of(made.mesa_counsel, today=TODAY)
    rows = roles_of(made.mesa_counsel, today=TODAY)
    assert rows == list(asked) and rows
    with CaptureQueriesContext(connection) as queries:
        assert [row.agency.name for row in rows] == [made.mesa.name]
    assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_on_its_own_connection() -> None:
    def ask(_: int) -> list[Any]:
        found = NAMED.rows(keys=[])
        assert connection.connection is not None
        connection.close()
        return found

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [[]] * 4


def _planned(words: str = "") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE strpos(statement, %s) > 0 ORDER BY prepare_time",
            [words],
        )
        return [statement for (statement,) in cursor.fetchall()]


def _of_names() -> Prepared[Agency]:
    return Prepared(lambda: Agency.objects.filter(one_of("pk", KEYS), name__contains="100%").order_by("name"))


def test_from_the_second_time_on_the_database_has_prepared_it_too() -> None:
    question, before = _of_names(), len(_planned("100"))
    question.rows(keys=[])
    assert len(_planned("100")) == before
    question.rows(keys=[])
    assert len(_planned("100")) == before + 1


def test_what_is_prepared_answers_as_before(made: World) -> None:
    full = register_agency(name="Wholly 100% Ours", kind="police", actor=SYSTEM, now=NOW)
    question, last = _of_names(), Agency.objects.order_by("-name")[:1]
    for keys, found in [([full.pk, made.mesa.pk], [full]), ([made.mesa.pk], []), ([], [])] * 4:
        assert question.rows(keys=keys) == found
    constant = Prepared(lambda: last.values_list("pk"))
    assert [constant.values() for _ in range(3)] == [[(last[0].pk,)]] * 3


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew() -> None:
    question = _of_names()
    for _ in range(2):
        connection.close()
        assert [question.rows(keys=[]) for _ in range(3)] == [[]] * 3
        assert len(_planned("100")) == 1


def test_behind_a_pooler_of_connections_nothing_is_left_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    question, before = _of_names(), _planned()
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert [question.rows(keys=[]) for _ in range(3)] == [[]] * 3
    assert _planned() == before


def test_logged_questions_are_to_be_read() -> None:
    for _ in range(3):
        NAMED.rows(keys=[])
        with CaptureQueriesContext(connection) as queries:
            NAMED.rows(keys=[])
        assert "agencies_agency" in queries.captured_queries[0]["sql"]


def test_a_change_writes_columns_of_every_kind_as_an_update_does(made: World) -> None:
    agreement = builders.executed(made)
    for row in (agreement, agreement.term, *agreement.parties.all(), *agreement.flows.all(), made.mesa):
        names = [field.name for field in row._meta.concrete_fields if not field.primary_key]
        columns = {name: Slot(name, row._meta.get_field(name)) for name in names}
        given: dict[str, Any] = {name: getattr(row, row._meta.get_field(name).attname) for name in names}
        one = type(row)._base_manager.filter(pk=Slot("pk", models.UUIDField()))
        change, before = Change(partial(lambda *said: said, one, columns)), _columns(row)
        with guards.lifted():
            for _ in range(3):
                change.make(pk=row.pk, **given)
                assert _columns(row) == before
            change.make(pk=row.pk, **given | {"last_event": row.last_event_id - 1})
        assert _columns(row) == before | {"last_event_id": row.last_event_id - 1}


def _columns(row: models.Model) -> dict[str, Any]:
    (found,) = type(row)._base_manager.filter(pk=row.pk).values()
    return found


def test_after_a_change_that_the_database_refused_nothing_more_is_written(made: World) -> None:
    change = Change(lambda: (Agency.objects.filter(pk=Slot("pk", models.UUIDField())),
                             {"name": Slot("name", Agency._meta.get_field("name"))}))  # fmt: skip
    with transaction.atomic():
        with pytest.raises(DatabaseError):
            change.make(pk=made.mesa.pk, name=None)
        assert connection.needs_rollback
        connection.set_rollback(True)
    with guards.lifted():
        change.make(pk=made.mesa.pk, name="Mesa")
    assert Agency.objects.get(pk=made.mesa.pk).name == "Mesa"


def _questions() -> Iterator[Prepared[Any]]:
    """All that our modules keep."""
    for name in [name for name in sys.modules if name.split(".")[0] in PACKAGES]:
        for kept in vars(sys.modules[name]).values():
            each = kept.values() if isinstance(kept, dict) else [kept]
            yield from (one for one in each if isinstance(one, Prepared))


def test_no_plan_for_all_values_reads_a_whole_table() -> None:
    """Where PostgreSQL may do without an index only if there is none."""
    questions = list(_questions())
    assert len(questions) > 50
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        for question in questions:
            statement = Statement(question.statement.sql, question.statement.params)
            statement.prepare()
            nothing = ", ".join(["NULL"] * len(statement.slots))
            cursor.execute(f"EXPLAIN EXECUTE {statement.name}" + f" ({nothing})" * bool(nothing))
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
            cursor.execute(f"DEALLOCATE {statement.name}")


def test_one_agreement_is_found_as_among_all_that_are_visible(made: World) -> None:
    agreement = builders.shared(made)
    for person in made.people.values():
        listed = policy.visible(person, today=TODAY).with_parties().filter(pk=agreement.pk).first()
        found = policy.one(person, agreement.pk, today=TODAY)
        assert found == listed
        if found and listed:
            with CaptureQueriesContext(connection) as queries:
                assert list(found.parties.all()) == list(listed.parties.all())
                assert found.lead and found.term and {p.agency.name for p in found.parties.all()}
            assert len(queries) == 0
            assert found.parties.filter(agency=made.mesa).count() == 1


def _ask_for_roles(client: Client, place: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(place)
    return sum('FROM "agencies_membership"' in query["sql"] for query in queries.captured_queries)


def test_a_page_asks_for_the_roles_of_its_reader_once(made: World, today: None) -> None:
    agreement: Agreement = builders.shared(made)
    client = browser(made.mesa_liaison)
    assert _ask_for_roles(client, f"/agreements/{agreement.pk}/") == 1


def test_roles_that_ended_are_gone_at_the_next_look_and_before_every_act(made: World, today: None) -> None:
    agreement = builders.shared(made)
    client, place = browser(made.mesa_liaison), f"/agreements/{agreement.pk}/"
    assert client.get(place).status_code == 200
    assert policy.may(made.mesa_liaison, "edit", agreement, today=TODAY)
    (role,) = Membership.objects.filter(user=made.mesa_liaison)
    retire_membership(role, actor=made.mesa_administrator, now=NOW)
    assert client.get(place).status_code == 404
    assert not policy.may(made.mesa_liaison, "edit", again(agreement), today=TODAY)
    assert isinstance(made.mesa_liaison, User) and made.mesa_liaison.remembered is None
