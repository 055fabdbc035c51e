"""The whole main job through the API alone: drafted, shared, changed, approved, signed, sealed, exported."""

import hashlib
import json
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from agreements.models import Agreement
from tests import builders
from tests.api.calling import Program, errors
from tests.builders import PASSWORD, World
from tests.notarising import sealed

pytestmark = pytest.mark.django_db
AGENCIES = ("riverton", "mesa")
FACTS = {
    "legal_authority": "C.R.S. 24-72-305", "contact_title": "Liaison", "notice_days": 30, "ori": "CO0390100",
    "contact_email": "liaison@agency.example", "contact_name": "The Liaison",
}  # fmt: skip


@pytest.fixture
def cast(made: World) -> dict[str, Program]:
    people = ("riverton_liaison", "mesa_liaison", "riverton_counsel", "mesa_counsel", "riverton_signatory",
              "mesa_signatory", "mesa_auditor")  # fmt: skip
    return {key: Program(made.people[key]) for key in people}


def _drafted(made: World, liaison: Program) -> str:
    """A CJIS draft with every fact the checks ask for, and a second dataset with its flow."""
    answer = liaison.call(
        "post", "agreements/",
        {"title": "Exchange of case records", "lead": str(made.riverton.pk), "template": "cjis-iea",
         "partners": [{"agency": str(made.mesa.pk)}]},
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    key: str = answer.json()["id"]
    assert answer["Location"].endswith(f"/api/v1/agreements/{key}/")
    assert answer["ETag"] == answer.json()["etag"]
    parties = {row["agency"]: row["id"] for row in liaison.rows(f"agreements/{key}/parties/")}
    for agency in AGENCIES:
        row = parties[str(made.agencies[agency].pk)]
        signatory = str(made.people[f"{agency}_signatory"].pk)
        changed = liaison.act("patch", f"agreements/{key}/parties/{row}/", {**FACTS, "signatory": signatory})
        assert changed.json()["signatory_name"] == made.people[f"{agency}_signatory"].name
    _second_dataset(liaison, key, parties[str(made.mesa.pk)], parties[str(made.riverton.pk)])
    return key


def _second_dataset(liaison: Program, key: str, provider: str, recipient: str) -> None:
    first = liaison.rows(f"agreements/{key}/flows/")[0]
    dataset = liaison.rows(f"agreements/{key}/datasets/")[0]
    new = {name: dataset[name] for name in ("category", "description", "elements", "personal_data")}
    made = liaison.call("post", f"agreements/{key}/datasets/", {"name": "Charging decisions", **new})
    assert made.status_code == 201, made.content
    assert made.json()["classification"]
    terms = {name: value for name, value in first.items() if name not in {"id", "etag"}}
    flow = {**terms, "dataset": made.json()["id"], "provider": provider, "recipient": recipient}
    added = liaison.call("post", f"agreements/{key}/flows/", flow)
    assert added.status_code == 201, added.content


def _signed(made: World, cast: dict[str, Program], key: str, agency: str) -> dict[str, Any]:
    program, person = cast[f"{agency}_signatory"], made.people[f"{agency}_signatory"]
    asked = next(
        r for r in program.rows(f"agreements/{key}/signature-requests/") if r["signatory"] == person.name
    )
    said: dict[str, Any] = program.step(
        key,
        "sign",
        seen_hash=asked["sha256"],
        typed_name=person.name,
        consent=True,
        password=PASSWORD,
        code=builders.code(person, timezone.now()),
    )
    return said


def test_the_whole_job_through_the_api_alone(made: World, cast: dict[str, Program]) -> None:
    key = _drafted(made, cast["riverton_liaison"])
    cast["mesa_liaison"].get(f"agreements/{key}/", status=404)
    assert cast["riverton_liaison"].step(key, "share", note="Please read.")["turn"] == str(made.mesa.pk)

    remark = cast["mesa_counsel"].call("post", f"agreements/{key}/comments/", {"text": "Shorten the term."})
    assert remark.status_code == 201
    term = cast["mesa_liaison"].act("patch", f"agreements/{key}/term/", {"kind": "months", "months": 24})
    assert term.json()["months"] == 24
    assert cast["riverton_liaison"].get(f"agreements/{key}/term/").json()["months"] != 24
    back = cast["mesa_liaison"].step(key, "return", note="Two years.")
    assert back["turn"] == str(made.riverton.pk)
    resolved = cast["riverton_liaison"].call(
        "post", f"agreements/{key}/comments/{remark.json()['id']}/resolve/", on=remark["ETag"]
    )
    assert resolved.json()["resolved_at"]

    assert cast["riverton_liaison"].step(key, "submit")["stage"] == "approval"
    for agency in AGENCIES:
        program = cast[f"{agency}_counsel"]
        seen = program.get(f"agreements/{key}/").json()["text"]["sha256"]
        program.step(key, "approve", seen_hash=seen)
    text = cast["riverton_liaison"].get(f"agreements/{key}/").json()["text"]
    content = cast["mesa_auditor"].get(f"agreements/{key}/versions/{text['version']}/content/")
    assert hashlib.sha256(content.content).hexdigest() == text["sha256"]
    assert cast["riverton_liaison"].step(key, "freeze", seen_hash=text["sha256"])["stage"] == "signing"

    assert _signed(made, cast, key, "mesa")["stage"] == "signing"
    done = _signed(made, cast, key, "riverton")
    assert (done["stage"], done["standing"]["in_force"]) == ("executed", True)
    assert done["effective_on"] == "2026-03-02"

    cast["mesa_liaison"].get(f"agreements/{key}/document.pdf", status=409)
    sealed(Agreement.objects.get(pk=key))
    _document(cast["mesa_liaison"], key, text["sha256"])
    _history(cast["mesa_auditor"], key)


def _document(program: Program, key: str, frozen: str) -> None:
    sealed = program.get(f"agreements/{key}/").json()["document"]
    answer = program.get(f"agreements/{key}/document.pdf", HTTP_ACCEPT="application/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert hashlib.sha256(answer.content).hexdigest() == sealed["sha256"] == answer["ETag"].strip('"')
    assert answer["Digest"].startswith("sha-256=")
    pages = PdfReader(BytesIO(answer.content)).pages
    squeezed = "".join("".join(page.extract_text() for page in pages).split())
    for words in (frozen, "Chargingdecisions", "MesaSignatory", "RivertonSignatory"):
        assert words in squeezed


def _history(auditor: Program, key: str) -> None:
    answer = auditor.get(f"agreements/{key}/history.jsonl")
    lines = [json.loads(line) for line in b"".join(answer).decode().splitlines()]
    receipt = lines.pop()
    assert receipt["rows"] == len(lines) and "/exports/" in receipt["receipt"]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    told = [json.loads(line["body"]) for line in lines if line["body"] is not None]
    actions = [event["action"] for event in told]
    for action in ("agreement.shared", "term.edited", "agreement.signed", "agreement.executed", "document.sealed",
                   "document.downloaded", "history.exported"):  # fmt: skip
        assert action in actions
    assert not {"agreement.drafted", "dataset.added"} & set(
        actions
    )  # how the other agency drafted is its own
    assert all(event["request"]["door"] == "api" for event in told if event["action"] == "agreement.signed")
    table = b"".join(auditor.get(f"agreements/{key}/history.csv")).decode()
    assert "Mesa Signatory" in table
    events = auditor.rows(f"agreements/{key}/events/?page_size=7")
    numbers = [row["number"] for row in events]
    since = (
        len(lines) + 3
    )  # each export is an entry when it is asked for, and one when it was sent to its end
    assert numbers[:3] == [since, since - 1, since - 2]
    assert numbers[3:] == [event["stream_number"] for event in reversed(told)]


def test_a_text_is_imported_through_the_api(made: World, cast: dict[str, Program]) -> None:
    file = BytesIO(b"1. Purpose\n\nThe parties share case records.\n\n2. Term\n\nIt lasts two years.\n")
    file.name = "agreement.txt"
    body = {"title": "An older text", "kind": "MOU", "lead": str(made.riverton.pk), "file": file,
            "partners": [str(made.mesa.pk)]}  # fmt: skip
    liaison = cast["riverton_liaison"]
    answer = liaison.client.post("/api/v1/agreements/import/", body, format="multipart")
    assert answer.status_code == 201, answer.content
    rows = liaison.rows(f"agreements/{answer.json()['id']}/provisions/")
    assert any("share case records" in row["text"] for row in rows)
    file = BytesIO(b"%PDF-1.7 no")
    file.name = "agreement.pdf"
    refused = liaison.client.post("/api/v1/agreements/import/", {**body, "file": file}, format="multipart")
    assert refused.status_code == 400
    assert "file" in errors(refused)
    assert liaison.call("post", "agreements/import/", {}).status_code == 415
    odd = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nT\r\n--b--\r\n'
    answer = liaison.client.generic(
        "POST",
        "/api/v1/agreements/import/",
        odd,
        content_type="multipart/form-data; charset=zlib; boundary=b",
    )
    assert set(errors(answer)) == {"file", "kind", "lead", "partners"}
    assert (
        liaison.client.generic(
            "POST", "/api/v1/agreements/import/", b"x", content_type="multipart/form-data"
        ).status_code
        == 400
    )


def test_rows_are_moved_and_taken_out(made: World, cast: dict[str, Program]) -> None:
    liaison = cast["riverton_liaison"]
    key = _drafted(made, liaison)
    first, second, *_ = liaison.rows(f"agreements/{key}/provisions/")
    moved = liaison.call("post", f"agreements/{key}/provisions/{first['id']}/move/", {"after": second["id"]},
                         on=first["etag"])  # fmt: skip
    assert moved.status_code == 200, moved.content
    assert [row["id"] for row in liaison.rows(f"agreements/{key}/provisions/")][:2] == [
        second["id"],
        first["id"],
    ]
    new = liaison.call("post", f"agreements/{key}/provisions/", {"heading": "New", "after": second["id"]})
    assert [row["id"] for row in liaison.rows(f"agreements/{key}/provisions/")][1] == new.json()["id"]
    assert liaison.act("delete", f"agreements/{key}/provisions/{new.json()['id']}/", status=204)
    liaison.get(f"agreements/{key}/provisions/{new.json()['id']}/", status=404)
