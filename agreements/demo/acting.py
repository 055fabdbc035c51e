"""What people do with one agreement of the demo, through the operations alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from agencies import factors
from agencies.models import Role, User
from agreements import catalog
from agreements.demo.region import HERE, Region
from agreements.models import Agreement, Comment, Dataset, Flow, FlowStatus, Ground, Outcome, Provision
from agreements.operations import (
    approving,
    drafting,
    ending,
    flowing,
    freezing,
    importing,
    negotiating,
    owning,
    reviewing,
    signing,
)
from agreements.stepup import Proof

CONTROL, BESIDE = "cjis-management-control", "cjis-noncriminal"
UNOWNED = 4
"""Of so many agreements one is left without an owner, as happens."""


@dataclass
class Acting:
    """One agreement of agreements.toml: who takes part, and each act as a method of the instant it is done at.

    `today` is the day the demo is built on; `book` holds what is said in more than one agreement.
    """

    number: int
    said: Mapping[str, Any]
    book: Mapping[str, Any]
    region: Region
    today: date
    drafted: Agreement | None = None

    @property
    def lead(self) -> str:
        """The lead agency's key."""
        return str(self.said["lead"])

    @property
    def parties(self) -> list[str]:
        """The keys of the parties, the lead first."""
        return [self.lead, *self.said["with"]]

    @property
    def partner(self) -> str:
        """The first partner's key."""
        return self.parties[1]

    def who(self, agency: str, role: str) -> User:
        """Who acts for an agency."""
        return self.region.holder(agency, role)

    @property
    def row(self) -> Agreement:
        """The agreement as it is now."""
        if self.drafted is None:
            raise LookupError("Nobody has drafted it yet.")
        return Agreement.objects.get(pk=self.drafted.pk)

    @property
    def seen(self) -> str:
        """The hash that the page of the submitted text shows."""
        return approving.submitted(self.row).sha256

    def draft(self, now: datetime) -> None:
        """Begin it from a template or from a text of ours."""
        agencies = self.region.agencies
        facts: dict[str, Any] = {
            "title": self.said["title"], "lead": agencies[self.lead], "actor": self.who(self.lead, Role.LIAISON),
            "partners": [drafting.PartySpec(agencies[key]) for key in self.said["with"]], "now": now,
        }  # fmt: skip
        source = self.said["from"]
        if "kind" in self.said:
            data = (HERE / "texts" / source).read_bytes()
            self.drafted = importing.import_text(data=data, name=source, kind=self.said["kind"], **facts)
        else:
            self.drafted = drafting.draft(template=source, **facts)

    def fill(self, now: datetime) -> None:
        """Write in what the checks ask for: the parties' facts, the term, what is shared."""
        actor = self.who(self.lead, Role.LIAISON)
        for party in self.row.parties.select_related("agency"):
            drafting.edit(
                party, values=self._party(self.region.key_of(party.agency_id)), actor=actor, now=now
            )
        drafting.edit(self.row.term, values=self._term(), actor=actor, now=now)
        if self.said.get("control"):
            self._add_control(actor, now)
        for one in self.book["dataset"]:
            if one["source"] == self.said["from"]:
                self._add_dataset(one, actor, now)

    def _party(self, key: str) -> dict[str, Any]:
        facts, contact = self.region.facts[key], self.who(key, Role.LIAISON)
        return {
            "signatory": self.who(key, Role.SIGNATORY), "legal_authority": facts["authority"],
            "contact_name": contact.name, "contact_title": contact.title, "contact_email": contact.email,
            "notice_email": f"agreements@{facts['domain']}",
        }  # fmt: skip

    def _term(self) -> dict[str, Any]:
        """The term as agreed; days counted from today become dates."""
        said = self.said
        values: dict[str, Any] = {"kind": "months", "months": said["months"]} if "months" in said else {}
        if "starts" in said:
            first = self.today + timedelta(days=said["starts"])
            values |= {"effective_rule": "date", "effective_on": first}
        if "ends" in said:
            last = self.today + timedelta(days=said["ends"])
            values |= {"kind": "fixed_date", "last_day": last, "months": None}
        if "evergreen" in said:
            values |= {"kind": "evergreen", "months": None, "renewal": "none", "renewal_months": None}
        return values

    def _add_control(self, actor: User, now: datetime) -> None:
        """The provision that keeps a criminal justice agency in control of one that is none."""
        offered = catalog.blueprint(self.said["from"]).offered
        values = next(one for one in offered if one["origin"].startswith(f"{CONTROL}@"))
        after = self.row.provisions.get(origin__startswith=f"{BESIDE}@", removed=False)
        drafting.add(self.row, Provision, values=values, actor=actor, now=now, after=after)

    def _add_dataset(self, one: Mapping[str, Any], actor: User, now: datetime) -> None:
        kind = catalog.load().categories[one["category"]]
        facts = {name: one[name] for name in ("name", "description", "category", "elements")}
        facts |= {"classification": kind.classification, "personal_data": kind.personal_data}
        dataset = drafting.add(self.row, Dataset, values=facts, actor=actor, now=now)
        first, second = self.row.parties.order_by("position")[:2]
        ends = (second, first) if one["back"] else (first, second)
        flow = {
            "dataset": dataset, "provider": ends[0], "recipient": ends[1], "purposes": one["purposes"],
            "method": "Encrypted e-mail", "frequency": one["frequency"], "transit": "FIPS 140-3 certified encryption",
            "legal_basis": self.region.facts[self.lead]["authority"], "retention_days": 730,
        }  # fmt: skip
        drafting.add(self.row, Flow, values=flow, actor=actor, now=now)

    def share(self, now: datetime) -> None:
        """The lead shows its draft; the first partner gets the turn."""
        negotiating.share(
            self.row, to=self.region.agencies[self.partner], note="First draft for your comments.",
            actor=self.who(self.lead, Role.LIAISON), now=now,
        )  # fmt: skip

    def talk(self, now: datetime) -> None:
        """The partner says something, the lead answers, and its counsel adds a word for her own people."""
        words = self.book["remark"][self.number % len(self.book["remark"])]
        told: Comment | None = None
        says = (
            ("partner", self.partner, Role.LIAISON),
            ("lead", self.lead, Role.LIAISON),
            ("private", self.lead, Role.COUNSEL),
        )
        for place, (what, agency, role) in enumerate(says[: self.said.get("comments", 0)]):
            told = negotiating.comment(
                self.row, text=words[what], private=what == "private", reply_to=told if what == "lead" else None,
                provision=self._clause() if what == "partner" else None, actor=self.who(agency, role),
                now=now + timedelta(minutes=9 * place),
            )  # fmt: skip

    def _change(self) -> Mapping[str, str]:
        changes = self.book["change"]
        found: Mapping[str, str] = changes[self.number % len(changes)]
        return found

    def _clause(self) -> Provision | None:
        """The provision that the talk is about and the partner changes: the clause, or the last of an imported text."""
        rows = self.row.provisions.filter(removed=False).order_by("-position_in_order")
        return rows.filter(origin__startswith=f"{self._change()['clause']}@").first() or rows.first()

    def change(self, now: datetime) -> None:
        """The partner adds a sentence to a clause."""
        clause = self._clause()
        if clause is not None:
            text = f"{clause.text.rstrip()} {self._change()['text']}"
            drafting.edit(clause, values={"text": text}, actor=self.who(self.partner, Role.LIAISON), now=now)

    def hand_back(self, now: datetime) -> None:
        """The partner gives the text back."""
        negotiating.return_text(
            self.row, to=self.region.agencies[self.lead], note="One sentence added; the rest suits us.",
            actor=self.who(self.partner, Role.LIAISON), now=now,
        )  # fmt: skip

    def submit(self, now: datetime) -> None:
        """The lead puts it before counsel."""
        approving.submit(
            self.row, note="Ready for counsel.", actor=self.who(self.lead, Role.LIAISON), now=now
        )

    def approve_most(self, now: datetime) -> None:
        """Counsel of every party but the last approve."""
        for place, key in enumerate(self.parties[:-1]):
            self._approve(key, now + timedelta(minutes=17 * place))

    def approve_last(self, now: datetime) -> None:
        """Counsel of the last party approves."""
        self._approve(self.parties[-1], now)

    def _approve(self, key: str, now: datetime) -> None:
        approving.approve(self.row, seen_hash=self.seen, actor=self.who(key, Role.COUNSEL), now=now)

    def refuse(self, now: datetime) -> None:
        """Counsel of the last party sends it back."""
        reason = "The retention of reports after the close of a case is longer than our schedule allows."
        approving.refuse(self.row, reason=reason, actor=self.who(self.parties[-1], Role.COUNSEL), now=now)

    def freeze(self, now: datetime) -> None:
        """The lead asks for signatures."""
        freezing.freeze(self.row, seen_hash=self.seen, actor=self.who(self.lead, Role.LIAISON), now=now)

    def sign_most(self, now: datetime) -> None:
        """Every party but the last signs."""
        for place, key in enumerate(self.parties[:-1]):
            self._sign(key, now + timedelta(minutes=23 * place))

    def sign_last(self, now: datetime) -> None:
        """The last party signs; that executes it. Most leads then say who of them answers for its days."""
        self._sign(self.parties[-1], now)
        if self.number % UNOWNED:
            liaison, counsel = self.who(self.lead, Role.LIAISON), self.who(self.lead, Role.COUNSEL)
            owning.own(self.row, person=liaison, actor=counsel, now=now + timedelta(minutes=31))

    def _sign(self, key: str, now: datetime) -> None:
        person = self.who(key, Role.SIGNATORY)
        signing.sign(
            self.row, seen_hash=self.seen, typed_name=person.name, consent=True, actor=person, now=now,
            prove=lambda agreement: Proof(person.pk, factors.TOTP),
        )  # fmt: skip

    def recall(self, now: datetime) -> None:
        """The lead takes it back from signing."""
        reason = "The partner's council asks for a cap on the cost of overtime before it signs."
        signing.recall(self.row, reason=reason, actor=self.who(self.lead, Role.COUNSEL), now=now)

    def decline(self, now: datetime) -> None:
        """The last party's signatory does not sign."""
        reason = "The records are to go through the state's exchange instead, which opens this year."
        signing.decline(self.row, reason=reason, actor=self.who(self.parties[-1], Role.SIGNATORY), now=now)

    def abandon(self, now: datetime) -> None:
        """The lead gives it up."""
        reason = "The grant that was to pay for the analysts was not awarded."
        ending.abandon(self.row, reason=reason, actor=self.who(self.lead, Role.LIAISON), now=now)

    def connected(self, now: datetime) -> None:
        """The lead's liaison records that the data moves."""
        for flow in self.row.flows.filter(removed=False).order_by("position_in_order", "id"):
            flowing.mark(
                self.row, flow=flow, status=FlowStatus.LIVE, reason="Connected and tried with both records units.",
                actor=self.who(self.lead, Role.LIAISON), now=now,
            )  # fmt: skip

    def reviewed(self, now: datetime) -> None:
        """The lead's counsel records the yearly review."""
        reason = "Yearly review: used every day, no incident, audit of searches without findings."
        self._decide(Outcome.CONTINUE, reason, now)

    def decided(self, now: datetime) -> None:
        """The lead's counsel records what is to follow the last day."""
        reason = "Decided with the records manager after the yearly review."
        self._decide(self.said["decided"]["outcome"], reason, now)

    def _decide(self, outcome: str, reason: str, now: datetime) -> None:
        reviewing.decide(
            self.row, outcome=outcome, reason=reason, consulted="Records manager, security officer",
            actor=self.who(self.lead, Role.COUNSEL), now=now,
        )  # fmt: skip

    def suspended(self, now: datetime) -> None:
        """The first partner's counsel pauses the exchange."""
        grounds = "An account was used after its holder had left; access is being checked."
        day = now.astimezone(self.region.zone).date()
        ending.suspend(
            self.row, grounds=grounds, from_on=day, actor=self.who(self.partner, Role.COUNSEL), now=now
        )

    def resumed(self, now: datetime) -> None:
        """The exchange goes on."""
        reason = "The list of users was compared with the payroll; two accounts were closed."
        ending.resume(self.row, reason=reason, actor=self.who(self.partner, Role.COUNSEL), now=now)

    def noticed(self, now: datetime) -> None:
        """The first partner gives notice."""
        self._terminate(
            Ground.NOTICE, "The work moves to another agency next fiscal year.", self.partner, now
        )

    def ended(self, now: datetime) -> None:
        """Both end it."""
        self._terminate(
            Ground.MUTUAL, "Replaced by a wider agreement between the same agencies.", self.lead, now
        )

    def cause(self, now: datetime) -> None:
        """The lead ends it at once, for a breach that can't be cured."""
        reason = "Searches without a case number went on after two written warnings; what was looked up can't be undone."
        self._terminate(Ground.UNLAWFUL, reason, self.lead, now)

    def _terminate(self, ground: str, reason: str, agency: str, now: datetime) -> None:
        ending.terminate(
            self.row, ground=ground, reason=reason, actor=self.who(agency, Role.COUNSEL), now=now
        )
