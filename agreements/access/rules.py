"""What is worth a look: one table of rules over the history. A finding says what happened, never that it was wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from agencies.days import civil_day
from agencies.models import Agency, Membership, Role, User, held_by
from agreements import policy
from agreements.access.asof import GIVEN
from agreements.access.readers import OTHERS, READS, link
from agreements.models import Agreement, AgreementUserObjectPermission, Renewal, Review, Stage
from audit import reading
from audit.models import Event
from audit.sentences import body, sentence
from audit.taking import COMPLETED
from common import dates

DAYS = 90
"""How far back the list looks."""
MOST = 200
"""How many findings of one rule are listed, the newest."""
OPENS, CLOSES, SATURDAY = 6, 20, 5
REFUSALS = 5
YEAR = timedelta(days=366)
DECIDED_WITHIN = timedelta(days=180)
WAIVED = ("requirement.waived",)
"""Acts by which somebody goes past a check that blocks."""
LARGE = {"agreements": 50, "entries": 10_000, "events": 10_000, "rows": 10_000, "bytes": 100 * 1024 * 1024}
"""A fact of an export and the number from which it counts as of unusual size."""
TAKEN = tuple(name for name in READS if name not in {"agreement.viewed_by_grant", "attempt.refused"})
LOOKED = "anomaly.looked_at"


@dataclass(frozen=True)
class Finding:
    """One thing worth a look: a key that stays the same, when, what in words, and where to look."""

    key: str
    at: datetime | date
    says: str
    about: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Look:
    """Who looks, on which day: the events and agreements they cover."""

    user: User
    today: date
    now: datetime

    @cached_property
    def since(self) -> datetime:
        """The first instant looked at."""
        return self.now - timedelta(days=DAYS)

    def events(self, condition: Q) -> list[Event]:
        """The newest events they may read for which the condition holds."""
        seen = reading.visible(self.user, today=self.today).filter(condition, at__gte=self.since)
        return list(seen.order_by("-id")[: MOST * 10])

    @cached_property
    def taken(self) -> list[Event]:
        """Everything taken out of the house."""
        return self.events(Q(action__in=TAKEN) | OTHERS)

    @cached_property
    def agreements(self) -> dict[UUID, Agreement]:
        """The agreements that events at hand are about."""
        streams = {event.stream for event in self.taken}
        return policy.visible(self.user, today=self.today).in_bulk(list(streams))

    @cached_property
    def zones(self) -> dict[UUID, str]:
        """The time zones of agencies."""
        return dict(Agency.objects.values_list("pk", "timezone"))

    def local(self, event: Event) -> datetime:
        """The instant on the wall clock of the agency it was done for, else of the agreement."""
        agreement = self.agreements.get(event.stream)
        zone = self.zones.get(event.agency) if event.agency else agreement.timezone if agreement else None
        return event.at.astimezone(ZoneInfo(zone or "UTC"))

    def entry(self, event: Event) -> tuple[str, str]:
        """A link to the event."""
        known = self.zones.keys()
        return f"Entry {event.number}", link(event, agreement=event.stream not in known)


@dataclass(frozen=True)
class Rule:
    """A rule of the list: its name, what it looks for in plain words, and how it is found."""

    key: str
    name: str
    says: str
    find: Callable[[Look], Iterable[Finding]]


@dataclass(frozen=True)
class Seen:
    """Somebody has looked at a finding."""

    who: str
    at: datetime
    note: str


@dataclass(frozen=True)
class Shown:
    """A rule with what it found, and who has looked at what."""

    rule: Rule
    found: list[Finding]
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def lines(self) -> list[tuple[Finding, Seen | None]]:
        """Each finding with whoever looked at it; those nobody looked at first."""
        both = [(finding, self.seen.get(finding.key)) for finding in self.found]
        return sorted(both, key=lambda line: line[1] is not None)

    @property
    def open(self) -> int:
        """How many nobody has looked at."""
        return sum(finding.key not in self.seen for finding in self.found)


def shown(user: User, *, today: date, now: datetime) -> list[Shown]:
    """Every rule of the table with what it found in what `user` covers."""
    look = Look(user, today, now)
    seen = looked_at(seats(user, today=today))
    return [Shown(rule, list(rule.find(look))[:MOST], seen) for rule in RULES]


def seats(user: User, *, today: date) -> list[UUID]:
    """The agencies whose people's list this is: those the person audits or administers."""
    held = held_by(user, today=today)
    return list(dict.fromkeys(m.agency_id for m in held if m.role in {Role.AUDITOR, Role.ADMINISTRATOR}))


def looked_at(agencies: Iterable[UUID]) -> dict[str, Seen]:
    """The findings that somebody of these agencies has looked at, by key."""
    events = Event.objects.filter(stream__in=list(agencies), action=LOOKED).order_by("id")
    return {
        body(event)["facts"]["key"]: Seen(event.actor_label, event.at, body(event)["facts"]["note"])
        for event in events
        if event.body
    }


def _out_of_hours(look: Look) -> Iterator[Finding]:
    for event in look.taken:
        at = look.local(event)
        if at.weekday() >= SATURDAY or not OPENS <= at.hour < CLOSES:
            said = f"{sentence(event)} It was {at:%A}, {dates.instant(event.at, str(at.tzinfo))}."
            yield Finding(
                f"out_of_hours:{event.pk}", event.at, said, _about(look, event), (look.entry(event),)
            )


