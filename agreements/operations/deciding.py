"""Deciding about several suggestions of one person in one act, each recorded by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import policy
from agreements.lifecycle import StepNotOpen, opened
from agreements.models import Agreement, Suggestion, SuggestionState
from agreements.operations import suggesting


@dataclass(frozen=True)
class Decided:
    """How many were decided, and those that wait on, each with the reason."""

    done: int
    left: tuple[tuple[Suggestion, str], ...]


@transaction.atomic
def decide_all(
    agreement: Agreement, keys: Collection[UUID], *, accept: bool, answer: str, actor: User, now: datetime
) -> Decided:
    """Accept, or reject, these open suggestions of one person, with one reason, in the order they were made.

    Each is decided as it would be alone, with an event of its own; what can't be accepted as it stands (its text has
    changed since) waits on. Raises PermissionDenied, StepNotOpen, ValidationError.
    """
    locked = opened("edit", agreement, actor=actor, today=policy.local_day(now, agreement))
    if not answer.strip():
        raise ValidationError({"answer": "Give the reason; every party reads it with each of them."})
    rows = list(
        locked.suggestions.filter(pk__in=keys, state=SuggestionState.OPEN).order_by("made_at", "place", "id")
    )
    if not rows:
        raise StepNotOpen("None of these suggestions is open any more.")
    if len({row.author_id for row in rows}) > 1:
        raise ValidationError({"suggestions": "Choose suggestions of one person."})
    left: list[tuple[Suggestion, str]] = []
    for row in rows:
        try:
            with transaction.atomic():
                decide = suggesting.accept if accept else suggesting.reject
                decide(row, answer=answer, actor=actor, now=now)
        except (StepNotOpen, ValidationError) as refused:
            why = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
            left.append((row, why))
    return Decided(len(rows) - len(left), tuple(left))
