"""What waits for a person, and what their agencies wait for: derived when read, a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from agencies.models import Membership, Role, User
from agreements import board, coverage, owed, policy
from agreements.access.reviews import Waiting, waiting
from agreements.listing import UNDATED
from agreements.models import (
    OWNER,
    Agreement,
    AgreementQuerySet,
    Approval,
    Decision,
    Duty,
    DutyKind,
    InkSignature,
    Party,
    Reminder,
    SignatureRequest,
    Stage,
    Version,
)
from common.dates import day

LIMIT = 100
WEEK, STRIP, RECENT = 7, 90, 30
UNOWNED = 5
DEADLINES = {"last_day": "Last day", "notice": "Notice deadline", "review": "Review", "duty": "Due",
             OWNER: "Yours since"}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One line of the in-tray: what is asked about which agreement, by whom, since when, and where to do it."""

    what: str
    agreement: Agreement
    who: str
    since: datetime | None
    button: str
    path: str

    @property
    def url(self) -> str:
        """Where it is done."""
        return f"{self.agreement.get_absolute_url()}{self.path}"


@dataclass(frozen=True)
class Tray:
    """The groups of the in-tray, most urgent first."""

    incidents: list[coverage.Incident] = field(default_factory=list)
    unowned: board.Page = field(default_factory=lambda: board.Page([]))
    overdue: list[board.Item] = field(default_factory=list)
    week: list[board.Item] = field(default_factory=list)
    mine: list[Task] = field(default_factory=list)
    others: list[Task] = field(default_factory=list)
    strip: list[board.Item] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    reviews: list[Waiting] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all."""
        parts = (
            self.incidents,
            self.unowned.items,
            self.overdue,
            self.week,
            self.mine,
            self.others,
            self.strip,
            self.reminders,
            self.reviews,
        )
        return not any(parts)


@dataclass(frozen=True)
class Reader:
    """Whose in-tray it is, with the roles held that day."""

    user: User
    held: Sequence[Membership]
    today: date

    def seats(self, *actions: str) -> tuple[UUID, ...]:
        """The agencies for which the person may take one of the actions."""
        found = (m.agency_id for m in self.held if policy.GRANTS[m.role].intersection(actions))
        return tuple(dict.fromkeys(found))

    def agreements(self, seats: Iterable[UUID]) -> AgreementQuerySet:
        """Those under way that these agencies see, with the names a line shows."""
        seen = policy.readable(seats, today=self.today).filter(sort_on=UNDATED).values("agreement")
        return Agreement.objects.filter(pk__in=seen).select_related("lead", "turn")


def tray(user: User, held: Sequence[Membership], *, today: date) -> Tray:
    """Everything that waits; twelve queries and those of the roles a person does not hold fewer."""
    reader = Reader(user, held, today)
    dated = board.coming(board.Scope(reader.seats("edit", "review")), days=STRIP, today=today)
    under_way = [*_signatures(reader), *_scans(reader), *_approvals(reader), *_ready(reader), *_turns(reader)]
    mine = [*under_way, *_duties(reader)]
    asked = {task.agreement.pk for task in mine}
    return Tray(
        incidents=coverage.incidents(reader.seats("edit", "review"), today=today),
        unowned=_unowned(reader),
        overdue=[item for item in dated if item.deadline.on < today],
        week=[item for item in dated if 0 <= (item.deadline.on - today).days <= WEEK],
        mine=mine,
        others=[task for task in _others(reader) if task.agreement.pk not in asked],
        strip=[item for item in dated if (item.deadline.on - today).days > WEEK],
        reminders=_reminders(reader),
        reviews=access_reviews(held, today=today),
    )


def _unowned(reader: Reader) -> board.Page:
    """What nobody owns goes to those who run the agency's accounts: the first of what waits for a decision."""
    seats = tuple({member.agency_id for member in reader.held if member.role == Role.ADMINISTRATOR})
    return board.page(board.Scope(seats, unowned=True), limit=UNOWNED, today=reader.today)


def access_reviews(held: Iterable[Membership], *, today: date) -> list[Waiting]:
    """The quarter's reviews of access that the person, as administrator, has still to sign off."""
    seats = {member.agency_id for member in held if member.role == Role.ADMINISTRATOR}
    return waiting(seats, today=today) if seats else []


def _turns(reader: Reader) -> list[Task]:
    """The texts in the hands of one's agencies."""
    seats = reader.seats("edit")
    handed = Version.objects.filter(agreement=OuterRef("pk")).order_by("-number")
    rows = reader.agreements(seats).filter(turn__in=seats, stage__in=[Stage.DRAFT, Stage.NEGOTIATION])
    rows = rows.annotate(sender=Subquery(handed.values("made_by_agency__short_name")[:1]))
    return [_turn(row) for row in rows.order_by("turn_since", "pk")[:LIMIT]]


def _turn(row: Any) -> Task:
    if row.stage == Stage.DRAFT:
        return Task("Finish the draft and share it", row, "", row.turn_since, "Continue drafting", "draft/")
    what = "Answer the text" if row.sender else "Work on the text"
    return Task(what, row, row.sender or "", row.turn_since, "Read and answer", "")


def _unanswered() -> QuerySet[Party]:
    """The parties of the outer agreement that have not approved its text."""
    given = Approval.objects.filter(party=OuterRef("pk"), voided_at=None, decision=Decision.APPROVED)
    return Party.objects.filter(~Exists(given), agreement=OuterRef("pk"), left_on=None)


