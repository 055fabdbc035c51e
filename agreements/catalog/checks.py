"""The catalog at start-up: a bad file stops the application with the file and key named."""

from typing import Any

from django.core.checks import CheckMessage, Error

from agreements.catalog.loader import load
from agreements.catalog.reading import CatalogError


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A Django system check: the catalog can be read."""
    try:
        load()
    except CatalogError as wrong:
        return [Error(str(wrong), hint="Correct the file under agreements/catalog.", id="agreements.E001")]
    return []
