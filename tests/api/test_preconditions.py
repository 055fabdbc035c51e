"""Nobody overwrites what they have not read: If-Match, and the hash of the text that was seen."""

from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from agreements import stepup
from agreements.models import Agreement, Comment, Provision, Tries
from agreements.operations import approving, drafting, negotiating
from tests import builders
from tests.api.calling import PROBLEM, Program, errors, url
from tests.builders import NOW, PASSWORD, World

pytestmark = pytest.mark.django_db


def _every_write(agreement: Agreement) -> list[tuple[str, str, dict[str, Any]]]:
    """Each write on something that exists, as the holder of the text may do it."""
    provision = agreement.provisions.order_by("position_in_order")[1]
    dataset, party = agreement.datasets.first(), agreement.parties.first()
    assert dataset is not None
    assert party is not None
    return [
        ("patch", url(agreement), {"title": "Another title"}),
        ("patch", url(agreement, f"provisions/{provision.pk}/"), {"heading": "Another"}),
        ("post", url(agreement, f"provisions/{provision.pk}/move/"), {"after": None}),
        ("delete", url(agreement, f"provisions/{provision.pk}/"), {}),
        ("patch", url(agreement, f"parties/{party.pk}/"), {"contact_name": "Somebody"}),
        ("patch", url(agreement, f"datasets/{dataset.pk}/"), {"name": "Another"}),
        ("delete", url(agreement, f"datasets/{dataset.pk}/"), {}),
        ("patch", url(agreement, "term/"), {"months": 36}),
        ("post", url(agreement, "steps/return/"), {}),
        ("post", url(agreement, "steps/submit/"), {}),
    ]


@pytest.mark.parametrize(
    ("tag", "status"),
    [(None, 428), ("", 428), ("*", 428), ("1", 428), ('"1"', 412), ('W/"1"', 412), ('"x", "y"', 412)],
)
def test_every_write_names_the_state_it_stands_on(made: World, tag: str | None, status: int) -> None:
    agreement = builders.shared(made)
    program, before = Program(made.mesa_liaison), builders.again(agreement).last_event_id
    for method, path, body in _every_write(agreement):
        answer = program.call(method, path, body, on=tag)
        assert answer.status_code == status, (method, path, answer.content)
        errors(answer)
    assert builders.again(agreement).last_event_id == before


def test_the_second_of_two_editors_is_told(made: World) -> None:
    agreement = builders.drafted(made)
    program = Program(made.riverton_liaison)
    row = program.rows(url(agreement, "provisions/"))[0]
    path = url(agreement, f"provisions/{row['id']}/")
    first = program.call("patch", path, {"heading": "First"}, on=row["etag"])
    assert (first.status_code, first.json()["heading"]) == (200, "First")
    refused = program.call("patch", path, {"heading": "Second"}, on=row["etag"])
    assert (refused.status_code, refused["Content-Type"]) == (412, PROBLEM)
    assert refused.json()["current"] == first.json()
    assert refused["ETag"] == refused.json()["current"]["etag"] == first["ETag"]
    assert program.get(path).json()["heading"] == "First"
    both = f'"0", {first["ETag"]}'
    assert program.call("patch", path, {"heading": "Second"}, on=both).status_code == 200


def test_every_write_on_a_row_answers_with_its_newer_state_and_says_so_in_the_description(
    made: World,
) -> None:
    agreement = builders.shared(made)
    program = Program(made.mesa_liaison)
    for method, path, body in _every_write(agreement)[:8]:
        refused = program.call(method, path, body, on='"1"')
        current = program.get(path.removesuffix("move/"))
        assert refused.status_code == 412
        assert refused.json()["current"] == current.json()
        assert refused["ETag"] == current["ETag"]
    found = SchemaGenerator().get_schema(public=True)["paths"]
    for path, verbs in found.items():
        for verb, said in verbs.items():
            rows = verb in {"patch", "delete"} or path.endswith("move/")
            if rows and path.startswith("/api/v1/agreements/"):
                assert {"412", "428"} <= {*said["responses"]}, (verb, path)
                assert "If-Match" in {one["name"] for one in said["parameters"]}, (verb, path)


def test_a_step_on_an_older_state_is_refused(made: World) -> None:
    agreement = builders.drafted(made)
    program = Program(made.riverton_liaison)
    seen = program.get(url(agreement))["ETag"]
    drafting.edit(agreement, values={"title": "Changed since"}, actor=made.riverton_liaison, now=NOW)
    assert program.call("post", url(agreement, "steps/share/"), {}, on=seen).status_code == 412
    assert builders.again(agreement).stage == "draft"


