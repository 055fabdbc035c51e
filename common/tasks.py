"""The worker's task: look at the outbox now."""

from celery import shared_task
from django.utils import timezone

from common import mail, outbox

__all__ = ["mail", "sweep"]


@shared_task(name="common.tasks.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Do what is due, until nothing more can be done now."""
    while outbox.work(now=timezone.now()):
        pass


outbox.bell.append(sweep.delay)
