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
  UPDATE audit_head SET size = size + 1 WHERE id = 1 RETURNING size INTO NEW.seq;
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
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.size <> OLD.size + 1 THEN
    RAISE EXCEPTION 'audit: a counter only goes up by one';
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
  END IF;
  RETURN NEW;
END $$;
"""


def audited_models() -> list[type[Audited]]:
    """Every table whose rows must be explained."""
    return [model for model in apps.get_models() if issubclass(model, Audited)]


def _trigger(name: str, when: str, table: str, each: str, function: str) -> str:
    return (
        f'DROP TRIGGER IF EXISTS {name} ON "{table}"; '
        f'CREATE TRIGGER {name} {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {function};'
    )


def statements() -> list[str]:
    """Every guard as SQL that may be run again and again."""
    event, head, stream = Event._meta.db_table, Head._meta.db_table, Stream._meta.db_table
    found = [
        FUNCTIONS,
        "INSERT INTO audit_head (id, size) VALUES (1, 0) ON CONFLICT DO NOTHING;",
        _trigger("audit_number", "BEFORE INSERT", event, "ROW", "audit_number_event()"),
        _trigger("audit_keep", "BEFORE UPDATE OR DELETE", event, "ROW", "audit_refuse()"),
        _trigger("audit_keep_all", "BEFORE TRUNCATE", event, "STATEMENT", "audit_refuse()"),
    ]
    for counter in (head, stream):
        found.append(_trigger("audit_up", "BEFORE UPDATE", counter, "ROW", "audit_only_up()"))
        found.append(_trigger("audit_keep", "BEFORE DELETE", counter, "ROW", "audit_refuse()"))
        found.append(_trigger("audit_keep_all", "BEFORE TRUNCATE", counter, "STATEMENT", "audit_refuse()"))
    for model in audited_models():
        table = model._meta.db_table
        explained = f"audit_explained('{model.STREAM_FIELD}')"
        found.append(_trigger("audit_explained", "BEFORE INSERT OR UPDATE", table, "ROW", explained))
        found.append(_trigger("audit_keep", "BEFORE DELETE", table, "ROW", "audit_refuse()"))
        found.append(_trigger("audit_keep_all", "BEFORE TRUNCATE", table, "STATEMENT", "audit_refuse()"))
    return found


def install(**kwargs: object) -> None:
    """Put every guard in place; runs after each migrate."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if Event._meta.db_table not in existing:
            return
        for statement in statements():
            table = statement.split('"')[1] if '"' in statement else None
            if table is None or table in existing:
                cursor.execute(statement)


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
