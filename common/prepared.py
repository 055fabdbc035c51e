"""Questions that are asked many times for each page: put together once in a process, then only their values change.

For Django to put a question together takes longer than for PostgreSQL to answer it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, connections, models
from django.db.models.expressions import Expression
from django.db.models.lookups import Lookup

Row = TypeVar("Row", bound=models.Model)
Sql = tuple[str, Any]


class Slot(Expression):
    """The place of a value in a question."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        """`output_field` says of what type the value is."""
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Sql:
        """A parameter, which stands for itself until the question is asked."""
        return "%s", [self]


class _AnyOf(Lookup):
    """A field's comparison with an array."""

    def as_sql(self, compiler: Any, connection: Any) -> Sql:
        """As PostgreSQL writes it."""
        (field, before), (values, after) = compiler.compile(self.lhs), compiler.compile(self.rhs)
        return f"{field} = ANY({values})", [*before, *after]


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
    def _ready(self) -> tuple[models.QuerySet[Row, Any], Any, str, tuple[Any, ...]]:
        """The question, the compiler that knows what its columns are, and its words with their parameters."""
        asked = self._build()
        compiler = asked.query.get_compiler(asked.db)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda _: converters
        return asked, compiler, sql, tuple(params)

    def rows(self, **values: Any) -> list[Row]:
        """What is found for these values, as if the question had been put together for them."""
        question, compiler, sql, params = self._ready
        asked, answering = copy.copy(question.query), copy.copy(compiler)
        answering.connection = connections[question.db]
        answering.as_sql = lambda *_: (sql, _filled(params, values))
        asked.get_compiler = lambda *_, **__: answering  # type: ignore[method-assign]
        rows: Any = question._iterable_class(type(question)(question.model, asked, question.db))
        return list(rows)

    def one(self, **values: Any) -> Row | None:
        """The first of the rows, if there is any."""
        return next(iter(self.rows(**values)), None)

    def values(self, **values: Any) -> list[tuple[Any, ...]]:
        """The columns that a question by `values_list` names, as the database gives them: the shortest way."""
        _, _, sql, params = self._ready
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(params, values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def number(self, **values: Any) -> int:
        """What a question by `values_list(HOW_MANY)` counts."""
        return int(self.values(**values)[0][0])


def _filled(params: tuple[Any, ...], values: dict[str, Any]) -> list[Any]:
    return [values[param.name] if isinstance(param, Slot) else param for param in params]
