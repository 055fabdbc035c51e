"""Which agreements that a person may see hold which version of a clause, and how far their texts stray from the model.

Everything is asked within a window of the person's agreements: all those that hold the clause where few do, else the
next two thousand they may see in the order of the list. However many there are, a page costs the same; where more
follow, it says so and where to go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from agencies.models import User
from agreements import policy, standing
from agreements.library.indexing import distance, models, texts_of
from agreements.listing import Mark
from agreements.models import Access, Agreement, ClauseUse
from agreements.worddiff import Piece, words

PAGE = 25
RARE = 1000
SCANNED = 2000
GROUPS, SHOWN = 10, 5
PAIR = '("agreements_access"."sort_on", "agreements_access"."agreement_id")'


@dataclass(frozen=True)
class Window:
    """Agreements in the order of the list; `next` is where the next window begins, None if nothing follows."""

    keys: list[tuple[date, UUID]]
    next: Mark | None = None


@dataclass(frozen=True)
class Held:
    """An agreement that holds a clause: which versions, and the first provision that came from it."""

    agreement: Agreement
    parties: tuple[str, ...]
    versions: tuple[int, ...]
    provision: UUID
    standing: standing.Standing

    @property
    def url(self) -> str:
        """Where the provision is read."""
        return f"{self.agreement.get_absolute_url()}#provision-{self.provision}"


@dataclass(frozen=True)
class Usage:
    """A page of agreements; `versions` counts within the window, all of them unless `more` follow after it."""

    rows: list[Held]
    versions: dict[int, int]
    more: bool
    next: Mark | None = None


@dataclass(frozen=True)
class Group:
    """Agreements that hold the same words: how far these are from the model, and the first few of them."""

    digest: str
    text: str
    changed: int
    said: int
    count: int
    held: list[Held] = field(default_factory=list)
    pieces: tuple[Piece, ...] = ()

    @property
    def share(self) -> int:
        """Words changed in percent of the model's, at least 1 if any changed and at most 100."""
        return min(100, max(1, round(100 * self.changed / max(self.said, 1)))) if self.changed else 0


@dataclass(frozen=True)
class Divergence:
    """The texts of a clause within the window, those that stray furthest first; `groups` is one page of them."""

    groups: list[Group]
    texts: int
    agreements: int
    model: str
    first: int = 0
    next: Mark | None = None

    @property
    def following(self) -> int | None:
        """Where the next page of the same window begins."""
        return self.first + GROUPS if self.first + GROUPS < self.texts else None


def usage(user: User, clause: str, *, after: Mark | None = None, limit: int = PAGE, today: date) -> Usage:
    """A page of the agreements `user` may see that hold the clause; nine queries at most."""
    window = seen(user, clause, after=after, today=today)
    rows = _uses(user, clause, window, today)
    held = {row.agreement_id: row for row in rows}
    in_order = [key for key in window.keys if key[1] in held]
    page = in_order[:limit]
    rest = Mark(*page[-1]) if len(in_order) > limit else window.next
    versions = Counter(
        version for key in {(row.agreement_id, row.version) for row in rows} for version in key[1:]
    )
    return Usage(
        _held(user, [key for _, key in page], rows, today=today), dict(sorted(versions.items(), reverse=True)),
        window.next is not None, rest,
    )  # fmt: skip


def divergence(
    user: User, clause: str, *, after: Mark | None = None, first: int = 0, today: date
) -> Divergence:
    """The texts of the clause in the agreements `user` may see, grouped by their words; at most ten queries."""
    window = seen(user, clause, after=after, today=today)
    rows = _uses(user, clause, window, today)
    by_text: dict[str, dict[UUID, None]] = {}
    places = {key: place for place, (_, key) in enumerate(window.keys)}
    for row in sorted(rows, key=lambda row: places[row.agreement_id]):
        by_text.setdefault(row.digest, {})[row.agreement_id] = None
    origin, model = models([clause])[clause]
    groups = sorted(
        _groups(clause, by_text, origin, model), key=lambda one: (-one.changed, -one.count, one.digest)
    )
    page = groups[first : first + GROUPS]
    shown = [key for one in page for key in list(by_text[one.digest])[:SHOWN]]
    held = {one.agreement.pk: one for one in _held(user, shown, rows, today=today)}
    told = [
        Group(one.digest, one.text, one.changed, one.said, one.count,
              [held[key] for key in list(by_text[one.digest])[:SHOWN] if key in held], words(model, one.text))
        for one in page
    ]  # fmt: skip
    return Divergence(told, len(groups), len({row.agreement_id for row in rows}), model, first, window.next)


