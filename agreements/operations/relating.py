"""What an agreement rests on and what it replaces; and telling those that rest on one that ends."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy, relations
from agreements.lifecycle import STEPS, opened
from agreements.models import Agreement, Stage
from agreements.operations.recording import event

Named = Agreement | UUID | None


@transaction.atomic
def relate(
    agreement: Agreement, *, parent: Named = None, supersedes: Named = None, actor: User, now: datetime
) -> Agreement:
    """Say on which agreement this one rests and which one it replaces; neither, where none is given.

    What it replaces is settled when it is sent for signature: with its execution that one ends.
    """
    today = policy.local_day(now, agreement)
    locked = opened("relate", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, STEPS["relate"].permission, locked, today=today)
    known = relations.may_rest_on(locked, actor, today=today)
    asked = {
        name: key for name, value in (("parent", parent), ("supersedes", supersedes)) if (key := _key(value))
    }
    found = {name: known.filter(pk=key).first() for name, key in asked.items()}
    problems = {
        name: "Choose an executed agreement that you can read." for name, row in found.items() if row is None
    }
    if locked.stage == Stage.EXECUTED and _key(supersedes) not in {None, locked.supersedes_id}:
        problems["supersedes"] = "It is executed: what it replaces can't be changed any more."
    above, old = found.get("parent"), found.get("supersedes")
    if above is not None and _rests_on(above, locked):
        problems["parent"] = (
            "That agreement rests on this one already; it can't be the other way round as well."
        )
    if problems:
        raise ValidationError(problems)
    locked.parent = above
    if locked.stage != Stage.EXECUTED:
        locked.supersedes = old
    event(STEPS["relate"].event, locked, actor=actor, now=now, agency=agency, changed=[locked],
          private_to=agency if locked.shared_at is None else None, parent=above.reference if above else "none",
          supersedes=old.reference if old else "none")  # fmt: skip
    return locked


def _key(value: Named) -> UUID | None:
    return value.pk if isinstance(value, Agreement) else value


def _rests_on(agreement: Agreement, other: Agreement) -> bool:
    """Whether `agreement` rests on `other`, however far up."""
    seen: set[UUID] = set()
    above: Agreement | None = agreement
    while above is not None and above.pk not in seen:
        if above.pk == other.pk:
            return True
        seen.add(above.pk)
        above = above.parent
    return False


def alert(agreement: Agreement, words: str) -> None:
    """Tell the parties of what rests on this agreement what happened to it (trap 15)."""
    for row in relations.resting(agreement).order_by("pk"):
        emails.parent_changed(row, agreement, words)
