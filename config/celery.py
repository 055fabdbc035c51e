"""Celery: the bell, and who comes when it rings. What is due is read from PostgreSQL by the tasks themselves."""

import os
import signal

from celery import Celery
from celery.signals import worker_process_init, worker_ready
from django.core.cache import cache
from django.utils import timezone

from config import child

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

WORKER_SEEN = "worker:seen"
WORKER_SEEN_SECONDS = 120

STARTED_AS = os.getpid()
"""The process that read this file: of those in a worker's pool, the worker."""

app = Celery("concordat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["common", "audit", "agencies", "agreements"])


@app.task(name="config.celery.seen")  # type: ignore[untyped-decorator]
def seen() -> None:
    """Leaves a sign of life that /readyz looks for."""
    cache.set(WORKER_SEEN, timezone.now().isoformat(), WORKER_SEEN_SECONDS)


@worker_ready.connect  # type: ignore[untyped-decorator]
def at_start(**_: object) -> None:
    """A worker that has just come up need not wait for the beat to be seen."""
    seen()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def with_the_worker(**_: object) -> None:
    """A pool process whose worker is killed must not outlive it: it would take no more tasks and hold its rows."""
    child.die_with_parent(signal.SIGKILL, STARTED_AS)