def test_a_remark_is_resolved_on_its_own_state(made: World) -> None:
    agreement = builders.shared(made)
    row = negotiating.comment(agreement, text="Why?", actor=made.mesa_counsel, now=NOW)
    program, path = Program(made.riverton_counsel), url(agreement, f"comments/{row.pk}/resolve/")
    assert program.call("post", path).status_code == 428
    assert program.call("post", path, on='"1"').status_code == 412
    assert Comment.objects.get(pk=row.pk).resolved_at is None
    assert program.call("post", path, on=f'"{row.last_event_id}"').status_code == 200


def test_an_approval_of_another_text_is_refused(made: World) -> None:
    agreement = builders.in_approval(made)
    program = Program(made.mesa_counsel)
    program.step(str(agreement.pk), "approve", status=409, seen_hash="0" * 64)
    assert not agreement.approvals.exists()


def _signing(made: World) -> tuple[Program, str, dict[str, Any]]:
    agreement = builders.in_signing(made)
    person = made.mesa_signatory
    said = {"seen_hash": approving.submitted(agreement).sha256, "typed_name": person.name, "consent": True,
            "code": builders.code(person, timezone.now())}  # fmt: skip
    return Program(person), str(agreement.pk), said


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"password": "not this one at all"}, 400, "password"),
        ({"password": ""}, 400, "password"),
        ({}, 400, "password"),
        ({"password": PASSWORD, "code": ""}, 400, "code"),
        ({"password": PASSWORD, "code": "000000"}, 400, "code"),
        ({"password": PASSWORD, "consent": False}, 400, "consent"),
        ({"password": PASSWORD, "typed_name": "Somebody Else"}, 400, "typed_name"),
        ({"password": PASSWORD, "seen_hash": "0" * 64}, 409, None),
        ({"password": PASSWORD, "authenticated_by": "passkey"}, 400, "authenticated_by"),
    ],
)
def test_a_token_alone_does_not_sign(
    made: World, wrong: dict[str, Any], status: int, field: str | None
) -> None:
    program, key, said = _signing(made)
    answer = program.act("post", f"agreements/{key}/steps/sign/", {**said, **wrong}, status=status)
    assert field is None or field in errors(answer)
    assert not Agreement.objects.get(pk=key).signatures.exists()


def test_five_wrong_passwords_close_signing_for_a_while(made: World) -> None:
    program, key, said = _signing(made)
    for _ in range(5):
        program.step(key, "sign", status=400, **said, password="wrong password, wrong")
    locked = program.act("post", f"agreements/{key}/steps/sign/", {**said, "password": PASSWORD}, status=429)
    assert locked["Retry-After"] == "900"
    Tries.objects.update(since=timezone.now() - stepup.PAUSE)
    signed = program.step(key, "sign", **said, password=PASSWORD)
    assert signed["stage"] == "signing"
    row = Agreement.objects.get(pk=key).signatures.get()
    assert (row.authenticated_by, row.ip) == ("password and authenticator app at the act", "127.0.0.1")


def test_right_passwords_are_not_counted(made: World) -> None:
    program, key, said = _signing(made)
    for _ in range(7):
        program.step(key, "sign", status=400, **{**said, "consent": False}, password=PASSWORD)
    program.step(key, "sign", **said, password=PASSWORD)


def test_the_text_of_others_is_not_read_before_they_hand_it_over(made: World) -> None:
    agreement = builders.shared(made)
    program = Program(made.mesa_liaison)
    new = program.call("post", url(agreement, "provisions/"), {"heading": "Secret thought"}).json()["id"]
    program.act("patch", url(agreement), {"title": "Secret title"})
    other = Program(made.riverton_liaison)
    assert all(row["etag"] is None for row in other.rows(url(agreement, "provisions/")))
    other.get(url(agreement, f"provisions/{new}/"), status=404)
    shown = other.get(url(agreement)).json()
    assert shown["title"] == "Exchange of case records"
    assert "Secret" not in str(other.rows(url(agreement, "provisions/"))) + str(
        other.rows(url(agreement, "events/"))
    )
    about = other.call("post", url(agreement, "comments/"), {"text": "What?", "provision": new})
    assert "provision" in errors(about)
    for row in (new, Provision(agreement=agreement).pk):
        answer = other.call("patch", url(agreement, f"provisions/{row}/"), {"heading": "x"}, on='"1"')
        assert answer.status_code == 409
