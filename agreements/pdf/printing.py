"""From canonical content to the bytes of a PDF: the same structure and templates as the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from agreements.document import SignatureFact, structure
from agreements.pdf import press
from agreements.wording import Content


@dataclass(frozen=True)
class EventFact:
    """One entry of the audit history, in a sentence."""

    number: int
    at: datetime
    what: str

    @property
    def when(self) -> str:
        """'2026-10-02 20:03:11'."""
        return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True)
class Attachment:
    """A text file that goes with the document: its name, what it is, and how it relates to the document (PDF/A-3)."""

    name: str
    text: str
    says: str
    relationship: str


@dataclass(frozen=True)
class ProofFact:
    """Where the execution stands in the log: its entry, under a head signed over `size` entries at this time."""

    entry: int
    size: int
    signed: str


@dataclass(frozen=True)
class SealFact:
    """With which certificate the document is sealed: whose, issued by whom, its SHA-256 fingerprint."""

    subject: str
    issuer: str
    sha256: str

    @property
    def grouped(self) -> str:
        """The fingerprint in groups of four."""
        return grouped(self.sha256)


@dataclass(frozen=True)
class EvidenceFact:
    """What the evidence page adds to the signatures; times are aware."""

    frozen_at: datetime | None = None
    executed_at: datetime | None = None
    events: tuple[EventFact, ...] = ()
    proof: ProofFact | None = None
    seal: SealFact | None = None

    @property
    def frozen(self) -> str:
        """When the text was fixed, in UTC."""
        return _utc(self.frozen_at)

    @property
    def executed(self) -> str:
        """When the last signature was made, in UTC."""
        return _utc(self.executed_at)


def html(
    content: Content,
    *,
    sha256: str,
    number: int,
    signatures: Iterable[SignatureFact] = (),
    evidence: EvidenceFact | None = None,
    verify_url: str = "",
    verify_code: str = "",
    conformed: str = "",
    attached: Sequence[Attachment] = (),
) -> str:
    """The page that is printed; it names the files that are attached."""
    facts = sorted(signatures, key=lambda fact: (fact.signed_at, fact.party))
    return render_to_string(
        "agreements/document/print.html",
        {
            "document": structure(content).signed_by(facts),
            "signatures": facts,
            "evidence": evidence,
            "number": number,
            "sha256": sha256,
            "short_hash": sha256[:12],
            "grouped_hash": grouped(sha256),
            "verify_url": verify_url,
            "verify_code": verify_code,
            "conformed": grouped(conformed),
            "made_at": _made_at(facts, evidence),
            "attached": attached,
        },
    )


def render(content: Content, *, fields: Sequence[tuple[str, str]] = (), **facts: Any) -> bytes:
    """The PDF. Arguments as for `html`, and the fields to sign in; the same input gives the same bytes.

    It is laid out in a child process with limits on memory, processor time and waiting time; raises RenderFailed
    when the child exceeds them or dies.
    """
    return press.shared().render(html(content, **facts), stylesheet(), _files(**facts), fields)


render_limited = render


def certificate(facts: Mapping[str, Any]) -> bytes:
    """The page that certifies a copy. Raises RenderFailed."""
    page = render_to_string("agreements/document/certificate.html", dict(facts))
    return press.shared().render(page, stylesheet())


def grouped(sha256: str) -> str:
    """A hash in groups of four, to be compared by eye."""
    return " ".join(sha256[place : place + 4] for place in range(0, len(sha256), 4))


@cache
def stylesheet() -> str:
    """Our print style sheet."""
    found = finders.find("css/print.css")
    if not found:
        raise FileNotFoundError("static/css/print.css is not among the static files.")
    return Path(str(found)).read_text(encoding="utf-8")


def _files(
    *,
    attached: Sequence[Attachment] = (),
    signatures: Iterable[SignatureFact] = (),
    evidence: EvidenceFact | None = None,
    **facts: Any,
) -> list[dict[str, str]]:
    """The attached files for the press, each as old as the document says it is itself."""
    at = _made_at(list(signatures), evidence) or "1970-01-01T00:00:00Z"
    return [{**asdict(file), "at": at} for file in attached]


def _made_at(facts: list[SignatureFact], evidence: EvidenceFact | None) -> str:
    times = [fact.signed_at for fact in facts]
    if evidence:
        times += [at for at in (evidence.executed_at, evidence.frozen_at) if at]
    return f"{max(times).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if times else ""


def _utc(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else ""
