"""For whom a dossier is made, and so what stays out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit.models import Event


@dataclass(frozen=True)
class Reader:
    """Somebody who reads what is private to these agencies, and what is private to none."""

    own: frozenset[UUID]

    def reads(self, private_to: UUID | None) -> bool:
        """Whether they read what is private to this agency, or to nobody."""
        return private_to is None or private_to in self.own

    def withheld(self, event: Event) -> bool:
        """Whether of this event only the hash goes out: private to another agency, or erased."""
        return not self.reads(event.private_to) or not event.body

    def readable(self, rows: Iterable[Any]) -> list[Any]:
        """Those of `rows` with a `private_to_id` that they may read."""
        return [row for row in rows if self.reads(row.private_to_id)]
