"""A program does with the checks what a page can: read, put in, waive, record, take back."""

import pytest

from agreements.operations import drafting
from tests import builders
from tests.api.calling import Program
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db


def test_a_program_waives_a_requirement_and_ends_the_waiver(made: World) -> None:
    agreement = builders.drafted(made)
    flow = agreement.flows.first()
    assert flow
    drafting.edit(flow, values={"mfa": False}, actor=made.riverton_liaison, now=NOW)
    counsel, base = Program(made.riverton_counsel), f"agreements/{agreement.pk}/"

    def found() -> str:
        rows = counsel.rows(f"{base}checks/")
        return next(r["result"] for r in rows if (r["rule"], r["subject_id"]) == ("CJI-013", str(flow.pk)))

    assert found() == "fail"
    body = {
        "rule": "CJI-013",
        "subject": str(flow.pk),
        "reason": "Tokens arrive in May.",
        "until": "2026-04-01",
    }
    assert counsel.call("post", f"{base}waivers/", body | {"until": "2028-01-01"}).status_code == 400
    made_ = counsel.call("post", f"{base}waivers/", body)
    assert made_.status_code == 201 and found() == "waived"
    assert [row["id"] for row in counsel.rows(f"{base}waivers/")] == [made_.json()["id"]]
    end = f"{base}waivers/{made_.json()['id']}/end/"
    assert counsel.call("post", end, {"reason": "They are here."}).status_code == 200
    assert found() == "fail"
    assert counsel.call("post", end, {"reason": "Twice."}).status_code == 409
    assert counsel.call("post", f"{base}waivers/", body | {"rule": "CJI-008"}).status_code == 409


def test_a_program_records_a_paper_and_withdraws_it(made: World) -> None:
    agreement = builders.executed(made)
    other = builders.drafted(made)
    program, base = Program(made.mesa_counsel), f"agreements/{agreement.pk}/"
    party = agreement.parties.get(agency=made.mesa)
    body = {"kind": "destruction", "reference": "Certified by IT", "on": "2026-03-02", "party": str(party.pk)}
    for wrong in (
        {"kind": "poem"},
        {"party": None},
        {"party": str(other.parties.first().pk)},
        {"amount": "-1"},
        {"x": 1},
    ):  # type: ignore[union-attr]
        assert program.call("post", f"{base}filings/", body | wrong).status_code == 400, wrong
    row = program.call("post", f"{base}filings/", body)
    assert row.status_code == 201, row.content
    withdrawn = program.call("post", f"{base}filings/{row.json()['id']}/withdraw/", {"reason": "Too early."})
    assert withdrawn.status_code == 200 and withdrawn.json()["withdrawn_at"]
    assert {kind["key"] for kind in program.rows("catalog/filings/")} >= {
        "resolution",
        "destruction",
        "legal_hold",
    }


def test_a_program_puts_a_clause_where_it_belongs(made: World) -> None:
    agreement = builders.drafted(made)
    program, base = Program(made.riverton_liaison), f"agreements/{agreement.pk}/"
    for row in agreement.provisions.filter(origin__startswith="public-records@"):
        drafting.remove(row, actor=made.riverton_liaison, now=NOW)
    [missing] = [row for row in program.rows(f"{base}checks/") if row["rule"] == "PUB-001"]
    assert missing["result"] == "fail" and missing["inserts"] == ["public-records"]
    assert program.call("post", f"{base}clauses/", {"clause": "nothing"}).status_code == 400
    done = program.call("post", f"{base}clauses/", {"clause": "public-records"})
    assert done.status_code == 201 and done.json()["origin"].startswith("public-records@")
    assert program.call("post", f"{base}clauses/", {"clause": "public-records"}).status_code == 409
