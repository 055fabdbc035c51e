"""What every page of one agreement shows around its own content: standing, whose turn, steps, tabs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from agreements import lifecycle, policy, relations, standing
from agreements.checking import Checks, checks_of
from agreements.document import Document, structure
from agreements.lifecycle import Step
from agreements.models import Agreement, Comment, Renewal, Stage, Suggestion, SuggestionState
from agreements.operations import inking, requesting
from agreements.reading import Reading, Waiting, text_for, waiting
from agreements.views.asking import Asked
from common.prepared import HOW_MANY, Prepared, Slot

TABS = (
    ("document", "Document", ""),
    ("data", "Data", "data/"),
    ("checks", "Checks", "checks/"),
    ("discussion", "Discussion", "discussion/"),
    ("suggestions", "Suggestions", "suggestions/"),
    ("versions", "Versions", "versions/"),
    ("approvals", "Approvals & signatures", "approvals/"),
    ("changes", "Changes", "changes/"),
    ("dates", "Dates", "dates/"),
    ("duties", "Duties", "duties/"),
    ("history", "History", "history/"),
    ("files", "Files", "files/"),
)
OWN_PAGE = {"edit": "draft/", "comment": "discussion/", "suggest": "suggestions/new/", "sign": "sign/",
            "ink": "ink/", "confirm": "ink/", "object": "ink/"}  # fmt: skip
MAIN = ("sign", "approve", "freeze", "edit", "return", "review")
"""The steps that may be the one main action of a page, in this order; the others are in the menu."""


@dataclass(frozen=True)
class Button:
    """A step as a button: where it leads, what it is called, what it does."""

    name: str
    label: str
    url: str
    help: str


@dataclass(frozen=True)
class Frame:
    """One agreement as one person sees it now."""

    asked: Asked
    reading: Reading
    document: Document | None
    checks: Checks
    waiting: Waiting
    steps: list[Step]

    def context(self, tab: str) -> dict[str, Any]:
        """What the frame's template needs; `tab` is the current one."""
        agreement, buttons = self.asked.agreement, self.buttons()
        main = next((b for name in MAIN for b in buttons if b.name == name), None)
        return {
            "agreement": agreement,
            "parties": list(agreement.parties.all()),
            "standing": standing.of(agreement, today=self.asked.today),
            "waiting": self.waiting,
            "main": main,
            "others": [button for button in buttons if button is not main],
            "tabs": self.tabs(tab),
            "reading": self.reading,
            "document": self.document,
            "checks": self.checks,
            "today": self.asked.today,
            "notes": relations.notes(agreement, self.asked.user, today=self.asked.today),
        }

    def buttons(self) -> list[Button]:
        """The open steps that this person has a reason to take."""
        return [button_of(step, self.asked.agreement) for step in self.steps if self._sensible(step)]

    def _sensible(self, step: Step) -> bool:
        agreement, user = self.asked.agreement, self.asked.user
        if step.name in {"sign", "decline"}:
            return any(r.signatory_id == user.pk and r.answered_at is None for r in self.waiting.requests)
        if step.name == "object":
            return False  # it is done where one confirms
        if step.name in {"ink", "confirm"}:
            return self._about_ink(step.name)
        if step.name == "delegate":
            return any(
                requesting.may_hand_over(row, user, today=self.asked.today) for row in self.waiting.requests
            )
        if step.name == "cure":
            return agreement.breaches.filter(
                cured_on=None, agency__in=policy.agencies_of(user, today=self.asked.today)
            ).exists()
        if step.name == "renew":
            last = agreement.last_day
            by_act = agreement.term.renewal in {Renewal.OPTION, Renewal.MUTUAL_WRITTEN}
            return by_act and last is not None and last >= self.asked.today
        if step.name == "freeze":
            return not self.waiting.names
        if step.name == "approve":
            agency = policy.acting_agency(user, "approve", agreement, today=self.asked.today)
            return agency not in self.waiting.approved_by
        return True

    def _about_ink(self, name: str) -> bool:
        """Whether this person's agency has a signature to put in, or another's to confirm."""
        own = policy.agencies_of(self.asked.user, today=self.asked.today)
        if name == "confirm":
            return bool(set(self._scans.values()) - own)
        asked = [
            row for row in self.waiting.requests if row.answered_at is None and row.party.agency_id in own
        ]
        return any(row.pk not in self._scans for row in asked)

    @cached_property
    def _scans(self) -> dict[UUID, UUID]:
        return inking.scanned(self.asked.agreement)

    def tabs(self, current: str) -> list[dict[str, Any]]:
        """The agreement's pages as links."""
        counts = {
            "discussion": self._open_comments(),
            "suggestions": _OPEN_SUGGESTIONS.number(agreement=self.asked.agreement.pk) or None,
            "checks": self.checks.count,
        }
        return [
            {
                "label": label,
                "url": f"{self.asked.url}{path}",
                "current": key == current,
                "count": counts.get(key),
            }
            for key, label, path in TABS
            if key != "changes" or self.asked.agreement.is_instrument
        ]

    def _open_comments(self) -> int | None:
        own = policy.agencies_of(self.asked.user, today=self.asked.today)
        return _OPEN_COMMENTS.number(agreement=self.asked.agreement.pk, own=list(own)) or None


_OF = Slot("agreement", UUIDField())
_OPEN_SUGGESTIONS = Prepared(
    lambda: Suggestion.objects.filter(agreement=_OF, state=SuggestionState.OPEN).values_list(HOW_MANY)
)
_READ = policy.read_by(Slot("own", UUIDField()))
_OPEN_COMMENTS = Prepared(
    lambda: Comment.objects.filter(_READ, agreement=_OF, resolved_at=None).values_list(HOW_MANY)
)


def framed(asked: Asked) -> Frame:
    """The frame of the agreement that was asked for."""
    reading = text_for(asked.agreement, asked.user, today=asked.today)
    document = structure(reading.content) if reading.content else None
    checks = checks_of(reading.content, document, agreement=asked.agreement, today=asked.today)
    steps = lifecycle.open_steps(asked.agreement, asked.user, today=asked.today)
    return Frame(asked, reading, document, checks, waiting(asked.agreement), steps)


def button_of(step: Step, agreement: Agreement) -> Button:
    """A step as the button that leads to its page."""
    path = OWN_PAGE.get(step.name, f"steps/{step.name}/")
    return Button(step.name, words_of(step, agreement), f"{agreement.get_absolute_url()}{path}", step.help)


def words_of(step: Step, agreement: Agreement) -> str:
    """The step's verb with its object: "Share with Mesa County Sheriff"."""
    if step.name not in {"share", "return"}:
        return "Continue drafting" if step.name == "edit" and agreement.stage == Stage.DRAFT else step.label
    others = [party.agency for party in agreement.parties.all() if party.agency_id != agreement.turn_id]
    word = "with" if step.name == "share" else "to"
    return (
        f"{step.label} {word} {others[0].short_name}" if len(others) == 1 else f"{step.label} {word} a party"
    )
