"""What must be decided about executed agreements, and by when: the expiry board and its part of the in-tray.

A deadline is settled when one of the asking agencies has recorded a decision since its window opened, 180 days
before. A decision to continue, renew or amend moves the review day itself; the others settle it where it is.
"""
# ruff: noqa: S608 -- every piece of SQL put together here is our own text or compiled by the ORM; values are parameters.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from agreements import policy, standing
from agreements.models import Agreement, Outcome, Stage
from agreements.standing import NextDate

HORIZON = 180
NOTICE_SOON, QUARTER = 30, 90
ROWS = 200

COLUMNS = {
    "now": "Decide now",
    "notice": "Notice window open",
    "quarter": "Within 90 days",
    "half": "Within 180 days",
    "open": "No end date: review due",
}
SETTLES_REVIEW = (Outcome.LAPSE, Outcome.TERMINATE)


@dataclass(frozen=True)
class Scope:
    """Whose board: for which agencies, narrowed to a kind or a category of data."""

    agencies: tuple[UUID, ...]
    kind: str = ""
    category: str = ""


@dataclass(frozen=True)
class Item:
    """An agreement with the deadline that puts it on the board; `settled` is the last decision recorded, if any."""

    agreement: Any
    column: str
    deadline: NextDate
    parties: tuple[str, ...]
    settled: str = ""
    settled_on: date | None = None


def board(scope: Scope, *, today: date) -> dict[str, list[Item]]:
    """The items of each column, soonest first, at most one more than 200 in each; one query."""
    ranked = "row_number() OVER (PARTITION BY board_column ORDER BY next_on, label) AS nth"
    chosen = f"SELECT * FROM (SELECT *, {ranked} FROM placed WHERE board_column <> '') r WHERE nth <= %s"
    found: dict[str, list[Item]] = {name: [] for name in COLUMNS}
    for item in _items(scope, chosen, [ROWS + 1], "next_on, label", today):
        found[item.column].append(item)
    return found


def coming(scope: Scope, *, days: int, today: date, limit: int = ROWS) -> list[Item]:
    """Open deadlines that have passed or come within `days`, soonest first; one query."""
    order = "next_on, label"
    chosen = f"SELECT * FROM placed WHERE board_column <> '' AND next_on <= %s ORDER BY {order} LIMIT %s"
    return _items(scope, chosen, [today + timedelta(days=days), limit], order, today)


def settled(scope: Scope, *, today: date, limit: int = 50) -> list[Item]:
    """What would stand on the board had it not been decided, latest decision first; one query."""
    order = "made_on DESC, label"
    chosen = f"SELECT * FROM placed WHERE made_on IS NOT NULL AND board_column = '' ORDER BY {order} LIMIT %s"
    return _items(scope, chosen, [limit], order, today)


