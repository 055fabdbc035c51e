"""What the seal in a PDF says by itself: whether it is one of ours and whether anything was changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from itertools import chain

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

UNREADABLE = "The file is no PDF that can be read."
UNSEALED = "The file bears no seal of ours."
CHANGED = "The file was changed after it was sealed."


@dataclass(frozen=True)
class Checked:
    """The seal of a file, as far as the file itself shows.

    `ours`: a seal made with a certificate of ours is in the file. `unchanged`: it holds (pyHanko's bottom line), covers
    the whole file, and at most proofs of its own validity were added. `at` is when the seal says it was made,
    `stamped_at` what a trusted time stamp says; `why` says what is wrong.

    A few bits of a signature's own wrapping mean nothing and no signature covers them. Whether a file is the very file
    we gave away is therefore said by its recorded SHA-256; this says it of files whose record is out of reach.
    """

    ours: bool = False
    unchanged: bool = False
    certificate: str = ""
    subject: str = ""
    at: datetime | None = None
    stamped_at: datetime | None = None
    why: str = ""

    @property
    def holds(self) -> bool:
        """Sealed by us, and nothing changed since."""
        return self.ours and self.unchanged


def checked(data: bytes, *, roots: Iterable[str], stamps: Iterable[str] = ()) -> Checked:
    """Check the seal of a PDF from anywhere. Never raises; reaches out to nobody.

    `roots` are the certificates we have sealed with, each as PEM with those above it below; a certificate that is not
    among them is not ours, whoever issued it. `stamps` are the roots of time stamp authorities, as PEM.
    """
    chains = [found for found in (_certificates(text) for text in roots) if found]
    try:
        return _judged(data, chains, list(chain.from_iterable(map(_certificates, stamps))))
    except Exception:  # whatever a hostile file does to the reader, it is no document of ours
        return Checked(why=UNREADABLE)


def _certificates(text: str) -> list[x509.Certificate]:
    """Certificates from PEM, in their order."""
    if not pem.detect(text.encode()):
        return []
    return [x509.Certificate.load(body) for _, _, body in pem.unarmor(text.encode(), multiple=True)]


def _judged(
    data: bytes, chains: Sequence[Sequence[x509.Certificate]], stamps: list[x509.Certificate]
) -> Checked:
    known = {one[0].sha256: one for one in chains}
    reader = PdfFileReader(BytesIO(data))
    seals = [row for row in reader.embedded_regular_signatures if row.signer_cert.sha256 in known]
    if not seals:
        return Checked(why=UNSEALED)
    seal = seals[-1]
    leaf = seal.signer_cert
    said = Checked(
        ours=True, certificate=sha256(leaf.dump()).hexdigest(), subject=leaf.subject.human_friendly,
        at=seal.self_reported_timestamp,
    )  # fmt: skip
    status = _status(seal, known[leaf.sha256], stamps, said.at)
    stamp = status.timestamp_validity
    stamped_at = stamp.timestamp if stamp and stamp.valid and stamp.trusted else None
    fine = (
        _sound(status, stamps)
        and _only_proofs_added(status)
        and _to_the_end(data, reader)
        and _hole_is_ours(data, seal)
    )
    return Checked(
        **{**vars(said), "unchanged": fine, "stamped_at": stamped_at, "why": "" if fine else CHANGED}
    )


def _status(
    seal: EmbeddedPdfSignature,
    ours: Sequence[x509.Certificate],
    stamps: list[x509.Certificate],
    at: datetime | None,
) -> PdfSignatureStatus:
    """pyHanko's judgement, as of when the seal was made: a certificate that ended since has sealed all the same."""
    asked = ValidationContext(
        trust_roots=[ours[-1]],
        other_certs=list(ours),
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    of_stamp = ValidationContext(
        trust_roots=stamps or [ours[-1]], moment=at, allow_fetching=False, revocation_mode="soft-fail"
    )
    return validate_pdf_signature(seal, asked, of_stamp)


def _sound(status: PdfSignatureStatus, stamps: list[x509.Certificate]) -> bool:
    """pyHanko's bottom line. Where no authority of time stamps is known, a stamp proves nothing and breaks nothing."""
    if stamps:
        return status.bottom_line
    return (
        status.intact and status.valid and status.trusted and status.seed_value_ok and bool(status.docmdp_ok)
    )


def _only_proofs_added(status: PdfSignatureStatus) -> bool:
    """Whether nothing follows the seal but validation information and time stamps over the whole."""
    level = status.modification_level
    return level is not None and level <= ModificationLevel.LTA_UPDATES


def _to_the_end(data: bytes, reader: PdfFileReader) -> bool:
    """Whether the seal covers the file to its last byte; pyHanko lets more stand behind its end.

    Behind an archive time stamp stands what checks that stamp, which pyHanko has judged; it must be the end.
    """
    if any(True for _ in reader.embedded_timestamp_signatures):
        return data.endswith(b"%%EOF\n")
    ends = (int(row.byte_range[2]) + int(row.byte_range[3]) for row in reader.embedded_regular_signatures)
    return len(data) == max(ends)


def _hole_is_ours(data: bytes, seal: EmbeddedPdfSignature) -> bool:
    """Whether the place of the seal, the only bytes no seal covers, holds the seal and zeros as we write them."""
    begin, first, rest, _ = (int(number) for number in seal.byte_range)
    written: bytes = cms.ContentInfo.load(seal.pkcs7_content).dump().hex().upper().encode()
    place = b"<" + written.ljust(rest - first - begin - 2, b"0") + b">"
    return data[begin + first : rest] == place
