"""Saying who of an agency answers for its part in an agreement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from agencies.models import Membership, User
from agreements import policy
from agreements.board import OWNERS
from agreements.models import OWNER, Agreement, Party, Reminder
from agreements.operations.recording import event
from agreements.operations.several import Choice, Done, chosen, each


def eligible(*agencies: UUID, today: date) -> QuerySet[User]:
    """Who of these agencies can be an owner: their liaisons and counsel of the day, by name."""
    held = Membership.objects.active(on=today).filter(agency__in=agencies, role__in=OWNERS)
    return User.objects.filter(pk__in=held.values("user")).order_by("name", "id")


def of_ones_own(agreement: Agreement, person: policy.Person, *, today: date) -> QuerySet[Party]:
    """The parts of a person's own agencies with their owners; `valid_owner` says whether they hold a role for it."""
    held = Membership.objects.active(on=today).filter(
        agency=OuterRef("agency"), user=OuterRef("owner"), role__in=OWNERS
    )
    rows = policy.parties_on(agreement, today).filter(agency__in=policy.agencies_of(person, today=today))
    return rows.select_related("agency", "owner").annotate(valid_owner=Exists(held))


@transaction.atomic
def own(
    agreement: Agreement,
    *,
    agency: UUID | None = None,
    person: User | UUID | None,
    actor: User,
    now: datetime,
) -> Party:
    """Make a liaison or counsel of the agency the owner of its part in the agreement, or nobody.

    `agency` is one of the actor's, needed where they speak for several parties. Its own affair: only the agency's
    people read of it. What nobody owns goes to the agency's administrators.
    """
    today = policy.local_day(now, agreement)
    policy.require(actor, "assign", agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    agency = policy.speaking_for(actor, "assign", locked, today=today, agency=agency)
    key = person.pk if isinstance(person, User) else person
    found = eligible(agency, today=today).filter(pk=key).first() if key else None
    if key and found is None:
        raise ValidationError({"person": "Choose somebody who is liaison or counsel of your agency now."})
    party = policy.parties_on(locked, today).select_related("agency", "owner").get(agency=agency)
    if party.owner != found:
        before = party.owner.name if party.owner else "nobody"
        party.owner = found
        event("party.owned", locked, actor=actor, now=now, agency=agency, private_to=agency, changed=[party],
              party=party.agency.name, owner=found.name if found else "nobody", before=before)  # fmt: skip
        if found and found != actor:
            _tell(locked, party, found, now)
    return party


def _tell(agreement: Agreement, party: Party, person: User, now: datetime) -> None:
    """Have the person told with their next mail, at their own pace, unless it is somebody else's by then."""
    today = policy.local_day(now, agreement)
    row = Reminder(agreement=agreement, person=person, agency_id=party.agency_id, deadline=OWNER, deadline_on=today,
                   rung=WAITS, due_on=today, made_at=now)  # fmt: skip
    Reminder.objects.bulk_create([row], ignore_conflicts=True)


WAITS = -1
"""Of no day that passes: it waits for the hour of the person's mail."""


def own_all(
    choices: Iterable[Choice], *, person: User | UUID | None, actor: User, now: datetime
) -> list[Done]:
    """The same owner for each row, or nobody. Raises ValidationError where there are no rows or too many."""

    def act(agreement: Agreement, row: Choice) -> Party:
        return own(agreement, agency=row.agency, person=person, actor=actor, now=now)

    return each(chosen(choices), act, actor=actor, now=now)
