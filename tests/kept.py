"""What tests begin from is built once in a process and put back, rows and all, wherever the database is the same.

What is built on an empty database, or on what was put back there, can be had again. On anything else it is built as
always. A programme that builds each thing once, and many of them, only builds.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TypeVar, cast

from django.db import connection, transaction

from audit import guards

Made = TypeVar("Made")
Rows = dict[str, bytes]
Sizes = dict[str, int]
OURS = ("agencies_", "agreements_", "audit_", "account_", "common_", "mfa_")
EMPTY, UNKNOWN = "", "unknown"


@dataclass(frozen=True)
class Written:
    """A part of a transaction, and how many rows of each table it inserted, changed or deleted, taken back or not."""

    part: tuple[object, ...]
    rows: tuple[int, ...]

    def since(self, before: Written) -> list[str]:
        """The tables that may differ."""
        if self.part != before.part:
            return list(_tables())
        pairs = zip(_tables(), self.rows, before.rows, strict=True)
        return [table for table, now, then in pairs if now != then]


_wanted: list[bool] = []
"""Something, once tests are run here."""
_states: dict[str, Rows] = {}
"""The rows of every state that can be had again."""
_built: dict[tuple[str, str], tuple[bytes, str]] = {}
"""What was built under a name on a state, and the state after it."""
_sizes: dict[str, Sizes] = {}
"""How many rows each table has in a state."""
_last: list[tuple[Written, str]] = []
"""What had been written when the state was told last, and the state."""


def begin_keeping() -> None:
    """From now on; until then nothing is kept."""
    _wanted.append(True)


def kept(name: str, build: Callable[[], Made]) -> Made:
    """What `build` makes: built the first time, put back when it is asked for again on the same database."""
    if not _wanted:
        return build()
    before = _state()
    if before not in _states:
        return build()
    if (name, before) not in _built:
        _is(before)
        (then, _), made = _last[0], build()
        after = _state()
        if after == before:
            return made
        _states[after] = _rows(_states[before], _last[0][0].since(then))
        _built[name, before] = pickle.dumps(made), after
        return made
    found, after = _built[name, before]
    _put_back(_states[before], _states[after])
    _is(after)
    return cast(Made, pickle.loads(found))  # noqa: S301  our own, and much faster than a deep copy


def _state() -> str:
    """What there is; UNKNOWN as another role, and not told anew where nothing was written since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = session_user")
        if not cursor.fetchone()[0]:
            return UNKNOWN  # another role may not be allowed to read what follows
        cursor.execute("SELECT EXISTS (SELECT FROM audit_event) OR EXISTS (SELECT FROM common_job)")
        if not cursor.fetchone()[0]:
            if EMPTY not in _states:
                _states[EMPTY], _sizes[EMPTY] = _rows({}, list(_tables())), _counted(list(_tables()))
            return EMPTY
    now = _written()
    if not _last or _last[0][0] != now:
        sizes: Sizes = {}
        changed = list(_tables())
        if _last and _last[0][1] in _sizes:
            sizes, changed = _sizes[_last[0][1]], now.since(_last[0][0])
        sizes = {**sizes, **_counted(changed)}
        state = _told(sizes)
        _sizes[state] = sizes
        _last[:] = [(now, state)]
    return _last[0][1]


def _is(state: str) -> None:
    _last[:] = [(_written(), state)]


def _written() -> Written:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_xact_id_if_assigned()::text, array_agg(pg_stat_get_xact_tuples_inserted(t)"
            " + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t) ORDER BY place)"
            " FROM unnest(%s) WITH ORDINALITY AS ours (t, place)",
            [_numbers()],
        )
        transaction, rows = cursor.fetchone()
    return Written((transaction or object(), *connection.savepoint_ids), tuple(rows))


def _told(sizes: Sizes) -> str:
    """By the newest event, the jobs, and how many rows each table has."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT (SELECT encode(leaf, 'hex') FROM audit_event ORDER BY id DESC LIMIT 1),
                   (SELECT string_agg(concat_ws(',', id, done_at, parked_at, started, failures), ';' ORDER BY id)
                    FROM common_job)
        """)
        leaf, jobs = cursor.fetchone()
    return f"{leaf} {sorted((table, rows) for table, rows in sizes.items() if rows)} {jobs}"


def _counted(tables: list[str]) -> Sizes:
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [tables])
        cursor.execute("SELECT current_setting('kept.rows')")
        return dict(zip(tables, map(int, cursor.fetchone()[0].split(",")[1:]), strict=True))


COUNTED = """
DO $$
DECLARE place text; found bigint; said text := '';
BEGIN
    FOREACH place IN ARRAY %s::text[] LOOP
        EXECUTE format('SELECT count(*) FROM %%I', place) INTO found;
        said := said || ',' || found;
    END LOOP;
    PERFORM set_config('kept.rows', said, false);
END $$
"""
"""One table after the other: to plan the count of all at once takes PostgreSQL five times as long."""


@cache
def _numbers() -> list[int]:
    """What PostgreSQL calls our tables, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(to_regclass(name)::oid::bigint ORDER BY place) FROM unnest(%s) WITH ORDINALITY"
            " AS ours (name, place)",
            [list(_tables())],
        )
        return cast(list[int], cursor.fetchone()[0])


@cache
def _tables() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        return tuple(t for t in connection.introspection.table_names(cursor) if t.startswith(OURS))


@cache
def _sequences() -> dict[str, str]:
    """Every counter of ids, by its table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, pg_get_serial_sequence(quote_ident(table_name), 'id') FROM information_schema.columns"
            " WHERE column_name = 'id' AND table_name = ANY(%s)",
            [list(_tables())],
        )
        return {table: sequence for table, sequence in cursor.fetchall() if sequence}


def _rows(before: Rows, changed: list[str]) -> Rows:
    """Every row of our own tables, as PostgreSQL copies it out, after some of them changed."""
    found = {table: rows for table, rows in before.items() if table not in changed}
    with connection.cursor() as cursor:
        for table in changed:
            out = BytesIO()
            cursor.copy_expert(f'COPY "{table}" TO STDOUT', out)
            if out.getvalue():
                found[table] = out.getvalue()
    return found


def _put_back(before: Rows, after: Rows) -> None:
    """From one state to another. Ids of new rows go on after those that were put back."""
    changed = [table for table in before.keys() | after.keys() if before.get(table) != after.get(table)]
    counters = [
        f"setval('{_sequences()[table]}', greatest((SELECT max(id) FROM \"{table}\"), nextval('{_sequences()[table]}')))"
        for table in changed
        if table in after and table in _sequences()
    ]
    gone = [table for table in changed if table in before]
    with transaction.atomic(), guards.lifted(), connection.cursor() as cursor:
        if gone:
            cursor.execute("; ".join(f'DELETE FROM "{table}"' for table in gone))
        for table in changed:
            if table in after:
                cursor.copy_expert(f'COPY "{table}" FROM STDIN', BytesIO(after[table]))
        if counters:
            cursor.execute(f"SELECT {', '.join(counters)}")
