"""Where an agreement stands on a day: derived from what people did and from its dates, never stored.

Days are calendar days in the agreement's time zone; the last day is inclusive (DOMAIN 5, traps 1 and 20).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from agreements.models import EXPIRING_DAYS, STANDINGS, WITHOUT_END, Agreement, Stage
from common.dates import day

IN_FORCE = frozenset({"in_force", "expiring", "in_notice"})


@dataclass(frozen=True)
class NextDate:
    """A day to watch, with the words it comes from and the rule by which it was reckoned."""

    name: str
    on: date
    why: str
    rule: str = ""


@dataclass(frozen=True)
class Standing:
    """The standing's key and word, whether data may flow, and the next dates in order."""

    key: str
    label: str
    in_force: bool
    dates: tuple[NextDate, ...]

    @property
    def next_date(self) -> NextDate | None:
        """The first day to watch."""
        return self.dates[0] if self.dates else None


def of(agreement: Agreement, *, today: date) -> Standing:
    """The standing of an agreement on `today`."""
    key = key_of(agreement, today)
    in_force = key in IN_FORCE and begun(agreement, today) and not suspended(agreement, today)
    found = sorted(_dates(agreement, key, today), key=lambda row: row.on)
    return Standing(key, STANDINGS[key], in_force, tuple(found))


def key_of(agreement: Agreement, today: date) -> str:
    """The key alone; `models.standing_q` is its form for lists."""
    if agreement.stage == Stage.ENDED:
        return "in_notice" if agreement.ended_on and agreement.ended_on >= today else "ended"
    if agreement.stage != Stage.EXECUTED:
        return str(agreement.stage)
    if not begun(agreement, today):
        return "upcoming"
    if lapsed(agreement, today):
        return "lapsed"
    if suspended(agreement, today):
        return "suspended"
    if agreement.last_day and today <= agreement.last_day <= today + timedelta(days=EXPIRING_DAYS):
        return "expiring"
    return "in_force"


def begun(agreement: Agreement, today: date) -> bool:
    """Whether its first day has come; it never has while it waits for an approval or for its conditions."""
    return agreement.effective_on is not None and agreement.effective_on <= today


def lapsed(agreement: Agreement, today: date) -> bool:
    """Whether its term is over and no automatic renewal carries it on."""
    if agreement.last_day is None or agreement.last_day >= today:
        return False
    return agreement.renews_until is None or agreement.renews_until < today


def renews_itself(agreement: Agreement) -> bool:
    """Whether another term begins after the present one unless notice is given."""
    last, until = agreement.last_day, agreement.renews_until
    return last is not None and until is not None and until > last


def suspended(agreement: Agreement, today: date) -> bool:
    """Whether a suspension holds on the day."""
    begins = agreement.suspended_on is not None and agreement.suspended_on <= today
    return begins and (agreement.suspended_until is None or agreement.suspended_until >= today)


def _dates(agreement: Agreement, key: str, today: date) -> Iterator[NextDate]:
    """The coming days, and the passed ones that still want an act."""
    if key == "upcoming":
        if agreement.effective_on:
            yield NextDate(
                "Takes effect", agreement.effective_on, "the first day in force", "term.effective_rule"
            )
        return
    if key == "in_notice" and agreement.ended_on:
        yield NextDate("Ends", agreement.ended_on, "the last day in force under the notice given", "notice")
        return
    if key not in {"in_force", "expiring", "suspended", "lapsed"}:
        return
    if key == "suspended" and agreement.suspended_until:
        yield NextDate(
            "Suspension ends", agreement.suspended_until, "the last day of the suspension", "suspension"
        )
    if agreement.unreviewed_on:
        yield unreviewed(agreement)
    if agreement.notice_opens_on and agreement.notice_opens_on > today:
        yield NextDate(
            "Notice opens",
            agreement.notice_opens_on,
            "notice before this day does not count",
            "party.notice_opens_days",
        )
    if agreement.notice_due_on and agreement.notice_due_on >= today:
        yield notice(agreement, today)
    if agreement.last_day:
        yield end(agreement, today)
    if agreement.review_due_on and key != "lapsed":
        yield review(agreement, today)


def end(agreement: Agreement, today: date) -> NextDate:
    """The last day of the term as a day to watch; it has one."""
    last = agreement.last_day
    if last is None:
        raise ValueError("This agreement has no last day.")
    if agreement.renews_until and agreement.renews_until > last:
        limit = "" if agreement.renews_until == WITHOUT_END else f", up to {day(agreement.renews_until)}"
        word = "Renewed itself after" if last < today <= agreement.renews_until else "Renews itself after"
        if agreement.renews_until < today:
            return NextDate(
                "Lapsed after",
                agreement.renews_until,
                "the end of the last automatic renewal",
                "term.renewal_max",
            )
        return NextDate(
            word, last, f"automatic renewal unless a party gives notice in time{limit}", "term.renewal"
        )
    return NextDate(
        "Lapsed after" if last < today else "Ends", last, "the last day in force", "term.last_day"
    )


def unreviewed(agreement: Agreement) -> NextDate:
    """The finding that it renewed itself without a recorded decision; it stands until somebody decides."""
    on = agreement.unreviewed_on
    if on is None:
        raise ValueError("Nothing about this agreement's renewal waits for a decision.")
    return NextDate("Renewed itself without a decision", on, "nobody had recorded one in time", "review")


def notice(agreement: Agreement, today: date) -> NextDate:
    """The last safe day for notice; it has one."""
    on, last = agreement.notice_due_on, agreement.last_day
    if on is None or last is None:
        raise ValueError("This agreement has no day for notice.")
    said = f"{(last - on).days} days before the last day, {day(last)}"
    return NextDate("Notice was due" if on < today else "Notice due", on, said, "party.notice_days")


def review(agreement: Agreement, today: date) -> NextDate:
    """The next periodic review; it has one."""
    on = agreement.review_due_on
    if on is None:
        raise ValueError("This agreement has no review.")
    return NextDate(
        "Review overdue since" if on < today else "Review due",
        on,
        "the agreed review cycle",
        "term.review_months",
    )
