"""The days fixed when an agreement is executed, and again whenever what they follow from changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from agreements.term.after import prolonged, review
from agreements.term.business import Region, region
from agreements.term.notices import windows
from agreements.term.spans import Facts, effective_on, last_day, runs_until


@dataclass(frozen=True)
class Dates:
    """Calendar days in the agreement's time zone; `effective_on` is None while it waits for something.

    `renews_until` is how far automatic renewals carry it if nobody acts: None where it does not renew by itself,
    date.max where nothing limits them.
    """

    effective_on: date | None
    last_day: date | None
    renews_until: date | None
    notice_opens_on: date | None
    notice_due_on: date | None
    review_due_on: date | None


def fixed(
    content: Mapping[str, Any],
    facts: Facts,
    *,
    renewed: int = 0,
    pauses: Iterable[tuple[date, date]] = (),
    legal_months: int | None = None,
) -> Dates:
    """The days of a text, given what happened, how often it was renewed and when it was suspended. Raises Undetermined.

    The notice due first counts for all: a party with a shorter notice has more time, as `term.windows` shows.
    """
    term, parties = content["term"], content["parties"]
    first = effective_on(term, facts)
    if first is None:
        return Dates(None, None, None, None, None, None)
    stood = [(max(begins, first), until) for begins, until in pauses if until >= first]
    last = prolonged(term, last_day(term, first=first, renewals=renewed), stood)
    found = windows(term, parties, last=last, where=where(content))
    opens = [row.opens_on for row in found if row.opens_on is not None]
    renews_until = None
    if last is not None and term.get("renewal") == "automatic":
        furthest = prolonged(term, runs_until(term, first=first, renewed=renewed), stood) or date.max
        renews_until = furthest if furthest > last else None
    due = review(term, since=max(first, facts.signed_on), legal_months=legal_months)
    return Dates(first, last, renews_until,
                 min(opens) if len(opens) == len(found) and opens else None,
                 found[0].on if found else None, due.due_on if due else None)  # fmt: skip


def where(content: Mapping[str, Any]) -> Region:
    """The region whose business days count: that of the agreement, else that of the first party that has one."""
    names: Sequence[str] = [
        content.get("jurisdiction") or "",
        *(row.get("jurisdiction") or "" for row in content["parties"]),
    ]
    return next((found for name in names if (found := region(name)).country), Region())