# `due` has every executed agreement with a day inside the horizon and the last decision of the asking agencies;
# `undecided` its days as far as no decision settles them; `next` the first of those, and once the last day is over
# nothing but the lapse. What renewed itself without a decision comes before all that.
PLACED = """
WITH due AS MATERIALIZED (
  SELECT a.id AS found_id, a.reference AS label, a.last_day, a.notice_due_on, a.review_due_on, a.unreviewed_on,
         d.made_on, d.outcome
    FROM ({seen}) s JOIN agreements_agreement a ON a.id = s.agreement_id
    LEFT JOIN LATERAL (
      SELECT r.made_on, r.outcome FROM agreements_review r
       WHERE r.agreement_id = a.id AND r.agency_id = ANY (%(agencies)s::uuid[])
       ORDER BY r.made_at DESC LIMIT 1) d ON true
   WHERE a.stage = %(executed)s AND a.ended_on IS NULL
     AND (a.last_day <= %(half)s OR a.notice_due_on <= %(half)s OR a.review_due_on <= %(half)s
          OR a.unreviewed_on IS NOT NULL)
     AND (%(kind)s = '' OR a.kind = %(kind)s) AND (%(category)s = '' OR %(category)s = ANY (a.categories))),
undecided AS (
  SELECT *,
    CASE WHEN made_on >= notice_due_on - %(horizon)s THEN NULL ELSE notice_due_on END AS notice,
    CASE WHEN made_on >= last_day - %(horizon)s THEN NULL ELSE last_day END AS final,
    CASE WHEN made_on >= review_due_on - %(horizon)s AND outcome = ANY (%(settles)s::text[])
         THEN NULL ELSE review_due_on END AS review
    FROM due),
next AS (
  SELECT *, CASE WHEN unreviewed_on IS NOT NULL THEN unreviewed_on WHEN last_day < %(today)s THEN final
                 ELSE least(notice, final, review) END AS next_on
    FROM undecided),
placed AS (
  SELECT found_id, label, made_on, outcome, next_on, CASE
      WHEN next_on IS NULL OR next_on > %(half)s THEN ''
      WHEN next_on < %(today)s OR unreviewed_on IS NOT NULL THEN 'now'
      WHEN notice <= %(soon)s THEN 'notice'
      WHEN last_day IS NULL THEN 'open'
      WHEN next_on <= %(quarter)s THEN 'quarter'
      ELSE 'half' END AS board_column
    FROM next)
"""
SHOWN = """
SELECT a.*, c.board_column, c.next_on, c.made_on, c.outcome, ARRAY(
    SELECT g.short_name FROM agreements_party p JOIN agencies_agency g ON g.id = p.agency_id
     WHERE p.agreement_id = a.id AND (p.left_on IS NULL OR p.left_on >= %(today)s) ORDER BY p.position, p.id) AS party_names
  FROM ({chosen}) c JOIN agreements_agreement a ON a.id = c.found_id ORDER BY {order}
"""


def _items(scope: Scope, chosen: str, limits: list[Any], order: str, today: date) -> list[Item]:
    """The items that `chosen` takes from `placed`, in their order."""
    if not scope.agencies:
        return []
    seen, params = (
        policy.readable(scope.agencies, today=today).values("agreement_id").distinct().query.sql_with_params()
    )
    values = _values(scope, today) | {f"seen{place}": value for place, value in enumerate(params)}
    values |= {f"limit{place}": value for place, value in enumerate(limits)}
    sql = PLACED.format(seen=_named(seen, "seen")) + SHOWN.format(chosen=_named(chosen, "limit"), order=order)
    rows = Agreement.objects.raw(sql, values)
    return [_item(row, today) for row in rows]


def _named(sql: str, name: str) -> str:
    """Numbered names instead of bare places, so that both kinds of SQL go into one query."""
    first, *rest = sql.split("%s")
    return first + "".join(f"%({name}{place})s{part}" for place, part in enumerate(rest))


def _values(scope: Scope, today: date) -> dict[str, Any]:
    return {
        "agencies": list(scope.agencies),
        "executed": Stage.EXECUTED.value,
        "kind": scope.kind,
        "category": scope.category,
        "settles": [outcome.value for outcome in SETTLES_REVIEW],
        "horizon": HORIZON,
        "today": today,
        "soon": today + timedelta(days=NOTICE_SOON),
        "quarter": today + timedelta(days=QUARTER),
        "half": today + timedelta(days=HORIZON),
    }


def _item(row: Any, today: date) -> Item:
    decision = Outcome(row.outcome).label if row.outcome else ""
    return Item(row, row.board_column, _words(row, today), tuple(row.party_names), decision, row.made_on)


def _words(row: Any, today: date) -> NextDate:
    """The deadline with the words it comes from; of a settled agreement, its next day whatever was decided."""
    if row.unreviewed_on:
        return standing.unreviewed(row)
    on = row.next_on or min(each for each in (row.notice_due_on, row.last_day, row.review_due_on) if each)
    if on == row.last_day or (row.last_day and row.last_day < today):
        return standing.end(row, today)
    return standing.notice(row, today) if on == row.notice_due_on else standing.review(row, today)
