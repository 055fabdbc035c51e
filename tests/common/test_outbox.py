"""A job is done once, however workers die; a job that fails waits, a deadly one is set aside."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import connection, transaction

from common import mail, outbox
from common.models import Job

NOW = datetime(2099, 3, 2, 15, 0, tzinfo=UTC)
done: list[str] = []


@outbox.handler("test")
def _do(payload: Mapping[str, Any], *, now: datetime) -> None:
    if payload.get("write"):
        key = f"written:{secrets.token_hex(8)}"  # a row that a second doing of the job would double
        Job.objects.create(
            key=key, kind="written", payload=payload, run_after=now, created_at=now, done_at=now
        )
    if payload.get("fail"):
        raise RuntimeError("This one fails.")
    if payload.get("hang"):
        time.sleep(60)
    time.sleep(payload.get("pause", 0))
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


@pytest.mark.django_db
def test_a_mail_is_sent_with_its_message_id_when_there_is_a_mail_server(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    mail.queue("k", to="a@agency.example", subject="Hello", text="Text")
    assert outbox.work(now=NOW) == 1
    (sent,) = django_mail.outbox
    assert (sent.to, sent.extra_headers) == (["a@agency.example"], {"Message-ID": mail.message_id("k")})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refusal", "parked"),
    [
        (SMTPRecipientsRefused({"a@agency.example": (550, b"no such user")}), True),
        (SMTPRecipientsRefused({"a@agency.example": (451, b"later")}), False),
        (SMTPDataError(554, b"refused"), True),
        (ConnectionRefusedError(), False),
    ],
)
def test_mail_that_is_refused_for_good_is_parked_and_any_other_tried_again(
    refusal: Exception, parked: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise refusal

    settings.EMAIL_URL = "smtp://mail.example"
    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    mail.queue("k", to="a@agency.example", subject="Hello", text="Text")
    assert outbox.work(now=NOW) == 0
    job = Job.objects.get()
    assert (job.parked_at is not None, job.failures, job.done_at) == (parked, 1, None)


@pytest.mark.django_db
def test_a_job_that_failed_too_often_is_parked_and_the_others_go_on() -> None:
    outbox.put("test", "hopeless", {"name": "hopeless"})
    outbox.put("test", "fine", {"name": "fine"})
    Job.objects.filter(key="hopeless").update(started=41, failures=41)
    assert outbox.work(now=NOW) == 1
    assert Job.objects.get(key="hopeless").parked_at == NOW


@pytest.mark.django_db
def test_what_a_failing_job_wrote_is_undone_and_its_error_kept() -> None:
    outbox.put("test", "writes", {"write": True, "fail": True})
    outbox.work(now=NOW)
    assert list(Job.objects.values_list("key", flat=True)) == ["writes"]


@pytest.mark.django_db
def test_a_silent_broker_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    def silent() -> None:
        raise ConnectionError("no broker")

    settings.OUTBOX_BELL = True
    monkeypatch.setattr(outbox, "bell", [silent])
    with django_capture_on_commit_callbacks(execute=True) as rung:
        outbox.put("test", "k", {"name": "one"})
    assert len(rung) == 1
    assert outbox.work(now=NOW) == 1


def _child(work: Callable[[], object]) -> int:
    """Run `work` in a process of its own, with its own connection; returns its id."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def _until(met: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "This never came about."
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_is_killed_is_done_by_the_next() -> None:
    with transaction.atomic():
        outbox.put("test", "killed", {"name": "killed", "hang": True})
    child = _child(lambda: outbox.work(now=NOW))
    _until(lambda: Job.objects.filter(started=1).exists())
    later = NOW + outbox.CRASH_WAIT
    assert outbox.work(now=later) == 0, "It is being worked on."
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    Job.objects.update(payload={"name": "killed"})
    assert outbox.work(now=NOW) == 0, "Others go first."
    _until(lambda: outbox.work(now=later + 3 * outbox.CRASH_WAIT) == 1)
    assert done == ["killed"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_killing_the_workers_again_and_again_loses_and_doubles_nothing() -> None:
    with transaction.atomic():
        for number in range(60):
            outbox.put("test", f"{number}", {"name": f"result {number}", "write": True, "pause": 0.03})
    for turn in range(12):
        moment = NOW + turn * timedelta(hours=1)
        pair = [_child(lambda at=moment: outbox.work(now=at)) for _ in range(2)]  # type: ignore[misc]
        _until(lambda: Job.objects.filter(kind="test", done_at=None, started__gt=0).exists(), seconds=5)
        for child in pair:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    _until(
        lambda: (
            outbox.work(now=NOW + timedelta(days=2)) == 0 and not outbox.due(NOW + timedelta(days=2)).exists()
        )
    )
    assert Job.objects.filter(kind="test", started__gt=1).exists(), "Nobody was killed at work."
    assert Job.objects.filter(kind="test", done_at=None).count() == 0
    assert Job.objects.filter(parked_at__isnull=False).count() == 0
    written = Job.objects.filter(kind="written").values_list("payload__name", flat=True)
    assert sorted(written) == sorted(f"result {number}" for number in range(60))
