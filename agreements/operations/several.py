"""The same act on several rows of the board: each done by itself, or refused with its reason; none stops another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import User
from agreements import policy
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement

MOST = 100


@dataclass(frozen=True)
class Choice:
    """One row of the board: an agreement, for which agency, and a reason of its own if the common one is not meant."""

    agreement: UUID
    agency: UUID | None = None
    reason: str = ""


@dataclass(frozen=True)
class Done:
    """What came of one row: the audited row that was written, or why there is none."""

    choice: Choice
    agreement: Agreement | None
    made: Any = None
    why: str = ""


Act = Callable[[Agreement, Choice], Any]


def chosen(choices: Iterable[Choice]) -> list[Choice]:
    """The rows, each once. Raises ValidationError when there are none or too many."""
    rows = list({(row.agreement, row.agency): row for row in choices}.values())
    if not rows or len(rows) > MOST:
        raise ValidationError({"rows": f"Choose at least one row and at most {MOST}."})
    return rows


def each(rows: Iterable[Choice], act: Act, *, actor: User, now: datetime) -> list[Done]:
    """The act on each row that the actor may see, in a transaction of its own: what was recorded stays."""
    wanted = list(rows)
    seen = policy.visible(actor, today=now.date()).filter(pk__in=[row.agreement for row in wanted])
    known = {agreement.pk: agreement for agreement in seen}
    return [_one(row, known.get(row.agreement), act) for row in wanted]


def _one(choice: Choice, agreement: Agreement | None, act: Act) -> Done:
    if agreement is None:
        return Done(choice, None, why="There is no such agreement, or you may not see it.")
    try:
        with transaction.atomic():
            return Done(choice, agreement, act(agreement, choice))
    except (StepNotOpen, PermissionDenied) as refused:
        return Done(choice, agreement, why=str(refused))
    except ValidationError as refused:
        return Done(choice, agreement, why=" ".join(refused.messages))
