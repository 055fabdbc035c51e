"""Everything that is due by the clock, stated as rows: whatever runs it twice or late changes nothing."""

from datetime import datetime

from agreements.operations import owing, reminding, renewing, requesting, reviewing, reviewing_access


def due(*, now: datetime) -> int:
    """State the reminders of deadlines, of signatures still to give and of reviews of access; how many are new.

    Renewals that come about by themselves are carried out first, so that people are told of the days that follow; what
    parties owe by then is asked for.
    """
    renewing.sweep(now=now)
    reviewing.open_for_new_signatories(now=now)
    requesting.chase(now=now)
    owing.ask(now=now)
    return reminding.remind(now=now) + reviewing_access.remind(now=now)
