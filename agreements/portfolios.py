"""An agency's agreements as they stood at the end of a day: what was in force, with whom, on which terms.

Everything is put back from the history, entry by entry: what was done later is as if it had not been. A page costs the
same number of queries however many agreements there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import JSONField, Q
from django.db.models.expressions import RawSQL

from agencies.models import Agency, User, memberships_of
from agreements import asof, policy, schedules, standing
from agreements.models import Access, Agreement, Amendment, Party, Stage, Version
from agreements.standing import Standing
from audit.exports import harmless
from audit.models import Event

HELD = {
    "in_force": "In force",
    "suspended": "Suspended",
    "not_yet": "Not yet in force",
    "over": "Over",
}
"""Where an agreement was on the day, in one word; its standing says it closer."""
PAGE, MOST = 25, 200
OVER = frozenset({"lapsed", "ended", Stage.DECLINED, Stage.ABANDONED})
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """One agreement on the day. `agreement` has the stage and dates it had then and is never saved.

    `term` says length and renewal as the text had them, `version` which text held; both empty before it was signed.
    """

    agreement: Agreement
    held: str
    standing: Standing
    parties: tuple[str, ...]
    version: int | None
    term: str

    @property
    def said_term(self) -> list[str]:
        """The term's parts, one below the other."""
        return self.term.split("; ") if self.term else []

    @property
    def held_label(self) -> str:
        """The word for `held`."""
        return HELD[self.held]


@dataclass(frozen=True)
class Asked:
    """Whose agreements, on which day, for whom; `held` narrows to one of HELD."""

    agency: Agency
    on: date
    user: User
    today: date
    held: str = ""
    action: str = "view"
    """What the person must be allowed to do with an agreement that is shown."""


@dataclass(frozen=True)
class Page:
    """Rows in the order of their references; `after` is the reference from which the next page goes on, if there is one."""

    rows: list[Row]
    after: str | None


def page(asked: Asked, *, after: str = "", limit: int = PAGE) -> Page:
    """The rows after a reference. Narrowed to `held`, a page can be shorter than `limit` and still have a next one."""
    last = datetime.combine(asked.on + DAY, time(), UTC) + timedelta(hours=12)
    found = policy.permitted(asked.user, asked.action, Agreement.objects.all(), today=asked.today).filter(
        pk__in=Access.objects.filter(principal=asked.agency.pk).values("agreement"),
        drafted_at__lt=last,
        reference__gt=after,
    )
    found = found.select_related("term").order_by("reference")
    agreements = list(found[: limit + 1])
    rows = list(_rows(asked, agreements[:limit]))
    more = agreements[limit - 1].reference if len(agreements) > limit else None
    return Page([row for row in rows if asked.held in ("", row.held)], more)


def every(asked: Asked) -> Iterator[Row]:
    """All rows, some hundred at a time."""
    after: str | None = ""
    while after is not None:
        found = page(asked, after=after, limit=MOST)
        yield from found.rows
        after = found.after


def _rows(asked: Asked, agreements: list[Agreement]) -> Iterator[Row]:
    """The agreements that were there on the day and that the person could have known of."""
    ends = {row.pk: _end(row, asked.on) for row in agreements}
    then = _then(agreements, ends)
    texts = _texts(then, asked.on, ends)
    parties: dict[UUID, list[Party]] = defaultdict(list)
    for party in Party.objects.filter(agreement__in=then).select_related("agency").order_by("position", "id"):
        parties[party.agreement_id].append(party)
    own = {member.agency_id for member in memberships_of(asked.user, today=asked.today)}
    for agreement in then.values():
        if agreement.shared_at is None and not {agreement.lead_id} <= own:
            continue  # on that day it was a draft which nobody but its agency had seen
        yield _row(asked, agreement, parties[agreement.pk], texts.get(agreement.pk))


def _end(agreement: Agreement, on: date) -> datetime:
    """The first instant after the day, on the agreement's own clock."""
    return datetime.combine(on + DAY, time(), ZoneInfo(agreement.timezone))


