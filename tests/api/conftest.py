"""The world, and its clock: what the API calls now is the day on which the world was built."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.builders import NOW


@pytest.fixture(autouse=True)
def _day_of_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    cache.clear()
