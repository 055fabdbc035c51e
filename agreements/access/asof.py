"""Who could see and do what on a day, with one agreement or for one agency: the policy table asked of the past.

For today the answer is that of `policy.permitted`; for other days the rows are put back as the history tells them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from agencies import asof as agencies_asof
from agencies import policy as agency_policy
from agencies.asof import Span
from agencies.models import Agency, Role, User
from agreements import policy
from agreements.access.rights import OF_AGENCY, Right, in_order, in_words
from agreements.models import Agreement
from audit import replay
from audit.models import Event
from audit.sentences import body

GIVEN, TAKEN = "access.granted", "access.revoked"
_PARTIES = Q(action__in=["agreement.drafted", "agreement.shared"]) | Q(action__startswith="party.")


@dataclass
class Grant:
    """One grant to one person as it stood: what it conveys, until when, by whom, and when it was taken away."""

    stream: UUID
    person: UUID
    conveys: str
    until: date
    given: Event
    taken: datetime | None = None


@dataclass(frozen=True)
class Then:
    """An agreement on a day: the agencies that saw it, which of them led, and its grants."""

    lead: UUID | None = None
    seated: frozenset[UUID] = frozenset()
    grants: list[Grant] = field(default_factory=list)


def of_agreement(agreement: Agreement, *, on: date) -> list[Right]:
    """Everybody who could see the agreement on the day, and what each could do."""
    then = _then(agreement, on)
    bodies = agencies_asof.overseers_of(then.seated)
    once = agencies_asof.once({*then.seated, *bodies}, on=on)
    names = agencies_asof.names({*then.seated, *bodies})
    overseen = {span.id("body"): span for span in once.oversight() if span.id("agency") in then.seated}
    roles = once.roles()
    people = _people([*(span.id("user") for span in roles), *(grant.person for grant in then.grants)])
    found: list[Right] = []
    for span in roles:
        found += _by_role(span, then, names, people)
        found += _by_oversight(span, overseen.get(span.id("agency")), names, people)
    return in_order([*found, *_by_grants(then.grants, people, on)])


def of_agency(agency: Agency, *, on: date) -> list[Right]:
    """Everybody who could act for the agency or look into it on the day: roles, authorities, overseers, its grants."""
    bodies = agencies_asof.overseers_of([agency.pk])
    once = agencies_asof.once({agency.pk, *bodies}, on=on)
    names = agencies_asof.names({agency.pk, *bodies})
    over = {span.id("body"): span for span in once.oversight() if span.id("agency") == agency.pk}
    roles, signing = once.roles(), [s for s in once.authorities() if s.id("agency") == agency.pk]
    grants = given_by(agency.pk, on=on)
    people = _people(
        [*(s.id("user") for s in roles), *(s.id("person") for s in signing), *(g.person for g in grants)]
    )
    found = [_of_role(span, names, people) for span in roles if span.id("agency") == agency.pk]
    found += [_of_authority(span, names, people) for span in signing]
    for span in roles:
        found += _by_oversight(span, over.get(span.id("agency")), names, people)
    return in_order([*found, *_by_grants(grants, people, on, tell=True)])


def given_by(agency: UUID, *, on: date) -> list[Grant]:
    """The grants that somebody gave for the agency and that held on the day."""
    streams = Event.objects.filter(agency=agency, action=GIVEN).values("stream").distinct()
    events = Event.objects.filter(stream__in=streams, action__in=[GIVEN, TAKEN]).order_by("id")
    zone = timezone.get_default_timezone()
    end = replay.end_of(on, zone)
    found = _grants((event for event in events if event.at < end), on, zone)
    return [grant for grant in found if grant.given.agency == agency]


def _then(agreement: Agreement, on: date) -> Then:
    zone = ZoneInfo(agreement.timezone)
    end = replay.end_of(on, zone)
    events = Event.objects.filter(
        _PARTIES | Q(action__in=[GIVEN, TAKEN]), stream=agreement.pk, at__lt=end
    ).order_by("number")
    told = list(events)
    rows = replay.rows(event for event in told if event.action not in {GIVEN, TAKEN})
    own = rows.get(f"{Agreement._meta.label_lower}:{agreement.pk}")
    if own is None:
        return Then()
    lead = UUID(own.fields["lead_id"])
    parties = {UUID(row.fields["agency_id"]) for row in rows.values() if row.model == "agreements.party"}
    seated = parties if own.fields.get("shared_at") else parties & {lead}
    return Then(lead, frozenset(seated), _grants(told, on, zone))


def _grants(events: Iterable[Event], on: date, zone: tzinfo) -> list[Grant]:
    """The grants that held on the day, or were taken away in its course, from the events that gave and took them."""
    held: dict[tuple[UUID, UUID, str], Grant] = {}
    for event in events:
        if event.action not in {GIVEN, TAKEN} or not event.body:
            continue
        facts = body(event)["facts"]
        person = UUID(facts["person_id"])
        if event.action == GIVEN:
            until = date.fromisoformat(facts["until"])
            for name in {"view", facts["conveys"]}:
                held[event.stream, person, name] = Grant(event.stream, person, name, until, event)
        else:
            for grant in held.values():
                if (grant.stream, grant.person) == (event.stream, person) and grant.taken is None:
                    grant.taken = event.at
    kept = (grant for grant in held.values() if grant.until > on)
    return [grant for grant in kept if not grant.taken or grant.taken.astimezone(zone).date() == on]


def _people(ids: Collection[UUID]) -> dict[UUID, User]:
    return {person.pk: person for person in User.objects.filter(pk__in=set(ids))}


def _right(person: User, span: Span, **facts: Any) -> Right:
    return Right(person=person.pk, name=person.name, email=person.email, since=span.since, until=span.until,
                 by=span.by, ended_at=span.ended_at, **facts)  # fmt: skip


def _by_role(span: Span, then: Then, names: dict[UUID, str], people: dict[UUID, User]) -> Iterator[Right]:
    """What a role in a party agency conveys."""
    agency, role = span.id("agency"), str(span.fields["role"])
    if agency not in then.seated:
        return
    allowed = policy.GRANTS[role] - (frozenset() if agency == then.lead else policy.LEAD_ONLY)
    yield _right(people[span.id("user")], span, agency=names[agency], agency_id=agency, via="role",
                 what=agencies_asof.role_word(role), actions=allowed, says=in_words(allowed))  # fmt: skip


def _by_oversight(
    span: Span, over: Span | None, names: dict[UUID, str], people: dict[UUID, User]
) -> Iterator[Right]:
    """What an auditor's role in an overseeing body conveys."""
    if over is None or span.fields["role"] != Role.AUDITOR:
        return
    body_id, overseen = span.id("agency"), names.get(over.id("agency"), "a party")
    ends = [day for day in (span.until, over.until) if day]
    yield Right(
        person=span.id("user"), name=people[span.id("user")].name, email=people[span.id("user")].email,
        agency=names[body_id], agency_id=body_id, via="oversight", what=f"Auditor of a body that oversees {overseen}",
        actions=policy.OVERSIGHT, says=in_words(policy.OVERSIGHT), since=max(span.since, over.since),
        until=min(ends) if ends else None, by=over.by, ended_at=span.ended_at or over.ended_at,
    )  # fmt: skip


