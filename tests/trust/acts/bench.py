"""What all rules of the machine stand on: one agreement at a time, a clock that only goes forward, and the checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from agreements import coverage, policy, standing
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Flow, Reminder
from common.models import Job
from tests.builders import NOW, again
from tests.trust.acts import told
from tests.trust.acts.building import KEYS, SPARE, Office, executed_at_once, plain
from tests.trust.acts.model import DAY, NEVER, Name, Plain, Span, Terms
from tests.trust.acts.told import Rung

REFUSED = (StepNotOpen, ValidationError, PermissionDenied)
PARTIES = 10
WHO = st.integers(0, PARTIES + 1)
"""A party by its number; the last ones are agencies that never were."""
TERMS = st.builds(
    Terms, months=st.sampled_from([*range(2, 15), None]), each=st.integers(1, 7), most=st.sampled_from([0, 1, 2, 3, None]),
    renewal=st.sampled_from(["none", "option", "mutual_written", "automatic"]), stops_clock=st.booleans(),
    longest=st.sampled_from([None, 10, 30]), notice=st.sampled_from([0, 15, 60]), cure=st.sampled_from([None, 1, 20]),
    least=st.sampled_from([2, 2, 3]), review=st.sampled_from([None, 6, 12]), starts=st.sampled_from([0, 0, 0, 20, -30]),
    slow=st.sampled_from(["same_day", "mail_3", "acknowledged", "acknowledged"]),
    imported=st.sampled_from([False, False, False, True]),
)  # fmt: skip
NEWEST = "SELECT nextval(pg_get_serial_sequence('common_job', 'id')), nextval(pg_get_serial_sequence('agreements_reminder', 'id'))"
"""Not the newest ids there are: those of sequences that were rolled back would be looked through with every trace."""
TRACE = """
SELECT (SELECT max(id) FROM audit_event), (SELECT count(*) FROM common_job WHERE id > %s),
       (SELECT count(*) FROM agreements_reminder WHERE id > %s)
"""
WRITTEN = """
SELECT sum(pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t))
FROM unnest('{audit_event,common_job,agreements_reminder}'::regclass[]) t
"""
"""How many rows of what is traced were ever written here, taken back or not: where that is as it was, so is the trace."""
ROWS = """
SELECT 'party', agency_id, left_on, NULL::date, NULL::int FROM agreements_party WHERE agreement_id = %(key)s
UNION ALL
(SELECT 'cover', flow_id, first_on, last_on, NULL FROM agreements_coverage WHERE agreement_id = %(key)s
 ORDER BY flow_id, first_on, last_on)
UNION ALL
(SELECT 'renewal', NULL, first_on, NULL, number FROM agreements_renewalterm WHERE agreement_id = %(key)s ORDER BY number)
"""
"""All of an agreement's rows that are compared after every act, in one question."""


@dataclass
class Case:
    """An agreement, the model of it, and whom reminders of it must have reached so far."""

    agreement: Agreement
    model: Plain
    told: set[Rung] = field(default_factory=set)
    mails: set[str] = field(default_factory=set)
    names: dict[UUID, Name] = field(default_factory=dict)
    ever: set[Name] = field(default_factory=set)
    """Flows that have a row of cover, be it one that was taken back."""


