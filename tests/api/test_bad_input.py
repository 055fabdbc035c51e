"""What is not understood is refused with its field, and nothing is ever an error of ours."""

from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from agreements.models import Agreement, SealedDocument
from audit.models import Event
from config.api import problem_details
from tests import builders
from tests.api.calling import PROBLEM, Program, errors, url
from tests.builders import NOW, World
from tests.notarising import sealed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b'{"title": NaN}', "application/json", 400),
        (b'{"title": "\xff"}', "application/json; charset=zlib", 400),
        (b"[1, 2]", "application/json", 400),
        (b'{"\\ud800": "\\uD800"}', "application/json", 400),
        (b"null", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" + b" " * 6_000_000 + b"]", "application/json", 413),
        (b"title=x", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "text/xml", 415),
    ],
)
def test_a_body_that_cannot_be_read(made: World, body: bytes, kind: str, status: int) -> None:
    program = Program(made.riverton_liaison)
    answer = program.client.generic("POST", "/api/v1/agreements/", body, content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"stage": "flying"}, "stage"), ({"kind": "\x00"}, "kind"), ({"ends_before": "soon"}, "ends_before"),
        ({"size": "5"}, "size"), ({"party": "a b"}, "party"), ({"cursor": "x"}, "cursor"), ({"page_size": "0"}, "page_size"),
        ({"page_size": "-1"}, "page_size"), ({"page_size": "²"}, "page_size"), ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_named(made: World, query: dict[str, str], field: str) -> None:
    answer = Program(made.riverton_liaison).call("get", "agreements/", data=query)
    assert answer.status_code == 400
    assert set(errors(answer)) == {field}


def test_lists_are_paged_and_filtered(made: World) -> None:
    keys = {str(builders.drafted(made, title=f"Exchange {number}").pk) for number in range(5)}
    program = Program(made.riverton_liaison)
    rows = program.rows("agreements/?page_size=2")
    assert len(rows) == 5
    assert {row["id"] for row in rows} == keys
    assert len(program.get("agreements/?page_size=1000000000").json()["results"]) == 5
    assert [row["title"] for row in program.rows("agreements/?q=Exchange&stage=draft&when=coming")]
    assert program.rows("agreements/?stage=executed") == []
    draft = url(Agreement.objects.all()[0], "provisions/")
    some = program.rows(f"{draft}?page_size=3")
    assert [row["id"] for row in some] == [row["id"] for row in program.rows(draft)]
    assert program.call("get", f"{draft}?cursor=x").status_code == 400


def test_dates_that_end_before_they_begin(made: World) -> None:
    agreement = builders.drafted(made)
    program = Program(made.riverton_liaison)
    body = {
        "effective_rule": "date",
        "effective_on": "2027-01-01",
        "kind": "fixed_date",
        "last_day": "2026-01-01",
    }
    answer = program.act("patch", url(agreement, "term/"), body, status=400)
    assert set(errors(answer)) == {"last_day"}
    zone = program.act("patch", url(agreement), {"timezone": "Mars/Olympus"}, status=400)
    assert set(errors(zone)) == {"timezone"}


def test_what_is_missing_before_approval_is_listed(made: World) -> None:
    agreement = builders.drafted(made)
    program = Program(made.riverton_liaison)
    assert any(row["result"] == "fail" for row in program.rows(url(agreement, "checks/")))
    program.step(str(agreement.pk), "share")
    mesa = Program(made.mesa_liaison)
    flow = mesa.rows(url(agreement, "flows/"))[0]["id"]
    mesa.act("patch", url(agreement, f"flows/{flow}/"), {"purposes": []})
    answer = mesa.act("post", url(agreement, "steps/submit/"), {}, status=409)
    assert f"flow/{flow}/purposes" in errors(answer)


def test_a_closed_step_says_why(made: World) -> None:
    agreement = builders.shared(made)
    said = Program(made.riverton_liaison).step(str(agreement.pk), "submit", status=409)
    assert "Mesa County District Attorney's turn" in said["detail"]


