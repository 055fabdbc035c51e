"""The newest head of a day is stamped by an authority outside, tried again when it fails, and openssl agrees."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from audit import stamps
from audit.models import LOG_STREAM, Checkpoint, Stamp
from audit.record import SYSTEM, record
from common import outbox
from common.models import Job
from tests import builders, notarising
from tests.audit.authority import Authority, openssl, serving
from tests.builders import NOW

pytestmark = pytest.mark.django_db
TOMORROW = NOW.date() + timedelta(days=1)


@pytest.fixture(scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, str]]:
    with serving(tmp_path_factory.mktemp("tsa")) as found:
        yield found


@pytest.fixture
def authority(_authority: tuple[Authority, str], settings: Any) -> Authority:
    made, settings.TIMESTAMP_URL = _authority
    settings.TIMESTAMP_CA = str(made.folder / "root.pem")
    made.fails, made.asked = "", 0
    return made


@pytest.fixture(autouse=True)
def head() -> Checkpoint:
    builders.world()
    notarising.sign(at=NOW - timedelta(hours=1))
    record("thing.noted", stream=LOG_STREAM, actor=SYSTEM, now=NOW)
    return notarising.sign()


def due() -> Job:
    Job.objects.filter(kind="stamp").update(run_after=NOW)
    Job.objects.exclude(kind="stamp").update(done_at=NOW)
    return Job.objects.get(kind="stamp")


def test_the_newest_head_of_the_day_is_stamped_once_and_openssl_agrees(
    authority: Authority, head: Checkpoint, tmp_path: Path
) -> None:
    assert stamps.ask(today=TOMORROW) and not stamps.ask(today=TOMORROW)
    due()
    assert outbox.work(now=NOW) == 1 and authority.asked == 1
    stamp = Stamp.objects.get()
    assert stamp.checkpoint == head and stamp.authority.startswith("http://127.0.0.1")
    page = Client().get("/audit/heads/").content.decode()
    for kind in ("txt", "tsr"):
        assert f"/audit/heads/stamps/{stamp.pk}.{kind}" in page
        (tmp_path / f"head.{kind}").write_bytes(
            Client().get(f"/audit/heads/stamps/{stamp.pk}.{kind}").content
        )
    words = ("ts", "-verify", "-data", tmp_path / "head.txt", "-in", tmp_path / "head.tsr", "-CAfile",
             authority.folder / "root.pem")  # fmt: skip
    assert b"Verification: OK" in openssl(*words)
    (tmp_path / "head.txt").write_text(head.note.replace("\n", " \n", 1))
    with pytest.raises(subprocess.CalledProcessError):
        openssl(*words)


@pytest.mark.parametrize("fails", ["503", "nothing", "other question"])
def test_an_authority_that_fails_is_asked_again(authority: Authority, fails: str) -> None:
    authority.fails = fails
    stamps.ask(today=TOMORROW)
    due()
    assert outbox.work(now=NOW) == 0 and not Stamp.objects.exists()
    job = Job.objects.get(kind="stamp")
    assert (job.failures, job.parked_at) == (1, None)
    authority.fails = ""
    assert outbox.work(now=job.run_after) == 1
    assert Stamp.objects.count() == 1


def test_a_stamp_of_an_authority_other_than_the_chosen_is_refused(
    authority: Authority, settings: Any, tmp_path: Path
) -> None:
    settings.TIMESTAMP_CA = str(Authority(tmp_path).folder / "root.pem")
    stamps.ask(today=TOMORROW)
    due()
    assert outbox.work(now=NOW) == 0 and not Stamp.objects.exists()


def test_without_an_authority_nothing_is_asked(settings: Any) -> None:
    settings.TIMESTAMP_URL = ""
    assert not stamps.ask(today=TOMORROW) and not Job.objects.filter(kind="stamp").exists()


def test_a_day_without_heads_asks_for_nothing(authority: Authority) -> None:
    assert not stamps.ask(today=date(2020, 1, 1))


def test_a_stamp_is_only_added(authority: Authority) -> None:
    stamps.ask(today=TOMORROW)
    due()
    outbox.work(now=NOW)
    for statement in ("UPDATE audit_stamp SET reply = ''", "DELETE FROM audit_stamp"):
        with (
            pytest.raises(Exception, match="only added to"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
