"""Compliance checks on an agreement's content: pure, over the closed vocabulary of the catalog's rule packs.

A checklist with its sources, no legal advice. A `block` that fails stops the step; a `warn` asks to be acknowledged.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from agreements.catalog import Catalog, Rule
from agreements.catalog.vocabulary import STAGES
from agreements.requirements.asked import CHECKS, taken_out, unmet
from agreements.requirements.case import Case, Row, Subject
from agreements.requirements.conditions import CONDITIONS

__all__ = ["CHECKS", "CONDITIONS", "Finding", "Result", "at_most", "findings"]

Result = Literal["pass", "fail", "na", "waived"]
Waived = Collection[tuple[str, str]]
"""What counsel has waived: (rule, id of the subject); an empty id waives the rule for every subject."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found about one subject.

    `points_to` is where to mend it: `term/last_day`, `party/<id>/notice_days`, `flow/<id>/transit`, `clause/<key>`,
    `file/<kind>/<party>`. `subject` is the name of the party, dataset, flow or signatory, empty for the agreement as a
    whole, and `subject_id` its id. `inserts` are the clauses whose insertion would help.
    """

    rule: str
    severity: str
    result: Result
    message: str
    citation: str
    points_to: str
    subject: str
    subject_id: str = ""
    unverified: str = ""
    policy: str = ""
    waivable: bool = True
    inserts: tuple[str, ...] = ()


def _holds(case: Case, subject: Subject, group: Mapping[str, Any]) -> bool:
    return all(CONDITIONS[word](case, subject, asked) for word, asked in group.items())


def _concerned(case: Case, rule: Rule) -> list[Subject]:
    groups = rule.when_any or ({},)
    return [
        subject
        for subject in case.subjects[rule.subject]
        if _holds(case, subject, rule.when) and any(_holds(case, subject, group) for group in groups)
    ]


def _place(case: Case, rule: Rule, subject: Subject | None) -> str:
    """Where to mend it, with the row: the subject itself, or the dataset or party a flow names."""
    kind, _, field = rule.points_to.partition("/")
    if subject is None or not subject.id:
        return rule.points_to
    if kind == "file":
        filing = case.catalog.filings[field]
        party = subject.row.get("recipient") or subject.id
        return f"file/{field}/{party}" if filing.of == "party" else rule.points_to
    row: dict[str, Any] = {rule.subject: subject.id}
    if rule.subject == "flow":
        row |= {"dataset": subject.datasets[0].get("id"), "party": subject.row.get("recipient")}
    return f"{kind}/{row[kind]}/{field}" if kind in row else rule.points_to


def _finding(case: Case, rule: Rule, result: Result, message: str, subject: Subject | None = None,
             inserts: tuple[str, ...] = ()) -> Finding:  # fmt: skip
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        result=result,
        message=message,
        citation=rule.citation,
        points_to=_place(case, rule, subject),
        subject=subject.name if subject else "",
        subject_id=subject.id if subject else "",
        unverified=rule.unverified,
        policy=rule.pack,
        waivable=rule.waivable,
        inserts=inserts,
    )


def _judge(case: Case, rule: Rule, subject: Subject, waived: Waived) -> Finding:
    missing = [what for word, asked in rule.then.items() for what in CHECKS[word](case, subject, asked)]
    if not missing:
        return _finding(case, rule, "pass", "In order.", subject)
    words = {"{subject}": subject.name, "{missing}": ", ".join(dict.fromkeys(missing))}
    message = re.sub(r"\{(?:subject|missing)\}", lambda found: words[found.group()], rule.message)
    set_aside = rule.waivable and not waived_pairs(rule, subject).isdisjoint(waived)
    return _finding(case, rule, "waived" if set_aside else "fail", message, subject, _inserts(case, rule))


def waived_pairs(rule: Rule, subject: Subject) -> set[tuple[str, str]]:
    """The waivers under which a finding is set aside: of the rule for this subject, or for every one."""
    return {(rule.id, subject.id), (rule.id, "")}


def _inserts(case: Case, rule: Rule) -> tuple[str, ...]:
    """The clauses to put in: those the rule names, those of the subjects not covered, those the template misses."""
    template = case.catalog.templates.get(case.template)
    own = {key for section in template.sections for key in section.clauses} if template else set()
    topics = unmet(case, rule.then.get("clauses", {})).values()
    keys = [*rule.inserts]
    for topic in topics:
        known = topic.get("any", ())
        keys += [next((key for key in known if key in own), known[0])] if known else []
    if "mandatory_clauses" in rule.then:
        keys += [clause.key for clause in taken_out(case)]
    return tuple(key for key in dict.fromkeys(keys) if key not in case.clauses)


def _findings(case: Case, rule: Rule, stage: str, waived: Waived) -> Iterator[Finding]:
    due = STAGES.index(rule.from_stage) <= STAGES.index(stage)
    concerned = _concerned(case, rule) if due else []
    if not concerned:
        yield _finding(case, rule, "na", "Does not apply." if due else f"Asked from {rule.from_stage} on.")
    yield from (_judge(case, rule, subject, waived) for subject in concerned)


def findings(
    content: Row, *, stage: str, today: date, catalog: Catalog, waived: Waived = ()
) -> list[Finding]:
    """Every rule's answer about the content on the way into `stage`.

    A rule gives one finding per party, dataset or flow it concerns, or a single `na`. Ask with stage "signing" to
    show a drafter everything that will be asked. Raises ValueError for an unknown stage.
    """
    if stage not in STAGES:
        raise ValueError(f"{stage!r} is not one of {', '.join(STAGES)}")
    case = Case(content, today, catalog)
    return [finding for rule in catalog.rules for finding in _findings(case, rule, stage, waived)]


def at_most(content: Row, field: str, *, today: date, catalog: Catalog) -> int | None:
    """The lowest limit that rules set to a field of the agreement as a whole, of those that concern this content."""
    case = Case(content, today, catalog)
    limits = (
        rule.then["at_most"][field]
        for rule in catalog.rules
        if rule.subject == "agreement" and field in rule.then.get("at_most", {}) and _concerned(case, rule)
    )
    return min(limits, default=None)
