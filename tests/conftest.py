"""What every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase
from django.utils import timezone

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


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What one test counted or kept at hand is nothing to the next, whose people and agreements are the same."""
    cache.clear()


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
