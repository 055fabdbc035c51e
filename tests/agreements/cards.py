"""Cards of a test authority, and two tools that sign a PDF with them: pyHanko, and openssl with a few lines of ours."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import pem
from certomancer import CertomancerConfig
from certomancer.registry import ArchLabel, CertLabel, KeyLabel, PKIArchitecture, ServiceLabel
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import (
    AuthorityKeyIdentifier,
    CertificateRevocationListBuilder,
    CRLNumber,
    load_der_x509_certificate,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.builders import NOW

ASKED_NOWHERE = "http://127.0.0.1:9"
"""Where the certificates say that lists, answers and issuers are found."""
HOLE = 8000


def _valid(begins: str, ends: str) -> dict[str, str]:
    return {"valid-from": f"{begins}T00:00:00+0000", "valid-to": f"{ends}T00:00:00+0000"}


def _authority(key: str, over: str) -> dict[str, Any]:
    params = {"crl-repo": key} | ({"max-path-len": 0} if key != over else {})
    return {"subject": key, "subject-key": key, "issuer": over, "authority-key": over,
            "validity": _valid("2010-01-01", "2040-01-01"), "profiles": [{"id": "simple-ca", "params": params}]}  # fmt: skip


def _card(
    issuer: str, subject: str = "signatory", begins: str = "2025-01-01", ends: str = "2028-01-01", **more: Any
) -> dict[str, Any]:
    return {"subject": subject, "subject-key": "card", "issuer": issuer, "authority-key": issuer,
            "validity": _valid(begins, ends), "profiles": ["digsig-commitment"], **more}  # fmt: skip


WEB = [{"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": ["digital_signature"]}},
       {"id": "extended_key_usage", "value": ["server_auth"]}]  # fmt: skip
ENTITIES = {
    "root": "Root of the Cards", "issuing": "Issuer of the Cards", "other": "Another Root",
    "signatory": "SIGNATORY.MESA.1234567890", "stranger": "STRANGER.SAM.1234567891",
}  # fmt: skip
CARDS = {
    "good": _card("issuing"),
    "expired": _card("issuing", begins="2020-01-01", ends="2026-03-01"),
    "revoked": _card("issuing", revocation={"revoked-since": "2026-02-01T00:00:00+0000", "reason": "key_compromise"}),
    "foreign": _card("other"),
    "web": _card("issuing", profiles=[], extensions=WEB),
    "of_another": _card("issuing", "stranger"),
}  # fmt: skip
KEYS = ("root", "issuing", "other", "card")


@cache
def authority() -> PKIArchitecture:
    """The test authority: a root, an issuer below it, another root, and the cards."""
    folder = Path(mkdtemp(prefix="cards-"))
    for name in KEYS:
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{name}.pem").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    lists = {
        name: {"for-issuer": name, "signing-key": name, "simulated-update-schedule": "P30D"}
        for name in KEYS[:3]
    }
    made = {
        "external-url-prefix": ASKED_NOWHERE,
        "keysets": {"cards": {"keys": {name: {"path": f"{name}.pem"} for name in KEYS}}},
        "pki-architectures": {"cards": {
            "keyset": "cards", "entities": {key: {"common-name": name} for key, name in ENTITIES.items()},
            "certs": {"root": _authority("root", "root"), "issuing": _authority("issuing", "root"),
                      "other": _authority("other", "other"), **CARDS},
            "services": {"crl-repo": lists},
        }},
    }  # fmt: skip
    return CertomancerConfig(made, key_search_dir=str(folder)).get_pki_arch(ArchLabel("cards"))


@dataclass(frozen=True)
class Believed:
    """What an operator puts in place to believe the cards: a file of roots, a directory of revocation lists."""

    roots: str
    lists: str


def believed(folder: Path, *, now: datetime = NOW, without: str = "") -> Believed:
    """The files below `folder`, as of `now`; `without` the list of one authority."""
    made = authority()
    (folder / "roots.pem").write_bytes(
        b"".join(
            pem.armor("CERTIFICATE", made.get_cert(CertLabel(name)).dump()) for name in ("root", "issuing")
        )
    )
    for name in {"root", "issuing"} - {without}:
        found = made.service_registry.get_crl(ServiceLabel(name), at_time=now)
        (folder / f"{name}.crl").write_bytes(found.dump())
    return Believed(str(folder / "roots.pem"), str(folder))


def signed(document: bytes, card: str, field: str) -> bytes:
    """The document signed in a field with a card, by pyHanko."""
    made = authority()
    store = SimpleCertificateStore()
    store.register(made.get_cert(CertLabel("issuing")))
    signer = SimpleSigner(
        made.get_cert(CertLabel(card)), made.key_set.get_private_key(KeyLabel("card")), store
    )
    out = BytesIO()
    how = PdfSignatureMetadata(field_name=field, reason="I sign this agreement", location="Riverton")
    PdfSigner(how, signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(document)), output=out)
    return out.getvalue()


def signed_by_openssl(document: bytes, card: str, field: str) -> bytes:
    """The same by another tool: the update is written by hand, and openssl makes the CMS signature."""
    made = authority()
    number, body = next(
        (int(n), b) for n, b in re.findall(rb"(\d+) 0 obj\s*(<<(?:(?!endobj).)*?>>)\s*endobj", document, re.S)
        if f"({field})".encode() in b and b"/FT /Sig" in b
    )  # fmt: skip
    last = re.findall(rb"startxref\s+(\d+)", document)[-1].decode()
    trailer = re.findall(rb"trailer\s*(<<.*?>>)\s*startxref", document, re.S)[-1]
    size = int(re.findall(rb"/Size (\d+)", trailer)[-1])
    start = len(document)
    field_object = b"%d 0 obj\n%s /V %d 0 R >>\nendobj\n" % (number, body[:-2], size)
    head = (
        b"%d 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 "
        % size
    )
    before = start + len(field_object) + len(head) + 33 + len(b"] /Contents ")
    after = before + HOLE + 2
    table = b">>\nendobj\nxref\n0 0\n%d 1\n%010d 00000 n \n%d 1\n%010d 00000 n \ntrailer\n" % (
        number,
        start,
        size,
        start + len(field_object),
    )
    table += re.sub(rb"/Size \d+", b"/Size %d /Prev %s" % (size + 1, last.encode()), trailer)
    at = after + len(b" >>\nendobj\n")
    table = table[2:] + b"\nstartxref\n%d\n%%%%EOF\n" % at
    tail = b" >>" + table
    ranges = b"%d %d %d" % (before, after, len(tail))
    first = document + field_object + head + ranges.ljust(33) + b"] /Contents "
    assert len(first) == before
    cms = _cms(first + tail, made, card)
    return first + b"<" + cms.hex().encode().ljust(HOLE, b"0") + b">" + tail


def _cms(data: bytes, made: PKIArchitecture, card: str) -> bytes:
    folder = Path(mkdtemp(prefix="openssl-"))
    (folder / "card.pem").write_bytes(pem.armor("CERTIFICATE", made.get_cert(CertLabel(card)).dump()))
    (folder / "issuer.pem").write_bytes(pem.armor("CERTIFICATE", made.get_cert(CertLabel("issuing")).dump()))
    (folder / "key.pem").write_bytes(
        pem.armor("PRIVATE KEY", made.key_set.get_private_key(KeyLabel("card")).dump())
    )
    (folder / "data").write_bytes(data)
    asked = ["openssl", "cms", "-sign", "-binary", "-md", "sha256", "-outform", "DER", "-in", "data", "-signer", "card.pem",
             "-inkey", "key.pem", "-certfile", "issuer.pem"]  # fmt: skip
    return subprocess.run(asked, cwd=folder, check=True, capture_output=True).stdout


def with_older_list(file: bytes, *, now: datetime = NOW) -> bytes:
    """The same, with a list of the issuer's in it that is still current but was made before anything was revoked."""
    made = authority()
    private = serialization.load_der_private_key(
        made.key_set.get_private_key(KeyLabel("issuing")).dump(), None
    )
    issuer = load_der_x509_certificate(made.get_cert(CertLabel("issuing")).dump())
    older = CertificateRevocationListBuilder().issuer_name(issuer.subject)
    older = older.last_update(now - timedelta(days=60)).next_update(now + timedelta(days=60))
    older = older.add_extension(
        AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
    )
    older = older.add_extension(CRLNumber(1), critical=False)
    listed = asn1_crl.CertificateList.load(older.sign(private, hashes.SHA256()).public_bytes(Encoding.DER))  # type: ignore[arg-type]
    out = BytesIO(file)
    DocumentSecurityStore.add_dss(out, None, crls=[listed])
    return out.getvalue()
