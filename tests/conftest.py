"""What every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase
from django.utils import timezone

from agreements.operations import sealing
from agreements.pdf import keys
from audit import guards
from tests import builders
from tests.builders import NOW, World


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


@pytest.fixture(autouse=True)
def _nothing_remembered(seal_files: dict[Path, bytes]) -> None:
    """What one test counted or kept at hand is nothing to the next, nor is a seal made in another year."""
    cache.clear()
    for path, content in seal_files.items():
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


@pytest.fixture(autouse=True, scope="session")
def _emptying_lifts_the_guards() -> Iterator[None]:
    """A test that commits is followed by an emptying of all tables, which the guards would refuse."""
    empty: Callable[[Any], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def emptied(case: Any) -> None:
        with guards.lifted():
            empty(case)

    TransactionTestCase._fixture_teardown = emptied  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]
