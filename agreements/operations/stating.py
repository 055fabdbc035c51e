"""Everything that is due by the clock, stated as rows: whatever runs it twice or late changes nothing."""

from datetime import datetime

from agreements.operations import reminding, requesting, reviewing_access


def due(*, now: datetime) -> int:
    """State the reminders of deadlines, of signatures still to give and of reviews of access; how many are new."""
    requesting.chase(now=now)
    return reminding.remind(now=now) + reviewing_access.remind(now=now)
