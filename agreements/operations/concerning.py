"""Whom the deadlines of a batch of agreements concern: parties, people, wishes and decisions, in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db.models import UUIDField

from agencies.models import Membership, Role
from agreements import catalog, reminders, standing
from agreements.models import Agreement, Outcome, Party, ReminderWish, Review
from common.prepared import Prepared, Slot, one_of

DEADLINES = {"last_day": "last_day", "notice": "notice_due_on", "review": "review_due_on"}
"""Each deadline of the ladder and the agreement's field that holds its day."""


@dataclass(frozen=True)
class Concerned:
    """Rows by the agreement or the agency they belong to."""

    parties: dict[UUID, list[Party]] = field(default_factory=lambda: defaultdict(list))
    members: dict[UUID, list[Membership]] = field(default_factory=lambda: defaultdict(list))
    wishes: dict[tuple[UUID, UUID], ReminderWish] = field(default_factory=dict)
    let_go: dict[UUID, date] = field(default_factory=dict)
    """The day on which it was decided to let an agreement end, if that is what was decided last."""

    def parties_on(self, agreement: UUID, day: date) -> list[Party]:
        """As `policy.parties_on`."""
        return [row for row in self.parties[agreement] if row.there_on(day)]

    def people_on(self, agency: UUID, day: date) -> list[Membership]:
        """The roles held in an agency on the day."""
        rows = self.members[agency]
        return [row for row in rows if row.since <= day and (row.until is None or row.until > day)]

    def ladders(self, agreement: UUID, parties: Iterable[Party]) -> dict[UUID, catalog.Ladder]:
        """Each party's own ladder for this agreement; the slowest approval of any moves the first rung of all."""
        own = {row.agency_id: self._wishes(agreement, row) for row in parties}
        lead = max((wishes.lead_days for wishes in own.values()), default=0)
        usual = catalog.load().ladder
        return {agency: reminders.adapted(usual, wishes, lead_days=lead) for agency, wishes in own.items()}

    def _wishes(self, agreement: UUID, party: Party) -> reminders.Wishes:
        own, row = reminders.wishes(party.agency.reminders), self.wishes.get((agreement, party.agency_id))
        return reminders.asked(own, days=row.days, weekly=row.weekly) if row else own

    def wants(self, agreement: Agreement, deadline: str, *, reach: int, today: date) -> date | None:
        """The day of a deadline that still asks for an act.

        None where there is no such day, where what was decided last, within `reach` days before it, is to let the
        agreement end, and for the review of what has lapsed. What renews itself does not end because somebody decided
        so: people are told until notice is given.
        """
        on: date | None = getattr(agreement, DEADLINES[deadline])
        if on is None or (deadline == "review" and standing.lapsed(agreement, today)):
            return None
        decided = self.let_go.get(agreement.pk)
        if decided is None or decided < on - timedelta(days=reach) or standing.renews_itself(agreement):
            return on
        return None

    def addresses(self, party: Party, day: date) -> list[str]:
        """Where an agency is told that has nobody here to tell, and where it wants copies."""
        copies = [str(one).lower() for one in party.agency.reminders.get("copy_to") or ()]
        if not any(row.role != Role.AUDITOR for row in self.people_on(party.agency_id, day)):
            copies.append((party.notice_email or party.contact_email).lower())
        return list(dict.fromkeys(filter(None, copies)))


def concerned(agreements: Iterable[Agreement]) -> Concerned:
    """What is known of these agreements; four queries, none where there are none."""
    found, keys = Concerned(), [row.pk for row in agreements]
    if not keys:
        return found
    for party in _PARTIES.rows(agreements=keys):
        found.parties[party.agreement_id].append(party)
    agencies = {row.agency_id for rows in found.parties.values() for row in rows}
    for member in _MEMBERS.rows(agencies=list(agencies)):
        found.members[member.agency_id].append(member)
    for wish in _WISHES.rows(agreements=keys):
        found.wishes[wish.agreement_id, wish.agency_id] = wish
    for agreement, outcome, day in _DECIDED.values(agreements=keys):
        if outcome in {Outcome.LAPSE, Outcome.TERMINATE}:
            found.let_go[agreement] = day
    return found


_AGREEMENTS = one_of("agreement", Slot("agreements", UUIDField()))
_AGENCIES = one_of("agency", Slot("agencies", UUIDField()))
_PARTIES = Prepared(
    lambda: Party.objects.filter(_AGREEMENTS).select_related("agency").order_by("position", "id")
)
_MEMBERS = Prepared(
    lambda: Membership.objects.filter(_AGENCIES, agency__active=True, user__is_active=True).order_by("pk")
)
_WISHES = Prepared(lambda: ReminderWish.objects.filter(_AGREEMENTS))
_DECIDED = Prepared(
    lambda: (
        Review.objects.filter(_AGREEMENTS)
        .order_by("agreement", "-made_at", "-last_event_id")
        .distinct("agreement")
        .values_list("agreement", "outcome", "made_on")
    )
)
