"""Putting jobs into the outbox and working them off. PostgreSQL is the record, Celery only the bell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, models, transaction
from psycopg2.extras import Json

from common.models import Job


@dataclass(frozen=True)
class Later:
    """What a handler answers when a job can't be done yet: it is put off until `at`, and that is no failure.

    What the handler wrote is kept; `payload`, if given, becomes the job's.
    """

    at: datetime
    payload: Mapping[str, Any] | None = None


Handler = Callable[..., Later | None]

HANDLERS: dict[str, Handler] = {}
MAX_CRASHES = 5
MAX_FAILURES = 40
CRASH_WAIT = timedelta(seconds=10)

bell: list[Callable[[], object]] = []
"""What is rung when jobs were committed; common.tasks puts its sweep here."""

waits: list[Callable[[], set[str]]] = []
"""Functions that name kinds of jobs which must wait for now."""

log = structlog.get_logger(__name__)

_written: ContextVar[datetime | None] = ContextVar("outbox_written", default=None)


@contextmanager
def written(at: datetime) -> Iterator[None]:
    """Let the jobs put inside bear the instant `at`: for a history that is told afterwards. Nobody is rung."""
    token = _written.set(at)
    try:
        yield
    finally:
        _written.reset(token)


class Hopeless(Exception):
    """Raised by a handler: trying again cannot help, so the job is set aside at once, for people to look at."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of `kind`; it is called as fn(payload, now=...).

    It answers nothing when the job is done, `Later` when it must wait for something, and raises when it fails.
    """

    def register(function: Handler) -> Handler:
        HANDLERS[kind] = function
        return function

    return register


def put(
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    *,
    owner: UUID | None = None,
    run_after: datetime | None = None,
) -> bool:
    """Write a job in the caller's transaction; a key that exists already is left alone. True if it is new."""
    return put_all(kind, [(key, payload, owner)], run_after=run_after) == 1


def put_all(
    kind: str,
    jobs: Iterable[tuple[str, Mapping[str, Any], UUID | None]],
    *,
    run_after: datetime | None = None,
) -> int:
    """As `put`, for any number of keys with their payloads and owners in one statement. How many are new."""
    rows, at = list(jobs), _written.get()
    if not rows:
        return 0
    keys, payloads, owners = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_job (key, kind, payload, owner, run_after, started, failures, last_error, created_at) "
            "SELECT key, %s, payload, owner, coalesce(%s, %s, now()), 0, 0, '', coalesce(%s, now()) "
            "FROM unnest(%s::text[], %s::jsonb[], %s::uuid[]) WITH ORDINALITY AS given(key, payload, owner, place) "
            "ORDER BY place ON CONFLICT (key) DO NOTHING",
            [kind, run_after, at, at, list(keys), [Json(dict(one)) for one in payloads], list(owners)],
        )
        new: int = cursor.rowcount
    if new and at is None:
        transaction.on_commit(ring, robust=True)
    return new


def again(key: str, *, now: datetime) -> bool:
    """Let a job that failed or was set aside be done now, with all its tries before it. False if there is none."""
    rows = Job.objects.filter(key=key)
    new = rows.update(started=0, failures=0, parked_at=None, done_at=None, run_after=now) == 1
    if new:
        transaction.on_commit(ring, robust=True)
    return new


def ring() -> None:
    """Tell the workers to look; a lost broker loses nothing, since a sweep looks anyway."""
    if not settings.OUTBOX_BELL:
        return
    for listener in bell:
        try:
            listener()
        except Exception as error:
            log.warning("outbox.bell_silent", error=str(error))


def due(now: datetime) -> models.QuerySet[Job]:
    """Jobs that are due and undone, oldest first."""
    return Job.objects.filter(done_at=None, parked_at=None, run_after__lte=now).order_by("run_after", "id")


def begin_waiting(now: datetime) -> None:
    """Whatever is due waits from now on, since nobody could do it before; it is done in the order it was put there."""
    due(now).update(run_after=now)


def work(*, now: datetime, limit: int = 100) -> int:
    """Do up to `limit` jobs that are due at `now`, one at a time; returns how many were done."""
    return drain(lambda: now, limit=limit)


