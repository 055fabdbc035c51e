"""`manage.py migrate`, as the owner of the tables: everybody else works as a role that can't change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connection
from django.db.migrations.state import ProjectState

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


@contextmanager
def added_alone() -> Iterator[None]:
    """A new table changes no other. Django makes the classes of all related ones anew for each, which takes most of its time."""
    reload = ProjectState.reload_model

    def reload_model(state: Any, app: str, name: str, delay: bool = False) -> None:
        if not delay and "apps" in vars(state) and name not in state.apps.all_models[app]:
            state.apps.render_multiple([state.models[app, name]])
        else:
            reload(state, app, name, delay)

    ProjectState.reload_model = reload_model  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        ProjectState.reload_model = reload  # type: ignore[method-assign]


class Command(migrate.Command):
    """Django's own, as the owner."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, and with it put guards and rights in place."""
        with as_owner(), added_alone():
            super().handle(*args, **options)
