"""A document signed outside with a certificate: whether it is ours, unchanged, and by whom it was signed.

Done in a fork of a warm process, under limits of its own, for `agreements.pdf.examining`: the file comes from anywhere.
It imports pyHanko and the standard library only.

Nothing is fetched. Roots, intermediate certificates and revocation lists are files of the operator's; what a signature
brings along (certificates, revocation lists, answers of responders) is used as far as those vouch for it. No address
in a certificate is ever asked.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from asn1crypto import crl, ocsp, pem, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

MOST_BYTES = 25_000_000
PURPOSES = {
    "email_protection", "microsoft_document_signing", "adobe_authentic_documents_trust",
    "1.3.6.1.5.5.7.3.36", "any_extended_key_usage",
}  # fmt: skip
"""Purposes of a key with which a document may be signed: among them RFC 9336's own."""
USES = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
"""What a key must be for, one of them at least."""

ANOTHER = (
    "This is not the document you were given with a signature added: its pages were changed or written anew. Download the "
    "document again and sign exactly that file, without printing, flattening or saving it as another."
)
NOT_SIGNED = "This file holds no signature. Sign the field prepared in it, save it, and send that file."
ELSEWHERE = (
    "The signature is not in the field prepared for it. Download the document again and sign in that field."
)
SEVERAL = "This file holds several signatures. Download the document again and sign it once."
CHANGED = "Something else than the signature was added to the document, or a page was changed. Sign the file as it was given to you."
BROKEN = "The signature does not fit the document: it was changed, or the signature is damaged."
UNREADABLE = "This file can't be read as a PDF with a signature."
FOREIGN = "The certificate was issued by {issuer}, which this site does not know. Use one issued under the roots it accepts."
EXPIRED = "The certificate is not valid today: it holds from {begins} to {ends}."
REVOKED = "The certificate was revoked by its issuer{when}."
UNKNOWN = (
    "Whether the certificate still holds can't be told: there is no current revocation list of {issuer}, or a certificate "
    "above it is no longer valid. Ask the operator of this site to bring its lists up to date."
)
PURPOSE = "The certificate is not made for signing documents. On a card, choose the certificate for digital signatures."
STAMPED = "The time stamp in the signature can't be trusted here. Sign without one: the time is taken when the file arrives."
WEAK = "The signature or its certificate uses a method that is no longer safe. Sign with SHA-256 or better."
NOT_YOU = "The certificate names {subject}, not {name}. Sign with a certificate of your own."


class NotAccepted(Exception):
    """A file is not the document with a valid signature; `reason` says why, in words for whoever sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Trust:
    """Whom we believe: roots and intermediate certificates, and the revocation lists at hand."""

    roots: tuple[x509.Certificate, ...] = ()
    others: tuple[x509.Certificate, ...] = ()
    lists: tuple[crl.CertificateList, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anybody is believed at all."""
        return bool(self.roots)


@dataclass(frozen=True)
class Certified:
    """A signature that was accepted: the file's SHA-256, what was signed, and the certificate in words."""

    sha256: str
    prepared_sha256: str
    subject: str
    issuer: str
    serial: str
    fingerprint: str
    said_at: str

    @property
    def words(self) -> str:
        """The certificate as a record names it."""
        return f"{self.subject}, issued by {self.issuer}, serial number {self.serial}, SHA-256 {self.fingerprint}"


def trust_of(roots: str, lists: str) -> Trust:
    """What the operator's files hold: PEM certificates, and revocation lists in one file or every `.crl` of a directory.

    Certificates that sign themselves are roots, the others lead to them.
    """
    if not roots:
        return Trust()
    found = [x509.Certificate.load(der) for der in _unarmored(Path(roots).read_bytes())]
    anchors = tuple(one for one in found if one.self_signed != "no")
    others = tuple(one for one in found if one.self_signed == "no")
    place = Path(lists)
    files = [] if not lists else sorted(place.glob("*.crl")) if place.is_dir() else [place]
    loaded = tuple(crl.CertificateList.load(der) for file in files for der in _unarmored(file.read_bytes()))
    return Trust(anchors, others, loaded)


def _unarmored(data: bytes) -> list[bytes]:
    return [der for _, _, der in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]