class Bench(RuleBasedStateMachine):
    """The stage of the machine; its acts are in the classes that build on it."""

    office: ClassVar[Office]
    parties: ClassVar[tuple[int, int]] = (2, 5)
    tally: ClassVar[Any] = None
    """Where acts are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        with connection.cursor() as cursor:
            cursor.execute(NEWEST)
            self.newest = cursor.fetchone()
        self.now, self.today = NOW, NOW.date()
        self.past: list[Case] = []
        self.unused = {
            **self.office.drafts,
            **{-n: row for n, row in self.office.successors.items()},
        }
        self.above: dict[UUID, UUID | None] = {}
        self.retired: dict[str, date] = {}
        self.unseen = False
        self.known: tuple[Agreement, Any] | None = None
        self.traced: tuple[Any, Any] | None = None
        self.keys = {agency.pk: key for key, agency in self.office.made.agencies.items()}
        self.roles = {user.pk: name for name, user in self.office.made.people.items()}

    @initialize(count=st.integers(0, 9), terms=TERMS)
    def begin(self, count: int, terms: Terms) -> None:
        """An executed agreement."""
        least, most = self.parties
        self.execute_new(least + count % (most - least + 1), terms)

    def execute_new(self, number: int, terms: Terms) -> None:
        """The next agreement of so many parties (a successor's draft where it is negative) becomes the one in question."""
        count = abs(number)
        if terms.least > count:
            terms = Terms(**{**vars(terms), "least": count})
        draft = self.unused.pop(number)
        done = executed_at_once(draft, actor=self.who("riverton", "liaison"), now=self.now, terms=terms)
        self.known = None
        self.case, self.unseen = Case(done, plain(count, terms, self.today)), True

    def teardown(self) -> None:
        """As if nothing had happened."""
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @property
    def model(self) -> Plain:
        """What should be."""
        return self.case.model

    @property
    def row(self) -> Agreement:
        """The agreement as it is; read again when something happened."""
        if self.known is None:
            self.known = (again(self.case.agreement), self.trace())
        return self.known[0]

    def goes_to(self, days: int, late: bool) -> None:
        """So many days on, in the middle of the day or shortly before midnight, when it is tomorrow elsewhere."""
        self.today += timedelta(days=days)
        self.now = datetime.combine(self.today, time(15), UTC) + timedelta(hours=14 * late)

    def who(self, key: str, role: str = "counsel") -> Any:
        """Somebody of an agency."""
        return self.office.made.people[f"{key}_{role}"]

    def key(self, number: int) -> str:
        """An agency by its number: most of them are parties, or were."""
        parties = list(self.model.parties)
        others = [key for key in (*KEYS, *SPARE) if key not in parties]
        return (
            others[number % len(others)] if number >= PARTIES and others else parties[number % len(parties)]
        )

    def party(self, agreement: Agreement, key: str) -> Any:
        """An agency's part."""
        return agreement.parties.get(agency=self.office.made.agencies[key])

    def acts(self, key: str) -> bool:
        """Whether the agreement is open and the agency a party to it today."""
        return self.model.open and self.model.inside(key, self.today)

    def tried(self, name: str, allowed: bool, act: Callable[[], object]) -> bool:
        """Do it; whether it was done must be what the model says, and a refusal leaves no trace."""
        Bench.tally.tried[name] += 1
        before = self.known[1] if self.known else self.trace()
        try:
            act()
        except REFUSED as refused:
            assert not allowed, f"{name} was refused on {self.today}: {refused}"
            assert self.trace() == before, f"{name} was refused and left a trace"
            return False
        self.known = None
        assert allowed, f"{name} was not to be allowed on {self.today}"
        Bench.tally.went[name] += 1
        self.unseen = True
        return True

    def trace(self) -> Any:
        """What no row can change without: the newest event, and what is told of it."""
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN)
            written = cursor.fetchone()
            if self.traced is None or self.traced[0] != written:
                cursor.execute(TRACE, self.newest)
                self.traced = written, cursor.fetchone()
        return self.traced[1]

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        """After every act that went through: dates, standing, parties, every covered day, and data without cover."""
        if self.unseen:
            self.unseen = False
            self.look(self.case)

    def look(self, case: Case) -> None:
        """Compare one agreement with its model."""
        agreement, model = self.row if case is self.case else again(case.agreement), case.model
        self._dates(agreement, model)
        rows = _rows(agreement)
        left = {self.keys[agency]: on for agency, on, *_ in rows["party"]}
        assert left == model.parties, "the parties"
        if model.open:
            assert len(model.staying()) >= model.least, "too few would go on"
        self._covered(case, rows["cover"])
        moving = {name for name, status in model.moving.items() if status == "live"}
        bare = coverage.uncovered(self.today).filter(agreement=agreement)
        assert {self._name(case, key) for key in bare.values_list("pk", flat=True)} == (
            set() if model.stage == "abandoned" else moving - model.covered(self.today)
        ), "data that moves without cover"
        if model.renewed:
            renewed = [(number, first) for _, first, _, number in rows["renewal"]]
            assert renewed == list(enumerate(model.begun, start=1)), "the renewals"

    def _dates(self, agreement: Agreement, model: Plain) -> None:
        def day(said: date) -> date | None:
            return said if said < NEVER else None

        assert agreement.stage == model.stage, "the stage"
        found = (agreement.last_day, agreement.final_day, agreement.renewed, agreement.ended_on)
        assert found == (day(model.last), day(model.final), model.renewed, model.ended), "the dates"
        assert (agreement.review_due_on, agreement.unreviewed_on) == (model.review, model.unreviewed)
        last = model.final if model.final < NEVER else self.today
        for on in (self.today, last, last + DAY):
            inside = model.stage != "abandoned" and model.first <= on <= model.final
            held = model.latest_pause and model.latest_pause[0] <= on <= model.latest_pause[1]
            assert standing.of(agreement, today=on).in_force == (inside and not held), f"the standing on {on}"

    def _name(self, case: Case, key: UUID) -> Name:
        if key not in case.names:
            rows = Flow.objects.filter(agreement=case.agreement).select_related(
                "dataset", "provider", "recipient"
            )
            for row in rows:
                sides = self.keys[row.provider.agency_id], self.keys[row.recipient.agency_id]
                case.names[row.pk] = (row.dataset.name, *sides)
        return case.names[key]

    def _covered(self, case: Case, found: list[Any]) -> None:
        rows: dict[Name, list[Span]] = {}
        for flow, first, last, _ in found:
            name = self._name(case, flow)
            case.ever.add(name)
            if first <= last:
                rows.setdefault(name, []).append((first, last))
        for name, spans in rows.items():
            assert all(a[1] < b[0] for a, b in pairwise(spans)), f"overlap: {name} {spans}"
        joined = {name: _joined(spans) for name, spans in rows.items()}
        assert joined == case.model.spans(), "the cover"

    def told_of(self, case: Case) -> None:
        """Everybody was told of what is due, once each, and nobody of what has ended."""
        people = {key: self._roles(key) for key in case.model.parties}
        fresh = told.due(case.model, people, self.today) - case.told
        case.told |= fresh
        rows = Reminder.objects.filter(agreement=case.agreement)
        found = {Rung(self.roles[person], *rest)
                 for person, *rest in rows.values_list("person", "deadline", "deadline_on", "rung")}  # fmt: skip
        assert found == case.told, f"reminders: missing {case.told - found}, wrong {found - case.told}"
        newest: dict[tuple[str, str], Rung] = {}
        for rung in sorted(fresh, key=lambda rung: -rung.days):
            newest[rung.person, rung.deadline] = rung
        made = self.office.made.people
        case.mails |= {f"mail:reminder:{case.agreement.pk}:{one.deadline}:{one.on}:{one.days}:{made[one.person].pk}"
                       for one in newest.values()}  # fmt: skip
        there = Job.objects.filter(key__startswith=f"mail:reminder:{case.agreement.pk}:")
        assert set(there.values_list("key", flat=True)) == case.mails, "mails of what is due"

    def _roles(self, key: str) -> set[str]:
        gone = {"signatory"} if key in self.retired and self.retired[key] <= self.today else set()
        return set(self.office.people[key]) - gone

    def alerted(self, changed: Agreement) -> None:
        """The parties of what rests on an agreement are told what happened to it."""
        newest = again(changed).last_event_id
        for key, above in self.above.items():
            if above != changed.pk:
                continue
            resting = Agreement.objects.get(pk=key)
            people = 2 * policy.parties_on(resting, self.today).count() if resting.stage == "executed" else 0
            mails = Job.objects.filter(key__startswith=f"mail:parent:{key}:{newest}:")
            assert mails.count() == people, "the parties of what rests on it"


def _rows(agreement: Agreement) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"party": [], "cover": [], "renewal": []}
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"key": agreement.pk})
        for what, *row in cursor:
            found[what].append(row)
    return found


def _joined(spans: list[Span]) -> list[Span]:
    """Spans of which one follows the other without a gap are one."""
    found: list[Span] = []
    for first, last in spans:
        if found and found[-1][1] == first - DAY:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found
