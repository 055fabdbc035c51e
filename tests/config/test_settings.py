"""Settings are read loudly: what is missing or wrong stops the start with a sentence that says what to do."""

import json
import logging
import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import logs

SETTINGS = Path(__file__).resolve().parents[2] / "config" / "settings.py"
PRODUCTION = {
    "CONCORDAT_ENV": "production",
    "SECRET_KEY": "r9Qv-3kXw_7pLzN2mB8tYc5HdJ0sFgAeUoKiTnRyVbMxWqZlPf",
    "ALLOWED_HOSTS": "agreements.example.gov",
    "SITE_URL": "https://agreements.example.gov",
    "DATABASE_URL": "postgresql://concordat:secret@db:5433/agreements?sslmode=require",
    "BROKER_URL": "rediss://broker:6380/0",
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    def _read(**environ: str) -> dict[str, object]:
        for name in (
            *PRODUCTION,
            "DEBUG",
            "EMAIL_URL",
            "DATABASE_OWNER_URL",
            "DEMO",
            "DEMO_PASSWORD",
            "TRUSTED_PROXIES",
            "BIND",
            "PORT",
        ):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"VAR_DIR": str(tmp_path), **environ}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return _read


def test_a_full_set_of_production_settings_is_accepted(read) -> None:  # type: ignore[no-untyped-def]
    found = read(**PRODUCTION)
    assert found["DEBUG"] is False
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] == 31536000
    assert found["DEMO"] is False
    database = found["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", "5433", "agreements")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert "lock_timeout=3s" in database["OPTIONS"]["options"]
    assert found["CACHES"]["default"]["LOCATION"] == "rediss://broker:6380/1"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "changeme"}, "at least 50 random"),
        ({"SECRET_KEY": "x" * 80}, "at least 50 random"),
        ({"DEBUG": "true"}, "DEBUG must be off"),
        ({"DEBUG": "perhaps"}, "DEBUG must be true or false"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name"),
        ({"DATABASE_URL": ""}, "DATABASE_URL and BROKER_URL"),
        ({"BROKER_URL": ""}, "DATABASE_URL and BROKER_URL"),
        ({"SITE_URL": "http://agreements.example.gov"}, "https://"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must begin with"),
        ({"DATABASE_URL": "postgresql://db"}, "names no database"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL must begin with"),
        ({"TIMESTAMP_URL": "file:///etc/passwd"}, "TIMESTAMP_URL must be"),
        ({"SEAL_CERTIFICATE": "/etc/seal.pem"}, "goes with SEAL_KEY"),
        ({"SEAL_KEY": "/etc/seal.key"}, "give both or neither"),
        ({"SEAL_LEVEL": "gold"}, "B-B, B-T or B-LTA"),
        ({"SEAL_LEVEL": "B-T"}, "needs a TIMESTAMP_URL"),
        ({"SEAL_LEVEL": "B-LTA", "TIMESTAMP_URL": "https://tsa.example"}, "needs TIMESTAMP_CA"),
        ({"PORT": "http"}, "PORT must be a whole number"),
        ({"TRUSTED_PROXIES": "2 proxies"}, "TRUSTED_PROXIES must list networks"),
        ({"DEMO": "yes"}, "DEMO_PASSWORD"),
        ({"CONCORDAT_ENV": "prod"}, "CONCORDAT_ENV must be"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere/secret"}, "cannot be read"),
        ({"SECRET_KEY_FILE": "/nowhere/secret"}, "not both"),
    ],
)
def test_production_refuses_to_start_with(read, wrong, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(**PRODUCTION | wrong)


def test_a_secret_may_come_from_a_file(read, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"] + "\n")
    found = read(**PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")})
    assert found["SECRET_KEY"] == PRODUCTION["SECRET_KEY"]


def test_the_embedded_default_needs_nothing_and_points_at_its_own_engines(read, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    found = read(CONCORDAT_ENV="embedded")
    database = found["DATABASES"]["default"]
    assert database["HOST"].startswith("/tmp/concordat-")
    assert len(database["HOST"]) < 80
    assert found["BROKER_URL"].startswith("redis+socket:///tmp/concordat-")
    assert found["DEBUG"] is False
    assert found["SECRET_KEY"] != read(CONCORDAT_ENV="embedded")["SECRET_KEY"]
    (tmp_path / "secret").write_text("kept by the launcher")
    assert read(CONCORDAT_ENV="embedded")["SECRET_KEY"] == "kept by the launcher"


def test_no_page_may_run_inline_code_or_be_framed(read) -> None:  # type: ignore[no-untyped-def]
    policy = read(**PRODUCTION)["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert not [source for sources in policy.values() for source in sources if "unsafe" in source]
    assert policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    assert policy["default-src"] == policy["form-action"] == ["'self'"]


def test_mail_goes_where_the_address_says_and_nowhere_without_one(read) -> None:  # type: ignore[no-untyped-def]
    assert read(**PRODUCTION)["EMAIL_BACKEND"].endswith("dummy.EmailBackend")
    found = read(**PRODUCTION | {"EMAIL_URL": "smtp+tls://post%40x.example:p%2Fw@mail.example"})
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("post@x.example", "p/w")


def test_a_name_cannot_forge_a_line_of_the_log() -> None:
    formatter = logs.json_lines("INFO")["formatters"]["json"]
    made = formatter.pop("()")(**formatter)
    forged = 'Ada\n{"event": "signed"}\u2028\x1b[2J\x85'
    line = made.format(logging.LogRecord("x", logging.INFO, "", 1, forged, None, None))
    assert line.isascii() and line.isprintable()
    assert json.loads(line)["event"] == forged
