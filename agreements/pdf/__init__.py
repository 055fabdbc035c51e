"""The PDF of a frozen version: rendered once by a worker, kept by its content hash, never rendered again."""

from agreements.document import SignatureFact
from agreements.pdf.examining import examine
from agreements.pdf.fields import name_of, prepared
from agreements.pdf.joining import joined
from agreements.pdf.outside import Certified, NotAccepted
from agreements.pdf.press import Press, RenderFailed
from agreements.pdf.printing import (
    Attachment,
    EventFact,
    EvidenceFact,
    ProofFact,
    SealFact,
    certificate,
    grouped,
    html,
    render,
    render_limited,
)
from agreements.pdf.vault import DocumentMissing, Stored, drop, keep, load, store

__all__ = [
    "Attachment",
    "Certified",
    "DocumentMissing",
    "EventFact",
    "EvidenceFact",
    "NotAccepted",
    "Press",
    "ProofFact",
    "RenderFailed",
    "SealFact",
    "SignatureFact",
    "Stored",
    "certificate",
    "drop",
    "examine",
    "grouped",
    "html",
    "joined",
    "keep",
    "load",
    "name_of",
    "prepared",
    "render",
    "render_limited",
    "store",
]
