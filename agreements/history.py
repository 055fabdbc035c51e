"""The history of one agreement as one person may read it."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from agencies.models import User
from agreements.models import Agreement
from audit import reading
from audit.models import Event


def events(agreement: Agreement, user: User, *, today: date) -> QuerySet[Event]:
    """The events `user` may read: how a text came about stays within the agency that wrote it."""
    return reading.visible(user, today=today).filter(stream=agreement.pk).select_related("entry")
