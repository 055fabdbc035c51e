"""How rules are asked: by stage, of each row, over a closed vocabulary. The rules themselves are tried in `rules`."""

from datetime import date

import pytest

from agreements.catalog import load
from agreements.catalog.vocabulary import CHECKS, CONDITIONS
from agreements.requirements import CHECKS as DONE_CHECKS
from agreements.requirements import CONDITIONS as DONE_CONDITIONS
from agreements.requirements import Finding, findings
from tests.agreements.contents import TODAY, Content, complete, only, party
from tests.agreements.rules.contents import cji, to_locate


def results(rule: str, content: Content, stage: str = "signing") -> list[Finding]:
    found = findings(content, stage=stage, today=TODAY, catalog=load())
    return [one for one in found if one.rule == rule]


def test_a_finding_says_whether_it_stops_a_step() -> None:
    content = party(cji(mfa=False), legal_authority="")
    found = findings(content, stage="approval", today=TODAY, catalog=load())
    failed = {(one.rule, one.severity) for one in found if one.result == "fail"}
    assert failed == {("CJI-013", "block"), ("GEN-001b", "warn")}
    early = findings(content, stage="share", today=TODAY, catalog=load())
    assert not [one.rule for one in early if one.result == "fail"]


def test_a_waiver_sets_aside_one_row_and_nothing_else() -> None:
    content = cji(mfa=False)
    waived = {("CJI-013", "f00"), ("CJI-008", "f00")}
    found = findings(content, stage="approval", today=TODAY, catalog=load(), waived=waived)
    said = {one.subject_id: one.result for one in found if one.rule == "CJI-013"}
    assert said.pop("f00") == "waived" and set(said.values()) == {"fail"}
    assert {one.result for one in found if one.rule == "CJI-008"} == {"pass"}


def test_a_rule_that_can_not_be_waived_fails_all_the_same() -> None:
    content = cji(provider="p1", recipient="p1")
    found = findings(content, stage="approval", today=TODAY, catalog=load(), waived={("DAT-002", "f00")})
    assert {one.result for one in found if one.rule == "DAT-002"} == {"fail"}


@pytest.mark.parametrize(
    "element", ["Name and DNA profile", "Dental record of the named person", "Blood sample"]
)
def test_samples_are_not_hidden_among_the_items_that_may_be_given(element: str) -> None:
    assert {one.result for one in results("PHI-002", to_locate("Name", element))} == {"fail"}


def test_a_finding_about_a_flow_points_to_its_dataset_its_recipient_or_the_paper() -> None:
    [dataset] = results("PHI-002", to_locate("Dental record"))
    assert dataset.points_to == "dataset/d0/elements"
    papers = results("CJI-004a", party(complete(), 1, cj_status="contractor"))
    assert {one.points_to for one in papers if one.result == "fail"} == {"file/certification_pages/p2"}


def test_days_after_which_a_rule_is_asked_are_kept() -> None:
    content = cji(transit="FIPS 140-2")
    for today, result in ((date(2026, 9, 21), "na"), (date(2026, 9, 22), "fail")):
        found = findings(content, stage="signing", today=today, catalog=load())
        assert {one.result for one in found if one.rule == "CJI-009"} == {result}


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
