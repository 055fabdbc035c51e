"""As the application's role, every way round audit.record is refused for want of a right, before any guard is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg2 import errors

from agreements.models import Agreement
from audit import log, roles
from audit.checks import kept_apart
from audit.models import Entry, Event
from audit.record import SYSTEM, record
from tests import builders
from tests.audit.test_bypasses import LOG, RAW, agreement
from tests.builders import NOW, World

__all__ = ["agreement"]

pytestmark = pytest.mark.django_db

BY_GUARDS = {
    # What the role needs in its daily work, so that only the guards can tell right from wrong.
    "base manager update",
    "base manager update naming the old event",
    "base manager insert",
    "update",
    "update of a child",
    "insert of a child",
    "an event out of turn",
    "an event before the last",
    "taking a row to another agreement",
    "another id for a row",
    "an event that never was",
}


@contextmanager
def as_application() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {connection.ops.quote_name(settings.DATABASE_ROLE)}")
        yield  # after an error the transaction's end takes the role back
        cursor.execute("RESET ROLE")


@contextmanager
def refused() -> Iterator[None]:
    """Refused for want of a right, with nothing done."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        yield
    assert isinstance(caught.value.__cause__, errors.InsufficientPrivilege), caught.value


@pytest.mark.parametrize("name", RAW)
def test_the_application_has_no_right_to(name: str, agreement: Agreement) -> None:
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        as_application(),
    ):
        RAW[name](agreement)
    lacking = isinstance(caught.value.__cause__, errors.InsufficientPrivilege)
    assert lacking != (name in BY_GUARDS), caught.value


DDL = {
    "switching a guard off": "ALTER TABLE audit_event DISABLE TRIGGER audit_keep",
    "dropping a guard": "DROP TRIGGER audit_keep ON audit_event",
    "switching all guards off": "SET session_replication_role = replica",
    "replacing a guard": "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN OLD; END $$",
    "a trigger of one's own": "CREATE TRIGGER aside BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "a rule of one's own": "CREATE RULE aside AS ON INSERT TO audit_event DO INSTEAD NOTHING",
    "a table": "CREATE TABLE aside (n int)",
    "a temporary table in a log table's place": "CREATE TEMPORARY TABLE audit_event (id bigint)",
    "a function": "CREATE FUNCTION sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
    "a schema": "CREATE SCHEMA aside",
    "dropping a table": "DROP TABLE audit_event CASCADE",
    "changing a table": "ALTER TABLE audit_event ALTER COLUMN body TYPE text USING ''",
    "renaming a table": "ALTER TABLE agreements_provision RENAME TO aside",
    "an index": "CREATE INDEX aside ON agreements_provision (text)",
    "becoming the owner": "SET SESSION AUTHORIZATION concordat_owner",
    "taking the owner's role": "SET ROLE concordat_owner",
    "granting itself a right": "ALTER ROLE concordat_app SUPERUSER",
    "a role": "CREATE ROLE aside",
    "reading files": "COPY agreements_reference FROM '/etc/passwd'",
    "running a program": "COPY agreements_reference TO PROGRAM 'true'",
    "drawing an id": "SELECT nextval('audit_event_id_seq')",
    "turning the ids back": "SELECT setval('audit_event_id_seq', 1)",
    "calling a trigger function": "SELECT audit_number_event()",
    "emptying an ordinary table": "TRUNCATE common_job",
    "forgetting a migration": "DELETE FROM django_migrations",
    "locking the log": "LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE",
}


@pytest.mark.parametrize("name", DDL)
def test_the_application_cannot_get_at_the_guards_by(name: str) -> None:
    """Signed in as itself, not as an owner who only took on the role."""
    asked = connection.get_connection_params() | {"user": settings.DATABASE_ROLE}
    own = psycopg2.connect(**{key: asked[key] for key in ("dbname", "user", "host", "options")})
    try:
        with own.cursor() as cursor, pytest.raises(errors.InsufficientPrivilege):
            cursor.execute(DDL[name])
    finally:
        own.close()


