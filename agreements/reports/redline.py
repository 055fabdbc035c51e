"""The difference of two versions on paper."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from agreements.models import Version
from agreements.pdf import press, printing
from agreements.redline import compare

STYLE = (
    ".print ins { text-decoration: underline } .print del { text-decoration: line-through } "
    ".print .redline-words { white-space: pre-wrap } .print .redline-says { font-style: italic }"
)


def pdf(old: Version, new: Version) -> bytes:
    """What changed from `old` to `new`, as PDF/A. Raises pdf.RenderFailed."""
    zone = ZoneInfo(new.agreement.timezone)
    facts = {
        "agreement": new.agreement,
        "old": old,
        "new": new,
        "made": new.made_at.astimezone(zone),
        "made_at": f"{new.made_at:%Y-%m-%dT%H:%M:%SZ}",
        "redline": compare(old.content, new.content),
    }
    return press.shared().render(
        render_to_string("agreements/reports/redline.html", facts), printing.stylesheet() + STYLE
    )
