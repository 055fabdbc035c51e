"""After a test that commits: every row it left is deleted where it lies.

Django truncates each table and then does all that follows a migration; the rows themselves are a fraction of that.
"""

from __future__ import annotations

from functools import cache

from django.db import connection, transaction

from audit import guards

STAYS = {"django_migrations", "django_content_type", "auth_permission"}
"""What is there from the migration on, whatever the tests do."""


def empty() -> None:
    """As after the migration. Whoever is still writing is waited for."""
    with transaction.atomic(), guards.lifted(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(map(_name, _tables()))} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("; ".join([*(f"DELETE FROM {_name(table)}" for table in left()), guards.BEGINNING]))


def left() -> list[str]:
    """The tables that hold any row."""
    each = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {_name(table)})" for table in _tables())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return [table for (table,) in cursor.fetchall()]


@cache
def _tables() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        return tuple(sorted({*connection.introspection.table_names(cursor)} - STAYS))


def _name(table: str) -> str:
    return str(connection.ops.quote_name(table))
