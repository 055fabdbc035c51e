"""Triggers that refuse whatever tries to go round `audit.record`. Deterrents: evidence is the log itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db import connection

from audit.models import Audited, Event, Head, Stream

FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION audit_number_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_stream WHERE id = NEW.stream AND size = NEW.number) THEN
    RAISE EXCEPTION 'audit: an event that is not the next of its stream';
  END IF;
  UPDATE audit_head SET size = size + 1 WHERE id = 1 RETURNING size INTO STRICT NEW.seq;
  NEW.leaf := sha256('\x00'::bytea || NEW.body);
  NEW.transaction := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit: % on % is refused: history is only added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'raise_exception';
END $$;
CREATE OR REPLACE FUNCTION audit_only_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.size <> (TG_TABLE_NAME = 'audit_stream')::int THEN
      RAISE EXCEPTION 'audit: a counter begins at its beginning';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.size <> OLD.size + 1 THEN
    RAISE EXCEPTION 'audit: a counter only goes up by one';
  END IF;
  IF TG_TABLE_NAME = 'audit_head' AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'audit: the log is numbered by its events alone';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION audit_explained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said record;
  owner uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
  SELECT stream, transaction INTO said FROM audit_event WHERE seq = NEW.last_event_id;
  IF NOT FOUND OR said.transaction <> pg_current_xact_id()::text::bigint THEN
    RAISE EXCEPTION 'audit: % on % names no event of this transaction', TG_OP, TG_TABLE_NAME;
  END IF;
  IF said.stream IS DISTINCT FROM owner THEN
    RAISE EXCEPTION 'audit: % on % names an event of another stream', TG_OP, TG_TABLE_NAME;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.last_event_id <= OLD.last_event_id OR NEW.id <> OLD.id THEN
      RAISE EXCEPTION 'audit: UPDATE on % needs a newer event', TG_TABLE_NAME;
    END IF;
    IF (to_jsonb(OLD) ->> TG_ARGV[0])::uuid IS DISTINCT FROM owner THEN
      RAISE EXCEPTION 'audit: UPDATE on % takes a row out of its stream', TG_TABLE_NAME;
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""


Guard = tuple[str, str, str, str, str]
"""Table, name of the trigger, when it runs, for each what, and what it does."""


def audited_models() -> list[type[Audited]]:
    """Every table whose rows must be explained."""
    return [model for model in apps.get_models() if issubclass(model, Audited) and not model._meta.proxy]


def expected() -> list[Guard]:
    """Every guard that must be in place."""
    event, head, stream = Event._meta.db_table, Head._meta.db_table, Stream._meta.db_table
    found = [
        (event, "audit_number", "BEFORE INSERT", "ROW", "audit_number_event()"),
        (event, "audit_keep", "BEFORE UPDATE OR DELETE", "ROW", "audit_refuse()"),
    ]
    for counter in (head, stream):
        found.append((counter, "audit_up", "BEFORE INSERT OR UPDATE", "ROW", "audit_only_up()"))
    for model in audited_models():
        explained = f"audit_explained('{model.STREAM_FIELD}')"
        found.append((model._meta.db_table, "audit_explained", "BEFORE INSERT OR UPDATE", "ROW", explained))
    for table in dict.fromkeys(table for table, *_ in found):
        if table != event:
            found.append((table, "audit_keep", "BEFORE DELETE", "ROW", "audit_refuse()"))
        found.append((table, "audit_keep_all", "BEFORE TRUNCATE", "STATEMENT", "audit_refuse()"))
    return found


def install(**kwargs: object) -> None:
    """Put every guard in place, again and again if need be; runs after each migrate."""
    tables = set(connection.introspection.table_names())
    if not {Event._meta.db_table, Head._meta.db_table, Stream._meta.db_table} <= tables:
        return
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for table, name, when, each, function in expected():
            if table in tables:
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER {name} {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {function};'
                    f'ALTER TABLE "{table}" ENABLE TRIGGER {name}'
                )
        cursor.execute("INSERT INTO audit_head (id, size) VALUES (1, 0) ON CONFLICT DO NOTHING")


def missing() -> list[str]:
    """Guards that are not there, or switched off: "table: trigger"."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
        )
        there = set(cursor.fetchall())
    return [f"{table}: {name}" for table, name, *_ in expected() if (table, name) not in there]


@contextmanager
def lifted() -> Iterator[None]:
    """Without guards, for emptying a test database; refused anywhere else."""
    if not settings.TESTING:
        raise RuntimeError("Guards are lifted in tests only.")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")
