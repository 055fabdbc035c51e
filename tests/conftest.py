"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_django
from django.conf import settings
from django.core.cache import cache
from django.test import TransactionTestCase
from django.utils import timezone

from agreements.operations import sealing
from agreements.pdf import keys, press
from tests import builders, emptying, kept, schema
from tests.builders import NOW, World
from tests.printing import Remembering


@pytest.fixture(scope="session")
def migrated_once(django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """The tables as `migrate` makes them, for every database of this run to begin with."""
    with django_db_blocker.unblock():
        schema.migrated()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    migrated_once: None, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """As pytest-django has it, and the tables are there."""


@pytest.fixture(autouse=True, scope="session")
def _what_is_built_is_kept() -> None:
    """Tests begin from the same again and again."""
    kept.begin_keeping()


@pytest.fixture
def made() -> World:
    """The agencies and people of the tests."""
    return builders.world()


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is NOW, as in all that the builders make."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(autouse=True, scope="session")
def seal_files() -> dict[Path, bytes]:
    """The platform's seal, made before all days of the tests and good for all of them."""
    place = sealing.place()
    keys.installed(place, now=datetime(2025, 1, 1, tzinfo=UTC))
    return {path: path.read_bytes() for path in place.directory.glob("*.*")}


@pytest.fixture(autouse=True, scope="session")
def _documents_of_its_own(worker_id: str) -> None:
    """What one worker's tests lose or break in the store is none of another's."""
    settings.DOCUMENTS = settings.MEDIA_ROOT = settings.VAR_DIR / f"documents-{worker_id}"


@pytest.fixture(autouse=True, scope="session")
def _one_press() -> Iterator[None]:
    """A press that remembers, for whatever is printed in this process."""
    one = Remembering()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(press, "shared", lambda: one)
        yield
    one.close()


@pytest.fixture(autouse=True)
def _nothing_remembered(seal_files: dict[Path, bytes]) -> None:
    """What one test counted or kept at hand is nothing to the next, nor is a seal made in another year."""
    cache.clear()
    for path, content in seal_files.items():
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


@pytest.fixture(autouse=True, scope="session")
def _a_test_that_commits_is_cleared_away() -> Iterator[None]:
    """As tests/emptying.py says, instead of all that Django does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: emptying.empty())
        yield
