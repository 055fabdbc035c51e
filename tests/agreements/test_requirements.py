"""Every shipped rule fails when it should, passes when it should and keeps quiet otherwise."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from agreements.catalog import load
from agreements.catalog.vocabulary import CHECKS, CONDITIONS
from agreements.requirements import CHECKS as DONE_CHECKS
from agreements.requirements import CONDITIONS as DONE_CONDITIONS
from agreements.requirements import Finding, blocks, findings
from tests.agreements.contents import (
    TODAY,
    Content,
    complete,
    flow,
    having,
    of_category,
    only,
    party,
    term,
    three_parties,
    with_clause,
    without,
    worded,
)

Make = Callable[[], Content]


def plain() -> Content:
    """Two agencies sharing maps: hardly any rule concerns it."""
    content = of_category("GIS")
    content["kind"], content["template"], content["binding"] = "MOU", "", "mixed"
    return term(content, kind="evergreen", months=None, renewal="none")


def bare() -> Content:
    """A draft into which nobody has put anything yet."""
    return {"parties": [], "provisions": [], "datasets": [], "commitments": [], "measures": [], "term": {}}


def early() -> Content:
    """Marks rules that always apply from their stage on: the quiet case is an earlier stage."""
    return {}


def cji(**fields: object) -> Content:
    return flow(complete(), **fields)


def alpr(**fields: object) -> Content:
    return flow(having(complete("alpr"), jurisdiction="California"), **fields)


def intel(*clauses: str, **fields: object) -> Content:
    return with_clause(of_category("criminal_intel", **{"retention_days": 1000, **fields}), *clauses)


def user_agreement(*gone: str) -> Content:
    content = without(having(complete(), kind="user_agreement"), *gone)
    for row in content["provisions"] if gone else ():
        row["text"] = row["text"].replace("alidat", "xx")
    return content


ELEVEN = "Audit, dissemination, hit confirmation, logging, quality assurance, screening, security, timeliness, training, "

# rule: (fails, passes, does not apply)
CASES: dict[str, tuple[Make, Make, Make]] = {
    "GEN-001": (lambda: having(complete(), title=" "), complete, early),
    "GEN-001a": (lambda: having(complete(), parties=complete()["parties"][:1]), complete, early),
    "GEN-001b": (lambda: party(complete(), legal_authority=""), complete, bare),
    "GEN-001c": (lambda: party(complete(), notice_address="", notice_email=""), complete, bare),
    "GEN-002": (lambda: party(complete(), signatory_name=""), complete, bare),
    "GEN-004": (lambda: having(complete(), governing_law=""), complete, plain),
    "GEN-005": (
        lambda: worded(having(complete(), binding="non_binding"), "Each party shall indemnify the other."),
        lambda: having(complete(), binding="non_binding"),
        complete,
    ),
    "GEN-006": (lambda: having(complete(), commitments=complete()["commitments"][:1]), complete, bare),
    "GEN-007": (lambda: having(complete(), measures=[]), complete, early),
    "GEN-008": (lambda: without(complete(), "severability"), complete, early),
    "GEN-009": (lambda: without(complete(), "cjis-training"), complete, plain),
    "DAT-001": (
        lambda: having(complete(), datasets=[{**complete()["datasets"][0], "flows": []}]),
        complete,
        bare,
    ),
    "DAT-002": (lambda: cji(provider="p1", recipient="p1"), complete, bare),
    "DAT-003": (lambda: cji(onward=""), complete, bare),
    "CJI-001": (lambda: cji(status="live"), complete, plain),
    "CJI-002": (
        lambda: user_agreement("cjis-validation"),
        user_agreement,
        complete,
    ),
    "CJI-002a": (
        lambda: only("Security, training and audit."),
        lambda: only(ELEVEN + "use of systems, validation."),
        plain,
    ),
    "CJI-003": (
        lambda: party(complete(), 1, cj_status="NCJA_gov"),
        lambda: with_clause(party(complete(), 1, cj_status="NCJA_gov"), "cjis-management-control"),
        complete,
    ),
    "CJI-004": (
        lambda: party(complete(), 1, cj_status="contractor"),
        lambda: with_clause(party(complete(), 1, cj_status="contractor"), "cjis-security-addendum"),
        complete,
    ),
    "CJI-006": (lambda: term(complete(), review_months=48), complete, plain),
    "CJI-007": (lambda: cji(method=""), complete, plain),
    "CJI-008": (
        lambda: cji(transit="TLS"),
        complete,
        lambda: cji(transit="Stays within a physically secure location"),
    ),
    "CJI-009": (lambda: cji(transit="FIPS 140-2"), complete, plain),
    "CJI-010": (
        lambda: cji(rest="AES-128"),
        lambda: cji(rest="AES-256 under FIPS 197"),
        lambda: cji(rest="Kept within a physically secure location"),
    ),
    "CJI-011": (lambda: cji(storage="Cloud in Ireland"), complete, plain),
    "CJI-012": (
        lambda: without(cji(storage="Government cloud in the United States"), "cjis-cloud"),
        lambda: cji(storage="Government cloud in the United States"),
        complete,
    ),
    "CJI-013": (lambda: cji(mfa=False), complete, plain),
    "CJI-014": (lambda: term(complete(), incident_hours=24), complete, plain),
    "CJI-015": (lambda: cji(screening="Interview"), complete, plain),
    "CJI-016": (lambda: cji(training="Within six months and every two years"), complete, plain),
    "CJI-017": (lambda: cji(logging="Who and when; kept at least one year"), complete, plain),
    "CJI-018": (
        lambda: only("Nothing on it."),
        lambda: worded(
            only("Nothing on it."), "A log of secondary dissemination, a secondary dissemination log."
        ),
        lambda: cji(onward="None"),
    ),
    "CJI-019": (lambda: cji(destruction="Deleted"), complete, plain),
    "CJI-020": (
        lambda: party(complete(), 1, cj_status="contractor"),
        lambda: with_clause(party(complete(), 1, cj_status="contractor"), "cjis-security-addendum"),
        complete,
    ),
    "CJI-021": (
        lambda: of_category("NCIC", hit_confirmation=False),
        lambda: of_category("NCIC"),
        complete,
    ),
    "CJI-022": (lambda: without(complete(), "cjis-devices"), complete, plain),
    "CJI-023": (lambda: worded(complete(), "See section 5.1.1 of the policy."), complete, plain),
    "CJI-024": (lambda: only("CJIS Security Policy version 5.8."), complete, plain),
    "INT-001": (intel, lambda: intel("intel-handling"), complete),
    "INT-002": (intel, lambda: intel("intel-handling"), complete),
    "INT-003": (lambda: only("-", datasets=intel()["datasets"]), lambda: intel("intel-handling"), complete),
    "INT-004": (lambda: intel(logging=""), intel, complete),
    "INT-005": (lambda: intel(retention_days=2000), intel, complete),
    "PHI-001": (
        lambda: of_category("PHI", legal_basis="This agreement"),
        lambda: of_category("PHI", legal_basis="45 CFR 164.512(j)"),
        complete,
    ),
    "PHI-006": (
        lambda: of_category("SUD", legal_basis="Consent"),
        lambda: worded(
            of_category("SUD", legal_basis="Consent under 42 CFR 2.31"), "Notice under 42 CFR 2.32."
        ),
        complete,
    ),
    "EDU-001": (
        lambda: of_category("education_record", legal_basis="This agreement"),
        lambda: complete("sro"),
        complete,
    ),
    "EDU-003": (
        lambda: having(only("Supervision and training."), template="sro@1"),
        lambda: complete("sro"),
        complete,
    ),
    "DMV-001": (
        lambda: of_category("DMV", legal_basis="Police work"),
        lambda: of_category("DMV", legal_basis="18 USC 2721(b)(1)"),
        complete,
    ),
    "VIC-001": (
        lambda: of_category("victim_services", legal_basis="Written consent"),
        lambda: of_category("victim_services", legal_basis="Informed written consent, time-limited"),
        complete,
    ),
    "ALPR-001": (lambda: party(alpr(), 1, kind="federal"), alpr, lambda: complete("alpr")),
    "ALPR-002": (lambda: alpr(logging="Date and user"), alpr, lambda: complete("alpr")),
    "ALPR-003": (lambda: alpr(retention_days=None), alpr, complete),
    "ALPR-004": (lambda: having(alpr(), provisions=[]), alpr, complete),
    "FED-002": (
        lambda: term(having(complete(), kind="matching"), months=24),
        lambda: term(having(complete(), kind="matching"), months=18),
        complete,
    ),
    "FED-002a": (
        lambda: term(having(complete(), kind="matching"), renewal_months=18),
        lambda: term(having(complete(), kind="matching"), renewal_months=12),
        lambda: term(having(complete(), kind="matching"), renewal="none"),
    ),
    "PRV-001": (lambda: only("Nothing on it."), complete, plain),
    "PRV-002": (
        lambda: having(cji(legal_basis=""), jurisdiction="UK"),
        lambda: having(complete(), jurisdiction="UK"),
        complete,
    ),
    "PRV-004": (
        lambda: having(cji(breach_hours=100), jurisdiction="UK"),
        lambda: having(complete(), jurisdiction="UK"),
        complete,
    ),
    "PRV-005": (
        lambda: cji(purposes=["research"]),
        lambda: worded(cji(purposes=["research"]), "Small cells are suppressed and nobody is re-identified."),
        complete,
    ),
    "PUB-001": (lambda: only("Nothing on it."), complete, early),
    "TRM-001": (
        lambda: term(complete(), kind="fixed_date", effective_on="2027-01-01", last_day="2026-12-31"),
        lambda: term(complete(), kind="fixed_date", effective_on="2027-01-01", last_day="2027-12-31"),
        complete,
    ),
    "TRM-001a": (lambda: term(complete(), months=None), complete, plain),
    "TRM-001b": (
        lambda: term(complete(), effective_rule="date"),
        lambda: term(complete(), effective_rule="date", effective_on="2027-01-01"),
        complete,
    ),
    "TRM-001c": (
        lambda: term(complete(), kind="fixed_date", last_day="2026-11-20"),
        lambda: term(complete(), kind="fixed_date", last_day="2026-11-21"),
        complete,
    ),
    "TRM-002": (lambda: term(alpr(), renewal_max=None), alpr, complete),
    "TRM-002a": (lambda: party(alpr(), notice_days=10), alpr, complete),
    "TRM-003": (lambda: term(plain(), review_months=None), plain, complete),
    "TRM-004": (lambda: party(complete(), notice_days=None), lambda: party(complete(), notice_days=0), bare),
    "TRM-005": (lambda: party(complete(), notice_days=90), complete, bare),
    "TRM-006": (
        lambda: term(complete(), effective_rule="date", effective_on="2026-08-01"),
        lambda: term(complete(), effective_rule="date", effective_on="2026-12-01"),
        complete,
    ),
    "TRM-008": (
        lambda: three_parties(only("Nothing on it.")),
        lambda: three_parties(complete()),
        complete,
    ),
    "TRM-010": (lambda: term(complete(), survival=""), complete, early),
    "TRM-012": (lambda: term(complete(), closeout_days=None), complete, plain),
    "SIG-003": (lambda: without(complete(), "counterparts"), complete, early),
}


def results(rule: str, content: Content, stage: str = "signing") -> list[Finding]:
    found = findings(content, stage=stage, today=TODAY, catalog=load())
    return [one for one in found if one.rule == rule]


def test_every_shipped_rule_has_its_three_cases() -> None:
    assert list(CASES) == [rule.id for rule in load().rules]


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fails_where_it_should(rule: str) -> None:
    failed = [one for one in results(rule, CASES[rule][0]()) if one.result == "fail"]
    assert failed
    assert all(one.message and "{" not in one.message and one.citation and one.points_to for one in failed)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_passes_where_it_should(rule: str) -> None:
    assert {one.result for one in results(rule, CASES[rule][1]())} == {"pass"}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_keeps_quiet_where_it_does_not_apply(rule: str) -> None:
    quiet = CASES[rule][2]
    if quiet is not early:
        assert {one.result for one in results(rule, quiet())} == {"na"}
        return
    asked = next(one for one in load().rules if one.id == rule)
    if asked.from_stage != "share":
        assert {one.result for one in results(rule, bare(), "share")} == {"na"}


DELIBERATE = {"federal-local": {"TRM-005"}}
"""What a template leaves open on purpose: a federal system needs longer notice than the local side wants to give."""


@pytest.mark.parametrize("template", sorted(load().templates))
def test_a_completed_template_has_nothing_left_to_mend(template: str) -> None:
    found = findings(complete(template), stage="signing", today=TODAY, catalog=load())
    failed = {one.rule for one in found if one.result == "fail"}
    assert failed == DELIBERATE.get(template, set()), [one.message for one in found if one.result == "fail"]


@pytest.mark.parametrize("rule", CASES)
def test_taking_a_rule_out_of_the_catalog_loses_its_finding(rule: str) -> None:
    catalog = load()
    packs = tuple(replace(pack, rules=tuple(r for r in pack.rules if r.id != rule)) for pack in catalog.packs)
    content = CASES[rule][0]()
    found = findings(content, stage="signing", today=TODAY, catalog=replace(catalog, packs=packs))
    assert rule not in {one.rule for one in found}


def test_only_failed_block_rules_stop_a_step() -> None:
    content = party(cji(mfa=False), legal_authority="")
    stopped = blocks(content, stage="approval", today=TODAY, catalog=load())
    assert {one.rule for one in stopped} == {"CJI-013"}
    assert blocks(content, stage="share", today=TODAY, catalog=load()) == []


def test_a_finding_points_at_the_row_that_mends_it() -> None:
    content = complete()
    content["datasets"][1]["flows"][1]["mfa"] = False
    [found] = [one for one in results("CJI-013", content) if one.result == "fail"]
    assert found.points_to == "flow/f11/mfa"
    assert found.subject == (
        "Criminal history and dispositions, Oakdale County District Attorney to Riverbend Police Department"
    )


def test_each_party_is_judged_for_itself() -> None:
    content = party(complete(), 1, notice_days=None)
    assert [(one.result, one.subject) for one in results("TRM-004", content)] == [
        ("pass", "Riverbend Police Department"),
        ("fail", "Oakdale County District Attorney"),
    ]


def test_an_emptied_clause_no_longer_counts() -> None:
    content = complete()
    for row in content["provisions"]:
        if row["origin"].startswith("counterparts@"):
            row["text"] = " "
            row["heading"] = "Removed"
    assert {one.result for one in results("SIG-003", content)} == {"fail"}


def test_the_parties_own_words_count_as_well_as_library_clauses() -> None:
    text = "This agreement may be executed in Counterparts and by Electronic Signature."
    assert {one.result for one in results("SIG-003", only(text))} == {"pass"}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"parties": None, "datasets": None, "term": None},
        {"term": {"effective_on": "soon", "last_day": "never"}},
    ],
)
def test_half_made_content_is_judged_without_error(content: Content) -> None:
    assert findings(content, stage="signing", today=TODAY, catalog=load())


def test_words_from_the_content_are_not_taken_for_placeholders() -> None:
    content = party(complete(), name="{missing} Police", notice_days=None)
    [found] = [one for one in results("TRM-004", content) if one.result == "fail"]
    assert "{missing} Police" in found.message


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="executed"):
        findings({}, stage="executed", today=date(2026, 1, 1), catalog=load())


def test_every_word_of_the_vocabulary_is_carried_out_and_no_other() -> None:
    assert set(DONE_CONDITIONS) == set(CONDITIONS)
    assert set(DONE_CHECKS) == set(CHECKS)
