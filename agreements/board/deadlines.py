"""The board's rows of last days, days for notice, reviews and renewals nobody decided on, from their own table.

Each agency's rows are walked in the order of an index and no further than a page goes, however many there are. The
table has rows of agencies that are party to an agreement they can read, and of no others (migration 0002).
"""
# ruff: noqa: S608 -- every piece of SQL put together here is our own text; values are parameters.

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection

from agencies.models import Role
from agreements import standing
from agreements.board.rows import (
    BOUND,
    COLUMNS,
    NOTICE_SOON,
    QUARTER,
    RANKS,
    Ask,
    Item,
    Mark,
    Scope,
    column_of,
)
from agreements.models import HORIZON, Agreement, Outcome, What
from agreements.standing import NextDate

OWNERS = (Role.LIAISON, Role.COUNSEL)
"""The roles of whom an agency can make the owner of its part in an agreement."""

COLUMN = {
    "now": "d.due_on <= %(today)s AND (d.due_on < %(today)s OR d.what = 'renewed')",
    "notice": "d.due_on BETWEEN %(today)s AND %(soon)s AND d.what = 'notice'",
    "quarter": "d.due_on BETWEEN %(today)s AND %(quarter)s AND NOT d.endless AND d.what <> 'renewed' "
    "AND (d.what <> 'notice' OR d.due_on > %(soon)s)",
    "half": "d.due_on > %(quarter)s AND d.due_on <= %(half)s AND NOT d.endless",
    "open": "d.due_on BETWEEN %(today)s AND %(half)s AND d.endless AND d.what <> 'renewed'",
}
"""The condition of each column: the list form of `rows.column_of`."""
IN_ORDER = "due_on, agreement_id, what, agency"
AFTER = "(d.due_on, d.agreement_id, d.what, d.agency) > (%(after_on)s, %(after_agreement)s::uuid, %(after_what)s, %(after_agency)s::uuid)"
AMONG = "(d.agency, d.agreement_id) IN (SELECT * FROM unnest(%(among_agencies)s::uuid[], %(among)s::uuid[]))"
WALK = """
SELECT x.*, {rank} AS rank FROM unnest(%(agencies)s::uuid[]) AS asked (agency) CROSS JOIN LATERAL (
  SELECT d.agency, d.agreement_id, d.what, d.due_on, d.owner, d.settled, d.endless FROM agreements_deadline d
   WHERE d.agency = asked.agency AND {conditions} ORDER BY d.due_on, d.agreement_id, d.what LIMIT %(limit)s) x
"""
HOLDS = """SELECT FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id
 WHERE m.user_id = {owner} AND m.agency_id = {agency} AND m.role = ANY (%(owners)s) AND u.is_active
   AND m.since <= %(today)s AND (m.until IS NULL OR m.until > %(today)s)"""
SHOWN = f"""
SELECT a.*, c.*, g.short_name AS agency_name, o.name AS owner_name, r.outcome, r.made_on, ARRAY(
    SELECT g.short_name FROM agreements_party p JOIN agencies_agency g ON g.id = p.agency_id
     WHERE p.agreement_id = a.id AND (p.left_on IS NULL OR p.left_on >= %(today)s) ORDER BY p.position, p.id) AS party_names
  FROM (SELECT * FROM ({{walks}}) w ORDER BY rank, {IN_ORDER} LIMIT %(limit)s) c
  JOIN agreements_agreement a ON a.id = c.agreement_id JOIN agencies_agency g ON g.id = c.agency
  LEFT JOIN agencies_user o ON o.id = c.owner AND EXISTS ({HOLDS.format(owner="c.owner", agency="c.agency")})
  LEFT JOIN LATERAL (SELECT r.outcome, r.made_on FROM agreements_review r
    WHERE r.agreement_id = c.agreement_id AND r.agency_id = c.agency ORDER BY r.made_at DESC LIMIT 1) r ON true
 ORDER BY c.rank, c.due_on, c.agreement_id, c.what, c.agency
"""


def rows(ask: Ask) -> list[Item]:
    """The rows asked for, in their order; one query, none if nothing can be there."""
    walks = _walks(ask)
    if not walks:
        return []
    found = Agreement.objects.raw(SHOWN.format(walks=" UNION ALL ".join(walks)), _values(ask))
    said = _words if ask.decided else _waiting
    return [_item(row, said(row, ask.today), ask.today) for row in found]


