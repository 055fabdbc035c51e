"""A notary for tests: it signs the log as it is, with a key that everybody knows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from agreements import codes, pdf
from agreements.models import Agreement, SealedDocument
from agreements.operations import sealing
from agreements.operations.recording import event
from agreements.pdf import keys
from audit import checkpoints, heads, log
from audit.models import Checkpoint, Notary
from audit.record import SYSTEM
from tests.builders import NOW

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def signed(
    *,
    size: int | None = None,
    epoch: int = 1,
    root: bytes | None = None,
    at: datetime = NOW,
    key: Ed25519PrivateKey = PRIVATE,
    host: str = "",
) -> str:
    """The note over the log's first entries, or over what a liar says they are."""
    log.enter()
    size = log.size() if size is None else size
    root = log.Reading().hashes(0, size) if root is None else root
    return checkpoints.sign(checkpoints.Head(host or heads.host(), epoch, size, root, at), key).text()


def sign(*, epoch: int = 1, at: datetime = NOW) -> Checkpoint:
    """A head over all that is committed, published; the notary is seen at that time."""
    note = signed(epoch=epoch, at=at)
    head = checkpoints.parse(note).head
    rows: QuerySet[Checkpoint] = QuerySet(Checkpoint)
    rows.bulk_create(
        [Checkpoint(epoch=epoch, size=head.size, root=head.root, note=note, signed_at=at)],
        ignore_conflicts=True,
    )
    vkey = checkpoints.key_of(heads.host(), PRIVATE).vkey()
    Notary.objects.update_or_create(id=1, defaults={"vkey": vkey, "seen_at": at, "refused": ""})
    return Checkpoint.objects.get(epoch=epoch, size=head.size)


def sealed(agreement: Agreement) -> None:
    """The final document, made under a head that covers the execution."""
    sign()
    assert sealing.seal({"agreement": str(agreement.pk)}, now=NOW) is None


def kept(agreement: Agreement, content: bytes) -> None:
    """Any bytes as if they were the final document."""
    _, chain = keys.installed(sealing.place(), now=NOW)
    stored = pdf.store(content, Path(settings.DOCUMENTS))
    with transaction.atomic():
        row = SealedDocument(agreement=agreement, version=agreement.frozen, sha256=stored.sha256, path=stored.path,
                             size=len(content), pages=1, certificate=sealing.introduced(chain, now=NOW), level="B-B",
                             code=codes.of(agreement.frozen.sha256 if agreement.frozen else stored.sha256),
                             made_at=NOW)  # fmt: skip
        event(
            "document.sealed",
            agreement,
            actor=SYSTEM,
            now=NOW,
            agency=None,
            changed=[row],
            sha256=stored.sha256,
        )
