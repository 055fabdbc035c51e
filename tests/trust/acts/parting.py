"""The acts by which parties go or hold each other to what they signed: notices and their clock, breach and cure."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from agreements.models import Ground
from agreements.operations import ending, importing, leaving, noticing
from tests.trust.acts.bench import WHO, Bench
from tests.trust.acts.model import NEVER, Broken, Given

AGO = st.sampled_from([0, 0, 0, 1, 5, 40])
MILD = 4
"""So many times out of five an ending at once is left out, so that something else can happen before."""


class Parting(Bench):
    """Acts that end something, and those that lead there."""

    @rule(who=WHO, ago=AGO)
    def withdraw(self, who: int, ago: int) -> None:
        """One party leaves, the others go on."""
        model, key, row = self.model, self.key(who), self.row
        sent = self.today - timedelta(days=ago)
        allowed = (
            self.acts(key) and not model.waiting(key) and model.parties[key] is None and self._may_go(key)
            and self.today <= model.final and sent >= model.first
        )  # fmt: skip
        if not self.tried("withdraw", allowed, lambda: leaving.withdraw(
            row, reason="x", sent_on=sent, actor=self.who(key), now=self.now)):  # fmt: skip
            return
        given = Given(key, "leaves", sent)
        model.notices.append(given)
        self._takes_effect(given)

    def _may_go(self, key: str) -> bool:
        """Whether the others can go on without one."""
        others = [one for one in self.model.staying() if one != key]
        return key != self.model.lead and len(others) >= self.model.least

    def _takes_effect(self, given: Given) -> None:
        """What follows from a notice once all have it; too late it ends nothing."""
        model, today = self.model, self.today
        received = model.received(given, today)
        if received is None:
            return
        given.received = True
        if model.final < today:
            return
        last = model.notice_ends(given.sender, received, today)
        if given.ground == "leaves":
            model.parties[given.sender] = min(model.parties[given.sender] or NEVER, last)
            return
        if given.ground == "no_renewal":
            ends = model.against_renewal(given.sender, received, today)
            if ends is None:
                return
            last = max(ends, today)
        model.stage, model.ended = "ended", min(max(last, given.wanted or last), model.furthest)
        self.alerted(self.case.agreement)

    @rule(who=WHO)
    def acknowledge(self, who: int) -> None:
        """A party says that it has a notice."""
        model, key, row = self.model, self.key(who), self.row
        found = None
        for given in model.waiting():
            others = model.others(given.sender, self.today)
            asked = [one for one in others if one == model.slow and one not in given.acknowledged]
            if model.inside(given.sender, self.today) and (key in asked or (not asked and key in others)):
                found = given
                break
        allowed = self.acts(key) and found is not None
        if (
            self.tried(
                "acknowledge",
                allowed,
                lambda: noticing.acknowledge(row, actor=self.who(key, "liaison"), now=self.now),
            )
            and found
        ):
            if key == model.slow:
                found.acknowledged[key] = self.today
            self._takes_effect(found)

    @rule(
        who=WHO, ground=st.sampled_from([*Ground.values, "notice"]), ago=AGO, mild=st.integers(0, MILD),
        ahead=st.sampled_from([None, None, 0, 10, 100]),
    )  # fmt: skip
    def terminate(self, who: int, ground: str, ago: int, mild: int, ahead: int | None) -> None:
        """The agreement is ended, or notice is given that it is to end."""
        if ground in {"mutual", "unlawful"} and mild:
            return
        model, key, row, today = self.model, self.key(who), self.row, self.today
        clocked = ground in {"notice", "no_renewal"}
        sent = today - timedelta(days=ago if clocked else 0)
        wanted = today + timedelta(days=ahead) if ahead is not None and ground != "no_renewal" else None
        given = Given(key, ground, sent, wanted=wanted)
        allowed = (
            self.acts(key) and today <= model.final and not model.waiting(key) and sent >= model.first
            and self._ground(given) and (wanted is None or wanted <= model.furthest)
        )  # fmt: skip
        if not self.tried("terminate", allowed, lambda: ending.terminate(
            row, ground=ground, reason="x", last_day=wanted, sent_on=sent, actor=self.who(key), now=self.now)):  # fmt: skip
            return
        if clocked:
            model.notices.append(given)
            self._takes_effect(given)
        else:
            model.stage, model.ended = "ended", wanted or today
            self.alerted(row)

    def _ground(self, given: Given) -> bool:
        """Whether the text gives this ground in this case, and the day that is wanted."""
        model, today, key = self.model, self.today, given.sender
        received = model.received(given, today)
        if given.ground == "cause":
            rows = [row.until for row in model.breaches
                    if row.of != key and not row.cured and model.inside(row.of, today)]  # fmt: skip
            return not model.terms.cure or bool(rows and min(rows) < today)
        if given.ground == "no_renewal":
            return model.against_renewal(key, received or given.sent, today) is not None
        if given.ground == "notice":
            early = received and given.wanted and given.wanted < model.notice_ends(key, received, today)
            return not self._may_go(key) and not early
        return True

    @rule(who=WHO, other=WHO)
    def breach(self, who: int, other: int) -> None:
        """Notice of a breach by another party."""
        model, key, of, row = self.model, self.key(who), self.key(other), self.row
        seat = row.parties.filter(agency=self.office.made.agencies[of]).first()
        allowed = self.acts(key) and self.today <= model.final and model.inside(of, self.today) and key != of
        made: list[UUID] = []

        def act() -> None:
            found = leaving.breach(row, party=seat or uuid4(), what="x", actor=self.who(key), now=self.now)
            made.append(found.pk)

        if self.tried("breach", allowed, act):
            until = self.today + timedelta(days=model.terms.cure or 0)
            model.breaches.append(Broken(made[0], key, of, until))

    @rule(who=WHO, which=st.integers(0, 9))
    def cure(self, who: int, which: int) -> None:
        """A breach is said to be mended."""
        model, key, row = self.model, self.key(who), self.row
        chosen = model.breaches[which % len(model.breaches)] if model.breaches else None
        allowed = self.acts(key) and chosen is not None and not chosen.cured and chosen.by == key
        if self.tried("cure", allowed, lambda: leaving.cure(
            row, breach=chosen.row if chosen else uuid4(), how="x", actor=self.who(key), now=self.now)) and chosen:  # fmt: skip
            chosen.cured = True

    @rule(who=WHO, often=st.integers(0, MILD))
    def unimport(self, who: int, often: int) -> None:
        """What was imported by mistake is taken back."""
        model, key, row = self.model, self.key(who), self.row
        if often and model.terms.imported:
            return
        allowed = self.acts(key) and model.terms.imported and key == model.lead
        actor = self.who(key, "liaison")
        if self.tried(
            "unimport", allowed, lambda: importing.unimport(row, reason="x", actor=actor, now=self.now)
        ):
            model.stage = "abandoned"