def examined(
    data: bytes, *, prepared: bytes, field: str, name: str, email: str, trust: Trust, now: datetime
) -> Certified:
    """Who signed the prepared document in this field, if everything about it holds at `now`; else NotAccepted.

    The file must be the prepared one, byte for byte, with one signature added and nothing else. The certificate must
    lead to a root, be current, not revoked, made for signing, and name the person.
    """
    if len(data) > MOST_BYTES or not data.startswith(b"%PDF-"):
        raise NotAccepted(UNREADABLE)
    if not data.startswith(prepared):
        raise NotAccepted(ANOTHER)
    if len(data) == len(prepared):
        raise NotAccepted(NOT_SIGNED)
    try:
        reader = PdfFileReader(BytesIO(data))
        found = _the_signature(reader, field, before=len(prepared))
        _only_signed(reader, prepared, field)
        status = _status(reader, found, trust, now)
    except (
        PdfError,
        SigningError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        AssertionError,
    ):
        raise NotAccepted(UNREADABLE) from None
    _believed(status, found.signer_cert, now)
    _names(found.signer_cert, name, email)
    return _facts(data, prepared, found)


def _the_signature(reader: PdfFileReader, field: str, *, before: int) -> EmbeddedPdfSignature:
    """The one signature that was added to the first `before` bytes."""
    found: list[EmbeddedPdfSignature] = [
        one for one in reader.embedded_regular_signatures if _end(one) > before
    ]
    if not found:
        raise NotAccepted(NOT_SIGNED)
    if len(found) > 1:
        raise NotAccepted(SEVERAL)
    if found[0].field_name != field:
        raise NotAccepted(ELSEWHERE)
    if found[0].signer_cert is None:
        raise NotAccepted(UNREADABLE)
    return found[0]


def _only_signed(reader: PdfFileReader, prepared: bytes, field: str) -> None:
    """Refuse whatever was added to the prepared document but a signature in this field and proofs of its validity.

    The signature itself does not tell: what was changed before it, it covers.
    """
    before = PdfFileReader(BytesIO(prepared)).xrefs.total_revisions
    said = DEFAULT_DIFF_POLICY.review_file(reader, before - 1, doc_mdp=MDPPerm.FILL_FORMS)
    if (
        not isinstance(said, DiffResult)
        or said.modification_level > ModificationLevel.FORM_FILLING
        or said.changed_form_fields - {field}
    ):
        raise NotAccepted(CHANGED)


def _end(one: EmbeddedPdfSignature) -> int:
    """The last byte a signature says it covers."""
    covered = [int(each) for each in one.byte_range]
    return covered[2] + covered[3]


def _status(
    reader: PdfFileReader, found: EmbeddedPdfSignature, trust: Trust, now: datetime
) -> PdfSignatureStatus:
    """What pyHanko finds, without asking anybody anywhere."""
    lists, answers, others = _brought(reader, found)
    listed = {one.issuer.hashable for one in trust.lists}
    # Of an issuer whose list the operator keeps, nothing counts that the file brings: it may be an older one.
    lists = [one for one in lists if one.issuer.hashable not in listed]
    answers = [] if found.signer_cert.issuer.hashable in listed else answers
    context = ValidationContext(
        trust_roots=list(trust.roots), other_certs=[*trust.others, *others], crls=[*trust.lists, *lists], ocsps=answers,
        moment=now, allow_fetching=False, revocation_mode="require",
    )  # fmt: skip
    try:
        return validate_pdf_signature(found, signer_validation_context=context, key_usage_settings=USES)
    except SignatureValidationError as wrong:
        raise NotAccepted(WEAK if "algorithm" in str(wrong).lower() else BROKEN) from wrong


def _brought(
    reader: PdfFileReader, found: EmbeddedPdfSignature
) -> tuple[list[Any], list[Any], list[x509.Certificate]]:
    """Revocation lists, responders' answers and certificates that came with the file."""
    lists: list[crl.CertificateList] = []
    answers: list[ocsp.OCSPResponse] = []
    others: list[x509.Certificate] = []
    for attribute in found.signer_info["signed_attrs"]:
        if attribute["type"].native == "adobe_revocation_info_archival":
            kept = attribute["values"][0]
            lists += list(kept["crl"] or ())
            answers += list(kept["ocsp"] or ())
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return lists, answers, others
    lists += [crl.CertificateList.load(each.get_object().data) for each in store.crls]
    answers += [ocsp.OCSPResponse.load(each.get_object().data) for each in store.ocsps]
    others += list(store.load_certs())
    return lists, answers, others


