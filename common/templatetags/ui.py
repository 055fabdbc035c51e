"""How days, instants and hashes are written on a page."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from unicodedata import normalize

from django import template
from django.template.defaultfilters import stringfilter, truncatechars
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name

from common import dates

register = template.Library()


@register.filter
def when(on: date | None) -> SafeString | str:
    """A day that means the same everywhere: 2 Oct 2026."""
    return "" if on is None else _when(on)


@lru_cache(maxsize=4096)
def _when(on: date) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), dates.day(on))


@register.filter
def instant(at: datetime | None, zone: str = "") -> SafeString | str:
    """An instant on the wall clock of a time zone, the zone named."""
    if at is None:
        return ""
    words = dates.instant(at, zone or get_current_timezone_name())
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)


@register.filter(is_safe=True)
@stringfilter
def shortened(text: str, most: int) -> str:
    """As `truncatechars`, which looks up how to say that something is left out even where nothing is."""
    whole = normalize("NFC", text)
    return whole if len(whole) <= most else str(truncatechars(whole, most))
