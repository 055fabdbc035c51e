"""What the machinery around the site is told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from common import outbox
from config import clock
from config.celery import WORKER_SEEN, app, seen
from config.health import OUTBOX_OLDEST

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_seen() -> None:
    cache.delete(WORKER_SEEN)


def test_a_living_process_says_so_without_any_engine(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.post("/healthz").status_code == 405


def test_whatever_the_clock_rings_for_is_a_task() -> None:
    app.loader.import_default_modules()
    rung = {each["task"] for each in clock.app.conf.beat_schedule.values()}
    assert len(rung) == 5
    assert rung <= set(app.tasks)


def test_ready_needs_a_worker_that_was_seen(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == {
        "ok": False,
        "detail": "no worker seen in the last two minutes",
    }
    seen()
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert {name for name, check in answer.json()["checks"].items() if check["ok"]} == {
        "database",
        "broker",
        "worker",
        "migrations",
        "outbox",
        "documents",
    }


def test_a_job_that_waits_too_long_is_told(client: Client) -> None:
    seen()
    outbox.put("none", "waits", {}, run_after=datetime.now(UTC) - OUTBOX_OLDEST - timedelta(minutes=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "oldest job waits 96" in answer.json()["checks"]["outbox"]["detail"]


def test_a_lost_broker_is_told_by_name_only(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen()

    def lost(**_: object) -> None:
        raise ConnectionError("redis://user:password@broker")

    monkeypatch.setattr("config.health.app.connection_for_write", lost)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == {"ok": False, "detail": "ConnectionError"}