def _believed(status: PdfSignatureStatus, certificate: x509.Certificate, now: datetime) -> None:
    """Refuse with the reason unless the bottom line is good and nothing but the signature was added."""
    if not status.intact or not status.valid:
        raise NotAccepted(BROKEN)
    level = status.modification_level
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION or (
        status.coverage != SignatureCoverageLevel.ENTIRE_FILE
        and (level is None or level > ModificationLevel.LTA_UPDATES)
    ):
        raise NotAccepted(CHANGED)
    if status.docmdp_ok is False:
        raise NotAccepted(CHANGED)
    if not certificate.not_valid_before <= now <= certificate.not_valid_after:
        raise NotAccepted(EXPIRED.format(begins=f"{certificate.not_valid_before:%-d %b %Y}", ends=f"{certificate.not_valid_after:%-d %b %Y}"))  # fmt: skip
    if not status.trusted:
        raise NotAccepted(_untrusted(status, certificate))
    purposes = certificate.extended_key_usage_value
    if purposes is not None and not PURPOSES & set(purposes.native):
        raise NotAccepted(PURPOSE)
    for stamp in (status.timestamp_validity, status.content_timestamp_validity):
        if stamp is not None and not (stamp.intact and stamp.valid and stamp.trusted):
            raise NotAccepted(STAMPED)
    if not status.bottom_line:
        raise NotAccepted(BROKEN)


def _untrusted(status: PdfSignatureStatus, certificate: x509.Certificate) -> str:
    """Why the certificate is not believed."""
    issuer = certificate.issuer.human_friendly
    told = status.revocation_details
    match status.trust_problem_indic:
        case AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND:
            return FOREIGN.format(issuer=issuer)
        case AdESIndeterminate.REVOKED_NO_POE | AdESIndeterminate.REVOKED_CA_NO_POE:
            return REVOKED.format(when=f" on {told.revocation_date:%-d %b %Y}" if told else "")
        case AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE:
            return PURPOSE
        case (
            AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE | AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
        ):
            return WEAK
    return UNKNOWN.format(issuer=issuer)


def _names(certificate: x509.Certificate, name: str, email: str) -> None:
    """Refuse a certificate that names neither the person's mail address nor every word of their name."""
    subject = certificate.subject.native
    called = " ".join(
        _texts(subject.get(part)) for part in ("common_name", "given_name", "surname", "pseudonym")
    )
    alternative = certificate.subject_alt_name_value
    mails = {str(each.native).casefold() for each in alternative or () if each.name == "rfc822_name"}
    if email.casefold() in mails or _words(name) <= _words(called):
        return
    raise NotAccepted(NOT_YOU.format(subject=certificate.subject.human_friendly, name=name))


def _texts(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _words(text: str) -> set[str]:
    """The words of a name, without case and accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return set(re.findall(r"[^\W\d_]+", plain.casefold()))


def _facts(data: bytes, prepared: bytes, found: EmbeddedPdfSignature) -> Certified:
    certificate, said = found.signer_cert, found.self_reported_timestamp
    return Certified(
        sha256=sha256(data).hexdigest(),
        prepared_sha256=sha256(prepared).hexdigest(),
        subject=certificate.subject.human_friendly,
        issuer=certificate.issuer.human_friendly,
        serial=f"{certificate.serial_number:x}",
        fingerprint=sha256(certificate.dump()).hexdigest(),
        said_at=f"{said.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if said else "",
    )


def warm() -> None:
    """Nothing of a file gets into a log."""
    logging.disable(logging.CRITICAL)


def answer(job: BinaryIO) -> bytes:
    """What was found as JSON. A job is a line that says what is asked, then the prepared document and the file."""
    asked: dict[str, Any] = json.loads(job.readline())
    prepared, data = job.read(asked.pop("length")), job.read()
    trust = trust_of(asked.pop("roots"), asked.pop("lists"))
    now = datetime.fromisoformat(asked.pop("now"))
    try:
        found: dict[str, Any] = {
            "certified": asdict(examined(data, prepared=prepared, trust=trust, now=now, **asked))
        }
    except NotAccepted as refused:
        found = {"reason": refused.reason}
    return json.dumps(found).encode()