def _by_grants(
    grants: list[Grant], people: dict[UUID, User], on: date, *, tell: bool = False
) -> Iterator[Right]:
    """What grants convey; with `tell`, which agreement each is about."""
    shut = agencies_asof.closed_accounts({grant.person for grant in grants}, on=on)
    titles = (
        dict(Agreement.objects.filter(pk__in={g.stream for g in grants}).values_list("pk", "reference"))
        if tell
        else {}
    )
    for grant in grants:
        if grant.person in shut:
            continue
        person, actions = people[grant.person], policy.GRANTABLE[grant.conveys]
        yield Right(
            person=person.pk, name=person.name, email=person.email, agency="", agency_id=None, via="grant",
            what=f"Grant: {grant.conveys}", actions=actions, says=in_words(actions), since=grant.given.at.date(),
            until=grant.until, by=grant.given.actor_label, ended_at=grant.taken, about=titles.get(grant.stream, ""),
            about_url=f"/agreements/{grant.stream}/" if tell else "",
        )  # fmt: skip


def _of_role(span: Span, names: dict[UUID, str], people: dict[UUID, User]) -> Right:
    role = str(span.fields["role"])
    own = in_words(agency_policy.GRANTS[Role(role)], OF_AGENCY)
    says = f"With the agency: {own}. With its agreements: {in_words(policy.GRANTS[role])}"
    return _right(people[span.id("user")], span, agency=names[span.id("agency")], agency_id=span.id("agency"),
                  via="role", what=agencies_asof.role_word(role), actions=policy.GRANTS[role], says=says)  # fmt: skip


def _of_authority(span: Span, names: dict[UUID, str], people: dict[UUID, User]) -> Right:
    kinds = ", ".join(span.fields["kinds"]) or "agreements of every kind"
    return _right(people[span.id("person")], span, agency=names[span.id("agency")], agency_id=span.id("agency"),
                  via="signing authority", what=str(span.fields["basis"]), actions=frozenset(),
                  says=f"sign {kinds} for the agency")  # fmt: skip
