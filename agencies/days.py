"""Which calendar day an instant belongs to."""

import datetime as dt

from django.utils import timezone


def civil_day(now: dt.datetime) -> dt.date:
    """The day of the instant `now` in the site's own time zone; roles and authorities begin and end by it."""
    return now.astimezone(timezone.get_default_timezone()).date()