@pytest.mark.parametrize("table", [model._meta.db_table for model in LOG])
@pytest.mark.parametrize("what", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nothing_of_the_log_is_changed_without_its_guards_either(table: str, what: str) -> None:
    column = next(model._meta.pk.column for model in LOG if model._meta.db_table == table)
    with refused(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"SET ROLE {connection.ops.quote_name(settings.DATABASE_ROLE)}")
        cursor.execute(what.format(table, column, column))


def test_the_application_does_its_daily_work(made: World) -> None:
    with as_application():
        found = builders.executed(made)
        assert log.enter() > 10
    assert Entry.objects.count() == Event.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT size FROM audit_stream WHERE id = %s", [found.pk])
        assert cursor.fetchone() == (Event.objects.filter(stream=found.pk).count(),)


def test_words_put_before_the_system_s_own_do_not_mislead_the_log() -> None:
    """Somebody who could make a table or function of the same name would still not be asked instead."""
    stream = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE SCHEMA aside; CREATE FUNCTION aside.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT ''x''::bytea';"
            "CREATE TEMPORARY TABLE audit_event (id bigint, stream uuid, transaction bigint);"
            "CREATE TEMPORARY TABLE audit_stream (id uuid);"
            "GRANT ALL ON audit_event TO PUBLIC; SET LOCAL search_path = aside, pg_temp, pg_catalog, public"
        )
        cursor.execute(
            "INSERT INTO public.audit_event (id, stream, number, action, actor_label, at, body, leaf, transaction) "
            "VALUES (0, %s, 0, 'x', 'x', now(), %s, '', 0) RETURNING number, length(leaf)",
            [stream, f'{{"stream":"{stream}","v":1}}'.encode()],
        )
        assert cursor.fetchone() == (1, 32)


def test_an_ordinary_database_is_as_it_should_be() -> None:
    assert roles.excess(settings.DATABASE_ROLE) == []
    assert kept_apart(["default"]) == kept_apart(None) == kept_apart(["elsewhere"]) == []


@pytest.mark.parametrize(
    ("granted", "told"),
    [
        ("GRANT UPDATE ON audit_event TO {0}", "may update audit_event"),
        ("GRANT TRUNCATE ON agreements_provision TO PUBLIC", "may truncate agreements_provision"),
        ("GRANT CREATE ON SCHEMA public TO {0}", "creates in schema public"),
        ("GRANT pg_write_all_data TO {0}", "may delete audit_event"),
        ("ALTER TABLE audit_node OWNER TO {0}", "owns audit_node"),
        ("ALTER ROLE {0} CREATEROLE", "makes roles"),
        ("ALTER ROLE {0} SUPERUSER", "is a superuser"),
        ("GRANT SET ON PARAMETER session_replication_role TO {0}", "switches triggers off"),
        ("GRANT concordat_owner TO {0}; ALTER TABLE audit_head OWNER TO concordat_owner", "owns audit_head"),
    ],
)
def test_a_right_too_many_is_told(granted: str, told: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(granted.format(settings.DATABASE_ROLE))
    (said,) = kept_apart(["default"])
    assert said.id == "audit.W002" and told in said.msg


def test_rights_given_by_mistake_are_taken_back_by_the_next_migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {settings.DATABASE_ROLE}, PUBLIC")
    assert kept_apart(["default"])
    roles.install()
    assert kept_apart(["default"]) == []


def test_one_role_for_everything_is_told_in_production_only(settings: Any) -> None:
    settings.DATABASE_ROLE = settings.DATABASE_OWNER["USER"]
    assert kept_apart(["default"]) == []
    settings.PRODUCTION = True
    (said,) = kept_apart(["default"])
    assert "is a superuser" in said.msg


def test_an_event_is_still_only_added_in_turn() -> None:
    stream = uuid4()
    with transaction.atomic(), as_application():
        numbers = [record("thing.done", stream=stream, actor=SYSTEM, now=NOW).number for _ in range(3)]
    assert numbers == [1, 2, 3]
