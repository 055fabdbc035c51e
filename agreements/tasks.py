"""The worker's tasks of the agreements: three lines each."""

from celery import shared_task
from django.utils import timezone

from agreements.operations import assembling, reminding, sealing

__all__ = ["assembling", "remind", "sealing"]


@shared_task(name="agreements.tasks.remind", ignore_result=True)  # type: ignore[untyped-decorator]
def remind() -> int:
    """State the reminders that are due."""
    return reminding.remind(now=timezone.now())
