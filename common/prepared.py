"""Questions that are asked many times for each page: put together once in a process, then only their values change.

For Django to put a question together takes longer than for PostgreSQL to answer it; and most of PostgreSQL's time is
to plan how. So it is asked to prepare a question, too, from the second time on that a connection asks it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection, connections, models, transaction
from django.db.models.expressions import Expression
from django.db.models.lookups import Lookup
from django.db.models.sql import UpdateQuery

Row = TypeVar("Row", bound=models.Model)
Sql = tuple[str, Any]


class Slot(Expression):
    """The place of a value in a question."""

    def __init__(self, name: str, output_field: models.Field[Any, Any], many: bool = False) -> None:
        """`output_field` says of what type the value is, or each of `many` values."""
        super().__init__(output_field=output_field)
        self.name, self.many = name, many

    def as_sql(self, compiler: Any, connection: Any) -> Sql:
        """A parameter, which stands for itself until the question is asked."""
        return "%s", [self]

    def written(self, value: Any) -> Any:
        """The value as the field saves it."""
        return value if self.many else self.output_field.get_db_prep_save(value, connection)


class _AnyOf(Lookup):
    """A field's comparison with an array."""

    def as_sql(self, compiler: Any, connection: Any) -> Sql:
        """As PostgreSQL writes it."""
        (field, before), slot = compiler.compile(self.lhs), self.rhs
        return f"{field} = ANY(%s)", [*before, Slot(slot.name, slot.output_field, many=True)]


def one_of(field: str, values: Iterable[Any] | Slot) -> models.Q:
    """The condition that a field has one of these values, or of those that a slot will hold (a list)."""
    if isinstance(values, Slot):
        return models.Q(_AnyOf(models.F(field), values))
    return models.Q(**{f"{field}__in": list(values)})


HOW_MANY = models.Func(template="COUNT(*)", output_field=models.IntegerField())
"""The one column of a question that only counts."""


class Prepared(Generic[Row]):
    """A question in the ORM's words with slots in it; `build` is called once, when it is first asked."""

    def __init__(self, build: Callable[[], models.QuerySet[Row, Any]]) -> None:
        """Nothing is put together yet: models may not all be there."""
        self._build = build

    @cached_property
    def _ready(self) -> tuple[models.QuerySet[Row, Any], Any, Statement]:
        """The question, the compiler that knows what its columns are, and the statement."""
        asked = self._build()
        compiler = asked.query.get_compiler(asked.db)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda _: converters
        return asked, compiler, Statement(sql, tuple(params))

    @property
    def statement(self) -> Statement:
        """What the database is asked."""
        return self._ready[2]

    def rows(self, **values: Any) -> list[Row]:
        """What is found for these values, as if the question had been put together for them."""
        question, compiler, statement = self._ready
        asked, answering = copy.copy(question.query), copy.copy(compiler)
        answering.connection = connections[question.db]
        answering.as_sql = lambda *_: statement.filled(values)
        asked.get_compiler = lambda *_, **__: answering  # type: ignore[method-assign]
        rows: Any = question._iterable_class(type(question)(question.model, asked, question.db))
        return list(rows)

    def one(self, **values: Any) -> Row | None:
        """The first of the rows, if there is any."""
        return next(iter(self.rows(**values)), None)

    def values(self, **values: Any) -> list[tuple[Any, ...]]:
        """The columns that a question by `values_list` names, as the database gives them: the shortest way."""
        with connection.cursor() as cursor:
            cursor.execute(*self.statement.filled(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def number(self, **values: Any) -> int:
        """What a question by `values_list(HOW_MANY)` counts."""
        return int(self.values(**values)[0][0])


class Change:
    """An update of some columns, put together once; `build` says of which rows, and the slot of each column."""

    def __init__(self, build: Callable[[], tuple[models.QuerySet[Any], Mapping[str, Slot]]]) -> None:
        """Nothing is put together yet."""
        self._build = build

    @cached_property
    def _statement(self) -> Statement:
        rows, columns = self._build()
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(columns)
        sql, params = query.get_compiler(rows.db).as_sql()
        return Statement(sql, tuple(params))

    def make(self, **values: Any) -> None:
        """Change the rows, each value as the field of its slot writes it."""
        with transaction.mark_for_rollback_on_error(connection.alias), connection.cursor() as cursor:
            cursor.execute(*self._statement.filled(values, write=True))


class Statement:
    """SQL with slots among its parameters, which a connection prepares when it is asked for it the second time."""

    _numbers = count(1)
    _known: WeakKeyDictionary[Any, dict[str, bool]] = WeakKeyDictionary()
    """The names of what a connection of psycopg2 was asked, and whether it is prepared."""

    def __init__(self, sql: str, params: tuple[Any, ...]) -> None:
        """As a compiler gives it."""
        self.sql, self.params, self.name = sql, params, f"asked_{next(self._numbers)}"
        self.slots = list({param.name: param for param in params if isinstance(param, Slot)}.values())
        self._call = f"EXECUTE {self.name}" + f" ({', '.join(['%s'] * len(self.slots))})" * bool(self.slots)

    def filled(self, values: dict[str, Any], *, write: bool = False) -> Sql:
        """What to say to the database for these values, which are to be written or only compared."""
        if write:
            values = {slot.name: slot.written(values[slot.name]) for slot in self.slots}
        if self._prepared():
            return self._call, [values[slot.name] for slot in self.slots]
        return self.sql, [values[param.name] if isinstance(param, Slot) else param for param in self.params]

    def _prepared(self) -> bool:
        """Whether the connection has it.

        Where queries are logged they are for somebody to read. Behind a pooler of connections (Django's setting for
        it is DISABLE_SERVER_SIDE_CURSORS) the next question may reach another session of the database.
        """
        if connection.queries_logged or connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            return False
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        known = self._known.setdefault(connection.connection, {})
        if self.name not in known:
            known[self.name] = False
        elif not known[self.name]:
            self.prepare()
            known[self.name] = True
        return known[self.name]

    def prepare(self) -> None:
        """Tell the connection; its slots are parameters, all else stays as it is said."""
        numbers = {slot.name: f"${number}" for number, slot in enumerate(self.slots, 1)}
        places = (numbers[param.name] if isinstance(param, Slot) else "%s" for param in self.params)
        words = self.sql.replace("%%", "%%%%") % tuple(places)
        types = ", ".join(
            f"{slot.output_field.cast_db_type(connection)}{'[]' * slot.many}" for slot in self.slots
        )
        constants = [param for param in self.params if not isinstance(param, Slot)]
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self.name}" + f" ({types})" * bool(types) + f" AS {words}", constants)
