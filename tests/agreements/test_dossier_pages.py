"""Asking for a dossier with one click, watching it, taking it in parts; by page and by program."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from agreements.models import Agreement, Dossier, DossierState
from agreements.operations import dossiers
from audit.models import Event
from audit.sentences import body
from tests import builders
from tests.agreements.dossiers import foreign_head, keyed, known_key, made, signed_head, turns
from tests.api.calling import Program, errors
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return keyed()


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def ready(world: World) -> Dossier:
    """A dossier of Mesa's auditor that can be taken."""
    row = dossiers.ask(builders.shared(world, short=True), actor=world.mesa_auditor, now=timezone.now())
    made(row, now=timezone.now())
    row.refresh_from_db()
    return row


def test_one_click_on_the_history_and_files_pages_asks_for_it(world: World) -> None:
    agreement = builders.shared(world, short=True)
    client = as_(world.mesa_auditor)
    for tab in ("history/", "files/"):
        page = client.get(f"{agreement.get_absolute_url()}{tab}").content.decode()
        assert f'action="{agreement.get_absolute_url()}dossier/"' in page, tab
        assert (
            "Dossier for an auditor"
            not in as_(world.mesa_signatory).get(f"{agreement.get_absolute_url()}{tab}").content.decode()
        )
    answer = client.post(f"{agreement.get_absolute_url()}dossier/")
    row = Dossier.objects.get()
    assert answer.status_code == 302 and answer["Location"] == row.get_absolute_url()
    page = client.get(answer["Location"]).content.decode()
    assert "Collecting the documents" in page and 'http-equiv="refresh"' in page and "every 2s" in page


def test_a_wrong_head_is_refused_beside_its_field(world: World) -> None:
    agreement = builders.shared(world, short=True)
    for head in ("rubbish", foreign_head()):
        answer = as_(world.mesa_auditor).post(f"{agreement.get_absolute_url()}dossier/", {"head": head})
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.content.decode()
    assert not Dossier.objects.exists()


def test_its_page_tells_what_it_is_and_how_to_check_it(world: World) -> None:
    row = ready(world)
    page = as_(world.mesa_auditor).get(row.get_absolute_url()).content.decode()
    for said in (row.sha256, known_key().split("+")[0], "SHA-256 of verify.py", f"{row.entries} entries"):
        assert said in page or said in page.replace(" ", ""), said
    assert "http-equiv" not in page.split("<body")[0].replace("Content-Security", "") or "refresh" not in page
    assert as_(world.mesa_counsel).get(row.get_absolute_url()).status_code == 404
    assert as_(world.mesa_counsel).get(f"{row.get_absolute_url()}file").status_code == 404


def test_a_broken_download_is_taken_up_where_it_ended_and_each_part_is_recorded(world: World) -> None:
    row = ready(world)
    client, where = as_(world.mesa_auditor), f"{row.get_absolute_url()}file"
    whole = client.get(where)
    data = content(whole)
    assert whole.status_code == 200 and hashlib.sha256(data).hexdigest() == row.sha256
    assert whole["Accept-Ranges"] == "bytes" and whole["ETag"] == f'"{row.sha256}"'
    half = len(data) // 2
    first = client.get(where, headers={"Range": f"bytes=0-{half - 1}"})
    rest = client.get(where, headers={"Range": f"bytes={half}-", "If-Range": whole["ETag"]})
    assert first.status_code == rest.status_code == 206
    assert content(first) + content(rest) == data
    assert rest["Content-Range"] == f"bytes {half}-{len(data) - 1}/{len(data)}"
    assert content(client.get(where, headers={"Range": "bytes=-10"})) == data[-10:]
    stale = client.get(where, headers={"Range": "bytes=5-", "If-Range": '"other"'})
    assert stale.status_code == 200 and content(stale) == data
    beyond = client.get(where, headers={"Range": f"bytes={len(data)}-"})
    assert beyond.status_code == 416 and beyond["Content-Range"] == f"bytes */{len(data)}"
    taken = Event.objects.filter(action="dossier.downloaded", stream=row.stream).order_by("number")
    assert [body(event)["facts"]["from_byte"] for event in taken] == [0, 0, half, len(data) - 10, 0]


@pytest.mark.parametrize("state", list(DossierState))
def test_every_state_has_a_page(world: World, state: DossierState) -> None:
    row = ready(world)
    Dossier.objects.update(state=state, waiting_since=NOW, note="What to know.")
    client = as_(world.mesa_auditor)
    page = client.get(row.get_absolute_url())
    assert page.status_code == 200
    said = page.content.decode()
    assert ("Download the dossier" in said) == (state == DossierState.READY)
    assert ("notary has not signed" in said) == (state == DossierState.SIGNING)
    if state != DossierState.READY:
        answer = client.get(f"{row.get_absolute_url()}file")
        assert answer.status_code == 302 and answer["Location"] == row.get_absolute_url()


