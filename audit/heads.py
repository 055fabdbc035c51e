"""The signed heads that were published, and asking the notary for one."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis import RedisError

from audit import log
from audit.models import Checkpoint, Notary
from common import mail

LOOK_SECONDS = 0.2
REFUSED = "notary:refused"
REFUSED_SECONDS = 5


def host() -> str:
    """The name under which this installation's log is known."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def newest() -> Checkpoint | None:
    """The newest head; None before the first."""
    found: Checkpoint | None = Checkpoint.objects.order_by("-epoch", "-size").first()
    return found


def covering(seq: int) -> Checkpoint | None:
    """The first head of the present epoch that covers entry `seq`; None if it is not signed yet."""
    last = newest()
    if last is None or last.size < seq:
        return None
    found: Checkpoint | None = (
        Checkpoint.objects.filter(epoch=last.epoch, size__gte=seq).order_by("size").first()
    )
    return found


def ask() -> int:
    """Enter what is committed and ask the notary to sign all of it; returns how many entries that is.

    For use outside a transaction: the notary sees the wish within a second of its commit.
    """
    log.enter()
    wanted = log.size()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_notary (id, vkey, server, refused, asked) VALUES (1, '', '', '', %s) "
            "ON CONFLICT (id) DO UPDATE SET asked = greatest(audit_notary.asked, excluded.asked)",
            [wanted],
        )
    return wanted


def awaited(seq: int, *, patience: float = 10.0) -> Checkpoint | None:
    """Ask, and wait up to `patience` seconds for a head that covers entry `seq`; None if none came."""
    found = covering(seq)
    if found is None:
        ask()
    deadline = time.monotonic() + patience
    while found is None and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        found = covering(seq)
    return found


def status() -> Notary | None:
    """What the notary last said of itself; None if none has ever run here."""
    return Notary.objects.filter(pk=1).first()


def refused() -> str:
    """Why the notary refuses the log, not older than a few seconds; empty when all is well."""
    try:
        found: str = cache.get_or_set(REFUSED, _refused, REFUSED_SECONDS) or ""
    except RedisError:
        return _refused()
    return found


def _refused() -> str:
    said = status()
    return said.refused if said else ""


def server() -> str:
    """Which run of PostgreSQL and which table this is; after a restore it is another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM pg_postmaster_start_time())::text || '/' || pg_relation_filenode('audit_event')"
        )
        found: str = cursor.fetchone()[0]
    return found


def mail_waits() -> set[str]:
    """The kinds of jobs that must wait now: mail, until the notary has looked at this very database and accepts it.

    A restored database holds mail as unsent that was sent since its backup; see docs/operations.md. Where no notary
    ever ran, nothing waits.
    """
    said = status()
    if said is None or not said.server or (not said.refused and said.server == server()):
        return set()
    return {mail.KIND}


def vkey() -> str:
    """The log's public key, by which everybody can check a head; empty before the notary's first start."""
    said = status()
    return said.vkey if said else ""
