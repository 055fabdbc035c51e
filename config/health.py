"""Is it alive, is it ready: two addresses for the machinery around us. They say nothing of agreements."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agreements import undone
from audit import heads, log
from common import outbox
from common.models import Job
from config.celery import WORKER_SEEN, app

OUTBOX_OLDEST = timedelta(minutes=15)
NOTARY_SILENT = timedelta(minutes=2)
TOLD_ONLY = {"notary", "documents"}


class NotReady(Exception):
    """What is missing, in words."""


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Everything a user needs answers; 503 and which does not, otherwise.

    A log that the notary refuses, or a final document that can't be made, is told, but is no reason to take the site
    away from everybody.
    """
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    fine = all(check["ok"] for name, check in checks.items() if name not in TOLD_ONLY)
    return JsonResponse(
        {"status": "ready" if fine else "not ready", "checks": checks}, status=200 if fine else 503
    )


def _outcome(check: Callable[[], str]) -> dict[str, object]:
    try:
        return {"ok": True, "detail": check()}
    except NotReady as missing:
        return {"ok": False, "detail": str(missing)}
    except Exception as error:  # any failure of an engine is the answer, not an error page
        return {"ok": False, "detail": type(error).__name__}


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _broker() -> str:
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
    return "answers"


def _worker() -> str:
    seen = cache.get(WORKER_SEEN)
    if seen is None:
        raise NotReady("no worker seen in the last two minutes")
    return f"seen {seen}"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NotReady(f"{len(waiting)} not applied to {DEFAULT_DB_ALIAS}")
    return "applied"


def _outbox() -> str:
    oldest = _oldest_due(timezone.now())
    if oldest > OUTBOX_OLDEST:
        raise NotReady(f"oldest job waits {int(oldest.total_seconds())} s")
    return f"oldest job waits {int(oldest.total_seconds())} s"


def _oldest_due(now: datetime) -> timedelta:
    """How long the longest-waiting due job has waited."""
    due = outbox.due(now).exclude(kind__in=outbox.waiting())
    first = due.order_by("run_after").values_list("run_after", flat=True).first()
    return now - first if first else timedelta(0)


def _notary() -> str:
    now, said, last = timezone.now(), heads.status(), heads.newest()
    if said is None or said.seen_at is None:
        raise NotReady("never seen")
    if said.refused:
        raise NotReady(f"refused since {said.refused_at:%Y-%m-%dT%H:%M:%SZ}: {said.refused}")
    if now - said.seen_at > NOTARY_SILENT:
        raise NotReady(f"no sign of life for {_seconds(now - said.seen_at)} s")
    if last is None:
        return f"seen {_seconds(now - said.seen_at)} s ago, no head yet"
    waiting = log.size() - last.size
    return f"last head {_seconds(now - last.signed_at)} s ago over {last.size} entries, {waiting} newer"


def _seconds(time: timedelta) -> int:
    return max(0, int(time.total_seconds()))


def _documents() -> str:
    """Final documents that are due and not there, however old: none is ever given up unseen."""
    jobs = Job.objects.filter(kind="pdf", done_at=None)
    late = jobs.filter(created_at__lt=timezone.now() - undone.LATE)
    oldest = late.order_by("created_at").first()
    if oldest is None:
        return "all made or being made"
    raise NotReady(
        f"{late.count()} final documents are not made, the oldest due since {oldest.created_at:%Y-%m-%dT%H:%M:%SZ}; "
        f"{late.exclude(parked_at=None).count()} set aside: see `manage.py documents`"
    )


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "migrations": _migrations,
    "outbox": _outbox,
    "notary": _notary,
    "documents": _documents,
}
