"""Where a request came from is never what it says of itself; a session ends when it should."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.test import Client, RequestFactory

from common.middleware import client_address
from tests import builders

PROXIES = ["10.0.0.0/8", "fd00::/8"]


def ask(peer: str, forwarded: str | None = None, **headers: str) -> str:
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **extra, **headers))  # type: ignore[arg-type]


def test_without_a_configured_proxy_no_header_changes_the_address(settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    chance = random.Random(7)
    claims = [
        "198.51.100.7",
        "10.0.0.1",
        "::1",
        "",
        ",",
        "localhost",
        "1.2.3.4, 5.6.7.8",
        "a\tb",
        "' OR 1=1",
        "%s",
    ]
    for _ in range(1000):
        said = ", ".join(chance.choices(claims, k=chance.randint(1, 4)))
        headers = {"HTTP_X_REAL_IP": said, "HTTP_FORWARDED": f"for={said}", "HTTP_HOST": "evil.example"}
        assert ask("192.0.2.9", said, **headers) == "192.0.2.9"


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.9", "198.51.100.7", "192.0.2.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:db8::5%eth0", "2001:db8::5"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("", None, ""),
    ],
)
def test_behind_our_proxies_the_last_hop_that_is_not_one_counts(
    peer: str, forwarded: str | None, found: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert ask(peer, forwarded) == found


@pytest.fixture
def signed_in() -> Client:
    client = Client()
    client.force_login(builders.world().riverton_liaison)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pause", "visits", "stays"), [(29 * 60, 3, True), (31 * 60, 1, False), (29 * 60, 26, False)]
)
def test_a_session_ends_after_half_an_hour_of_rest_and_after_twelve_hours(
    pause: int, visits: int, stays: bool, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_800_000_000.0
    monkeypatch.setattr("common.middleware.time.time", lambda: moment)
    assert signed_in.get("/mail/").status_code == 200
    for _ in range(visits):
        moment += pause
        answer = signed_in.get("/mail/")
    assert (answer.status_code == 200) is stays
    if not stays:
        assert "/accounts/login/" in answer["Location"]
        assert "the session had ended" in signed_in.get(answer["Location"]).content.decode()


@pytest.mark.django_db
def test_every_answer_carries_an_id_of_its_own(client: Client) -> None:
    first, second = (
        client.get("/healthz", headers={"X-Request-ID": "forged"})["X-Request-ID"] for _ in range(2)
    )
    assert len(first) == 32 and first != second and "forged" not in (first, second)
