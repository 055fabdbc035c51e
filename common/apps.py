"""The domain-free app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Outbox, mail, dates, page elements."""

    name = "common"
    label = "common"