def _refusals(look: Look) -> Iterator[Finding]:
    days: dict[tuple[Any, date], list[Event]] = defaultdict(list)
    for event in look.events(Q(action="attempt.refused")):
        days[event.actor, civil_day(event.at)].append(event)
    for (actor, day), events in days.items():
        if len(events) >= REFUSALS:
            tried = ", ".join(dict.fromkeys(body(event)["facts"]["tried"] for event in events if event.body))
            said = f"{events[0].actor_label} was refused {len(events)} times on {dates.day(day)}: {tried}."
            links = tuple(look.entry(event) for event in (events[-1], events[0]))
            yield Finding(f"refusals:{actor}:{day}", events[0].at, said, _who(events[0]), links)


def _waived(look: Look) -> Iterator[Finding]:
    for event in look.events(Q(action__in=WAIVED)):
        yield Finding(f"waived:{event.pk}", event.at, sentence(event), _who(event), (look.entry(event),))


def _unreviewed(look: Look) -> Iterator[Finding]:
    rows = policy.visible(look.user, today=look.today).filter(
        stage=Stage.EXECUTED, term__renewal=Renewal.AUTOMATIC, notice_due_on__lt=look.today,
        notice_due_on__gte=look.since.date(),
    )  # fmt: skip
    yield from _renewed(look)
    for row in rows.order_by("-notice_due_on", "pk")[:MOST]:
        on = row.notice_due_on
        if on and not Review.objects.filter(agreement=row, made_on__gt=on - DECIDED_WITHIN).exists():
            said = f"{row} renews by itself; the day to give notice, {dates.day(on)}, went by without a recorded decision."
            yield Finding(
                f"unreviewed:{row.pk}:{on}",
                on,
                said,
                row.reference,
                (("Dates", f"{row.get_absolute_url()}dates/"),),
            )


def _renewed(look: Look) -> Iterator[Finding]:
    """Those that did renew themselves meanwhile, as long as nobody has decided."""
    rows = policy.visible(look.user, today=look.today).filter(unreviewed_on__isnull=False)
    for row in rows.order_by("-unreviewed_on", "pk")[:MOST]:
        if row.unreviewed_on:
            said = f"{row} renewed itself on {dates.day(row.unreviewed_on)} without a recorded decision."
            decide = (("Decide", f"{row.get_absolute_url()}decide/"),)
            yield Finding(
                f"renewed:{row.pk}:{row.unreviewed_on}", row.unreviewed_on, said, row.reference, decide
            )


def _large(look: Look) -> Iterator[Finding]:
    for event in [*look.taken, *look.events(Q(action=COMPLETED))]:
        facts = body(event)["facts"] if event.body else {}
        sizes = [
            f"{name} {facts[name]:,}" for name, most in LARGE.items() if _number(facts.get(name)) >= most
        ]
        if event.stream in look.zones and event.action == "history.exported":
            sizes.append("an agency’s whole history")
        if sizes:
            said = f"{sentence(event)} Size: {', '.join(sizes)}."
            yield Finding(f"large:{event.pk}", event.at, said, _about(look, event), (look.entry(event),))


def _long_grants(look: Look) -> Iterator[Finding]:
    for event in look.events(Q(action=GIVEN)):
        facts = body(event)["facts"] if event.body else {}
        until = facts.get("until") or ""
        if not until or date.fromisoformat(until) - event.at.date() > YEAR:
            yield Finding(
                f"grants:{event.pk}", event.at, sentence(event), _about(look, event), (look.entry(event),)
            )
    endless = AgreementUserObjectPermission.objects.filter(
        until=None, content_object__in=policy.visible(look.user, today=look.today).values("pk")
    )
    for row in endless.select_related("user", "content_object", "permission")[:MOST]:
        said = f"{row.user.label} has a grant without an end on {row.content_object}."
        link_ = ("Files", f"{row.content_object.get_absolute_url()}files/")
        yield Finding(f"grants:row:{row.pk}", look.today, said, row.content_object.reference, (link_,))


def _last_day(look: Look) -> Iterator[Finding]:
    ended = Membership.objects.filter(until__gte=look.since.date(), until__lte=look.today)
    days = {(row.user_id, row.until): row for row in ended.select_related("agency")}
    for event in look.taken:
        row = days.get((event.actor, civil_day(event.at))) if event.actor else None
        if row is not None and row.until is not None:
            said = f"{sentence(event)} Their role as {row.get_role_display().lower()} of {row.agency.name} ended that day."
            yield Finding(f"last_day:{event.pk}", event.at, said, _about(look, event), (look.entry(event),))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _who(event: Event) -> str:
    return event.actor_label.split(" (")[0]


def _about(look: Look, event: Event) -> str:
    agreement = look.agreements.get(event.stream)
    return agreement.reference if agreement else _who(event)


RULES: tuple[Rule, ...] = (
    Rule("out_of_hours", "Taken away out of hours",
         "Exports and downloads outside 6:00 to 20:00, or on a weekend, on the agency’s own clock.", _out_of_hours),
    Rule("refusals", "Several refusals in a day",
         f"Somebody tried {REFUSALS} or more times in a day what their roles do not allow. Often a role is missing.", _refusals),
    Rule("waived", "Checks set aside", "Somebody went past a check that would have stopped a step.", _waived),
    Rule("unreviewed", "Renewals without a decision",
         "Agreements that renew by themselves and whose notice day went by without a recorded decision.", _unreviewed),
    Rule("large", "Exports of unusual size",
         "Whole histories of an agency, and exports or dossiers beyond the sizes listed in the rules.", _large),
    Rule("grants", "Grants that last long", "Access given without an end or for longer than a year.", _long_grants),
    Rule("last_day", "Taken away on somebody’s last day",
         "Exports and downloads on the day on which a role of the same person ended.", _last_day),
)  # fmt: skip
"""The rules of the list, in its order."""
