"""What stands on the board: whose it is, how it is narrowed, and one row of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from agreements.models import HORIZON, Outcome
from agreements.standing import NextDate

NOTICE_SOON, QUARTER = 30, 90
PAGE, BOUND, MOST = 30, 200, 500
"""Rows of a page, rows of a column counted at most, days of a month shown at most."""

COLUMNS = {
    "now": "Decide now",
    "notice": "Notice window open",
    "quarter": "Within 90 days",
    "half": "Within 180 days",
    "open": "No end date: review due",
}
RANKS = {name: rank for rank, name in enumerate(COLUMNS)}
NEXT_STEP = {Outcome.RENEW: "renew", Outcome.AMEND: "amend", Outcome.TERMINATE: "terminate"}
"""The step that carries a decision out, where there is one."""


@dataclass(frozen=True)
class Scope:
    """Whose board: for which agencies, narrowed to a column, a kind, a category of data, or an owner; or to nobody's."""

    agencies: tuple[UUID, ...]
    kind: str = ""
    category: str = ""
    owner: UUID | None = None
    unowned: bool = False
    column: str = ""


@dataclass(frozen=True, order=True)
class Mark:
    """The place of a row: column, day, agreement, what it is, and for which agency. A page begins after one."""

    rank: int
    on: date
    agreement: UUID
    what: str
    agency: UUID

    def __str__(self) -> str:
        return f"{self.rank}_{self.on.isoformat()}_{self.agreement}_{self.what}_{self.agency}"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The mark written in an address; None for anything else."""
        try:
            rank, on, agreement, rest = text.split("_", 3)
            what, _, agency = rest.rpartition("_")
            if not (rank.isascii() and rank.isdigit() and len(rank) == 1 and what.replace("_", "").isalpha()):
                return None
            return cls(int(rank), date.fromisoformat(on), UUID(agreement), what, UUID(agency))
        except ValueError:
            return None


@dataclass(frozen=True)
class Item:
    """An agreement with one of its days, for one agency.

    `settled` is the last decision the agency recorded, `open` whether the day still waits for one. `owner` is the
    name of whoever answers for it, empty if nobody does. `url` leads to where it is done, if that is no decision.
    """

    agreement: Any
    column: str
    deadline: NextDate
    parties: tuple[str, ...]
    mark: Mark
    agency: str = ""
    owner: str = ""
    open: bool = True
    settled: str = ""
    settled_on: date | None = None
    url: str = ""

    @property
    def key(self) -> str:
        """How a form names the row: agency and agreement."""
        return f"{self.mark.agency}:{self.mark.agreement}"


def key_read(text: str) -> tuple[UUID, UUID] | None:
    """The agency and the agreement that a form's key names; None for anything else."""
    agency, _, agreement = text.partition(":")
    try:
        return UUID(agency), UUID(agreement)
    except ValueError:
        return None


@dataclass(frozen=True)
class Page:
    """Some rows in order, and the place after which the next page begins."""

    items: list[Item]
    next: Mark | None = None

    def of(self, column: str) -> list[Item]:
        """Those of one column."""
        return [item for item in self.items if item.column == column]


@dataclass(frozen=True)
class Ask:
    """What a source of rows is asked for, in the order of their marks, at most `limit` after `after`.

    By column, which is what waits for an act; or by day, `first` to `last`: what waits, or with `decided` every day.
    `among` narrows to some agreements, each for one agency.
    """

    scope: Scope
    today: date
    columns: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    decided: bool = False
    among: tuple[tuple[UUID, UUID], ...] = ()
    after: Mark | None = None
    limit: int = PAGE

    def more(self) -> Ask:
        """The same with one row more, which says whether there is another page."""
        return replace(self, limit=self.limit + 1)


def column_of(what: str, on: date, *, endless: bool, today: date) -> str:
    """In which column a day that waits for an act stands; none when it is more than 180 days ahead."""
    if on < today or what == "renewed":
        return "now"
    ahead = on - today
    if ahead > timedelta(days=HORIZON):
        return ""
    if what == "notice" and ahead <= timedelta(days=NOTICE_SOON):
        return "notice"
    if endless:
        return "open"
    return "quarter" if ahead <= timedelta(days=QUARTER) else "half"
