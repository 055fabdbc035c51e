"""Reading the rule packs: closed words only, each with the shape it needs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agreements.catalog import vocabulary as words
from agreements.catalog.entries import Rule, RulePack
from agreements.catalog.reading import Table, file_names, read_toml

RULE_ID = re.compile(r"[A-Z]{2,4}-\d{3}[a-z]?\Z")
POINTS = re.compile(
    r"(agreement|term|party|dataset|flow|clause|file|signature|commitments|measures|datasets)(/[\w-]+)?\Z"
)


def _words(
    row: Table, key: str, said: Mapping[str, Any], known: Mapping[str, str], subject: str
) -> Mapping[str, Any]:
    """The same words, each known, of the right shape, about fields its subject has."""
    for word, value in said.items():
        if word not in known:
            raise row.fail(f"{key}.{word}", f"unknown word; known are {', '.join(known)}")
        if not words.SHAPES[known[word]](value):
            raise row.fail(f"{key}.{word}", f"expected {known[word].replace('_', ' ')}, found {value!r}")
        for field in value if word in words.NAMES_FIELDS else ():
            if field not in words.FIELDS[subject]:
                raise row.fail(f"{key}.{word}", f"a {subject} has no field {field!r}")
    return said


def _rule(row: Table, pack: str) -> Rule:
    subject = row.one_of("subject", words.SUBJECTS, default="agreement")
    when = row.table("when").rest()
    groups = tuple(group.rest() for group in row.tables("when_any"))
    then = row.table("then").rest()
    if not then:
        raise row.fail("then", "missing; a rule checks something")
    return Rule(
        id=row.text("id"),
        severity=row.one_of("severity", words.SEVERITIES),
        from_stage=row.one_of("from_stage", words.STAGES),
        subject=subject,
        when=_words(row, "when", when, words.CONDITIONS, subject),
        when_any=tuple(_words(row, "when_any", group, words.CONDITIONS, subject) for group in groups),
        then=_words(row, "then", then, words.CHECKS, subject),
        message=row.text("message"),
        citation=row.text("citation"),
        verified=row.text("verified"),
        unverified=row.text("unverified", default=""),
        waivable=row.flag("waivable", default=True),
        points_to=row.text("points_to"),
        inserts=row.texts("inserts"),
        pack=pack,
    )


def _pack(root: Path, file: str, seen: set[str]) -> RulePack:
    top = read_toml(root, file)
    name = top.text("name")
    rules = []
    for row in top.tables("rule", name="id"):
        rule = _rule(row, name)
        row.done()
        if not RULE_ID.match(rule.id) or rule.id in seen:
            raise row.fail("id", "must look like CJI-008 and be used once")
        if not POINTS.match(rule.points_to):
            raise row.fail(
                "points_to", f"{rule.points_to!r} is not a place such as flow/transit or clause/publicity"
            )
        seen.add(rule.id)
        rules.append(rule)
    pack = RulePack(
        key=Path(file).stem,
        name=name,
        policy_version=top.text("policy_version"),
        effective=top.text("effective"),
        optional=top.flag("optional", default=False),
        rules=tuple(rules),
    )
    top.done()
    return pack


def packs(root: Path) -> tuple[RulePack, ...]:
    """Every rule pack of the catalog."""
    seen: set[str] = set()
    return tuple(_pack(root, file, seen) for file in file_names(root, "requirements", ".toml"))
