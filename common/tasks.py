"""The worker's task: look at the outbox now."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from common import mail, outbox

__all__ = ["mail", "sweep"]


@shared_task(name="common.tasks.sweep", ignore_result=True)
def sweep() -> int:
    """Do what is due, and be seen doing it."""
    cache.set("worker:seen", timezone.now().isoformat(), timeout=600)
    return outbox.work(now=timezone.now())


outbox.bell.append(sweep.delay)
