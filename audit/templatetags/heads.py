"""The state of the history on a page, and how numbers and spans of it are written."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import timezone

from audit.health import Health, health

register = template.Library()

SPANS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


@register.simple_tag
def history_health() -> Health:
    """Whether the history is signed to its end, and how far behind outside heads are."""
    return health(now=timezone.now())


@register.filter
def counted(number: int) -> str:
    """A count as people write it: 48,211."""
    return f"{number:,}"


@register.filter
def lasting(span: timedelta | None) -> str:
    """A span in its largest whole unit: 3 minutes."""
    if span is None:
        return ""
    for unit, name in SPANS:
        if span >= unit:
            many = span // unit
            return f"{many:,} {name}{'' if many == 1 else 's'}"
    return "less than a minute"
