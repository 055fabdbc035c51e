"""The life of one agreement as acts of people, each on its day, through the operations alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agencies.models import Role, User
from agreements import catalog
from agreements.demo.region import HERE, Region
from agreements.models import Agreement, Comment, Dataset, Flow, Outcome, Provision, SignatureRequest
from agreements.operations import approving, drafting, ending, importing, negotiating, reviewing, signing

WEEKEND = 5
PACE = (3, 2, 4, 2, 5, 1, 3)
NEXT_ACT = timedelta(minutes=41)
OFFICE_OPENS = 15  # UTC; eight or nine in the morning in the region

START = ("draft", "fill")
SHARED = (*START, "share", "talk")
RETURNED = (*SHARED, "change", "hand_back")
SUBMITTED = (*RETURNED, "submit")
PATHS: Mapping[str, tuple[str, ...]] = {
    "drafted": START,
    "shared": SHARED,
    "abandoned": (*SHARED, "abandon"),
    "returned": RETURNED,
    "submitted": SUBMITTED,
    "half_approved": (*SUBMITTED, "approve_most"),
    "refused": (*SUBMITTED, "approve_most", "refuse"),
    "approved": (*SUBMITTED, "approve_most", "approve_last"),
    "frozen": (*SUBMITTED, "approve_most", "approve_last", "freeze"),
    "half_signed": (*SUBMITTED, "approve_most", "approve_last", "freeze", "sign_most"),
    "recalled": (*SUBMITTED, "approve_most", "approve_last", "freeze", "sign_most", "recall"),
    "declined": (*SUBMITTED, "approve_most", "approve_last", "freeze", "sign_most", "decline"),
    "executed": (*SUBMITTED, "approve_most", "approve_last", "freeze", "sign_most", "sign_last"),
}
LATER = ("reviewed", "suspended", "resumed", "noticed", "ended", "cause", "decided")


@dataclass(frozen=True)
class Act:
    """Something somebody does at an instant; `turn` keeps acts of the same instant apart."""

    at: datetime
    turn: tuple[int, int]
    do: Callable[[datetime], object]


@dataclass
class Story:
    """One agreement of agreements.toml: who takes part and what becomes of it."""

    number: int
    said: Mapping[str, Any]
    book: Mapping[str, Any]
    region: Region
    agreement: Agreement | None = None

    def acts(self, now: datetime) -> Iterator[Act]:
        """Every act in order; the last of the path on its day, the earlier ones some days apart before it."""
        path = PATHS[self.said["path"]]
        steps = [(self._days_ago(place, len(path)), name) for place, name in enumerate(path)]
        later = [(_day_of(self.said[name]), name) for name in LATER if name in self.said]
        last = datetime.min.replace(tzinfo=now.tzinfo)
        for place, (days, name) in enumerate([*steps, *sorted(later, reverse=True)]):
            last = max(self._instant(now, days, place), last + NEXT_ACT)
            yield Act(min(last, now), (self.number, place), getattr(self, name))

    def _days_ago(self, place: int, length: int) -> int:
        gaps = sum(PACE[(self.number + at) % len(PACE)] for at in range(place + 1, length))
        return int(self.said["days"]) + gaps

    def _instant(self, now: datetime, days: int, place: int) -> datetime:
        day = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        day -= timedelta(days=max(0, day.weekday() - WEEKEND + 1))
        seed = self.number * 7 + place * 5
        return day + timedelta(hours=OFFICE_OPENS + seed % 8, minutes=seed * 13 % 60, seconds=seed * 29 % 60)

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

    def row(self) -> Agreement:
        """The agreement as it is now."""
        if self.agreement is None:
            raise LookupError("Nobody has drafted it yet.")
        return Agreement.objects.get(pk=self.agreement.pk)

    def draft(self, now: datetime) -> None:
        """Begin it from a template or a text of ours."""
        agencies = self.region.agencies
        facts: dict[str, Any] = {
            "title": self.said["title"], "lead": agencies[self.lead], "actor": self.who(self.lead, Role.LIAISON),
            "partners": [drafting.PartySpec(agencies[key]) for key in self.said["with"]], "now": now,
        }  # fmt: skip
        if "kind" in self.said:
            data = (HERE / "texts" / self.said["from"]).read_bytes()
            self.agreement = importing.import_text(
                data=data, name=self.said["from"], kind=self.said["kind"], **facts
            )
        else:
            self.agreement = drafting.draft(template=self.said["from"], **facts)

    def fill(self, now: datetime) -> None:
        """Write in what the checks ask for: the parties' facts, the term, what is shared."""
        actor = self.who(self.lead, Role.LIAISON)
        for party in self.row().parties.select_related("agency"):
            key = self.region.key_of(party.agency_id)
            drafting.edit(party, values=self._party(key), actor=actor, now=now)
        drafting.edit(self.row().term, values=self._term(now), actor=actor, now=now)
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

    def _term(self, now: datetime) -> dict[str, Any]:
        """The term as agreed; days counted from today become dates."""
        told = now.date() + timedelta(days=_ahead(self.said))
        values: dict[str, Any] = {}
        if "starts" in self.said:
            values |= {"effective_rule": "date", "effective_on": told}
        if "ends" in self.said:
            values |= {"kind": "fixed_date", "last_day": told, "months": None}
        if self.said.get("evergreen"):
            values |= {"kind": "evergreen", "months": None, "renewal": "none", "renewal_months": None}
        return values | ({"kind": "months", "months": self.said["months"]} if "months" in self.said else {})
