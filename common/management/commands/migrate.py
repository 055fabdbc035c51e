"""`manage.py migrate`, as the owner of the tables: everybody else works as a role that can't change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connection

WHO = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


@contextmanager
def as_owner() -> Iterator[None]:
    """Speak to the same database as DATABASE_OWNER_URL says; elsewhere than in `migrate` there is no need to."""
    if settings.DATABASE_OWNER["USER"] == connection.settings_dict["USER"]:
        yield
        return
    before = {name: connection.settings_dict[name] for name in WHO}
    connection.close()
    connection.settings_dict.update({name: settings.DATABASE_OWNER[name] for name in WHO})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


class Command(migrate.Command):
    """Django's own, as the owner."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, and with it put guards and rights in place."""
        with as_owner():
            super().handle(*args, **options)
