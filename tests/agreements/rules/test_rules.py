"""Every rule of every pack fails when it should, passes when it should and keeps quiet otherwise.

The tables beside this file hold the cases; a rule without its three cases, or a case without its rule, fails here.
"""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from agreements.catalog import load
from agreements.requirements import Finding, findings
from tests.agreements.contents import TODAY, complete
from tests.agreements.rules import core_cjis, core_general, core_sectors, core_term, extended, house
from tests.agreements.rules.contents import Cases, Content, early

CORE: Cases = core_general.CASES | core_cjis.CASES | core_sectors.CASES | core_term.CASES
PACKS: dict[str, Cases] = {"core": CORE, "extended": extended.CASES, "house": house.CASES}
CASES: Cases = CORE | extended.CASES | house.CASES

CORE_NUMBERS = [
    *(f"GEN-{n:03}" for n in (1, 2, 3, 6)), *(f"CJI-{n:03}" for n in (*range(1, 20), 21)),
    *(f"INT-{n:03}" for n in range(1, 6)), *(f"PHI-{n:03}" for n in (1, 2, 3, 4, 6)), "EDU-001", "EDU-002", "DMV-001",
    "DMV-002", "VIC-001", "ALPR-001", "ALPR-002", "FED-001", "FED-002", "PRV-001", "PRV-002", "PUB-001",
    *(f"TRM-{n:03}" for n in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11)), "SIG-001", "SIG-002", "SIG-003", "REC-001",
]  # fmt: skip
"""The sixty requirements of the core, as the domain lists them."""
EXTENDED_NUMBERS = [
    "GEN-004", "GEN-005", "GEN-007", "GEN-008", "CJI-020", "CJI-022", "CJI-023", "CJI-024", "CJI-025", "PHI-005",
    "PHI-007", "EDU-003", "TAX-001", "ALPR-003", "FED-003", "FED-004", "PRV-003", "PRV-004", "PRV-005", "TRM-005",
    "SIG-004", "REC-002", "ACC-001",
]  # fmt: skip
"""The twenty-three that an installation switches on."""
NOT_READ = {
    "GEN-004", "CJI-021", "CJI-025", "INT-005", "PHI-005", "EDU-001", "TAX-001", "PRV-002", "PRV-004", "SIG-002",
    "SIG-003", "SIG-004", "REC-001", "REC-002", "ACC-001",
}  # fmt: skip
"""Requirements of which something was not verified against its source: a reader is told."""


def results(rule: str, content: Content, stage: str = "after") -> list[Finding]:
    found = findings(content, stage=stage, today=TODAY, catalog=load())
    return [one for one in found if one.rule == rule]


def numbers(ids: Iterable[str]) -> set[str]:
    return {one.rstrip("abcdefgh") for one in ids}


@pytest.mark.parametrize("pack", PACKS)
def test_every_rule_of_a_pack_has_its_three_cases_and_no_other_has(pack: str) -> None:
    [shipped] = [one for one in load().packs if one.key == pack]
    assert set(PACKS[pack]) == {rule.id for rule in shipped.rules}


def test_the_packs_hold_the_requirements_of_the_domain() -> None:
    assert len(CORE_NUMBERS) == 60 and len(EXTENDED_NUMBERS) == 23
    assert numbers(CORE) == set(CORE_NUMBERS)
    assert numbers(extended.CASES) == set(EXTENDED_NUMBERS)
    assert [(pack.key, pack.optional) for pack in load().packs] == [
        ("core", False),
        ("extended", True),
        ("house", False),
    ]


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fails_where_it_should(rule: str) -> None:
    failed = [one for one in results(rule, CASES[rule][0]()) if one.result == "fail"]
    assert failed
    assert all(one.message and "{" not in one.message and one.citation and one.points_to for one in failed)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_passes_where_it_should(rule: str) -> None:
    found = [one.result for one in results(rule, CASES[rule][1]())]
    assert "pass" in found and "fail" not in found, [one.message for one in results(rule, CASES[rule][1]())]


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_keeps_quiet_where_it_does_not_apply(rule: str) -> None:
    quiet = CASES[rule][2]
    if quiet is early:
        asked = next(one for one in load().rules if one.id == rule)
        assert asked.from_stage != "share", (
            "It is asked of every draft: give it a case where it does not apply."
        )
    found = results(rule, quiet(), "share" if quiet is early else "after")
    assert [one.result for one in found] == ["na"]


@pytest.mark.parametrize("rule", CASES)
def test_taking_a_rule_out_of_the_catalog_loses_its_finding(rule: str) -> None:
    catalog = load()
    packs = tuple(replace(pack, rules=tuple(r for r in pack.rules if r.id != rule)) for pack in catalog.packs)
    found = findings(CASES[rule][0](), stage="after", today=TODAY, catalog=replace(catalog, packs=packs))
    assert rule not in {one.rule for one in found}


def test_what_was_not_verified_is_said() -> None:
    said = {rule.number for rule in load().rules if rule.unverified}
    assert said == NOT_READ
    [found] = results("INT-005", CASES["INT-005"][0]())
    assert "secondary sources" in found.unverified


@pytest.mark.parametrize("rule", CASES)
def test_putting_in_the_clauses_offered_mends_what_a_clause_can_mend(rule: str) -> None:
    content = CASES[rule][0]()
    failed = [one for one in results(rule, content) if one.result == "fail"]
    for key in {key for one in failed for key in one.inserts}:
        clause = load().clauses[key]
        content["provisions"].append(
            {"origin": clause.origin, "heading": clause.heading, "text": clause.text}
        )
    left = [one for one in results(rule, content) if one.result == "fail"]
    assert not any(one.inserts for one in left)
    asked = next(one for one in load().rules if one.id == rule).then
    if set(asked) == {"clauses"}:
        assert failed[0].inserts and not left


@pytest.mark.parametrize("template", sorted(load().templates))
def test_a_completed_template_is_stopped_by_nothing(template: str) -> None:
    found = findings(complete(template), stage="signing", today=TODAY, catalog=load())
    assert not [one.message for one in found if one.result == "fail" and one.severity == "block"]


DELIBERATE = {"federal-local": {"TRM-005"}}
"""What a template leaves open on purpose: a federal system needs longer notice than the local side wants to give."""


@pytest.mark.parametrize("template", sorted(load().templates))
def test_a_completed_template_has_hardly_anything_left_to_mend(template: str) -> None:
    found = findings(complete(template), stage="signing", today=TODAY, catalog=load())
    failed = {one.rule for one in found if one.result == "fail"}
    assert failed == DELIBERATE.get(template, set()), [one.message for one in found if one.result == "fail"]