def _then(agreements: Iterable[Agreement], ends: Mapping[UUID, datetime]) -> dict[UUID, Agreement]:
    """Each agreement as it was at its end of the day; those that were not there yet are left out."""
    found = {row.pk: row for row in agreements if row.drafted_at < ends[row.pk]}
    if not found:
        return {}
    later: dict[UUID, list[Event]] = defaultdict(list)
    events = Event.objects.filter(stream__in=found, at__gte=min(ends[key] for key in found))
    for event in events.order_by("-number"):
        if event.at >= ends[event.stream]:
            later[event.stream].append(event)
    return {key: asof.put_back(row, later[key]) for key, row in found.items()}


@dataclass(frozen=True)
class Text:
    """What the text says that held on the day."""

    number: int
    term: Mapping[str, Any]


def _texts(then: Mapping[UUID, Agreement], on: date, ends: Mapping[UUID, datetime]) -> dict[UUID, Text]:
    """The text of each that was signed by then: the first one, or the last amendment signed and in effect by the day."""
    chosen: dict[UUID, UUID | None] = {
        key: row.frozen_id for key, row in then.items() if row.executed_at is not None and row.frozen_id
    }
    amended = Amendment.objects.filter(
        amends__in=chosen, effective_on__lte=on, agreement__executed_at__isnull=False
    )
    for row in amended.select_related("agreement").order_by("number"):
        signed = row.agreement.executed_at
        if signed is not None and signed < ends[row.amends_id]:
            chosen[row.amends_id] = row.result_id
    versions = Version.objects.filter(pk__in={key for key in chosen.values() if key}).annotate(
        said_term=RawSQL("canonical::jsonb -> 'term'", (), output_field=JSONField())
    )
    found = {
        row["pk"]: Text(row["number"], row["said_term"])
        for row in versions.values("pk", "number", "said_term")
    }
    return {key: found[version] for key, version in chosen.items() if version and version in found}


def _row(asked: Asked, agreement: Agreement, parties: list[Party], text: Text | None) -> Row:
    stands = standing.of(agreement, today=asked.on)
    present = [row for row in parties if _joined(row, asked.on) and not _gone(row, asked.on)]
    return Row(
        agreement,
        _held(
            stands,
            agreement,
            next((row for row in parties if row.agency_id == asked.agency.pk), None),
            asked.on,
        ),
        stands,
        tuple(row.legal_name for row in present),
        text.number if text else None,
        schedules.in_brief(text.term) if text else "",
    )


def _held(stands: Standing, agreement: Agreement, party: Party | None, on: date) -> str:
    """For one party: what it has left is over for it, and what it had not joined had not begun."""
    if stands.key in OVER or (party is not None and _gone(party, on)):
        return "over"
    if not standing.begun(agreement, on) or (party is not None and not _joined(party, on)):
        return "not_yet"
    if stands.in_force:
        return "in_force"
    return "suspended" if standing.suspended(agreement, on) else "not_yet"


def _joined(party: Party, on: date) -> bool:
    return party.joined_on is None or party.joined_on <= on


def _gone(party: Party, on: date) -> bool:
    return party.left_on is not None and party.left_on < on


def choosable(user: User, *, today: date) -> list[Agency]:
    """The agencies a person is asked to choose from first: their own, and those they audit for a body that oversees them."""
    held = [*memberships_of(user, today=today)]
    bodies = [row.agency_id for row in held if row.role == "auditor"]
    own = Q(pk__in=[row.agency_id for row in held])
    overseen = Q(overseen_by__body__in=bodies, overseen_by__since__lte=today) & (
        Q(overseen_by__until=None) | Q(overseen_by__until__gt=today)
    )
    return list(Agency.objects.filter(own | overseen).distinct().order_by("name", "pk"))


COLUMNS = ("Reference", "Title", "On that day", "Standing", "Parties", "In force from", "Last day", "Ended on",
           "Review due", "Version", "Term")  # fmt: skip


def cells(row: Row) -> tuple[str, ...]:
    """A row as a line of a table; days as 2026-03-02, which no spreadsheet reads otherwise."""
    then = row.agreement
    days = (then.effective_on, then.last_day, then.ended_on, then.review_due_on)
    said = (
        then.reference, then.title, row.held_label, row.standing.label, "; ".join(row.parties),
        *(day.isoformat() if day else "" for day in days), str(row.version or ""), row.term,
    )  # fmt: skip
    return tuple(harmless(value) for value in said)
