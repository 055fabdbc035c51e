"""What the application's role may do in the database: add to the log and read it, and never more.

The owner of the tables migrates; web, workers, clock and notary work as a role that owns nothing. So a statement that
somebody slips into the application can't switch a guard off, and can't change what the log says.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from audit.guards import audited_models
from audit.models import Checkpoint, Entry, Event, Head, Node, OutsideHead, Stamp, Stream

READ = ("SELECT",)
ADD = ("SELECT", "INSERT")
EXPLAINED = ("SELECT", "INSERT", "UPDATE")
ORDINARY = ("SELECT", "INSERT", "UPDATE", "DELETE")
EVERY = (*ORDINARY, "TRUNCATE", "REFERENCES", "TRIGGER")
CALLED = ("audit_enter(integer)", "audit_redact(bigint)")
"""What runs with the owner's rights and may be called; the trigger functions are called by nobody."""
UNCALLED = (
    "audit_number_event()", "audit_refuse()", "audit_only_up()", "audit_entered()", "audit_only_erased()", "audit_explained()",
)  # fmt: skip
POWERS = (
    "is a superuser",
    "makes roles",
    "makes databases",
    "copies the whole server",
    "sees past row security",
)


def rights(table: str) -> tuple[str, ...]:
    """What the application's role may do with one table."""
    special: dict[str, tuple[str, ...]] = {
        model._meta.db_table: ADD for model in (Event, Node, Checkpoint, OutsideHead, Stamp)
    }
    special |= {model._meta.db_table: READ for model in (Entry, Head, Stream, MigrationRecorder.Migration)}
    special |= {model._meta.db_table: EXPLAINED for model in audited_models()}
    return special.get(table, ORDINARY)


def install(**kwargs: object) -> None:
    """Grant exactly these rights, again and again if need be; runs after each migrate, as the owner."""
    role = settings.DATABASE_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, to_regrole(quote_ident(%s)) IS NULL", [role, role])
        alone = any(cursor.fetchone())
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') "
            "AND relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'USAGE') ORDER BY 1"
        )
        tables = [table for (table,) in cursor.fetchall()]
        if alone or Event._meta.db_table not in tables:
            return
        cursor.execute("; ".join(_grants(role, connection.settings_dict["NAME"], tables)))


def _grants(role: str, database: str, tables: list[str]) -> Iterator[str]:
    name = connection.ops.quote_name
    to, kept = name(role), name(database)
    yield f"REVOKE CREATE, TEMPORARY ON DATABASE {kept} FROM PUBLIC, {to}; GRANT CONNECT ON DATABASE {kept} TO {to}"
    yield f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {to}; GRANT USAGE ON SCHEMA public TO {to}"
    for table in tables:
        yield f"REVOKE ALL ON {name(table)} FROM PUBLIC, {to}"
        yield f"GRANT {', '.join(rights(table))} ON {name(table)} TO {to}"
    yield f"REVOKE ALL ON FUNCTION {', '.join((*CALLED, *UNCALLED))} FROM PUBLIC, {to}"
    yield f"GRANT EXECUTE ON FUNCTION {', '.join(CALLED)} TO {to}"


def excess(role: str) -> list[str]:
    """What `role` may do beyond its rights, in words; nothing is as it should be."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = %s",
            [role],
        )
        held = cursor.fetchone() or [False] * len(POWERS)
        found = [power for power, has in zip(POWERS, held, strict=True) if has]
        if held[0]:
            return found[:1]
        cursor.execute(
            "SELECT what FROM (VALUES ('creates in schema public', has_schema_privilege(%(role)s, 'public', 'CREATE')), "
            "('makes temporary tables', has_database_privilege(%(role)s, current_database(), 'TEMPORARY')), "
            "('makes schemas', has_database_privilege(%(role)s, current_database(), 'CREATE')), "
            "('switches triggers off', has_parameter_privilege(%(role)s, 'session_replication_role', 'SET'))"
            ") AS power (what, held) WHERE held "
            "UNION ALL SELECT 'owns ' || relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S') "
            "AND relnamespace = 'public'::regnamespace AND pg_has_role(%(role)s, relowner, 'MEMBER')",
            {"role": role},
        )
        found += [what for (what,) in cursor.fetchall()]
        tables = connection.introspection.table_names(cursor)
        more = [(table, right) for table in tables for right in EVERY if right not in rights(table)]
        cursor.execute(
            "SELECT 'may ' || lower(r.does) || ' ' || r.name FROM unnest(%s, %s) AS r (name, does) "
            "JOIN pg_class c ON c.relname = r.name AND c.relnamespace = 'public'::regnamespace "
            "WHERE has_table_privilege(%s, c.oid, r.does) ORDER BY r.name NOT LIKE 'audit_%%'",
            [[table for table, _ in more], [right for _, right in more], role],
        )
        return found + [what for (what,) in cursor.fetchall()]