def count(ask: Ask) -> dict[str, int]:
    """How many rows each column holds, counted to 201; one query."""
    if not ask.scope.agencies or not ask.columns:
        return {}
    each = (
        f"SELECT '{name}', count(*) FROM (SELECT FROM ({_walk(ask, RANKS[name], COLUMN[name])}) w LIMIT %(limit)s) n"
        for name in ask.columns
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each), _values(ask) | {"limit": BOUND + 1})
        return dict(cursor.fetchall())


def _walks(ask: Ask) -> list[str]:
    """One walk for each column that can hold a row asked for, or one for the days."""
    if not ask.scope.agencies:
        return []
    if ask.first is not None:
        return [
            _walk(ask, 0, "d.due_on BETWEEN %(first)s AND %(last)s" + (f" AND {AFTER}" if ask.after else ""))
        ]
    place = ask.after.rank if ask.after else -1
    return [
        _walk(ask, RANKS[name], COLUMN[name] + (f" AND {AFTER}" if RANKS[name] == place else ""))
        for name in ask.columns
        if RANKS[name] >= place
    ]


def _walk(ask: Ask, rank: int, conditions: str) -> str:
    open_ = [] if ask.decided else ["d.leads"]
    among = [AMONG] if ask.among else []
    return WALK.format(
        rank=rank, conditions=" AND ".join([*open_, conditions, *among, *_narrowed(ask.scope)])
    )


def of_agreement(scope: Scope, row: str) -> list[str]:
    """The conditions of a scope on the agreement of a row."""
    if not (scope.kind or scope.category):
        return []
    return [
        f"EXISTS (SELECT FROM agreements_agreement a WHERE a.id = {row}.agreement_id AND (%(kind)s = '' OR "
        "a.kind = %(kind)s) AND (%(category)s = '' OR %(category)s = ANY (a.categories)))"
    ]


def _narrowed(scope: Scope) -> list[str]:
    """The conditions of a scope on a row: its agreement and its owner."""
    held = HOLDS.format(owner="d.owner", agency="d.agency")
    found = of_agreement(scope, "d")
    found += [f"d.owner = %(owner)s AND EXISTS ({held})"] if scope.owner else []
    return [*found, f"NOT EXISTS ({held})"] if scope.unowned else found


def _values(ask: Ask) -> dict[str, Any]:
    scope, today, after = ask.scope, ask.today, ask.after
    return {
        "agencies": list(scope.agencies), "kind": scope.kind, "category": scope.category, "owner": scope.owner,
        "owners": [role.value for role in OWNERS], "today": today, "first": ask.first, "last": ask.last,
        "soon": today + timedelta(days=NOTICE_SOON), "quarter": today + timedelta(days=QUARTER),
        "half": today + timedelta(days=HORIZON), "limit": ask.limit,
        "among_agencies": [agency for agency, _ in ask.among], "among": [agreement for _, agreement in ask.among],
        "after_on": after and after.on, "after_agreement": after and after.agreement,
        "after_what": after and after.what, "after_agency": after and after.agency,
    }  # fmt: skip


def _item(row: Any, words: NextDate, today: date) -> Item:
    column = column_of(row.what, row.due_on, endless=row.endless, today=today)
    decision = Outcome(row.outcome).label if row.outcome else ""
    mark = Mark(row.rank, row.due_on, row.agreement_id, row.what, row.agency)
    return Item(row, column, words, tuple(row.party_names), mark, row.agency_name, row.owner_name or "",
                not row.settled, decision, row.made_on)  # fmt: skip


WORDS: dict[str, Callable[[Any, date], NextDate]] = {
    What.LAST_DAY: standing.end,
    What.NOTICE: standing.notice,
    What.REVIEW: standing.review,
    What.RENEWED: lambda row, today: standing.unreviewed(row),
}


def _words(row: Any, today: date) -> NextDate:
    """The day with the words it comes from."""
    return WORDS[row.what](row, today)


def _waiting(row: Any, today: date) -> NextDate:
    """What waits: once the last day is over without an answer that is the lapse, and nothing before it."""
    lapsed = row.what != What.RENEWED and row.last_day is not None and row.last_day < today
    answered = lapsed and row.made_on is not None and row.made_on >= row.last_day - timedelta(days=HORIZON)
    return standing.end(row, today) if lapsed and not answered else _words(row, today)


def every_column(scope: Scope) -> tuple[str, ...]:
    """The columns a scope shows."""
    return (scope.column,) if scope.column in COLUMNS else tuple(COLUMNS)