def test_executed_agreements_are_paused_decided_and_ended(made: World) -> None:
    key = str(builders.executed(made).pk)
    counsel, day = Program(made.mesa_counsel), NOW.date().isoformat()
    past = counsel.act(
        "post", f"agreements/{key}/steps/suspend/", {"grounds": "x", "from_on": "2020-01-01"}, status=400
    )
    assert set(errors(past)) == {"from_on"}
    paused = counsel.step(key, "suspend", grounds="Audit.", from_on=day)
    assert paused["standing"]["key"] == "suspended"
    assert "resume" in [step["name"] for step in paused["steps"]]
    assert counsel.step(key, "resume", reason="Done.")["standing"]["key"] == "in_force"
    counsel.step(key, "review", outcome="continue", reason="It works.")
    assert [row["outcome"] for row in counsel.rows(f"agreements/{key}/decisions/")] == ["continue"]
    assert (
        counsel.step(key, "terminate", ground="notice", reason="New law.")["standing"]["key"] == "in_notice"
    )


def test_grants_let_in_and_out(made: World) -> None:
    agreement = builders.executed(made)
    program, guest = Program(made.mesa_administrator), Program(made.outsider)
    guest.get(url(agreement), status=404)
    body: dict[str, Any] = {
        "email": made.outsider.email,
        "conveys": "export",
        "until": "2026-06-01",
        "reason": "Audit",
    }
    assert set(
        errors(program.call("post", url(agreement, "grants/"), {**body, "email": "no@one.example"}))
    ) == {"email"}
    assert set(errors(program.call("post", url(agreement, "grants/"), {**body, "until": "2020-01-01"}))) == {
        "until"
    }
    assert program.call("post", url(agreement, "grants/"), body).status_code == 201
    assert {row["conveys"] for row in program.rows(url(agreement, "grants/"))} == {"view", "export"}
    assert guest.get(url(agreement)).json()["steps"] == []
    guest.get(url(agreement, "grants/"), status=403)
    assert (
        program.call(
            "post", url(agreement, f"grants/{made.outsider.pk}/revoke/"), {"reason": "Over"}
        ).status_code
        == 204
    )
    guest.get(url(agreement), status=404)


def test_a_session_writes_only_with_its_csrf_token(made: World) -> None:
    agreement = builders.drafted(made)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(made.riverton_liaison, backend="agencies.backends.Accounts")
    path = f"/api/v1/{url(agreement)}"
    seen = client.get(path)["ETag"]
    refused = client.patch(path, {"title": "By a session"}, format="json", HTTP_IF_MATCH=seen)
    assert (refused.status_code, refused["Content-Type"]) == (403, PROBLEM)
    client.cookies["csrftoken"] = "a" * 32
    done = client.patch(
        path, {"title": "By a session"}, format="json", HTTP_IF_MATCH=seen, HTTP_X_CSRFTOKEN="a" * 32
    )
    assert done.status_code == 200, done.content


def test_the_catalog_is_there_to_choose_from(made: World) -> None:
    program = Program(made.nobody)
    assert "cjis-iea" in [row["key"] for row in program.rows("catalog/templates/")]
    for table in ("kinds", "categories", "purposes"):
        assert program.rows(f"catalog/{table}/")
    assert Client().get("/api/v1/catalog/kinds/").status_code == 401


def test_a_final_document_that_is_gone_is_not_an_error_of_the_request(made: World) -> None:
    agreement = builders.executed(made)
    sealed(agreement)
    row = SealedDocument.objects.get(agreement=agreement)
    (settings.DOCUMENTS / row.path).unlink()
    assert (
        Program(made.mesa_liaison).get(url(agreement, "document.pdf"), status=503)["Content-Type"] == PROBLEM
    )
    assert not Event.objects.filter(action="document.downloaded").exists()


def test_a_busy_database_is_told_apart_from_a_fault() -> None:
    answer = problem_details(OperationalError("canceling statement due to lock timeout"), {})
    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "lock" not in str(answer.data)


def test_a_list_asks_the_database_a_few_times_only(made: World, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        builders.drafted(made, title=f"Exchange {number}")
    program = Program(made.riverton_liaison)
    with django_assert_max_num_queries(6):
        program.get("agreements/")
