"""Whose certificates a signature made outside may have: the operator's files, nothing that is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from asn1crypto import crl, pem, x509


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
