"""The worker's tasks of the log: two lines each."""

from celery import shared_task
from django.utils import timezone

from audit import stamps as stamping

__all__ = ["stamps"]


@shared_task(name="audit.tasks.stamps", ignore_result=True)  # type: ignore[untyped-decorator]
def stamps() -> bool:
    """State the job of stamping the day's newest head."""
    return stamping.ask(today=timezone.now().date())
