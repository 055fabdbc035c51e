"""Whether a document is genuine, for anybody who holds it or its code: who signed and when, and what became of it.

It never tells the text, nor which agreements there are: who holds neither the file nor the code learns nothing. A file
from outside is compared, never opened: what is not known by its bytes is not parsed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from agreements import codes, standing
from agreements.models import (
    Agreement,
    CertifiedCopy,
    Provenance,
    SealCertificate,
    SealedDocument,
    Source,
    Stage,
)

GENUINE, CHANGED, UNKNOWN = "genuine", "changed", "unknown"
FINAL, COPY, IMPORTED = "final", "copy", "imported"
WITHDRAWN = frozenset({Stage.ABANDONED})


@dataclass(frozen=True)
class Signed:
    """For which agency somebody signed, when, and how; a day alone for what was signed outside this site."""

    agency: str
    at: datetime | None
    means: str


@dataclass(frozen=True)
class Verdict:
    """What can be said of a file or a code.

    `state` is genuine (every byte as we keep it, or a code of ours), changed (the file bears a code of ours and other
    bytes) or unknown. `kind` says what it is: the final document, a certified copy, or the file of an agreement that was
    signed outside and imported. `sha256` is of the genuine file, `given` of the file that was shown.
    """

    state: str = UNKNOWN
    kind: str = ""
    given: str = ""
    sha256: str = ""
    reference: str = ""
    parties: tuple[str, ...] = ()
    signatures: tuple[Signed, ...] = ()
    signed_on: date | None = None
    made_at: datetime | None = None
    copied_at: datetime | None = None
    standing: str = ""
    in_force: bool = False
    ended_on: date | None = None
    superseded_by: str = ""
    zone: str = "UTC"
    certificate: SealCertificate | None = field(default=None, compare=False)

    @property
    def known(self) -> bool:
        """Whether it says anything about an agreement."""
        return self.state != UNKNOWN


def of_file(data: bytes, *, now: datetime) -> Verdict:
    """What can be said of a file: by its SHA-256, or by the code in it."""
    given = hashlib.sha256(data).hexdigest()
    sealed = _sealed().filter(sha256=given).first()
    if sealed is not None:
        return _of_final(sealed, GENUINE, given, now)
    source = _sources().filter(sha256=given).order_by("kept_at").first()
    if source is not None:
        return _of_source(source, given, now)
    copy = (
        CertifiedCopy.objects.select_related("document__agreement__lead", "document__certificate")
        .filter(sha256=given)
        .first()
    )
    if copy is not None:
        return replace(_of_final(copy.document, GENUINE, given, now), kind=COPY, copied_at=copy.made_at)
    bears = {row.code: row for row in _sealed().filter(code__in=codes.in_file(data))}
    first = next((bears[code] for code in codes.in_file(data) if code in bears), None)
    return _of_final(first, CHANGED, given, now) if first else Verdict(given=given)


def of_code(typed: str, *, now: datetime) -> Verdict:
    """What can be said of the document that bears a code."""
    code = codes.read(typed)
    sealed = _sealed().filter(code=code).first() if code else None
    return _of_final(sealed, GENUINE, "", now) if sealed else Verdict()


def _sealed() -> QuerySet[SealedDocument]:
    return SealedDocument.objects.select_related("agreement__lead", "certificate")


def _sources() -> QuerySet[Source]:
    rows = Source.objects.filter(agreement__provenance=Provenance.IMPORTED).exclude(
        agreement__stage__in=WITHDRAWN
    )
    return rows.select_related("agreement__lead")


def _of_final(row: SealedDocument, state: str, given: str, now: datetime) -> Verdict:
    signatures = row.agreement.signatures.filter(version=row.version_id, voided_at=None).order_by("signed_at")
    said = tuple(Signed(one.agency_name, one.signed_at, one.get_means_display()) for one in signatures)
    return _about(row.agreement, now, state=state, kind=FINAL, given=given, sha256=row.sha256, made_at=row.made_at,
                  signatures=said, certificate=row.certificate)  # fmt: skip


def _of_source(row: Source, given: str, now: datetime) -> Verdict:
    return _about(row.agreement, now, state=GENUINE, kind=IMPORTED, given=given, sha256=row.sha256, made_at=row.kept_at,
                  signed_on=row.signed_on)  # fmt: skip


def _about(agreement: Agreement, now: datetime, **facts: object) -> Verdict:
    """The facts with what became of the agreement since."""
    zone = ZoneInfo(agreement.timezone)
    stands = standing.of(agreement, today=now.astimezone(zone).date())
    later = (
        agreement.superseded_by.filter(stage__in=[Stage.EXECUTED, Stage.ENDED])
        .order_by("executed_at")
        .first()
    )
    parties = agreement.parties.order_by("position").values_list("legal_name", flat=True)
    return Verdict(
        reference=agreement.reference, parties=tuple(parties), standing=stands.label, in_force=stands.in_force,
        ended_on=agreement.ended_on, superseded_by=later.reference if later else "", zone=agreement.timezone,
        **facts,  # type: ignore[arg-type]
    )  # fmt: skip
