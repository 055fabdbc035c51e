"""One PAdES seal over a finished PDF, made by the platform's key after the last signature."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import pem, tsp
from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError

from common import outgoing

FIELD, ARCHIVE = "Seal", "Archive"
"""The names of the signature fields that layout prepares: the seal's, and its archive time stamp's."""
SECONDS = 15
LONGEST = 100_000


class NoTimestamp(Exception):
    """The time stamp authority does not answer, or not with a time stamp."""


@dataclass(frozen=True)
class Words:
    """What the seal says of itself in a PDF reader."""

    name: str
    reason: str
    place: str
    contact: str = ""


class Authority(TimeStamper):
    """A time stamp authority at an address (RFC 3161 section 3.4)."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Its answer. Raises NoTimestamp."""
        try:
            reply = outgoing.posted(
                self.url, req.dump(), kind="application/timestamp-query", seconds=SECONDS, most=LONGEST
            )
            response = tsp.TimeStampResp.load(reply, strict=True)
            _answers(response, req)
            return response
        except (OSError, ValueError, TypeError, KeyError) as wrong:
            raise NoTimestamp(f"The time stamp authority gives no time stamp: {wrong}") from wrong


def _answers(response: tsp.TimeStampResp, asked: tsp.TimeStampReq) -> None:
    """Raise ValueError when the authority grants nothing, or a stamp over something else."""
    if response["status"]["status"].native not in {"granted", "granted_with_mods"}:
        raise ValueError(f"it says {response['status']['status'].native}")
    stamp = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    same = stamp["message_imprint"].native == asked["message_imprint"].native
    if not same or stamp["nonce"].native != asked["nonce"].native:
        raise ValueError("its stamp is not over what was sent")


def archive(roots: Iterable[str]) -> ValidationContext:
    """How to gather what validates a seal and its time stamps in decades: these are trusted, lists are fetched."""
    trusted = [
        asn1.Certificate.load(body)
        for text in roots
        for _, _, body in pem.unarmor(text.encode("ascii"), multiple=True)
    ]
    return ValidationContext(trust_roots=trusted, allow_fetching=True, revocation_mode="soft-fail")


class _Unchanged(IncrementalPdfFileWriter):
    """Leaves what the document says of itself: pyHanko would write it anew, and not as PDF/A wants it."""

    def _update_meta(self) -> None:
        pass


class _AsOf(PdfSigner):
    """Tells the time it was told, not its own."""

    def __init__(self, *given: Any, at: datetime, **named: Any) -> None:
        super().__init__(*given, **named)
        self._at = at

    def init_signing_session(self, *given: Any, **named: Any) -> PdfSigningSession:
        """The session, at our time."""
        session = super().init_signing_session(*given, **named)
        session.system_time = self._at
        return session


def sealed(
    content: bytes,
    signer: Signer,
    words: Words,
    *,
    now: datetime,
    authority: TimeStamper | None = None,
    archive: ValidationContext | None = None,
) -> bytes:
    """`content` with one seal that forbids any change: PAdES B-B, with an authority B-T, with `archive` too B-LTA.

    `archive` says how to validate the certificates whose validation information goes with the file. Raises NoTimestamp
    when the authority fails; the same call without it needs nobody.
    """
    metadata = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES, name=words.name, reason=words.reason, location=words.place,
        contact_info=words.contact or None,
        embed_validation_info=archive is not None, use_pades_lta=archive is not None, validation_context=archive,
        timestamp_field_name=ARCHIVE if archive is not None else None,
    )  # fmt: skip
    written, pen = BytesIO(), _AsOf(metadata, signer, timestamper=authority, at=now)
    try:
        with ThreadPoolExecutor(1) as apart:  # pyHanko runs an event loop, and ours may have one of its own
            apart.submit(
                pen.sign_pdf, _Unchanged(BytesIO(content)), existing_fields_only=True, output=written
            ).result()
    except (TimestampRequestError, PathError) as failed:
        if authority is None:
            raise
        raise NoTimestamp(str(failed)) from failed
    return written.getvalue()
