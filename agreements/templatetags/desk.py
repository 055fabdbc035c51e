"""Days in words, quickly: `{% load desk %}`."""

from datetime import date, datetime

from django import template
from django.utils.timezone import get_current_timezone

from common.dates import day as words

register = template.Library()


@register.filter
def day(on: date | datetime | None) -> str:
    """2 Oct 2026; an instant is given on its day in the site's time zone."""
    if isinstance(on, datetime):
        on = on.astimezone(get_current_timezone()).date()
    return words(on) if on else ""
