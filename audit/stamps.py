"""RFC 3161 time stamps on the newest head of each day, if the operator names an authority. Never in anybody's way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from django.db.models import QuerySet
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

from audit.models import Checkpoint, Stamp
from common import outbox, outgoing

KIND = "stamp"
SECONDS = 20
LONGEST = 100_000
GRANTED = 0
CERTIFICATES = 0xA0


class Refused(Exception):
    """The authority's answer is no stamp over our head; the message says why."""


def ask(*, today: date) -> bool:
    """State the job of stamping yesterday's newest head, once; true if that is new."""
    head = newest_of(today - timedelta(days=1))
    if not settings.TIMESTAMP_URL or head is None:
        return False
    return outbox.put(KIND, f"stamp:{head.epoch}:{head.size}", {"checkpoint": head.pk})


def newest_of(day: date) -> Checkpoint | None:
    """The newest head signed on a day (UTC)."""
    begun = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = Checkpoint.objects.filter(signed_at__gte=begun, signed_at__lt=begun + timedelta(days=1))
    found: Checkpoint | None = rows.order_by("-epoch", "-size").first()
    return found


@outbox.handler(KIND)
def stamp(payload: Mapping[str, Any], *, now: datetime) -> None:
    """Ask the authority for a stamp over the head's note and keep its answer; whatever fails is tried again."""
    head = Checkpoint.objects.get(pk=payload["checkpoint"])
    if Stamp.objects.filter(checkpoint=head).exists() or not settings.TIMESTAMP_URL:
        return
    note = head.note.encode()
    asked = (
        TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    )
    reply = _answer(settings.TIMESTAMP_URL, asked.as_bytes())
    answer = _checked(reply, asked, note)
    rows: QuerySet[Stamp] = QuerySet(Stamp)
    rows.bulk_create(
        [
            Stamp(
                checkpoint=head,
                authority=settings.TIMESTAMP_URL[:400],
                reply=reply,
                stamped_at=answer.tst_info.gen_time,
            )
        ]
    )


def _answer(url: str, query: bytes) -> bytes:
    """What the authority says to a request (RFC 3161 section 3.4)."""
    try:
        return outgoing.posted(url, query, kind="application/timestamp-query", seconds=SECONDS, most=LONGEST)
    except ValueError as wrong:
        raise Refused("The authority's answer is too long to be a time stamp.") from wrong


def _checked(reply: bytes, asked: TimeStampRequest, note: bytes) -> TimeStampResponse:
    """The answer, if it grants a stamp over this note to this request; with TIMESTAMP_CA also its signature."""
    answer = decode_timestamp_response(_ordered(reply))
    if answer.status != GRANTED:
        raise Refused(f"The authority grants no stamp: status {answer.status} {answer.status_string}.")
    if (
        answer.tst_info.message_imprint.message != sha256(note).digest()
        or answer.tst_info.nonce != asked.nonce
    ):
        raise Refused("The authority's stamp is not over what was sent.")
    if settings.TIMESTAMP_CA:
        verifier = VerifierBuilder.from_request(asked)
        for root in load_pem_x509_certificates(Path(settings.TIMESTAMP_CA).read_bytes()):
            verifier = verifier.add_root_certificate(root)
        verifier.build().verify_message(answer, note)
    return answer


def _ordered(reply: bytes) -> bytes:
    """The answer with its certificates in DER's order: openssl's authorities give them in their own, and our reader is
    strict. No signature covers that order; the answer itself is kept as it came.
    """
    try:
        _, (_, begin, end) = _parts(reply, *_parts(reply, 0, len(reply))[0][1:])
        _, (_, begin, end) = _parts(reply, begin, end)
        data = _parts(reply, *_parts(reply, begin, end)[0][1:])
        lo, hi = next(part[1:] for part in data if part[0] == CERTIFICATES)
        starts = [lo, *(part[2] for part in _parts(reply, lo, hi))]
    except (ValueError, IndexError, StopIteration):
        return reply
    each = [reply[begin:end] for begin, end in pairwise(starts)]
    return reply[:lo] + b"".join(sorted(each)) + reply[hi:]


def _parts(data: bytes, lo: int, hi: int) -> list[tuple[int, int, int]]:
    """Tag, begin and end of the contents of each DER element between two places."""
    found = []
    while lo < hi:
        tag, size, at = data[lo], data[lo + 1], lo + 2
        if size & 0x80:
            many = size & 0x7F
            size, at = int.from_bytes(data[at : at + many]), at + many
        lo = at + size
        found.append((tag, at, lo))
    return found
