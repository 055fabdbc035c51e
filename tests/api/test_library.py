"""A program does with the clause library what a page can, and sees no more."""

from typing import Any

import pytest

from tests import builders
from tests.api.calling import Program, errors
from tests.builders import World

pytestmark = pytest.mark.django_db
SECRET = "Zebra: give way on the deadline only."
OWN: dict[str, Any] = {
    "agency": "riverton-police-department", "heading": "Own inspector", "part": "measures", "family": "audit",
    "text": "Our inspector may look.", "note": SECRET, "conditions": {"categories": ["CJI"]},
}  # fmt: skip
REF = "own:riverton-police-department:own-inspector"


def test_the_library_is_read_and_narrowed(made: World) -> None:
    program = Program(made.nobody)
    rows = program.rows("clauses/?page_size=100")
    assert len(rows) >= 190 and all(row["note"] and row["placeholders"] is not None for row in rows)
    found = program.rows("clauses/?position=fallback&q=audit")
    assert [row["ref"] for row in found] == ["audit-by-report"] and found[0]["matter"] == "audit"
    one = program.get("clauses/governing-law-federal/").json()
    assert one["when"] == "a party is a federal agency" and one["conditions"]["party_types"] == ["federal"]
    assert one["agency"] == "" and one["etag"] is None
    assert [row["version"] for row in program.rows("clauses/term/versions/")] == [1]
    assert set(errors(program.get("clauses/?part=nowhere&whose=x", status=400))) == {"part", "whose"}
    assert program.call("get", "clauses/nothing/").status_code == 404


def test_own_clauses_are_written_versioned_and_retired(made: World) -> None:
    counsel = Program(made.riverton_counsel)
    made_ = counsel.call("post", "clauses/", OWN)
    assert made_.status_code == 201 and made_.json()["ref"] == REF and made_["ETag"] == made_.json()["etag"]
    changed = {key: value for key, value in OWN.items() if key != "agency"} | {"text": "Other words."}
    where = f"clauses/{REF}/versions/"
    assert counsel.call("post", where, changed).status_code == 428
    assert counsel.call("post", where, changed, on=made_["ETag"]).json()["version"] == 2
    assert counsel.call("post", where, changed, on=made_["ETag"]).status_code == 412
    assert [row["text"] for row in counsel.rows(where)] == ["Other words.", "Our inspector may look."]
    now = counsel.get(f"clauses/{REF}/")["ETag"]
    assert counsel.call("post", f"clauses/{REF}/retire/", {"reason": "Old."}, on=now).json()["retired_at"]
    assert REF not in [row["ref"] for row in counsel.rows("clauses/?whose=riverton-police-department")]
    wrong = counsel.call(
        "post", "clauses/", OWN | {"part": "x", "text": "[a](b)", "conditions": {"categories": ["x"]}}
    )
    assert wrong.status_code == 400 and "part" in errors(wrong)
    assert counsel.call("post", "clauses/", OWN | {"surprise": 1}).status_code == 400
    assert counsel.call("post", "clauses/term/versions/", changed, on='"1"').status_code == 403


def test_positions_are_stated_read_and_withdrawn(made: World) -> None:
    counsel, body = Program(made.riverton_counsel), {
        "agency": "riverton-police-department", "matter": "audit", "stance": "mandatory", "fallbacks": ["audit-by-report"], "note": SECRET,
    }  # fmt: skip
    first = counsel.call("post", "clause-positions/", body)
    assert first.status_code == 201
    assert counsel.call("post", "clause-positions/", body).status_code == 428
    second = counsel.call("post", "clause-positions/", body | {"stance": "standard"}, on=first["ETag"])
    assert second.status_code == 201 and second.json()["id"] == first.json()["id"]
    twice = counsel.call(
        "post", "clause-positions/", body | {"fallbacks": ["audit", "audit"]}, on=second["ETag"]
    )
    assert "fallbacks" in errors(twice)
    [row] = Program(made.riverton_liaison).rows("clause-positions/")
    assert (row["stance"], row["note"]) == ("standard", SECRET)
    end = f"clause-positions/{row['id']}/withdraw/"
    assert (
        Program(made.riverton_liaison).call("post", end, {"reason": "x"}, on=row["etag"]).status_code == 403
    )
    assert Program(made.mesa_counsel).call("post", end, {"reason": "x"}, on=row["etag"]).status_code == 404
    assert counsel.call("post", end, {"reason": "Under review."}, on=row["etag"]).status_code == 200
    assert counsel.rows("clause-positions/") == []


