"""The worker's tasks of the agreements: three lines each."""

from celery import shared_task
from django.utils import timezone

from agreements.operations import (
    assembling,
    batches,
    intake,
    reminding,
    requesting,
    reviewing_access,
    sealing,
)

__all__ = ["assembling", "batches", "intake", "remind", "sealing"]


@shared_task(name="agreements.tasks.remind", ignore_result=True)  # type: ignore[untyped-decorator]
def remind() -> int:
    """State the reminders that are due, remind those still to sign, and ask for the reviews of access that wait."""
    now = timezone.now()
    requesting.chase(now=now)
    return reminding.remind(now=now) + reviewing_access.remind(now=now)
