"""The agreements app."""

from importlib import import_module

from django.apps import AppConfig

from agreements.sentences import TABLE


class AgreementsConfig(AppConfig):
    """Agreements between agencies: drafting, signing, watching."""

    name = "agreements"
    label = "agreements"

    def ready(self) -> None:
        """Teach the history its sentences."""
        import_module("audit.sentences").register(TABLE)
