"""The acts that change an agreement: instruments drafted on one day and signed on another, and a successor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from agreements.models import Agreement, Dataset, Flow
from agreements.operations import amending, drafting, ending, relating
from tests.trust.acts.bench import TERMS, WHO, Bench, Case
from tests.trust.acts.building import KEYS, SPARE, executed_at_once
from tests.trust.acts.model import DAY, NEVER, Name, Plain, Terms, Text

AFTER = st.sampled_from([None, None, 0, 3, 10, 30, -1])


@dataclass
class Drafted:
    """An instrument not signed yet: what it changes, from which day it is to hold, and what the text will say then."""

    case: Case
    agreement: Agreement
    actor: Any
    base: Text
    since: date | None
    text: Text
    months: int | None
    joins: str = ""


class Changing(Bench):
    """Amendments, joinders and successors."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts: list[Drafted] = []
        self.linked: tuple[int, Agreement] | None = None
        self.extra = 0

    def may_change(self, key: str, after: int | None) -> bool:
        """Whether an agency may begin an instrument today."""
        return self.acts(key) and self.today <= self.model.final and (after is None or after >= 0)

    def _since(self, after: int | None) -> date | None:
        return None if after is None else self.today + timedelta(days=after)

    @rule(
        who=WHO,
        change=st.sampled_from(["longer", "shorter", "less", "more", "party", "nothing"]),
        after=AFTER,
        other=WHO,
    )
    def amend(self, who: int, change: str, after: int | None, other: int) -> None:
        """An amendment is drafted: another length of the term, a dataset more or less, or a party less."""
        model, key, gone, base = self.model, self.key(who), "", self.model.texts[-1]
        present = [one for one in base.parties if model.inside(one, self.today)]
        if change == "party" and self.key(other) in present:
            gone = self.key(other)
        kept = [one for one in present if one != gone]
        names = {name for name in base.flows if {name[1], name[2]} <= set(kept)}
        dropped = next((name[0] for name in sorted(base.flows)), "") if change == "less" else ""
        names = {name for name in names if name[0] != dropped}
        months = max(1, model.months + {"longer": 5, "shorter": -1}.get(change, 0)) if model.months else None
        added: Name | None = None
        if change == "more" and len(kept) > 1:
            self.extra += 1
            added = (f"Extra {self.extra}", kept[0], kept[-1])
            names.add(added)
        row, actor, since = self.row, self.who(key, "liaison"), self._since(after)
        made: list[Agreement] = []

        @transaction.atomic
        def act() -> None:
            parties = [self.party(row, gone)] if gone else []
            draft = amending.amend(row, takes_effect_on=since, removes=parties, actor=actor, now=self.now)
            made.append(draft)
            if months != model.months:
                drafting.edit(draft.term, values={"months": months}, actor=actor, now=self.now)
            for each in Dataset.objects.filter(agreement=draft, name=dropped, removed=False):
                drafting.remove(each, actor=actor, now=self.now)
            if added:
                self._add(draft, added, actor)

        if self.tried("amend", self.may_change(key, after) and key in base.parties, act):
            text = Text(date.min, frozenset(names), tuple(kept))
            self.drafts.append(Drafted(self.case, made[0], actor, base, since, text, months))

    def _add(self, draft: Agreement, name: Name, actor: Any) -> None:
        values: dict[str, Any] = {"name": name[0], "category": "incident"}
        values = {"dataset": drafting.add(draft, Dataset, values=values, actor=actor, now=self.now),
                  "provider": self.party(draft, name[1]), "recipient": self.party(draft, name[2])}  # fmt: skip
        drafting.add(draft, Flow, values=values, actor=actor, now=self.now)

    @rule(who=st.sampled_from([0, 0, 0, 1]), newcomer=st.integers(0, 6), like=WHO, after=AFTER)
    def join(self, who: int, newcomer: int, like: int, after: int | None) -> None:
        """A joinder is drafted: another agency comes in and takes the part of one that is in."""
        model, key, alike, base = self.model, self.key(who), self.key(like), self.model.texts[-1]
        joins = (*KEYS, *SPARE)[newcomer]
        allowed = (
            self.may_change(key, after) and key == model.lead and joins not in model.parties
            and model.inside(alike, self.today)
        )  # fmt: skip
        row, since, actor = self.row, self._since(after), self.who(key, "liaison")
        seat = row.parties.filter(agency=self.office.made.agencies[alike]).first()
        made: list[Agreement] = []

        def act() -> None:
            made.append(amending.join(row, agency=self.office.made.agencies[joins], like=seat or row.pk,
                                      takes_effect_on=since, actor=actor, now=self.now))  # fmt: skip

        if self.tried("join", allowed, act):
            more = {(d, joins if g == alike else g, joins if t == alike else t)
                    for d, g, t in base.flows if alike in (g, t)}  # fmt: skip
            text = Text(date.min, base.flows | more, (*base.parties, joins))
            self.drafts.append(Drafted(self.case, made[0], actor, base, since, text, model.months, joins))

    @precondition(lambda self: self.drafts)
    @rule(which=st.integers(0, 5), drops=st.sampled_from([False, False, False, True]))
    def conclude(self, which: int, drops: bool) -> None:
        """An instrument is signed by all, or given up."""
        drafted = self.drafts.pop(which % len(self.drafts))
        row, actor, model = drafted.agreement, drafted.actor, drafted.case.model
        if drops:
            self.tried("abandon", True, lambda: ending.abandon(row, reason="x", actor=actor, now=self.now))
            return
        since = max(drafted.since or self.today, self.today)
        if self.tried("sign", self._fits(model, drafted, since),
                      lambda: executed_at_once(row, actor=actor, now=self.now)):  # fmt: skip
            _changed(model, drafted, since)

    def _fits(self, model: Plain, drafted: Drafted, since: date) -> bool:
        """Whether an instrument can still change what it was drafted for."""
        fits = (
            model.open and self.today <= model.final and since <= model.final and model.texts[-1] is drafted.base
            and since >= drafted.base.since
        )  # fmt: skip
        if not fits or drafted.joins:
            return fits
        going_on = [key for key in drafted.text.parties if key in model.staying()]
        before, model.months = model.months, drafted.months
        fits, model.months = since <= model.furthest, before
        return fits and model.lead in going_on and len(going_on) >= model.least

    @precondition(lambda self: self.linked is None)
    @rule(count=st.integers(2, 5))
    def link(self, count: int) -> None:
        """A draft is said to replace the agreement."""
        draft, actor, old = self.unused.get(-count), self.who("riverton", "liaison"), self.row
        if draft is not None and self.tried("relate", self.model.open, lambda: relating.relate(
            draft, supersedes=old, actor=actor, now=self.now)):  # fmt: skip
            self.linked = (count, old)

    @precondition(lambda self: self.linked is not None)
    @rule(terms=TERMS, patient=st.sampled_from([False, True, True]))
    def succeed(self, terms: Terms, patient: bool) -> None:
        """The draft is signed by all, and ends what it replaces the day before it takes effect."""
        if patient or self.linked is None:  # so that something happens in between
            return
        count, old = self.linked
        case, self.linked = self.case, None
        if old.pk != case.agreement.pk:
            self.unused.pop(-count, None)
            return
        model = case.model
        missing = [key for key in model.present(self.today) if key not in KEYS[:count]]
        done = self.tried("replace", not (model.open and missing), lambda: self.execute_new(-count, terms))
        if not done:
            self.unused[-count] = self.office.successors[count]
            return
        last = max(self.model.first, self.today + DAY) - DAY
        if model.open and last <= model.final:
            model.stage, model.ended = "ended", last
            self.alerted(old)
        self.past.append(case)
        self.look(case)

    @precondition(lambda self: not self.model.open or self.model.final < self.today)
    @rule(number=st.sampled_from([2, 3, 4, 5]), terms=TERMS)
    def begin_anew(self, number: int, terms: Terms) -> None:
        """What has ended is followed by an agreement of its own."""
        case, linked = self.case, self.linked[0] if self.linked else 0
        free = [n for n in (number, *self.unused) if n in self.unused and n != -linked]
        if not free:
            return
        self.tried("execute", True, lambda: self.execute_new(free[0], terms))
        self.past.append(case)

    @precondition(lambda self: not self.model.open or self.model.final < self.today)
    @rule(number=st.sampled_from([2, 3, 4, 5]), terms=TERMS)
    def begin_anew_soon(self, number: int, terms: Terms) -> None:
        """The same: nothing much happens to what has ended."""
        self.begin_anew(number, terms)


def _changed(model: Plain, drafted: Drafted, since: date) -> None:
    """The model after an instrument was signed by all."""
    text = Text(since, drafted.text.flows, drafted.text.parties)
    differs = bool(drafted.joins)
    model.months = drafted.months
    model.texts.append(text)
    if drafted.joins:
        model.parties[drafted.joins] = None
    for place, key in enumerate(text.parties, start=1):
        differs |= model.places.get(key) != place
        model.places[key] = place
    for key, left in model.parties.items():
        if key not in text.parties:
            model.parties[key] = min(left or NEVER, since - DAY)
            differs |= model.parties[key] != left
    if differs:
        model.review_by(since)
