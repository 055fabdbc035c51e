"""What the tests of dossiers share: a log with a signed head, a dossier made from end to end, what lies in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from agreements.models import Dossier, DossierState
from agreements.operations import assembling
from audit import checkpoints, heads, log
from audit.log import Reading
from audit.models import Checkpoint
from tests import builders
from tests.builders import World
from tests.kept import kept

LATER = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@cache
def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)


def known_key() -> str:
    """Let the log have a key, as after the notary's first start."""
    vkey = checkpoints.key_of(heads.host(), _key()).vkey()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_notary (id, vkey, server, refused, asked) VALUES (1, %s, '', '', 0) "
            "ON CONFLICT (id) DO UPDATE SET vkey = excluded.vkey",
            [vkey],
        )
    return vkey


def keyed() -> World:
    """The cast, where the log has a key."""
    return kept("world and a key", _keyed)


def _keyed() -> World:
    made = builders.world()
    known_key()
    return made


def signed_head(at: datetime = LATER) -> Checkpoint:
    """Enter all there is and sign it, as the notary does."""
    known_key()
    log.enter()
    size = log.size()
    root = Reading().hashes(0, size)
    note = checkpoints.sign(checkpoints.Head(heads.host(), 1, size, root, at), _key()).text()
    row = Checkpoint(epoch=1, size=size, root=root, note=note, signed_at=at)
    rows: QuerySet[Any] = QuerySet(Checkpoint)
    if not rows.filter(epoch=1, size=size).exists():
        rows.bulk_create([row])
    return Checkpoint.objects.get(epoch=1, size=size)


def turns(row: Dossier, *, now: datetime = LATER, most: int = 50) -> Iterator[Dossier]:
    """Do one part after another; yields the dossier after each, until it is finished or waits for a head."""
    for _ in range(most):
        row.refresh_from_db()
        if row.finished:
            return
        with transaction.atomic():  # as the outbox does
            assembling.make({"dossier": str(row.pk), "turn": row.turns}, now=now)
        row.refresh_from_db()
        yield row


def made(row: Dossier, *, now: datetime = LATER) -> Path:
    """Make the dossier, signing a head when it waits for one; returns the file."""
    for at in turns(row, now=now):
        if at.state == DossierState.SIGNING:
            signed_head(now)
    assert row.state == DossierState.READY, (row.state, row.note)
    return Path(settings.DOCUMENTS) / row.path


def files(path: Path) -> dict[str, bytes]:
    """What lies in it, by name."""
    with zipfile.ZipFile(path) as container:
        return {name: container.read(name) for name in container.namelist()}


def verified(path: Path, folder: Path, *more: str) -> tuple[int, str]:
    """What the program that lies in the dossier says of it, run as its README tells."""
    program = folder / "verify.py"
    with zipfile.ZipFile(path) as container:
        program.write_bytes(container.read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), *more],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def forked_head() -> str:
    """A head of this log's key over another history of the same length."""
    row = signed_head()
    head = checkpoints.Head(heads.host(), 1, row.size, b"\x01" * 32, LATER)
    return checkpoints.sign(head, _key()).text()


def foreign_head() -> str:
    """A head of the same name signed by somebody else."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
    return checkpoints.sign(checkpoints.Head(heads.host(), 1, 5, b"\x01" * 32, LATER), key).text()
