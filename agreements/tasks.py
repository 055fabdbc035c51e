"""The worker's tasks of the agreements: three lines each."""

from celery import shared_task
from django.utils import timezone

from agreements.library import indexing
from agreements.operations import assembling, batches, intake, sealing, stating

__all__ = ["assembling", "batches", "intake", "remind", "sealing"]


@shared_task(name="agreements.tasks.remind", ignore_result=True)  # type: ignore[untyped-decorator]
def remind() -> int:
    """State everything that is due by the clock."""
    return stating.due(now=timezone.now())


@shared_task(name="agreements.tasks.forget_texts", ignore_result=True)  # type: ignore[untyped-decorator]
def forget_texts() -> int:
    """Forget the texts of clauses that no agreement holds any more."""
    return indexing.sweep()
