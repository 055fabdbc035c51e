"""A notary for tests: it signs the log as it is, with a key that everybody knows."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import QuerySet

from agreements.models import Agreement
from agreements.operations import sealing
from audit import checkpoints, heads, log
from audit.models import Checkpoint, Notary
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
