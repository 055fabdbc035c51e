"""Putting a clause of the library where it belongs in the text."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import catalog, policy
from agreements.lifecycle import StepNotOpen, opened
from agreements.models import Agreement, Provision
from agreements.operations import drafting


@transaction.atomic
def insert_clause(agreement: Agreement, *, key: str, actor: User, now: datetime) -> Provision:
    """Add a clause at the end of its part, or after the parts that come before it. Refused if it is in the text."""
    known = catalog.load()
    clause = known.clauses.get(key)
    if clause is None:
        raise ValidationError({"clause": "There is no such clause in the library."})
    locked = opened("edit", agreement, actor=actor, today=policy.local_day(now, agreement))
    rows = list(locked.provisions.filter(removed=False).order_by("position_in_order", "id"))
    if any(row.origin.partition("@")[0] == key and row.text.strip() for row in rows):
        raise StepNotOpen("This clause is in the text already.")
    template = known.templates.get(locked.template.partition("@")[0])
    titles = dict(known.parts) | ({s.part: s.title for s in template.sections} if template else {})
    values = catalog.provision(clause, titles[clause.part])
    after = _last_before(rows, clause.part, titles)
    return cast(Provision, drafting.add(locked, Provision, values=values, after=after, actor=actor, now=now))


def _last_before(rows: list[Provision], part: str, titles: dict[str, str]) -> Provision | None:
    """The last provision of the part; else of the nearest earlier part that has one; else the last of all."""
    order = list(titles)
    for earlier in reversed(order[: order.index(part) + 1]):
        own = [row for row in rows if row.part == titles[earlier]]
        if own:
            return own[-1]
    return rows[-1] if rows else None
