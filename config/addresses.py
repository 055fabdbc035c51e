"""What the addresses in the environment mean to Django: DATABASE_URL, BROKER_URL, EMAIL_URL; and the
addresses of the embedded engines of a VAR_DIR."""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import ParseResult, parse_qsl, quote, unquote, urlparse

from django.core.exceptions import ImproperlyConfigured

LOCK_TIMEOUT = "3s"
STATEMENT_TIMEOUT = "15s"


def socket_dir(var_dir: Path) -> Path:
    """The short private directory of a VAR_DIR's sockets: a socket's path may hold 107 bytes only."""
    name = hashlib.sha256(f"{os.geteuid()}:{var_dir.absolute()}".encode()).hexdigest()[:16]
    return Path("/tmp") / f"concordat-{name}"


SUPERUSER = "concordat"
OWNER = "concordat_owner"
APPLICATION = "concordat_app"
"""The roles of the embedded PostgreSQL: who made it, who owns the tables, and as whom everything but migrate works."""


def embedded_database(var_dir: Path, role: str = APPLICATION) -> str:
    """DATABASE_URL of the PostgreSQL that the launcher runs for this VAR_DIR, as one of its roles."""
    return f"postgresql://{role}@/concordat?host={quote(str(socket_dir(var_dir)), safe='')}"


def embedded_broker(var_dir: Path) -> str:
    """BROKER_URL of the Valkey that the launcher runs for this VAR_DIR."""
    return f"redis+socket://{socket_dir(var_dir)}/valkey.sock"


def database(url: str, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name?host=/socket/dir&sslmode=...`."""
    parts, query = _parsed(variable, url, {"postgresql", "postgres"})
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured(f"{variable} names no database.")
    host = query.pop("host", "") or unquote(parts.hostname or "")
    timeouts = f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT}"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {"connect_timeout": 5, "application_name": "concordat", "options": timeouts, **query},
    }


def cache(broker_url: str, database: int = 1) -> str:
    """The cache lives beside the broker, in a database of Valkey of its own (the broker's messages are in 0)."""
    parts, _ = _parsed("BROKER_URL", broker_url, {"redis", "rediss", "redis+socket"})
    if parts.scheme == "redis+socket":
        return f"unix://{parts.path}?db={database}"
    return parts._replace(path=f"/{database}").geturl()


def email(url: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for `smtp://user:password@host:port`, `smtp+tls://` or `smtp+ssl://`.

    Without an address mail is kept in the application, and nothing may leave by another way.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts, _ = _parsed("EMAIL_URL", url, {"smtp", "smtp+tls", "smtp+ssl"})
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": unquote(parts.hostname or ""),
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
        "EMAIL_TIMEOUT": 20,
    }


def _parsed(name: str, url: str, schemes: set[str]) -> tuple[ParseResult, dict[str, str]]:
    try:
        parts = urlparse(url)
        _ = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address.") from None
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(
            f"{name} must begin with one of: {', '.join(sorted(f'{s}://' for s in schemes))}"
        )
    return parts, dict(parse_qsl(parts.query))
