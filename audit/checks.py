"""`manage.py check --database default`, and so every migrate, says so when a guard of the log is missing."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import connection

from audit import guards
from audit.models import Event


def guarded(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A warning naming the guards that are missing; silent before the first migrate, which puts them in place."""
    if not databases or connection.alias not in databases:
        return []
    if Event._meta.db_table not in connection.introspection.table_names():
        return []
    lost = guards.missing()
    if not lost:
        return []
    named = ", ".join(lost[:10]) + (f" and {len(lost) - 10} more" if len(lost) > 10 else "")
    return [
        Warning(
            f"The log is not guarded: {named}.",
            hint="manage.py migrate puts guards in place.",
            id="audit.W001",
        )
    ]
