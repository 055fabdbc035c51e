"""The platform's key for sealing: in files or on a PKCS#11 token, never in the database.

Where an operator names no certificate, the installation has an authority of its own, made when first needed.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from pkcs11.exceptions import PKCS11Error
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.signers import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

AUTHORITY_YEARS, SEAL_YEARS = 40, 10
RENEWED = timedelta(days=365)
"""How long before its end our own authority gives the seal another certificate."""
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class NoSeal(Exception):
    """There is no usable key or certificate to seal with; the message says what the operator must do."""


@dataclass(frozen=True)
class Place:
    """Where the key is: `directory` for our own authority, or a key and its certificates named by the operator.

    `certificate` is a PEM file: the seal's certificate first, then those above it. `key` is a PEM file, opened with
    `passphrase`; or `token` is a PKCS#11 library, whose token `label` holds the key `key_label`, opened with `pin`.
    """

    directory: Path
    name: str
    certificate: str = ""
    key: str = ""
    passphrase: str = ""
    token: str = ""
    label: str = ""
    key_label: str = ""
    pin: str = ""


@dataclass(frozen=True)
class Chain:
    """The seal's certificate and those above it, the root last where it is known."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of the key that seals."""
        return self.certificates[0]

    @property
    def sha256(self) -> str:
        """The fingerprint of the seal's certificate."""
        return self.leaf.fingerprint(hashes.SHA256()).hex()

    @property
    def pem(self) -> str:
        """All of them, as PEM."""
        return "".join(
            one.public_bytes(serialization.Encoding.PEM).decode("ascii") for one in self.certificates
        )

    @property
    def subject(self) -> str:
        """Whose certificate it is, in one line."""
        return self.leaf.subject.rfc4514_string()

    @property
    def issuer(self) -> str:
        """Who issued it, in one line."""
        return self.leaf.issuer.rfc4514_string()


class Kept(Signer):
    """Signs with a key that was parsed once: pyHanko's own signer parses and checks it for each signature, twice."""

    def __init__(self, chain: Chain, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        leaf, *above = (parsed(one) for one in chain.certificates)
        store = SimpleCertificateStore()
        store.register_multiple(above)
        super().__init__(signing_cert=leaf, cert_registry=store, embed_roots=False)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """The bare signature."""
        by = _HASHES[digest_algorithm]
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), by)
        return self._key.sign(data, ec.ECDSA(by))


Installed = tuple[Signer, Chain]


def parsed(certificate: x509.Certificate) -> asn1.Certificate:
    """The same certificate for pyHanko."""
    return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def installed(place: Place, *, now: datetime) -> Installed:
    """The signer and its certificates. The parsed key is kept as long as the files stay as they are.

    Raises NoSeal with what to do when the key or the certificate is missing, does not fit or is over.
    """
    if not (place.certificate or place.key or place.token):
        _own(place, now)
    signer, chain = _opened(place, _marks(place))
    if not chain.leaf.not_valid_before_utc <= now <= chain.leaf.not_valid_after_utc:
        raise NoSeal(
            f"The certificate of the seal ({chain.subject}) is valid from {chain.leaf.not_valid_before_utc:%Y-%m-%d} to "
            f"{chain.leaf.not_valid_after_utc:%Y-%m-%d}. Put a valid one in place."
        )
    return signer, chain


def _marks(place: Place) -> tuple[int, ...]:
    """What changes when a file is put in place of another."""
    paths = [place.certificate, place.key] if place.certificate else [str(place.directory / "seal.pem")]
    return tuple(os.stat(path).st_mtime_ns for path in paths if path and Path(path).is_file())


@lru_cache(maxsize=4)
def _opened(place: Place, marks: tuple[int, ...]) -> Installed:
    own = place.directory
    chain = chain_of(_read(place.certificate or str(own / "seal.pem")))
    if place.token:
        return _on_token(place, chain), chain
    key = _key(_read(place.key or str(own / "seal.key")), place.passphrase)
    if key.public_key() != chain.leaf.public_key():
        raise NoSeal(
            "The seal's key does not belong to its certificate. Name a key and a certificate that fit."
        )
    return Kept(chain, key), chain


def chain_of(pem: bytes) -> Chain:
    """Certificates from PEM. Raises NoSeal when there are none."""
    try:
        return Chain(tuple(x509.load_pem_x509_certificates(pem)))
    except ValueError as wrong:
        raise NoSeal(f"The file of the seal's certificates holds none in PEM form: {wrong}.") from wrong


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as missing:
        raise NoSeal(f"The seal's file {path} cannot be read ({missing.strerror}).") from missing


def _key(pem: bytes, passphrase: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode() or None)
    except (ValueError, TypeError) as wrong:
        raise NoSeal(
            f"The seal's key cannot be opened: {wrong}. Check the file and its passphrase."
        ) from wrong
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise NoSeal("The seal's key must be an RSA or an elliptic curve key.")
    return key


def _on_token(place: Place, chain: Chain) -> Signer:
    """The key stays on the token; the session is as long as the process."""
    try:
        session = open_pkcs11_session(
            place.token, token_criteria=TokenCriteria(label=place.label), user_pin=place.pin
        )
        leaf, *above = (parsed(one) for one in chain.certificates)
        # Many tokens reckon no hash before an elliptic curve signature: it is done here.
        curved = isinstance(chain.leaf.public_key(), ec.EllipticCurvePublicKey)
        return PKCS11Signer(
            session, signing_cert=leaf, ca_chain=above, key_label=place.key_label, embed_roots=False,
            use_raw_mechanism=curved,
        )  # fmt: skip
    except (PKCS11Error, RuntimeError) as wrong:
        raise NoSeal(
            f"The token of the seal's key cannot be opened: {type(wrong).__name__} {wrong}."
        ) from wrong


def _own(place: Place, now: datetime) -> None:
    """Make our own authority and the seal's certificate, once, and another certificate before that one is over."""
    place.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place.directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place.directory / "authority.pem").is_file():
            _found(place, now)
        kept = place.directory / "seal.pem"
        if not kept.is_file() or chain_of(kept.read_bytes()).leaf.not_valid_after_utc - now < RENEWED:
            _issue(place, now)


def _found(place: Place, now: datetime) -> None:
    """The authority: its key, then its certificate, whose presence says that both are there."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _named(place.name, "Concordat seal authority")
    made = _certificate(name, name, key.public_key(), now, AUTHORITY_YEARS)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    _write(place.directory / "authority.key", _private(key))
    _write(place.directory / "authority.pem", _pem(made.sign(key, hashes.SHA256())))


def _issue(place: Place, now: datetime) -> None:
    """A new key for the seal and its certificate, with the authority's below it."""
    (root,) = chain_of((place.directory / "authority.pem").read_bytes()).certificates
    above: Any = _key((place.directory / "authority.key").read_bytes(), "")
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(place.name, f"{place.name} seal")
    made = _certificate(name, root.subject, key.public_key(), now, SEAL_YEARS)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
    made = made.add_extension(
        x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
    )
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False
    )
    _write(place.directory / "seal.key", _private(key))
    _write(place.directory / "seal.pem", _pem(made.sign(above, hashes.SHA256())) + _pem(root))


def _named(site: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, site[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: Any, now: datetime, years: int
) -> x509.CertificateBuilder:
    """From a year ago: a clock that was ahead and is set right must not meet a certificate of the future."""
    made = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=365))
    made = made.not_valid_after(now.astimezone(UTC) + timedelta(days=365 * years))
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(**given: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    """The file whole or not at all, readable by its owner alone."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
