"""The PDF of a frozen version: rendered once by a worker, kept by its content hash, never rendered again."""

from agreements.document import SignatureFact
from agreements.pdf.press import Press, RenderFailed
from agreements.pdf.printing import EventFact, EvidenceFact, html, render, render_limited
from agreements.pdf.vault import DocumentMissing, Stored, keep, load, store

__all__ = [
    "DocumentMissing",
    "EventFact",
    "EvidenceFact",
    "Press",
    "RenderFailed",
    "SignatureFact",
    "Stored",
    "html",
    "keep",
    "load",
    "render",
    "render_limited",
    "store",
]
