"""Triggers that refuse whatever tries to go round `audit.record`. Deterrents: evidence is the log itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model

from audit.models import Audited, Checkpoint, Entry, Event, Head, Node, OutsideHead, Stamp, Stream

FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION audit_number_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tail constant bytea := convert_to('"stream":"' || NEW.stream || '","v":1}', 'UTF8');
  said constant bytea := substr(NEW.body, 1, length(NEW.body) - 6);
  before bytea;
BEGIN
  IF substr(NEW.body, length(NEW.body) - length(tail) + 1) <> tail THEN
    RAISE EXCEPTION 'audit: an event whose bytes do not end with its stream';
  END IF;
  LOOP
    UPDATE public.audit_stream s SET size = s.size + 1, prev = s.leaf,
        leaf = sha256('\x00'::bytea || said || convert_to('"stream_number":' || s.size + 1 || ',"stream_prev":"'
          || encode(s.leaf, 'hex') || '","v":1}', 'UTF8'))
      WHERE s.id = NEW.stream RETURNING s.size, s.prev, s.leaf INTO NEW.number, before, NEW.leaf;
    EXIT WHEN FOUND;
    INSERT INTO public.audit_stream (id, size, prev, leaf) VALUES (NEW.stream, 1, decode(repeat('0', 64), 'hex'),
        sha256('\x00'::bytea || said || convert_to('"stream_number":1,"stream_prev":"' || repeat('0', 64) || '","v":1}', 'UTF8')))
      ON CONFLICT DO NOTHING RETURNING size, prev, leaf INTO NEW.number, before, NEW.leaf;
    EXIT WHEN FOUND;
  END LOOP;
  NEW.transaction := pg_current_xact_id()::text::bigint;
  NEW.id := nextval('public.audit_event_id_seq'); -- after the transaction has its number: audit_enter relies on it
  NEW.body := said || convert_to('"stream_number":' || NEW.number || ',"stream_prev":"'
    || encode(before, 'hex') || '","v":1}', 'UTF8');
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION audit_enter(most integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$ -- only the newest, by index
DECLARE
  head public.audit_head;
  drawn_now bigint;
  horizon_now bigint;
  entered bigint;
  reached bigint;
BEGIN
  IF pg_current_xact_id_if_assigned() IS NULL THEN -- else whoever drew an id may have a later number than ours
    SELECT last_value INTO drawn_now FROM public.audit_event_id_seq;
    horizon_now := pg_current_xact_id()::text::bigint;
  END IF;
  SELECT * INTO STRICT head FROM public.audit_head WHERE id = 1 FOR UPDATE;
  IF drawn_now < head.settled THEN -- another call was faster
    drawn_now := NULL;
  END IF;
  IF head.horizon > pg_current_xact_id()::text::bigint THEN -- another server's count, from before a restore
    head.drawn := head.settled;
  ELSIF pg_snapshot_xmin(pg_current_snapshot())::text::bigint < head.horizon THEN
    head.drawn := head.settled; -- somebody who drew an id back then has not finished
    drawn_now := NULL;
  END IF;
  PERFORM set_config('audit.entering', pg_current_xact_id()::text, true);
  WITH fresh AS (
    INSERT INTO public.audit_entry (seq, event_id, leaf)
      SELECT head.size + row_number() OVER (ORDER BY late.id), late.id, late.leaf FROM (
        SELECT e.id, e.leaf FROM public.audit_event e
        WHERE e.id > head.settled AND NOT EXISTS (SELECT FROM public.audit_entry x WHERE x.event_id = e.id)
        ORDER BY e.id LIMIT most
      ) late RETURNING event_id
  ) SELECT count(*), max(event_id) INTO entered, reached FROM fresh;
  UPDATE public.audit_head SET size = head.size + entered,
    settled = CASE WHEN entered < most THEN head.drawn ELSE least(head.drawn, reached) END,
    drawn = coalesce(drawn_now, drawn), horizon = CASE WHEN drawn_now IS NULL THEN horizon ELSE horizon_now END
    WHERE id = 1 AND (entered > 0 OR settled < drawn_now);
  PERFORM set_config('audit.entering', '', true);
  RETURN entered;
END $$;
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'audit: % on % is refused: history is only added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'raise_exception';
END $$;
CREATE OR REPLACE FUNCTION audit_only_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.id <> OLD.id OR NEW.size < OLD.size
    OR NEW.size <> (SELECT count(*) FROM public.audit_entry WHERE seq > OLD.size) + OLD.size
  THEN
    RAISE EXCEPTION 'audit: the log is as long as its entries say, and only grows';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION audit_entered() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('audit.entering', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    RAISE EXCEPTION 'audit: places in the log are given by audit_enter alone';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION audit_only_erased() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said jsonb;
  erased constant text[] := '{body,actor_label}';
BEGIN
  IF NEW.body = ''::bytea AND NEW.actor_label = '' AND OLD.body <> ''::bytea
    AND to_jsonb(NEW) - erased = to_jsonb(OLD) - erased
    AND OLD.action <> 'history.redacted' AND OLD.action NOT LIKE 'log.%'
  THEN
    SELECT convert_from(e.body, 'UTF8')::jsonb INTO said FROM public.audit_event e
      JOIN public.audit_stream s ON s.id = e.stream AND s.size = e.number
      WHERE e.stream = OLD.stream AND e.action = 'history.redacted'
        AND e.transaction = pg_current_xact_id()::text::bigint;
    IF said #>> '{facts,number}' = OLD.number::text THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit: UPDATE on audit_event is refused: history is only added to, but for a lawful erasure';
END $$;
CREATE OR REPLACE FUNCTION audit_redact(wanted bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$ -- the guard above says when this may be
BEGIN
  UPDATE public.audit_event SET body = ''::bytea, actor_label = '' WHERE id = wanted;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'audit: there is no such event';
  END IF;
END $$;
CREATE OR REPLACE FUNCTION audit_explained() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said record;
  owner uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
  SELECT stream, transaction INTO said FROM public.audit_event WHERE id = NEW.last_event_id;
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
BEGINNING = (
    "INSERT INTO audit_head (id, size, settled, drawn, horizon) VALUES (1, 0, 0, 0, 0) ON CONFLICT DO NOTHING"
)
"""The log before its first entry."""


@dataclass(frozen=True)
class Guard:
    """One trigger: on which table, by which name, when it runs, for each what, and what it does."""

    table: str
    name: str
    when: str
    does: str
    each: str = "ROW"
    condition: str = ""

    def sql(self) -> str:
        """The statements that put it in place and switch it on."""
        return (
            f'CREATE OR REPLACE TRIGGER {self.name} {self.when} ON "{self.table}" FOR EACH {self.each} '
            f'{self.condition} EXECUTE FUNCTION {self.does}; ALTER TABLE "{self.table}" ENABLE TRIGGER {self.name}'
        )


def audited_models() -> list[type[Audited]]:
    """Every table whose rows must be explained."""
    return [model for model in apps.get_models() if issubclass(model, Audited) and not model._meta.proxy]


def expected() -> list[Guard]:
    """Every guard that must be in place."""
    models: list[type[Model]] = [Event, Entry, Head, Stream, *audited_models()]
    event, entry, head, stream, *audited = (model._meta.db_table for model in models)
    kept = [entry, *(model._meta.db_table for model in (Node, Checkpoint, OutsideHead, Stamp))]
    by_events_alone = "WHEN (pg_trigger_depth() = 0)"
    found = [
        Guard(event, "audit_number", "BEFORE INSERT", "audit_number_event()"),
        Guard(entry, "audit_entered", "BEFORE INSERT", "audit_entered()", "STATEMENT"),
        Guard(head, "audit_up", "BEFORE UPDATE", "audit_only_up()"),
        Guard(
            head,
            "audit_one",
            "BEFORE INSERT",
            "audit_refuse()",
            condition="WHEN (NEW.id <> 1 OR NEW.size <> 0)",
        ),
        Guard(stream, "audit_up", "BEFORE INSERT OR UPDATE", "audit_refuse()", "STATEMENT", by_events_alone),
        Guard(event, "audit_erased", "BEFORE UPDATE", "audit_only_erased()"),
        *(Guard(table, "audit_keep", "BEFORE UPDATE OR DELETE", "audit_refuse()") for table in kept),
    ]
    for model in audited_models():
        explained = f"audit_explained('{model.STREAM_FIELD}')"
        found.append(Guard(model._meta.db_table, "audit_explained", "BEFORE INSERT OR UPDATE", explained))
    found += [
        Guard(table, "audit_keep", "BEFORE DELETE", "audit_refuse()")
        for table in (event, head, stream, *audited)
    ]
    return found + [
        Guard(table, "audit_keep_all", "BEFORE TRUNCATE", "audit_refuse()", "STATEMENT")
        for table in dict.fromkeys(guard.table for guard in found)
    ]


def install(**kwargs: object) -> None:
    """Put every guard in place, again and again if need be; runs after each migrate."""
    tables = set(connection.introspection.table_names())
    if not {Event._meta.db_table, Head._meta.db_table, Stream._meta.db_table} <= tables:
        return
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for guard in expected():
            if guard.table in tables:
                cursor.execute(guard.sql())
        cursor.execute(BEGINNING)


def missing() -> list[str]:
    """Guards that are not there, or switched off: "table: trigger"."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
        )
        there = set(cursor.fetchall())
    return [f"{guard.table}: {guard.name}" for guard in expected() if (guard.table, guard.name) not in there]


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
