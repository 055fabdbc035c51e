"""The state machine: acts in any order on one agreement, each compared with the model; what is refused changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agreements import catalog, coverage, policy, standing
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Coverage, Dataset, Flow, Reminder, Stage
from agreements.operations import (
    amending,
    concerning,
    drafting,
    ending,
    leaving,
    reminding,
    renewing,
    reviewing,
)
from audit.models import Event
from tests.agreements import several
from tests.builders import NOW, World, again
from tests.trust.acts.building import DATASETS, KEYS, SPARE, agreed, executed_at_once
from tests.trust.acts.model import DAY, Name, Terms

REFUSED = (StepNotOpen, ValidationError, PermissionDenied)
WHO = st.sampled_from(KEYS[:3])
TERMS = st.builds(
    Terms, months=st.integers(2, 14), renewal=st.sampled_from(["none", "option", "mutual_written", "automatic"]),
    each=st.integers(1, 7), most=st.integers(0, 3), stops_clock=st.booleans(),
    longest=st.sampled_from([None, 10, 30]), notice=st.sampled_from([0, 15, 60]), cure=st.sampled_from([1, 20]),
    least=st.sampled_from([2, 3]),
)  # fmt: skip


class Acts(RuleBasedStateMachine):
    """One agreement, a clock that only goes forward, and everybody's acts."""

    made: ClassVar[World]
    parties: ClassVar[tuple[int, int]] = (2, 3)
    done: ClassVar[int] = 0
    """How many acts were tried, over all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now: datetime = NOW

    @initialize(terms=TERMS, data=st.data())
    def begin(self, terms: Terms, data: Any) -> None:
        """An executed agreement."""
        self.agreement, self.model = agreed(self.made, data.draw(st.integers(*self.parties)), terms)

    def teardown(self) -> None:
        """As if nothing had happened."""
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @property
    def today(self) -> date:
        """The day in the agreement's time zone."""
        return policy.local_day(self.now, self.agreement)

    @property
    def row(self) -> Agreement:
        """The agreement as it is."""
        return again(self.agreement)

    def who(self, key: str, role: str = "counsel") -> Any:
        """Somebody of an agency."""
        return self.made.people[f"{key}_{role}"]

    def tried(self, allowed: bool, act: Callable[[], object]) -> bool:
        """Do it; whether it was done must be what the model says, and a refusal leaves no trace."""
        type(self).done += 1
        before = Event.objects.count()
        try:
            with transaction.atomic():
                act()
        except REFUSED as refused:
            assert not allowed, f"refused on {self.today}: {refused}"
            assert Event.objects.count() == before
            return False
        assert allowed, f"it was not to be allowed on {self.today}"
        return True

    @property
    def open(self) -> bool:
        """Whether it is executed and nobody has ended it."""
        return self.model.ended is None

    @rule(days=st.sampled_from([1, 2, 7, 20, 45, 90, 200]))
    def wait(self, days: int) -> None:
        """Time goes by, and what is due by the clock is done, twice."""
        self.now += timedelta(days=days)
        type(self).done += 1
        for _ in range(2):
            renewing.sweep(now=self.now)
        self.model.tick(self.today)

    @rule(who=WHO, after=st.integers(0, 25), length=st.one_of(st.none(), st.integers(1, 35)))
    def suspend(self, who: str, after: int, length: int | None) -> None:
        """A pause, from today at the earliest."""
        model, terms, begins = self.model, self.model.terms, self.today + timedelta(days=after)
        days = length or terms.longest
        until = begins + timedelta(days=days - 1) if days else None
        clear = until is not None and all(until < a or b < begins for a, b in model.pauses)
        if until is None:
            clear = not terms.stops_clock and all(b < begins for _, b in model.pauses)
        allowed = (
            self.open and model.inside(who, self.today) and not model.pause_is_open(self.today) and begins <= model.final
            and clear and (length is None or terms.longest is None or length <= terms.longest)
        )  # fmt: skip
        said = begins + timedelta(days=length - 1) if length else None
        if self.tried(allowed, lambda: ending.suspend(self.row, grounds="x", from_on=begins, until_on=said,
                                                      actor=self.who(who), now=self.now)):  # fmt: skip
            model.pause(begins, until or date(9999, 12, 31))

    @rule(who=WHO)
    def resume(self, who: str) -> None:
        """The pause ends by an act."""
        allowed = self.open and self.model.inside(who, self.today) and self.model.pause_is_open(self.today)
        if self.tried(
            allowed, lambda: ending.resume(self.row, reason="x", actor=self.who(who), now=self.now)
        ):
            self.model.resume(self.today)

    @rule(who=WHO, number=st.sampled_from([0, 0, 0, 1]))
    def renew(self, who: str, number: int) -> None:
        """A renewal, or the one before it once more."""
        wanted = self.model.renewed + 1 - number
        mutual = self.model.terms.renewal == "mutual_written"
        allowed = (
            self.model.may_renew(self.today)
            and not number
            and self.model.inside(who, self.today)
            and wanted > 0
        )
        people = [self.who(key, "signatory") for key in self.model.present(self.model.last + DAY)] if mutual else [
            self.who(who)]  # fmt: skip
        if mutual and not self.model.inside(who, self.today):
            return

        def act() -> None:
            for person in people:
                renewing.renew(self.row, number=wanted, reason="x", actor=person, now=self.now)

        if self.tried(allowed, act):
            self.model.renew()

    @rule(who=WHO)
    def decide(self, who: str) -> None:
        """A decision that it goes on."""
        allowed = self.open and self.model.inside(who, self.today)
        if self.tried(
            allowed,
            lambda: reviewing.decide(
                self.row, outcome="continue", reason="x", actor=self.who(who), now=self.now
            ),
        ):
            self.model.decided.append(self.today)
            self.model.unreviewed = False

    def amendable(self, since: date) -> bool:
        """Whether any change can still be made from a day on."""
        model = self.model
        return (
            self.open and self.today <= model.final and since <= model.final and since >= model.texts[-1][0]
        )

    @rule(
        change=st.sampled_from(["longer", "shorter", "data", "party"]),
        after=st.integers(0, 30),
        key=st.sampled_from(KEYS[1:3]),
    )
    def amend(self, change: str, after: int, key: str) -> None:
        """An amendment: another length of the term, a dataset less, or a party less."""
        model, since = self.model, self.today + timedelta(days=after)
        names, months = set(model.texts[-1][1]), model.months
        gone = key if change == "party" and model.inside(key, self.today) else ""
        kept = [one for one in model.present(self.today) if one != gone]
        names = {name for name in names if name[1] in kept and name[2] in kept}
        dropped = (
            next((one for one in DATASETS if any(name[0] == one for name in names)), "")
            if change == "data"
            else ""
        )
        names = {name for name in names if name[0] != dropped}
        months += {"longer": 5, "shorter": -1}.get(change, 0)
        allowed = self.amendable(since) and len(kept) >= max(model.terms.least, 2) and months > 0
        if allowed:
            before, model.months = model.months, months
            allowed, model.months = since <= model.last, before

        def act() -> None:
            agreement, actor = self.row, self.made.riverton_liaison
            parties = [agreement.parties.get(agency=self.made.agencies[gone])] if gone else []
            draft = amending.amend(
                agreement, takes_effect_on=since, removes=parties, actor=actor, now=self.now
            )
            if months != model.months:
                drafting.edit(draft.term, values={"months": months}, actor=actor, now=self.now)
            for row in Dataset.objects.filter(agreement=draft, name=dropped, removed=False):
                drafting.remove(row, actor=actor, now=self.now)
            executed_at_once(draft, actor=actor, now=self.now)

        if months > 0 and self.tried(allowed, act):
            model.months = months
            model.texts.append((since, names))
            if gone:
                model.parties[gone] = min(since - DAY, model.parties[gone] or since)

    @precondition(lambda self: any(key not in self.model.parties for key in SPARE))
    @rule(after=st.integers(0, 30), like=st.sampled_from(KEYS[1:3]))
    def join(self, after: int, like: str) -> None:
        """Another agency comes in and takes the part of one that is in."""
        model, since = self.model, self.today + timedelta(days=after)
        key = next(key for key in SPARE if key not in model.parties)
        allowed = self.amendable(since) and model.inside(like, self.today)
        if allowed and not any(like in name for name in model.texts[-1][1]) and like not in self._named():
            return

        def act() -> None:
            agreement = self.row
            model_party = agreement.parties.filter(agency=self.made.agencies[like]).first()
            draft = amending.join(agreement, agency=self.made.agencies[key], like=model_party or agreement.pk,
                                  takes_effect_on=since, actor=self.made.riverton_liaison, now=self.now)  # fmt: skip
            executed_at_once(draft, actor=self.made.riverton_liaison, now=self.now)

        if self.tried(allowed, act):
            model.parties[key] = None
            names = model.texts[-1][1]
            more = {
                (d, key if g == like else g, key if t == like else t) for d, g, t in names if like in (g, t)
            }
            model.texts.append((since, names | more))

    def _named(self) -> set[str]:
        return {key for name in self.model.texts[-1][1] for key in name[1:]}

    @rule(who=WHO)
    def withdraw(self, who: str) -> None:
        """One party leaves."""
        model = self.model
        staying = [key for key in model.staying() if key != who]
        allowed = (
            self.open and model.inside(who, self.today) and model.parties[who] is None and who != model.lead
            and len(staying) >= max(model.terms.least, 2) and self.today <= model.final
        )  # fmt: skip
        if self.tried(
            allowed, lambda: leaving.withdraw(self.row, reason="x", actor=self.who(who), now=self.now)
        ):
            model.parties[who] = model.notice_ends(self.today)

    @rule(who=WHO)
    def breach(self, who: str) -> None:
        """Notice of a breach by another party."""
        model, other = self.model, "riverton" if who != "riverton" else "mesa"
        allowed = self.open and model.inside(who, self.today) and model.inside(other, self.today)

        def act() -> None:
            agreement = self.row
            party = agreement.parties.get(agency=self.made.agencies[other])
            leaving.breach(agreement, party=party, what="x", actor=self.who(who), now=self.now)

        if self.tried(allowed, act):
            model.breaches.append((who, other, self.today + timedelta(days=model.terms.cure)))

    @rule(
        who=WHO, ground=st.sampled_from(["notice", "cause", "no_renewal", "mutual"]), mild=st.integers(0, 3)
    )
    def terminate(self, who: str, ground: str, mild: int) -> None:
        """The agreement is ended; seldom by agreement, so that something else can happen before."""
        if ground == "mutual" and mild:
            return
        model, today = self.model, self.today
        allowed = self.open and model.inside(who, today) and today <= model.furthest
        last = today
        if ground == "notice":
            allowed = allowed and len([k for k in model.staying() if k != who]) < max(model.terms.least, 2)
            last = model.notice_ends(today)
        elif ground == "cause":
            due = [until for _, other, until in model.breaches if other != who]
            allowed = allowed and bool(due) and min(due) < today
        elif ground == "no_renewal":
            going = model.terms.renewal == "automatic" and model.furthest > model.last
            window = model.terms.notice == 0 or today <= model.last - timedelta(days=model.terms.notice)
            allowed, last = allowed and going and window and today <= model.last, model.last
        if self.tried(
            allowed,
            lambda: ending.terminate(self.row, ground=ground, reason="x", actor=self.who(who), now=self.now),
        ):
            model.ended = last

    @rule()
    def remind(self) -> None:
        """Everybody is told of what is due, nobody of what has ended."""
        type(self).done += 1
        before = Reminder.objects.filter(agreement=self.agreement).count()
        reminding.remind(now=self.now)
        rows = Reminder.objects.filter(agreement=self.agreement)
        if not self.open:
            assert rows.count() == before
            return
        liaison = self.who("riverton", "liaison")
        agreement = self.row
        for deadline, field in concerning.DEADLINES.items():
            on = getattr(agreement, field)
            told = set(
                rows.filter(person=liaison, deadline=deadline, deadline_on=on).values_list("rung", flat=True)
            )
            for rung in catalog.load().ladder.rungs:
                due = on - timedelta(days=rung.days) if on else None
                if due and self.model.first <= due <= self.today:
                    assert rung.days in told, (deadline, on, rung.days)

    @invariant()
    def the_agreement_is_as_the_model_says(self) -> None:
        """Dates, standing, parties and every covered day."""
        if not hasattr(self, "agreement"):
            return
        agreement, model = self.row, self.model
        assert (agreement.stage == Stage.ENDED) == (not self.open)
        assert (agreement.last_day, agreement.renewed, agreement.ended_on) == (
            model.last,
            model.renewed,
            model.ended,
        )
        assert agreement.final_day == model.final
        assert bool(agreement.unreviewed_on) == model.unreviewed
        for day in (self.today, model.final, model.final + DAY):
            inside = model.first <= day <= model.final and not self._latest_holds(day)
            assert standing.of(agreement, today=day).in_force == inside or model.ended is not None, day
            assert {several.key_of(self.made, row) for row in policy.parties_on(agreement, day)} == set(
                model.present(day)
            )
        self._covered(agreement)
        self._renewals_follow_on(agreement)

    def _latest_holds(self, day: date) -> bool:
        return (
            self.model.latest_pause is not None
            and self.model.latest_pause[0] <= day <= self.model.latest_pause[1]
        )

    def _covered(self, agreement: Agreement) -> None:
        keys = {agency.pk: key for key, agency in self.made.agencies.items()}
        names: dict[Any, Name] = {}
        for row in Flow.objects.filter(agreement=agreement).select_related(
            "dataset", "provider", "recipient"
        ):
            names[row.pk] = (row.dataset.name, keys[row.provider.agency_id], keys[row.recipient.agency_id])
        rows: dict[Name, list[tuple[date, date]]] = {name: [] for name in self.model.names()}
        found = Coverage.objects.filter(agreement=agreement).order_by("flow", "first_on")
        for flow, first, last in found.values_list("flow", "first_on", "last_on"):
            if first <= last:
                rows[names[flow]].append((first, last))
        probes = sorted(self.model.days() | {self.today})
        for name, spans in rows.items():
            spans.sort()
            assert all(a[1] < b[0] for a, b in pairwise(spans)), f"overlap: {name} {spans}"
            for day in probes:
                said = any(first <= day <= last for first, last in spans)
                assert said == self.model.covered(name, day), (name, day, spans)
        assert len(coverage.flows_covered(agreement, day=self.today)) == sum(
            self.model.covered(name, self.today) for name in rows
        )

    def _renewals_follow_on(self, agreement: Agreement) -> None:
        rows = list(agreement.renewals.order_by("number"))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert all(row.last_on is None or row.first_on <= row.last_on for row in rows)
