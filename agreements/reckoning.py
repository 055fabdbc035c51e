"""The days of an executed agreement as people read them on its page: each with the rule it follows from.

Nothing here is stored: it is `agreements.term` asked about the executed text, party by party.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from agreements import term, wording
from agreements.models import Agreement

SHOWN = 4


@dataclass(frozen=True)
class Reckoned:
    """For the pages: the windows for notice with the parties' names, the terms to come, by whose holidays, and the clocks."""

    windows: tuple[tuple[str, term.Window], ...]
    cycles: tuple[term.Cycle, ...]
    region: str
    clocks: tuple[tuple[str, date], ...]
    prolongs: bool = False


def of(agreement: Agreement, *, today: date) -> Reckoned | None:
    """What follows from the executed text; None before there is one or before it took effect."""
    text, first = agreement.frozen, agreement.effective_on
    if text is None or first is None or agreement.executed_at is None:
        return None
    content = text.content
    agreed, parties, where = content["term"], content["parties"], term.where(content)
    names = {row["id"]: row["name"] for row in parties}
    windows = term.windows(agreed, parties, last=agreement.last_day, where=where)
    now = term.cycle_on(agreed, first=first, day=max(first, today))
    coming = islice(term.cycles(agreed, first=first), SHOWN + (now.number if now else 0))
    return Reckoned(
        tuple((names[row.party], row) for row in windows),
        tuple(row for row in coming if row.last is not None and (now is None or row.number >= now.number)),
        str(where),
        tuple(_clocks(agreement, agreed)),
        bool(agreed.get("suspension_stops_clock")),
    )


def _clocks(agreement: Agreement, agreed: Mapping[str, Any]) -> list[tuple[str, date]]:
    """What runs after the end, once the end is known (trap 17)."""
    end = agreement.final_day
    if end is None:
        return []
    months, days = agreed.get("survival_months"), agreed.get("closeout_days")
    clauses = term.survives_until(end, months) if months is not None else None
    data = term.closeout_due_on(end, days)
    what = wording.CLOSEOUT.get(str(agreed.get("closeout")), "return or destruction")
    found = [(f"Data: {what} by", data), ("What survives binds until", clauses)]
    return [(words, on) for words, on in found if on is not None]
