"""The audit app."""

from importlib import import_module

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    """The log of what people did."""

    name = "audit"
    label = "audit"

    def ready(self) -> None:
        """Guards and rights come back after every migrate (Django's own signal: some table changes drop triggers)."""
        checks.register(import_module("audit.checks").guarded, checks.Tags.database)
        checks.register(import_module("audit.checks").kept_apart, checks.Tags.database)
        import_module("common.outbox").waits.append(import_module("audit.heads").mail_waits)
        post_migrate.connect(import_module("audit.guards").install, sender=self, dispatch_uid="audit.guards")
        post_migrate.connect(import_module("audit.roles").install, sender=self, dispatch_uid="audit.roles")
