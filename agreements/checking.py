"""The requirements' findings as a reader meets them: what is needed now, what later, what is advised, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agreements import catalog, facts, guide, requirements
from agreements.catalog.vocabulary import STAGES
from agreements.document import Document
from agreements.models import Agreement, Stage

NEXT = {Stage.DRAFT: "share", Stage.NEGOTIATION: "approval", Stage.SIGNING: "execution",
        Stage.EXECUTED: "after", Stage.ENDED: "after"}  # fmt: skip
"""What is asked next of an agreement in each stage; `signing` in all others."""
BEFORE = {
    "share": "sharing",
    "approval": "approval",
    "signing": "signature",
    "execution": "the next signature",
}


@dataclass(frozen=True)
class Check:
    """One open finding: whether it stops a step, which part of the draft it is about and where to mend it.

    `filed` tells a paper to record from a place in the draft. `inserts` are (key, heading) of clauses that help;
    `waive` is the address for counsel, empty where nothing can be waived.
    """

    rule: str
    must: bool
    message: str
    citation: str
    part: str
    path: str
    anchor: str
    words: str
    policy: str = ""
    unverified: str = ""
    waive: str = ""
    filed: bool = False
    inserts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Checks:
    """Every finding about one content, grouped; `before` says before which act the needed ones stop people."""

    before: str = ""
    needed: tuple[Check, ...] = ()
    later: tuple[Check, ...] = ()
    advised: tuple[Check, ...] = ()
    waived: tuple[Check, ...] = ()
    passed: int = 0
    packs: tuple[catalog.RulePack, ...] = ()

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
        needed = f"needed before {self.before}" if self.before else "needed now"
        said = [_counted(len(self.needed), "thing", needed)] if self.needed else []
        said += [_counted(len(self.later), "thing", "needed later")] if self.later else []
        said += [_counted(len(self.advised), "suggestion", "")] if self.advised else []
        said += [_counted(len(self.waived), "requirement", "waived")] if self.waived else []
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
    known, due = facts.rules_in_use(), NEXT.get(Stage(agreement.stage), "signing")
    asked = {rule.id: STAGES.index(rule.from_stage) <= STAGES.index(due) for rule in known.rules}
    shown = max(due, "execution", key=STAGES.index)
    found = facts.judge(agreement, content, stage=shown, today=today)
    places = _places(content, document)
    failed = [
        (_check(one, places, known), asked.get(one.rule, True)) for one in found if one.result == "fail"
    ]
    return Checks(
        before=BEFORE.get(due, ""),
        needed=tuple(check for check, now in failed if check.must and now),
        later=tuple(check for check, now in failed if check.must and not now),
        advised=tuple(check for check, _ in failed if not check.must),
        waived=tuple(_check(one, places, known) for one in found if one.result == "waived"),
        passed=sum(one.result == "pass" for one in found),
        packs=known.packs,
    )


def _places(content: Mapping[str, Any], document: Document | None) -> dict[str, tuple[str, str]]:
    """Where things stand in the document: clause key or row id -> (anchor, words)."""
    found: dict[str, tuple[str, str]] = {}
    labels = document.labels() if document else {}
    for row in content["provisions"]:
        words = f"Section {labels.get(row['id'], '')}".strip()
        found[row["id"]] = (f"provision-{row['id']}", words)
        found.setdefault(str(row.get("origin") or "").partition("@")[0], (f"provision-{row['id']}", words))
    for dataset in content["datasets"]:
        for flow in dataset["flows"]:
            found[flow["id"]] = (f"dataset-{dataset['id']}", dataset["name"])
        found[dataset["id"]] = (f"dataset-{dataset['id']}", dataset["name"])
    found.pop("", None)
    return found


def _check(one: requirements.Finding, places: Mapping[str, tuple[str, str]], known: catalog.Catalog) -> Check:
    kind, _, rest = one.points_to.partition("/")
    part = guide.of_place(kind, rest)
    anchor, words = places.get(rest.partition("/")[0], ("", one.subject))
    return Check(
        rule=one.rule,
        must=one.severity == "block",
        message=one.message,
        citation=one.citation,
        part=part,
        path=_path(kind, rest, part, anchor),
        anchor=anchor,
        words=words,
        policy=one.policy,
        unverified=one.unverified,
        waive=f"checks/{one.rule}/waive/{'?subject=' + one.subject_id if one.subject_id else ''}"
        if one.waivable
        else "",
        filed=kind == "file",
        inserts=tuple((key, known.clauses[key].heading) for key in one.inserts),
    )


def _path(kind: str, rest: str, part: str, anchor: str) -> str:
    """Where it is mended, below the agreement's own address."""
    row, _, field = rest.partition("/")
    if kind == "file":
        return f"filings/{row}/{'?party=' + field if field else ''}"
    if kind == "signature":
        return "approvals/"
    if kind in {"party", "flow", "dataset", "provision"} and field:
        return f"draft/edit/{kind}/{row}/#id_{field}"
    if kind == "term":
        return f"draft/{part}/#id_{row if part == 'term' else f'term-{row}'}"
    if kind == "clause" and anchor:
        return f"draft/edit/provision/{anchor.removeprefix('provision-')}/"
    return f"draft/{part}/?clause={row}#clause-{row}" if kind == "clause" else f"draft/{part}/"


def _counted(number: int, noun: str, rest: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {rest}".strip()
