"""The acts of an agreement that goes on: time, pauses, renewals, decisions, data that moves, what rests on what."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from agencies.operations.roles import retire_membership
from agreements.models import Agreement, FlowStatus, Outcome
from agreements.operations import ending, flowing, relating, reminding, renewing, reviewing
from audit.record import SYSTEM
from tests.builders import again
from tests.trust.acts.bench import WHO, Bench, Case
from tests.trust.acts.model import DAY, NEVER

YEAR = timedelta(days=366)


class GoingOn(Bench):
    """Acts that end nothing."""

    @rule(
        days=st.sampled_from([1, 1, 2, 7, 20, 45, 90, 200]),
        late=st.booleans(),
        nights=st.sampled_from([0, 1, 1, 1, 2]),
    )
    def wait(self, days: int, late: bool, nights: int) -> None:
        """Time goes by; what is due by the clock is done once, twice, or not at all because the clock stands still."""
        self.goes_to(days, late)
        Bench.tally.tried["wait"] += 1
        Bench.tally.went["wait"] += 1
        self.unseen, self.known = True, None
        for passed in range(nights):
            before = self.trace()
            renewing.sweep(now=self.now)
            reviewing.open_for_new_signatories(now=self.now)
            reminding.remind(now=self.now)
            assert not passed or self.trace() == before, "a second pass changed something"
        if nights:
            for case in (self.case, *self.past):
                self._passed(case)

    def _passed(self, case: Case) -> None:
        model = case.model
        model.tick(self.today)
        tomorrow = self.now.astimezone(UTC).date()  # roles end by the day of the site
        for key, until in self.retired.items():
            seated = key in model.texts[0].parties  # who joined later has named nobody
            if (
                model.open
                and seated
                and tomorrow - YEAR <= until <= tomorrow
                and model.parties.get(key, NEVER) is None
            ):
                after = any(on >= until for on, _ in model.decided)
                if not after and (model.review is None or model.review > tomorrow):
                    model.review_by(self.today)
        self.told_of(case)

    @rule(who=WHO, after=st.integers(0, 25), length=st.one_of(st.none(), st.integers(1, 35)))
    def suspend(self, who: int, after: int, length: int | None) -> None:
        """A pause, from today at the earliest."""
        model, terms, begins, key = (
            self.model,
            self.model.terms,
            self.today + timedelta(days=after),
            self.key(who),
        )
        days = length or terms.longest
        until = begins + timedelta(days=days - 1) if days else None
        clear = until is not None and all(until < a or b < begins for a, b in model.pauses)
        if until is None:
            clear = not terms.stops_clock and all(b < begins for _, b in model.pauses)
        allowed = (
            self.acts(key) and not model.pause_is_open(self.today) and max(begins, self.today) <= model.final
            and clear and (length is None or terms.longest is None or length <= terms.longest)
        )  # fmt: skip
        said, row = begins + timedelta(days=length - 1) if length else None, self.row
        if self.tried("suspend", allowed, lambda: ending.suspend(row, grounds="x", from_on=begins, until_on=said,
                                                                 actor=self.who(key), now=self.now)):  # fmt: skip
            model.pause(begins, until or NEVER)
            self.alerted(row)

    @rule(who=WHO)
    def resume(self, who: int) -> None:
        """The pause ends by an act; not while data moves, or is not accounted for, under what is over."""
        model, key, row = self.model, self.key(who), self.row
        flows = model.text(self.today).flows
        takers = any(model.parties[name[2]] is None for name in flows)
        live = any(model.moving.get(name) == "live" for name in flows)
        clear = model.final >= self.today or not (takers or live)
        allowed = self.acts(key) and model.pause_is_open(self.today) and clear
        if self.tried(
            "resume", allowed, lambda: ending.resume(row, reason="x", actor=self.who(key), now=self.now)
        ):
            model.resume(self.today)

    @rule(who=WHO, back=st.sampled_from([0, 0, 0, 0, 1]))
    def renew(self, who: int, back: int) -> None:
        """A renewal at one's option, one party's consent where all must give it, or the one before once more."""
        model, key, row = self.model, self.key(who), self.row
        mutual = model.by_law == "mutual_written"
        wanted, needed = model.renewed + 1 - back, set(model.present(model.last + DAY) if mutual else ())
        allowed = model.may_renew(self.today) and not back and self.acts(key)
        if mutual:
            signs = self.today < self.retired.get(key, NEVER)
            fresh = key not in model.consents or needed <= model.consents
            allowed = allowed and signs and key in needed and fresh
        person = self.who(key, "signatory" if mutual else "counsel")
        if self.tried(
            "renew",
            allowed,
            lambda: renewing.renew(row, number=wanted, reason="x", actor=person, now=self.now),
        ):
            model.consents.add(key)
            if needed <= model.consents:
                model.renew()

    @rule(who=WHO, outcome=st.sampled_from(Outcome.values))
    def decide(self, who: int, outcome: str) -> None:
        """A decision: that it goes on, or not."""
        key, row = self.key(who), self.row
        if self.tried("review", self.acts(key), lambda: reviewing.decide(
            row, outcome=outcome, reason="x", actor=self.who(key), now=self.now)):  # fmt: skip
            self.model.decide(self.today, outcome)

    @rule(who=WHO, which=st.integers(0, 30), status=st.sampled_from(["live", "live", *FlowStatus.values]))
    def mark(self, who: int, which: int, status: str) -> None:
        """Data begins to move, is paused or has stopped."""
        model, key, row = self.model, self.key(who), self.row
        known = sorted(model.texts[-1].flows | self.case.ever)
        if not known:
            return
        name = known[which % len(known)]
        allowed = (
            model.stage in {"executed", "ended"} and model.inside(key, self.today)
            and model.moving.get(name, "planned") != status
            and (status != "live" or name in model.covered(self.today))
        )  # fmt: skip
        flow = self.flow(row, name)
        if self.tried("flow", allowed, lambda: flowing.mark(
            row, flow=flow, status=status, reason="x", actor=self.who(key, "liaison"), now=self.now)):  # fmt: skip
            model.moving[name] = status

    def flow(self, agreement: Agreement, name: tuple[str, str, str]) -> Any:
        """The flow of a name."""
        agencies = self.office.made.agencies
        return agreement.flows.get(dataset__name=name[0], provider__agency=agencies[name[1]],
                                       recipient__agency=agencies[name[2]])  # fmt: skip

    @rule(who=WHO)
    def retire(self, who: int) -> None:
        """Somebody who signed for an agency signs no more; that ends nothing."""
        key = self.key(who)
        if key in self.retired or key not in self.model.parties:
            return
        member = self.who(key, "signatory").memberships.get(role="signatory")
        self.tried("retire", True, lambda: retire_membership(member, actor=SYSTEM, now=self.now))
        self.retired[key] = self.now.astimezone(UTC).date()

    def _beside(self, number: int) -> Agreement:
        return again((self.case.agreement, self.office.parent, self.office.child)[number])

    @rule(lower=st.sampled_from([0, 0, 2, 1]), upper=st.sampled_from([1, 1, 0, 2, 3]))
    def relate(self, lower: int, upper: int) -> None:
        """An agreement is said to rest on another one, or on none."""
        below, above = self._beside(lower), self._beside(upper) if upper < 3 else None
        held = self.above.get(below.pk)
        allowed = below.stage == "executed"
        if above is not None:
            allowed = allowed and above != below and not self._rests(above.pk, below.pk)
            allowed = allowed and (above.stage == "executed" or held == above.pk)
        actor = self.who("riverton", "liaison")
        if self.tried(
            "relate", allowed, lambda: relating.relate(below, parent=above, actor=actor, now=self.now)
        ):
            self.above[below.pk] = above.pk if above else None

    def _rests(self, key: Any, other: Any) -> bool:
        while key is not None and key != other:
            key = self.above.get(key)
        return key == other

    @rule(number=st.integers(1, 2), ends=st.integers(0, 5))
    def beside(self, number: int, ends: int) -> None:
        """Something happens to an agreement on which this one rests, or that rests on it."""
        row, actor = self._beside(number), self.who("mesa")
        held = row.suspended_on is not None
        going = row.stage == "executed"

        def act() -> None:
            if not ends:
                ending.terminate(row, ground="mutual", reason="x", actor=actor, now=self.now)
            elif held:
                ending.resume(row, reason="x", actor=actor, now=self.now)
            else:
                ending.suspend(row, grounds="x", from_on=self.today, actor=actor, now=self.now)

        if self.tried("beside", going, act) and (not ends or not held):
            self.alerted(row)
