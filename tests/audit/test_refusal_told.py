"""Those who answer for the log are told on every page when the notary refuses it, and so is the machinery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from redis import RedisError

from audit import heads
from audit.models import Notary
from config.celery import seen
from tests.builders import World

pytestmark = pytest.mark.django_db
WHY = "Entry 7 of the log is not the one that was seen."


def said(**facts: Any) -> None:
    cache.delete(heads.REFUSED)
    Notary.objects.update_or_create(id=1, defaults={"seen_at": timezone.now(), "server": "x", **facts})


@pytest.mark.parametrize("address", ["/", "/agreements/", "/audit/", "/agencies/"])
def test_a_refusal_stands_on_every_page_of_auditors_and_administrators_alone(
    client: Client, made: World, address: str
) -> None:
    said(refused=WHY, refused_at=timezone.now())
    for name in ("mesa_auditor", "riverton_administrator", "overseer"):
        client.force_login(made.people[name])
        assert WHY in client.get(address, follow=True).content.decode()
    for name in ("mesa_liaison", "riverton_signatory", "nobody"):
        client.force_login(made.people[name])
        assert WHY not in client.get(address, follow=True).content.decode()
    client.logout()
    assert WHY not in client.get("/accounts/login/").content.decode()
    said(refused="", refused_at=None)
    client.force_login(made.mesa_auditor)
    assert "not the one that was signed" not in client.get(address, follow=True).content.decode()


def notary_of(client: Client) -> tuple[int, dict[str, Any]]:
    seen()
    answer = client.get("/readyz")
    found: dict[str, Any] = answer.json()["checks"]["notary"]
    return answer.status_code, found


@pytest.mark.usefixtures("today")
def test_the_machinery_is_told_but_the_site_stays_up(client: Client) -> None:
    assert notary_of(client) == (200, {"ok": False, "detail": "never seen"})
    said()
    assert notary_of(client) == (200, {"ok": True, "detail": "seen 0 s ago, no head yet"})
    said(refused=WHY, refused_at=timezone.now())
    status, check = notary_of(client)
    assert (status, check["ok"]) == (200, False) and WHY in check["detail"]
    said(refused="", seen_at=timezone.now() - timedelta(seconds=125))
    assert notary_of(client)[1] == {"ok": False, "detail": "no sign of life for 125 s"}


def test_a_page_says_it_without_the_cache_too(
    client: Client, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(refused=WHY, refused_at=timezone.now())

    def away(*_: object) -> None:
        raise RedisError

    monkeypatch.setattr("audit.heads.cache.get_or_set", away)
    client.force_login(made.mesa_auditor)
    assert WHY in client.get("/audit/").content.decode()