def test_a_clause_goes_into_a_draft_and_its_use_and_divergence_are_read(made: World) -> None:
    Program(made.riverton_counsel).call("post", "clauses/", OWN)
    agreement = builders.drafted(made)
    liaison, where = Program(made.riverton_liaison), f"agreements/{agreement.pk}/clauses/"
    assert liaison.call("post", where, {"clause": REF}).status_code == 409
    put = liaison.call("post", where, {"clause": REF, "instead": True})
    assert put.status_code == 201 and put.json()["origin"] == f"{REF}@1"
    used = liaison.get(f"clauses/{REF}/usage/").json()
    assert (
        used["versions"] == {"1": 1}
        and used["results"][0]["reference"] == agreement.reference
        and not used["more"]
    )
    liaison.act(
        "patch",
        f"agreements/{agreement.pk}/provisions/{put.json()['id']}/",
        {"text": "Our auditor may look."},
    )
    strayed = liaison.get(f"clauses/{REF}/divergence/").json()
    assert (strayed["texts"], strayed["results"][0]["changed"], strayed["results"][0]["count"]) == (1, 2, 1)
    assert [piece["kind"] for piece in strayed["results"][0]["pieces"]].count("inserted") == 1
    assert strayed["model"] == "Our inspector may look." and strayed["next"] is None


@pytest.mark.parametrize("who", ["mesa_counsel", "mesa_administrator", "outsider", "overseer", "nobody"])
def test_another_agency_finds_no_trace(made: World, who: str) -> None:
    counsel, program = Program(made.riverton_counsel), Program(made.people[who])
    counsel.call("post", "clauses/", OWN)
    counsel.call(
        "post",
        "clause-positions/",
        {"agency": OWN["agency"], "matter": "audit", "stance": "mandatory", "preferred": REF, "note": SECRET},
    )
    for tail in ("", "versions/", "usage/", "divergence/"):
        there, absent = (program.call("get", f"clauses/{ref}/{tail}") for ref in (REF, f"{REF}x"))
        assert there.status_code == absent.status_code == 404 and there.content == absent.content, tail
    for tail in ("versions/", "retire/"):
        assert program.call("post", f"clauses/{REF}/{tail}", {"reason": "x"}, on='"1"').status_code == 404
    known, unknown = (
        program.call("post", "clauses/", OWN | {"agency": slug}) for slug in (OWN["agency"], "no-such-agency")
    )
    assert known.status_code == unknown.status_code == 400 and known.content == unknown.content
    assert "Zebra" not in str(program.rows("clauses/?page_size=100")) + str(program.rows("clause-positions/"))
    assert program.rows("clauses/?q=inspector+look") == []


def test_an_origin_names_only_texts_the_person_may_read(made: World) -> None:
    Program(made.riverton_counsel).call("post", "clauses/", OWN)
    agreement = builders.shared(made)  # Mesa's turn
    row = agreement.provisions.order_by("position_in_order")[0]
    mesa, where = Program(made.mesa_liaison), f"agreements/{agreement.pk}/provisions/{row.pk}/"
    for origin in (f"{REF}@1", f"{REF}@2", "own:x:y@1", "nothing@1", "audit@9", "audit", "audit@x"):
        answer = mesa.act("patch", where, {"origin": origin}, status=400)
        assert errors(answer) == {"origin": "This is not in the library. Choose one of its texts."}, origin
    mesa.act("patch", where, {"origin": "audit-by-report@1"})
    mesa.act("patch", where, {"origin": "audit-by-report@1", "heading": "Said again"})
