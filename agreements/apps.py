"""The agreements app."""

from importlib import import_module

from django.apps import AppConfig
from django.core import checks

from agreements.sentences import TABLE


class AgreementsConfig(AppConfig):
    """Agreements between agencies: drafting, signing, watching."""

    name = "agreements"
    label = "agreements"

    def ready(self) -> None:
        """Teach the history its sentences; check the catalog with Django's own checks."""
        import_module("audit.sentences").register(TABLE)
        checks.register(import_module("agreements.catalog").check)