def _approvals(reader: Reader) -> list[Task]:
    """The texts that wait for the approval of one's agencies."""
    seats = reader.seats("approve")
    rows = reader.agreements(seats).filter(
        Exists(_unanswered().filter(agency__in=seats)), stage=Stage.APPROVAL
    )
    return [
        Task("Approve the text or refuse it", row, row.lead.short_name, row.turn_since, "Read and decide", "steps/approve/")
        for row in rows.order_by("turn_since", "pk")[:LIMIT]
    ]  # fmt: skip


def _ready(reader: Reader) -> list[Task]:
    """The texts that every party has approved and that one's agency, leading, can send for signature."""
    seats = reader.seats("freeze")
    rows = reader.agreements(seats).filter(~Exists(_unanswered()), lead__in=seats, stage=Stage.APPROVAL)
    return [
        Task("Every party has approved", row, "", row.turn_since, "Send for signature", "steps/freeze/")
        for row in rows.order_by("turn_since", "pk")[:LIMIT]
    ]


def _duties(reader: Reader) -> list[Task]:
    """What the person is to see to, and what others handed in for their agencies to answer."""
    mine = owed.of_person(reader.user, reader.held, today=reader.today)
    theirs = owed.to_answer(reader.seats("duty"), today=reader.today)
    return [
        *(_duty(row, f"due {day(row.due_on)}{', overdue' if row.overdue(reader.today) else ''}", _button(row)) for row in mine),
        *(_duty(row, f"{row.party.agency.short_name} handed it in", "Accept or return it") for row in theirs),
    ]  # fmt: skip


def _duty(row: Duty, said: str, button: str) -> Task:
    what = row.what if len(row.what) <= 100 else f"{row.what[:99]}…"
    return Task(what, row.agreement, said, None, button, f"duties/{row.pk}/")


def _button(row: Duty) -> str:
    return {DutyKind.CLOSEOUT.value: "Sign the certificate", DutyKind.MEASURE.value: "Record the value"}.get(
        row.kind, "Hand it in"
    )


def _open_requests() -> QuerySet[SignatureRequest]:
    return SignatureRequest.objects.filter(answered_at=None, voided_at=None)


def _signatures(reader: Reader) -> list[Task]:
    """What the person is asked to sign now: those before them have signed."""
    before = _open_requests().filter(version=OuterRef("version"), order__lt=OuterRef("order"))
    seen = policy.readable(reader.seats("sign"), today=reader.today).values("agreement")
    rows = _open_requests().filter(
        ~Exists(before), signatory=reader.user, agreement__in=seen, agreement__stage=Stage.SIGNING
    )
    rows = rows.select_related("agreement__lead", "party__agency").order_by("requested_at", "pk")
    return [
        Task(f"Sign for {row.party.agency.short_name}", row.agreement, row.agreement.lead.short_name, row.requested_at,
             "Read and sign", "sign/")
        for row in rows[:LIMIT]
    ]  # fmt: skip


def _scans(reader: Reader) -> list[Task]:
    """The signatures in ink that another party put in and the person's agency can confirm."""
    seats = reader.seats("ink")
    seen = policy.readable(seats, today=reader.today).values("agreement")
    rows = InkSignature.objects.filter(
        confirmed=None, request__answered_at=None, request__voided_at=None, agreement__in=seen, agreement__stage=Stage.SIGNING
    ).exclude(party__agency__in=seats)  # fmt: skip
    rows = rows.select_related("agreement", "party__agency").order_by("recorded_at", "pk")
    return [
        Task("Confirm a signature in ink", row.agreement, row.party.agency.short_name, row.recorded_at,
             "Look at the scan", f"ink/{row.pk}/")
        for row in rows[:LIMIT]
    ]  # fmt: skip


def _others(reader: Reader) -> list[Task]:
    """What is under way and waits for another agency."""
    seats = reader.seats("edit", "approve", "sign")
    unsigned = _open_requests().filter(agreement=OuterRef("pk")).order_by("order", "pk")
    rows = reader.agreements(seats).filter(
        Q(stage=Stage.NEGOTIATION) & ~Q(turn__in=seats) | Q(stage__in=[Stage.APPROVAL, Stage.SIGNING])
    )
    rows = rows.annotate(
        unanswered=ArraySubquery(_unanswered().order_by("position").values("agency__short_name")),
        unsigned=ArraySubquery(unsigned.values(who=F("signatory__name"))),
    )
    return [_other(row) for row in rows.order_by("turn_since", "pk")[:LIMIT]]


def _other(row: Any) -> Task:
    if row.stage == Stage.NEGOTIATION:
        what, who = "Waiting for their answer", [row.turn.short_name] if row.turn else []
    elif row.stage == Stage.SIGNING:
        what, who = "Out for signature", row.unsigned
    else:
        what, who = (
            ("Waiting for approval", row.unanswered)
            if row.unanswered
            else ("Approved by every party, to be sent for signature", [row.lead.short_name])
        )
    return Task(what, row, " and ".join(who), row.turn_since, "Look at it", "")


def _reminders(reader: Reader) -> list[Reminder]:
    """What the person was reminded of in the last thirty days, newest first, each day once."""
    agencies = {member.agency_id for member in reader.held}
    seen = policy.readable(agencies, today=reader.today).values("agreement")
    rows = Reminder.objects.filter(
        person=reader.user, agreement__in=seen, due_on__gte=reader.today - timedelta(days=RECENT)
    )
    newest: dict[tuple[UUID, str, date], Reminder] = {}
    for row in rows.select_related("agreement").order_by("-made_at", "-pk")[:50]:
        newest.setdefault((row.agreement_id, row.deadline, row.deadline_on), row)
    return list(newest.values())[:10]
