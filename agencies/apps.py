"""The agencies application: people, agencies, roles, signing authority."""

from importlib import import_module

from django.apps import AppConfig

from agencies.sentences import TABLE
from audit import sentences


class AgenciesConfig(AppConfig):
    """Agencies and their people."""

    name = "agencies"
    label = "agencies"
    verbose_name = "Agencies and people"

    def ready(self) -> None:
        """Teach the history its sentences, and listen to what the sign-in says."""
        sentences.register(TABLE)
        # By name: it needs the models, which are not loaded yet when this file is read.
        import_module("agencies.sign_in").listen()
