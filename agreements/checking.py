"""The requirements' findings as a reader meets them: what is needed now, what later, what is advised, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agreements import catalog, requirements
from agreements.catalog.vocabulary import STAGES
from agreements.document import Document
from agreements.models import Agreement, Stage

NEXT = {Stage.DRAFT: "share", Stage.NEGOTIATION: "approval"}
BEFORE = {"share": "sharing", "approval": "approval", "signing": "signature"}
PARTS = {
    "agreement": "parties", "party": "parties", "clause": "text", "dataset": "data", "flow": "data",
    "commitments": "commitments", "measures": "measures", "term": "term",
}  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One open finding: whether it stops a step, which part of the draft it is about and where to mend it."""

    rule: str
    must: bool
    message: str
    citation: str
    part: str
    path: str
    anchor: str
    words: str


@dataclass(frozen=True)
class Checks:
    """Every finding about one content, grouped; `before` says before which act the needed ones stop people."""

    before: str = ""
    needed: tuple[Check, ...] = ()
    later: tuple[Check, ...] = ()
    advised: tuple[Check, ...] = ()
    passed: int = 0

    @property
    def open(self) -> tuple[Check, ...]:
        """Everything not in order, the needed first."""
        return self.needed + self.later + self.advised

    @property
    def count(self) -> str | None:
        """How many of the checks that apply are in order: "12/15"."""
        total = self.passed + len(self.open)
        return f"{self.passed}/{total}" if total else None

    @property
    def summary(self) -> str:
        """ "2 things needed before sharing, 4 suggestions"."""
        said = [_counted(len(self.needed), "thing", f"needed before {self.before}")] if self.needed else []
        said += [_counted(len(self.later), "thing", "needed later")] if self.later else []
        said += [_counted(len(self.advised), "suggestion", "")] if self.advised else []
        return ", ".join(said) or "Everything asked for is in order"

    def of_part(self, part: str) -> tuple[Check, ...]:
        """The open ones about one part of the draft."""
        return tuple(check for check in self.open if check.part == part)


def checks_of(
    content: Mapping[str, Any] | None, document: Document | None, *, agreement: Agreement, today: date
) -> Checks:
    """The checks of a content on the way the agreement goes next; nothing without a content."""
    if content is None:
        return Checks()
    known, due = catalog.load(), NEXT.get(Stage(agreement.stage), "signing")
    asked = {rule.id: STAGES.index(rule.from_stage) <= STAGES.index(due) for rule in known.rules}
    found = requirements.findings(content, stage="signing", today=today, catalog=known)
    places = _places(content, document)
    failed = [(_check(one, places), asked[one.rule]) for one in found if one.result == "fail"]
    return Checks(
        before=BEFORE[due],
        needed=tuple(check for check, now in failed if check.must and now),
        later=tuple(check for check, now in failed if check.must and not now),
        advised=tuple(check for check, _ in failed if not check.must),
        passed=sum(one.result == "pass" for one in found),
    )


def _places(content: Mapping[str, Any], document: Document | None) -> dict[str, tuple[str, str]]:
    """Where things stand in the document: clause key or row id -> (anchor, words)."""
    found: dict[str, tuple[str, str]] = {}
    labels = document.labels() if document else {}
    for row in content["provisions"]:
        words = f"Section {labels.get(row['id'], '')}".strip()
        found.setdefault(str(row.get("origin") or "").partition("@")[0], (f"provision-{row['id']}", words))
    for dataset in content["datasets"]:
        for flow in dataset["flows"]:
            found[flow["id"]] = (f"dataset-{dataset['id']}", dataset["name"])
        found[dataset["id"]] = (f"dataset-{dataset['id']}", dataset["name"])
    found.pop("", None)
    return found


def _check(one: requirements.Finding, places: Mapping[str, tuple[str, str]]) -> Check:
    kind, _, rest = one.points_to.partition("/")
    part = PARTS.get(kind, "text")
    row, _, field = rest.partition("/")
    anchor, words = places.get(row, ("", one.subject))
    path = f"draft/{part}/"
    if kind in {"party", "flow", "dataset"} and field:
        path = f"draft/edit/{kind}/{row}/#id_{field}"
    elif kind == "term":
        path = f"draft/term/#id_{row}"
    elif kind == "clause" and anchor:
        path = f"draft/edit/provision/{anchor.removeprefix('provision-')}/"
    elif kind == "clause":
        path = f"draft/text/?clause={row}"
    return Check(one.rule, one.severity == "block", one.message, one.citation, part, path, anchor, words)


def _counted(number: int, noun: str, rest: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {rest}".strip()
