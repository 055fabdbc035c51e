"""The dates that follow from the agreed term and from what happened. Pure: days in, days out, no clock.

All days are calendar days in the agreement's time zone; a last day is inclusive: three years from 1 July 2024 end on
30 June 2027. `spans` has the term and its renewals, `notices` the notice of each party, `business` the days on
which offices are open, `after` what runs beside and after the term. The numbered traps are those of DOMAIN 5.
"""

from agreements.term.after import (
    LIMITS,
    Limit,
    Review,
    closeout_due_on,
    cured_by,
    extendable,
    gap_days,
    limited,
    prolonged,
    review,
    superseded_on,
    survives_until,
)
from agreements.term.business import Region, is_business_day, region, rolled_back, rolled_forward
from agreements.term.fixing import Dates, fixed, where
from agreements.term.notices import Ending, Window, ends_on, period_end, received_on, sent_by, window, windows
from agreements.term.spans import (
    Cycle,
    Facts,
    Undetermined,
    cycle,
    cycle_on,
    cycles,
    effective_on,
    fiscal_year,
    last_day,
    party_from,
    runs_until,
)

__all__ = [
    "LIMITS",
    "Cycle",
    "Dates",
    "Ending",
    "Facts",
    "Limit",
    "Region",
    "Review",
    "Undetermined",
    "Window",
    "closeout_due_on",
    "cured_by",
    "cycle",
    "cycle_on",
    "cycles",
    "effective_on",
    "ends_on",
    "extendable",
    "fiscal_year",
    "fixed",
    "gap_days",
    "is_business_day",
    "last_day",
    "limited",
    "party_from",
    "period_end",
    "prolonged",
    "received_on",
    "region",
    "review",
    "rolled_back",
    "rolled_forward",
    "runs_until",
    "sent_by",
    "superseded_on",
    "survives_until",
    "where",
    "window",
    "windows",
]
