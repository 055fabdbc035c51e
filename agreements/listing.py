"""The list of agreements: pages, counts and search, each one query however many there are.

Everything goes by the access table: one short ordered walk of its index (principal, sort_on, agreement) per
principal, merged. Counts go to 1,000; how many there are of each sort is counted among 250 of them, and said so.
"""
# ruff: noqa: S608, S611 -- every piece of SQL put together here is our own text or compiled by the ORM; values are parameters.

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL

from agencies.models import Agency
from agreements import policy, standing
from agreements.models import EXPIRING_DAYS, STANDINGS, Access, Agreement, Party, Stage, standing_q

PAGE, MAX_PAGE = 25, 100
BOUND = 1000
MET = 4 * BOUND
SAMPLE = 250
RANKED = 50
COMING, PASSED, ALL = "coming", "passed", "all"
UNDATED = date(9999, 12, 31)
"""The day under which an agreement is listed that has none, as before its execution (migration 0002)."""

UNSAID = re.compile(r"zp[0-9a-f]{32}|-(?![\w\"])", re.IGNORECASE)
"""What is no part of a search: the lexemes of principals, and minus signs before nothing, of which PostgreSQL
takes no more than 32 in a row."""

Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class Filters:
    """What narrows a list. `party` is an agency's slug, `mine` the lead agencies, `when` which side of today.

    `when` goes by the day an agreement is listed under: its last day; without one, its review day.
    """

    text: str = ""
    stage: str = ""
    standing: str = ""
    kind: str = ""
    party: str = ""
    category: str = ""
    ends_before: date | None = None
    mine: tuple[UUID, ...] = ()
    when: str = ALL

    def of_agreement(self, *, today: date) -> Q:
        """The conditions on the agreement itself."""
        found = Q()
        for name in ("stage", "kind"):
            if value := getattr(self, name):
                found &= Q(**{name: value})
        if self.standing:
            found &= standing_q(self.standing, today=today)
        if self.category:
            found &= Q(categories__contains=[self.category])
        if self.ends_before:
            found &= Q(last_day__lt=self.ends_before) | Q(ended_on__lt=self.ends_before)
        return found & Q(lead__in=self.mine) if self.mine else found


@dataclass(frozen=True)
class Mark:
    """Where a page ended: the key after which the next one begins."""

    sort_on: date
    agreement: UUID

    def __str__(self) -> str:
        return f"{self.sort_on.isoformat()}_{self.agreement}"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The mark written in an address; None for anything else."""
        day, _, key = text.partition("_")
        try:
            return cls(date.fromisoformat(day), UUID(key))
        except ValueError:
            return None


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    agreement: Agreement
    parties: tuple[str, ...]
    turn: str
    standing: standing.Standing


@dataclass(frozen=True)
class Page:
    """Some rows in order, and where the next page begins."""

    rows: list[Row]
    next: Mark | None = None


@dataclass(frozen=True)
class Facets:
    """How many were found, and of each sort: all of them, or at least so many when there are more than 250."""

    total: int
    more: bool
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def sampled(self) -> bool:
        """Whether the counts of each sort are only the least there are."""
        return self.more or self.total > SAMPLE

    @property
    def said(self) -> str:
        """The total as people read it."""
        return f"{self.total:,}+" if self.more else f"{self.total:,}"


def page(
    principals: Sequence[UUID], *, filters: Filters, after: Mark | None = None, limit: int = PAGE, today: date
) -> Page:
    """The next rows in the order of the day they are listed under; one query.

    What has passed is listed newest first, everything else soonest first. `limit` is at most 100.
    """
    limit = max(1, min(limit, MAX_PAGE))
    downward = filters.when == PASSED
    each = _walk(filters, after, downward=downward, today=today)[: limit + 1]
    walk, params = _per_principal(each.values("agreement_id", "sort_on"), principals)
    down = " DESC" if downward else ""
    order = f"sort_on{down}, agreement_id{down}"
    found = f"SELECT agreement_id, sort_on FROM ({walk}) w GROUP BY 1, 2 ORDER BY {order} LIMIT %s"
    rows = _rows(found, [*params, limit + 1], order, today)
    return Page(rows[:limit], _mark(rows[limit - 1]) if len(rows) > limit else None)


def search(principals: Sequence[UUID], *, filters: Filters, limit: int = RANKED, today: date) -> Page:
    """The best matches for `filters.text`, best first; ranks at most the first 1,000 matches. One query."""
    if not principals:
        return Page([])
    hits, params = _hits(principals, filters, today)
    found = (
        "SELECT agreement_id, '9999-12-31'::date AS sort_on, ts_rank_cd(tsv, q) AS rank "
        f"FROM ({hits}) h ORDER BY rank DESC, agreement_id LIMIT %s"
    )
    return Page(_rows(found, [*params, limit], "rank DESC, agreement_id", today))


def facets(principals: Sequence[UUID], *, filters: Filters, today: date) -> Facets:
    """The bounded count, and how many there are of each sort among the first of them; one query."""
    if not principals:
        return Facets(0, False)
    met, params = _met(principals, filters, today)
    seen = Agreement.objects.filter(
        pk__in=RawSQL("SELECT agreement_id FROM found LIMIT %s", (SAMPLE,))
    ).annotate(
        now=Case(
            *[When(standing_q(name, today=today), then=Value(name)) for name in STANDINGS],
            default=Value(""),
            output_field=CharField(),
        )
    )
    rows, more = seen.values("id", "stage", "kind", "categories", "now").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(FACETS.format(met=met, rows=rows), [*params, BOUND + 1, *more, filters.party])
        return _counted(cursor.fetchall())


FACETS = """
WITH met AS MATERIALIZED ({met}), found AS MATERIALIZED (SELECT DISTINCT agreement_id FROM met LIMIT %s), rows AS MATERIALIZED ({rows}), parties AS (
  SELECT g.slug, g.short_name, count(*) AS n FROM rows r
    JOIN agreements_party p ON p.agreement_id = r.id AND p.left_on IS NULL
    JOIN agencies_agency g ON g.id = p.agency_id
   GROUP BY 1, 2 ORDER BY n DESC, g.short_name LIMIT 12)
