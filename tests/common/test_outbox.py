"""A job is done once, however workers die; a job that fails waits, a deadly one is set aside."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from common import mail, outbox
from common.models import Job

NOW = datetime(2099, 3, 2, 15, 0, tzinfo=UTC)
done: list[str] = []


@outbox.handler("test")
def _do(payload: Mapping[str, Any], *, now: datetime) -> None:
    if payload.get("fail"):
        raise RuntimeError("This one fails.")
    if payload.get("hang"):
        time.sleep(60)
    done.append(payload["name"])


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


@pytest.mark.django_db
def test_a_key_makes_a_job_exist_once() -> None:
    assert outbox.put("test", "k", {"name": "one"})
    assert not outbox.put("test", "k", {"name": "two"})
    assert outbox.work(now=NOW) == 1
    assert outbox.work(now=NOW) == 0
    assert done == ["one"]


@pytest.mark.django_db
def test_a_failing_job_waits_longer_each_time_and_blocks_nobody() -> None:
    outbox.put("test", "bad", {"fail": True})
    outbox.put("test", "good", {"name": "good"})
    assert outbox.work(now=NOW) == 1
    job = Job.objects.get(key="bad")
    assert (job.failures, job.run_after) == (1, NOW + timedelta(minutes=1))
    assert "This one fails" in job.last_error
    outbox.work(now=job.run_after)
    assert Job.objects.get(key="bad").run_after == job.run_after + timedelta(minutes=2)


@pytest.mark.django_db
def test_a_job_that_killed_its_workers_is_parked() -> None:
    outbox.put("test", "deadly", {"name": "deadly"})
    Job.objects.update(started=outbox.MAX_CRASHES + 1)
    assert outbox.work(now=NOW) == 0
    assert Job.objects.get().parked_at == NOW


@pytest.mark.django_db
def test_a_mail_keeps_its_message_id_and_one_line_of_subject() -> None:
    mail.queue("k", to="a@agency.example", subject="Two\nlines", text="Hello")
    payload = Job.objects.get().payload
    assert payload["subject"] == "Two lines"
    assert payload["message_id"] == mail.message_id("k")


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_is_killed_is_done_by_the_next() -> None:
    with transaction.atomic():
        outbox.put("test", "killed", {"name": "killed", "hang": True})
    connection.close()
    child = os.fork()
    if child == 0:
        outbox.work(now=NOW)
        os._exit(0)
    deadline = time.monotonic() + 20
    while not Job.objects.filter(started=1).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert outbox.work(now=NOW) == 0
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    Job.objects.update(payload={"name": "killed"})
    while not outbox.work(now=NOW) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done == ["killed"]
    assert Job.objects.get().started == 2
