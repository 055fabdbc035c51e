"""Putting a text of the library where it belongs in an agreement."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import catalog, policy
from agreements.catalog import facts_of
from agreements.library import shelf
from agreements.library.texts import Text, shipped
from agreements.lifecycle import StepNotOpen, opened
from agreements.models import Agreement, Provision
from agreements.models.snapshot import content_of
from agreements.operations import drafting

NOT_THERE = "There is no such clause in the library."


@transaction.atomic
def insert_clause(
    agreement: Agreement, *, key: str, actor: User, now: datetime, exact: bool = False, instead: bool = False
) -> Provision:
    """Add a clause at the end of its part, or after the parts that come before it.

    Of several texts on its matter the one whose conditions hold is taken, unless `exact`. An own clause goes only into
    a text that is in the hands of its agency. Where the text says something on the matter already this is refused, or
    with `instead` its words are replaced.
    """
    locked = opened("edit", agreement, actor=actor, today=policy.local_day(now, agreement))
    one = _text(locked, key, exact=exact)
    rows = list(locked.provisions.filter(removed=False).order_by("position_in_order", "id"))
    known = catalog.load()
    there = _there(rows, one)
    template = known.templates.get(locked.template.partition("@")[0])
    titles = dict(known.parts) | ({s.part: s.title for s in template.sections} if template else {})
    values = one.provision(titles[one.part])
    if there is None:
        after = _last_before(rows, one.part, titles)
        return cast(
            Provision, drafting.add(locked, Provision, values=values, after=after, actor=actor, now=now)
        )
    if not instead:
        raise StepNotOpen(f"A clause on this is in the text already: “{there.heading}”.")
    said = {name: values[name] for name in ("heading", "text", "origin", "position")}
    return cast(Provision, drafting.edit(there, values=said, actor=actor, now=now))


def _text(agreement: Agreement, key: str, *, exact: bool) -> Text:
    """The text to put in; ValidationError for one the agency that drafts does not have."""
    known = catalog.load()
    if key in known.clauses and not exact:
        chosen = known.chosen(key, facts_of(content_of(agreement)))
        return shipped(chosen or known.clauses[key])
    found = shelf.newest(key, agreement.turn_id) if agreement.turn_id else None
    if found is None:
        raise ValidationError({"clause": NOT_THERE})
    return found


def _there(rows: list[Provision], one: Text) -> Provision | None:
    """The provision that says something on the matter already: it came from this text or from another on the same."""
    refs = {row.pk: row.origin.rpartition("@")[0] for row in rows if row.text.strip()}
    known, own = catalog.load(), shelf.matters(refs.values())
    matters = {key: own.get(ref, known.family(ref)) for key, ref in refs.items()}
    return next((row for row in rows if matters.get(row.pk) in {one.ref, one.matter}), None)


def _last_before(rows: list[Provision], part: str, titles: dict[str, str]) -> Provision | None:
    """The last provision of the part; else of the nearest earlier part that has one; else the last of all."""
    order = list(titles)
    for earlier in reversed(order[: order.index(part) + 1]):
        own = [row for row in rows if row.part == titles[earlier]]
        if own:
            return own[-1]
    return rows[-1] if rows else None