SELECT 'total', '', '', count(*) FROM found
UNION ALL SELECT 'met', '', '', count(*) FROM met
UNION ALL SELECT 'stage', stage, '', count(*) FROM rows GROUP BY 2
UNION ALL SELECT 'kind', kind, '', count(*) FROM rows GROUP BY 2
UNION ALL SELECT 'standing', now, '', count(*) FROM rows GROUP BY 2
UNION ALL SELECT 'category', c, '', count(*) FROM rows, unnest(categories) c GROUP BY 2
UNION ALL SELECT 'party', slug, short_name, n FROM parties
UNION ALL SELECT 'known', slug, short_name, 0 FROM agencies_agency WHERE slug = %s
"""
"""`parties` names the twelve most frequent; `known` says whether the party asked for exists."""


def _counted(rows: list[tuple[str, str, str, int]]) -> Facets:
    counts: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    for facet, value, name, number in rows:
        counts.setdefault(facet, {})[value] = number
        if name:
            names[value] = name
    total, met = counts.pop("total")[""], counts.pop("met")[""]
    return Facets(min(total, BOUND), total > BOUND or met > MET, counts, names)


def _met(principals: Sequence[UUID], filters: Filters, today: date) -> Sql:
    """The first agreements met on the way: more than the bound if there are more.

    An agreement is met once for each of its parties that the person belongs to.
    """
    if filters.text:
        hits, params = _hits(principals, filters, today)
        return f"SELECT agreement_id FROM ({hits}) h", params
    each = _walk(filters, None, downward=filters.when == PASSED, today=today)[: BOUND + 1]
    walk, params = _per_principal(each.values("agreement_id"), principals)
    return f"SELECT agreement_id FROM ({walk}) w LIMIT %s", [*params, MET + 1]


def _walk(filters: Filters, after: Mark | None, *, downward: bool, today: date) -> QuerySet[Access]:
    """The access rows of one principal (`asked.principal`) in the order of its index."""
    found = Access.objects.filter(Q(until=None) | Q(until__gt=today), principal=RawSQL("asked.principal", ()))
    if filters.when == COMING:
        found = found.filter(sort_on__gte=today)
    elif filters.when == PASSED:
        found = found.filter(sort_on__lt=today)
    found = found.filter(_span(filters, today))
    if after is not None:
        found = found.filter(_beyond(after, "<" if downward else ">"))
    found = _narrowed(found, filters, today)
    return found.order_by(*(("-sort_on", "-agreement_id") if downward else ("sort_on", "agreement_id")))


def _span(filters: Filters, today: date) -> Q:
    """The days under which all that fits the filters is listed, so that the walk can begin there."""
    under_way = {*Stage} - {Stage.EXECUTED, Stage.ENDED}
    if filters.stage in under_way or filters.standing in under_way:
        return Q(sort_on=UNDATED)
    if filters.standing in {"lapsed", "ended"}:
        return Q(sort_on__lt=today)
    if filters.standing == "expiring":
        return Q(sort_on__gte=today, sort_on__lte=today + timedelta(days=EXPIRING_DAYS))
    return Q()


def _beyond(after: Mark, sign: str) -> RawSQL:
    """One comparison of pairs, which the index answers as a range."""
    pair = '("agreements_access"."sort_on", "agreements_access"."agreement_id")'
    return RawSQL(f"{pair} {sign} (%s, %s)", (after.sort_on, after.agreement), BooleanField())


def _narrowed(found: QuerySet[Any], filters: Filters, today: date) -> QuerySet[Any]:
    """Those of `found` (rows with an agreement) whose agreement passes the filters."""
    conditions = filters.of_agreement(today=today)
    if conditions:
        found = found.filter(agreement__in=Agreement.objects.filter(conditions))
    if filters.party:
        agency = Agency.objects.filter(slug=filters.party).values("pk")[:1]
        rows = Party.objects.filter(agreement=OuterRef("agreement_id"), agency=Subquery(agency), left_on=None)
        found = found.filter(Exists(rows))
    return found


def _per_principal(each: QuerySet[Any, Any], principals: Sequence[UUID]) -> Sql:
    sql, params = each.query.sql_with_params()
    walk = f"SELECT x.* FROM unnest(%s::uuid[]) AS asked(principal) CROSS JOIN LATERAL ({sql}) x"
    return walk, [list(principals), *params]


def _hits(principals: Sequence[UUID], filters: Filters, today: date) -> Sql:
    """Matches with their words, at most one more than the bound.

    Permission is a second query over the principals' lexemes, joined with AND in the database, so that nothing
    a person types can widen it; what has ended by date is left out by the access rows themselves.
    """
    rows = _narrowed(policy.readable(principals, today=today), filters, today).values("agreement_id")
    if filters.when != ALL:
        rows = rows.filter(**{"sort_on__gte" if filters.when == COMING else "sort_on__lt": today})
    access, params = rows.query.sql_with_params()
    sql = (
        "SELECT s.agreement_id, s.tsv, w.q FROM agreements_searchentry s, websearch_to_tsquery('english', %s) w(q) "
        f"WHERE numnode(w.q) > 0 AND s.tsv @@ (w.q && %s::tsquery) AND s.agreement_id IN ({access}) LIMIT %s"
    )
    lexemes = " | ".join(f"zp{principal.hex}" for principal in principals)
    return sql, [UNSAID.sub(" ", filters.text), lexemes, *params, BOUND + 1]


def _rows(found: str, params: list[Any], order: str, today: date) -> list[Row]:
    """The agreements that `found` names, with what a line shows, in its order."""
    rows = Agreement.objects.raw(
        "SELECT a.*, f.*, t.short_name AS turn_name, ARRAY("
        "  SELECT g.short_name FROM agreements_party p JOIN agencies_agency g ON g.id = p.agency_id"
        "   WHERE p.agreement_id = a.id AND p.left_on IS NULL ORDER BY p.position, p.id) AS party_names "
        f"FROM ({found}) f JOIN agreements_agreement a ON a.id = f.agreement_id "
        f"LEFT JOIN agencies_agency t ON t.id = a.turn_id ORDER BY {order}",
        params,
    )
    return [_row(row, today) for row in rows]


def _row(row: Any, today: date) -> Row:
    return Row(row, tuple(row.party_names), row.turn_name or "", standing.of(row, today=today))


def _mark(row: Row) -> Mark:
    return Mark(row.agreement.sort_on, row.agreement.pk)  # type: ignore[attr-defined]
