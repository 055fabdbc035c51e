"""The PDF of a frozen version: rendered once by a worker, kept by its content hash, never rendered again."""

from agreements.document import SignatureFact
from agreements.pdf.press import Press, RenderFailed
from agreements.pdf.printing import (
    Attachment,
    EventFact,
    EvidenceFact,
    ProofFact,
    SealFact,
    grouped,
    html,
    render,
    render_limited,
)
from agreements.pdf.vault import DocumentMissing, Stored, drop, keep, load, store

__all__ = [
    "Attachment",
    "DocumentMissing",
    "EventFact",
    "EvidenceFact",
    "Press",
    "ProofFact",
    "RenderFailed",
    "SealFact",
    "SignatureFact",
    "Stored",
    "drop",
    "grouped",
    "html",
    "keep",
    "load",
    "render",
    "render_limited",
    "store",
]
