"""`manage.py check --database default`, and so every migrate, says so when a guard of the log is missing."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import connection

from audit import guards, roles
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


def kept_apart(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A warning saying what the application's role may do that it should not; tests and trials may use one role."""
    if not databases or connection.alias not in databases:
        return []
    alone = settings.DATABASE_OWNER["USER"] == settings.DATABASE_ROLE and not settings.PRODUCTION
    if alone or Event._meta.db_table not in connection.introspection.table_names():
        return []
    found = roles.excess(settings.DATABASE_ROLE)
    if not found:
        return []
    named = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if len(found) > 10 else "")
    return [
        Warning(
            f"The application works as the database role {settings.DATABASE_ROLE}, which {named}.",
            hint="Give the application a role of its own (DATABASE_URL) and migrate as the tables' owner "
            "(DATABASE_OWNER_URL); docs/operations.md says how. manage.py migrate grants what is needed.",
            id="audit.W002",
        )
    ]