def _groups(clause: str, by_text: dict[str, dict[UUID, None]], origin: str, model: str) -> list[Group]:
    """The texts with their distance as it was kept; measured anew where the model has changed since."""
    found = []
    for digest, row in texts_of(clause, by_text).items():
        changed, said = (row.changed, row.said) if row.model == origin else distance(model, row.text)
        found.append(Group(digest, row.text, changed, said, len(by_text[digest])))
    return found


def seen(user: User, clause: str, *, after: Mark | None, today: date) -> Window:
    """The window in which to look for a clause, beginning after a mark; three queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM agreements_clauseuse WHERE clause = %s LIMIT %s) u",
            [clause, RARE + 1],
        )
        rare = cursor.fetchone()[0] <= RARE
    principals = policy.principals(user, today=today)
    return _holders(principals, clause, after, today) if rare else _walk(principals, after, today)


def _holders(principals: Sequence[UUID], clause: str, after: Mark | None, today: date) -> Window:
    """Every agreement that holds the clause, where few do."""
    rows = policy.readable(principals, today=today)
    rows = rows.filter(agreement__in=ClauseUse.objects.filter(clause=clause).values("agreement"))
    if after is not None:
        rows = rows.filter(_beyond(after))
    return Window(
        list(rows.order_by("sort_on", "agreement_id").values_list("sort_on", "agreement_id").distinct())
    )


def _walk(principals: Sequence[UUID], after: Mark | None, today: date) -> Window:
    """The next agreements in the order of the list: one short walk of the index for each principal."""
    each = Access.objects.filter(Q(until=None) | Q(until__gt=today), principal=RawSQL("asked.principal", ()))
    if after is not None:
        each = each.filter(_beyond(after))
    walk = each.order_by("sort_on", "agreement_id").values("sort_on", "agreement_id")[: SCANNED + 1]
    sql, params = walk.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT x.sort_on, x.agreement_id FROM unnest(%s::uuid[]) AS asked(principal) "  # noqa: S608 -- our own text
            f"CROSS JOIN LATERAL ({sql}) x ORDER BY 1, 2 LIMIT %s",
            [list(principals), *params, SCANNED + 1],
        )
        keys = cursor.fetchall()
    return Window(keys[:SCANNED], Mark(*keys[SCANNED - 1]) if len(keys) > SCANNED else None)


def _beyond(after: Mark) -> RawSQL:
    return RawSQL(f"{PAIR} > (%s, %s)", (after.sort_on, after.agreement), BooleanField())  # noqa: S611 -- our own text


def _uses(user: User, clause: str, window: Window, today: date) -> list[ClauseUse]:
    """The provisions of the window that came from the clause; of a draft not shared yet, for its own agency alone."""
    keys = [key for _, key in window.keys]
    read = Q(agreement__shared_at__isnull=False) | Q(
        agreement__lead__in=policy.agencies_of(user, today=today)
    )
    return list(ClauseUse.objects.filter(read, clause=clause, agreement__in=keys).order_by("id"))


def _held(user: User, keys: Sequence[UUID], rows: Sequence[ClauseUse], *, today: date) -> list[Held]:
    """The agreements with these ids, in their order, found through what the person may see; four queries."""
    found: dict[UUID, Any] = policy.visible(user, today=today).with_parties().in_bulk(list(keys))
    uses: dict[UUID, list[ClauseUse]] = {}
    for row in rows:
        uses.setdefault(row.agreement_id, []).append(row)
    return [
        Held(
            agreement, tuple(p.agency.short_name for p in agreement.parties.all() if p.left_on is None),
            tuple(sorted({row.version for row in uses[key]}, reverse=True)), uses[key][0].provision,
            standing.of(agreement, today=today),
        )
        for key in dict.fromkeys(keys)
        if (agreement := found.get(key)) is not None
    ]  # fmt: skip