def drain(clock: Callable[[], datetime], *, limit: int = 500) -> int:
    """Do up to `limit` jobs, each time the oldest that is due by the clock; returns how many were done."""
    done, held = 0, waiting()
    for _ in range(limit):
        pk = _begun(clock(), held)
        if pk is None:
            break
        done += _attempt(pk, clock)
    return done


def waiting() -> set[str]:
    """The kinds of jobs that nobody may begin now."""
    return set().union(*(kinds() for kinds in waits))


def hold(kind: str, why: str, *, now: datetime) -> int:
    """Set every undone job of a kind aside, with the reason; returns how many. People release them."""
    undone = Job.objects.select_for_update().filter(kind=kind, done_at=None, parked_at=None)
    return Job.objects.filter(pk__in=list(undone.values_list("pk", flat=True))).update(
        parked_at=now, last_error=why
    )


def release(kind: str, why: str, *, now: datetime, since: datetime | None = None) -> int:
    """Let jobs that were held for this reason be done after all, those written `since` alone; returns how many."""
    held = Job.objects.filter(kind=kind, done_at=None, last_error=why).exclude(parked_at=None)
    if since:
        held = held.filter(created_at__gte=since)
    released = held.update(parked_at=None, run_after=now, last_error="")
    if released:
        transaction.on_commit(ring, robust=True)
    return released


def _begun(now: datetime, held: set[str]) -> int | None:
    """Take the oldest due job that nobody holds: its id, None if there is none.

    The start is counted in a transaction of its own, so that one whose worker died is still counted; and the job
    is put off, so that after a death others go first and nobody takes it before its worker has its lock.
    """
    with transaction.atomic():
        free = due(now).exclude(kind__in=held) if held else due(now)
        job = free.select_for_update(skip_locked=True).first()
        while job and _hopeless(job):
            Job.objects.filter(pk=job.pk).update(parked_at=now)
            log.error("outbox.job_parked", job=job.pk, kind=job.kind)
            job = free.select_for_update(skip_locked=True).first()
        if job is None:
            return None
        again = now + CRASH_WAIT * 2 ** (job.started - job.failures)
        Job.objects.filter(pk=job.pk).update(started=models.F("started") + 1, run_after=again)
    return job.pk


def _hopeless(job: Job) -> bool:
    return job.started - job.failures > MAX_CRASHES or job.failures > MAX_FAILURES


def _attempt(pk: int, clock: Callable[[], datetime]) -> bool:
    """Do one job. Its row is locked exactly as long as the work, and what the work writes commits with `done_at`."""
    try:
        with transaction.atomic():
            free = Job.objects.select_for_update(skip_locked=True)
            job = free.filter(pk=pk, done_at=None, parked_at=None).first()
            if job is None:
                return False
            later = HANDLERS[job.kind](job.payload, now=clock())
            if later is not None:
                _put_off(job, later)
                return False
            Job.objects.filter(pk=pk).update(done_at=clock(), last_error="")
    except Exception as error:
        log.exception("outbox.job_failed", job=pk)
        _failed(pk, error, clock())
        return False
    return True


def _put_off(job: Job, later: Later) -> None:
    """Let the job wait as its handler asked; its start is taken back, since nothing went wrong."""
    payload = job.payload if later.payload is None else dict(later.payload)
    Job.objects.filter(pk=job.pk).update(
        started=models.F("started") - 1, run_after=later.at, payload=payload, last_error=""
    )


def _failed(pk: int, error: Exception, now: datetime) -> None:
    """Try again later: after one minute, then twice as long each time, at most six hours; or not at all."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=pk)
        wait = min(timedelta(minutes=1) * 2 ** min(job.failures, 12), timedelta(hours=6))
        Job.objects.filter(pk=pk).update(
            failures=models.F("failures") + 1,
            last_error=_storable(repr(error)),
            run_after=now + wait,
            parked_at=now if isinstance(error, Hopeless) else None,
        )


def _storable(words: str) -> str:
    """Without what PostgreSQL keeps in no text: NUL and halves of surrogate pairs."""
    return words.replace("\x00", "").encode(errors="replace").decode()[:2000]