def test_the_list_gives_all_that_was_found_or_what_is_ticked(world: World) -> None:
    one, two = builders.shared(world, short=True), builders.executed(world, short=True)
    client = as_(world.mesa_auditor)
    page = client.get("/agreements/?stage=executed&when=all").content.decode()
    form = re.search(r'<form[^>]*action="/dossiers/new/".*?</form>', page, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    fields.pop("csrfmiddlewaretoken")
    assert fields == {"all": "1", "stage": "executed", "when": "all"}
    client.post("/dossiers/new/", fields)
    assert Dossier.objects.latest("asked_at").streams == [two.pk]
    chooser = client.get("/dossiers/new/?when=all").content.decode()
    assert chooser.count('name="agreement"') == 2
    client.post("/dossiers/new/", {"agreement": [str(one.pk), str(two.pk)]})
    assert set(Dossier.objects.latest("asked_at").streams) == {one.pk, two.pk}
    client.post("/dossiers/new/", {"all": "1", "q": one.reference})
    assert Dossier.objects.latest("asked_at").streams == [one.pk]


def test_what_one_may_see_but_not_export_is_left_out_and_said(world: World) -> None:
    agreement = builders.shared(world, short=True)
    client = as_(world.mesa_signatory)
    page = client.get("/dossiers/new/?when=all").content.decode()
    assert "Some are left out" in page and agreement.reference not in page
    for keys in ([str(agreement.pk)], [str(uuid4())], ["x"], []):
        answer = client.post("/dossiers/new/", {"agreement": keys})
        assert answer.status_code in {400, 404}, keys
    assert not Dossier.objects.exists()


def test_an_agency_asks_for_all_of_its_own(world: World) -> None:
    client = as_(world.riverton_auditor)
    assert f"/dossiers/agencies/{world.riverton.slug}/" in client.get("/dossiers/").content.decode()
    assert client.post(f"/dossiers/agencies/{world.riverton.slug}/").status_code == 302
    assert Dossier.objects.get().streams == [world.riverton.pk]
    assert client.post(f"/dossiers/agencies/{world.mesa.slug}/").status_code == 404
    assert as_(world.riverton_liaison).post(f"/dossiers/agencies/{world.riverton.slug}/").status_code == 404


# By program -------------------------------------------------------------------------------------------------
def test_a_program_asks_watches_and_takes(world: World) -> None:
    agreement: Agreement = builders.shared(world, short=True)
    program = Program(world.mesa_auditor)
    early = signed_head(NOW)
    answer = program.call("post", f"agreements/{agreement.pk}/dossier/", {"head": early.note})
    assert answer.status_code == 202, answer.content
    row = Dossier.objects.get()
    assert answer["Location"] == f"/api/v1/dossiers/{row.pk}/" and answer.json()["state"] == "collecting"
    assert row.held == early.note
    for at in turns(row, now=timezone.now()):
        if at.state == DossierState.SIGNING:
            signed_head(timezone.now())
    found = program.get(f"dossiers/{row.pk}/").json()
    assert found["state"] == "ready" and found["file"] == f"/api/v1/dossiers/{row.pk}/file/"
    taken = program.get(f"dossiers/{row.pk}/file/")
    assert hashlib.sha256(content(taken)).hexdigest() == found["sha256"]
    part = program.get(f"dossiers/{row.pk}/file/", status=206, HTTP_RANGE="bytes=10-19")
    assert len(content(part)) == 10
    assert [line["id"] for line in program.rows("dossiers/")] == [str(row.pk)]
    assert Program(world.mesa_counsel).rows("dossiers/") == []
    Program(world.mesa_counsel).get(f"dossiers/{row.pk}/", status=404)
    Program(world.mesa_counsel).get(f"dossiers/{row.pk}/file/", status=404)


def test_a_program_is_refused_in_the_same_words(world: World) -> None:
    agreement, hidden = builders.shared(world, short=True), builders.drafted(world, short=True)
    program = Program(world.mesa_auditor)
    assert "head" in errors(program.call("post", f"agreements/{agreement.pk}/dossier/", {"head": "x"}))
    assert program.call("post", "dossiers/", {"agreements": [str(hidden.pk)]}).status_code == 404
    assert program.call("post", "dossiers/", {"agency": world.riverton.slug}).status_code == 404
    assert program.call("post", "dossiers/", {}).status_code == 400
    assert (
        program.call("post", "dossiers/", {"agreements": [str(agreement.pk)], "owner": "me"}).status_code
        == 400
    )
    assert (
        Program(world.mesa_signatory)
        .call("post", "dossiers/", {"agreements": [str(agreement.pk)]})
        .status_code
        == 403
    )
    assert not Dossier.objects.exists()
    many = {"agreements": [str(agreement.pk)]}
    assert program.call("post", "dossiers/", many).status_code == 202
    assert program.call("post", "dossiers/", {"agency": world.mesa.slug}).status_code == 202
    row = Dossier.objects.get(scope="agency")
    assert (
        program.get(f"dossiers/{row.pk}/file/", status=409)
        .json()["detail"]
        .startswith("There is no file yet")
    )
