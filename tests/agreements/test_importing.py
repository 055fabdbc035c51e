"""An existing agreement comes in: its file kept, its terms confirmed, and then it is watched like any other."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agreements import pdf, standing, term
from agreements.keyterms import Terms
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Intake, Provenance, Reminder, Source, Stage
from agreements.operations import dossiers, importing, intake, reminding
from agreements.operations.drafting import PartySpec
from agreements.reports.portfolio import STAGE_AFTER
from audit.models import Event
from audit.sentences import sentence
from common import outbox
from common.models import Job
from tests import builders
from tests.agreements import dossiers as making
from tests.agreements.papers import scanned, written
from tests.api.calling import Program
from tests.builders import NOW, OLD, World
from tests.notarising import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    settings.DOCUMENTS = tmp_path
    return tmp_path


def taken(made: World, root: Path, data: bytes = OLD, name: str = "old mou.txt") -> Intake:
    return intake.take(data, name, root=root, actor=made.riverton_liaison, now=NOW)


def confirmed(made: World, row: Intake, *, signed: bool = True, **terms: Any) -> Agreement:
    said: dict[str, Any] = {
        "signed_on": date(2025, 6, 20),
        "last_day": date(2027, 6, 30),
        "notice_days": 60,
    } | terms
    return intake.confirm(row, title="Records", kind="MOU", lead=made.riverton, partners=[PartySpec(made.mesa)],
                          terms=Terms(**said), signed=signed, actor=made.riverton_liaison, now=NOW)  # fmt: skip


def test_what_was_signed_outside_is_in_force_and_says_where_it_came_from(made: World, root: Path) -> None:
    agreement = builders.again(builders.imported(made))
    assert (agreement.stage, agreement.provenance, agreement.turn) == (
        Stage.EXECUTED,
        Provenance.IMPORTED,
        None,
    )
    assert standing.of(agreement, today=date(2026, 3, 2)).key == "in_force"
    assert (agreement.effective_on, agreement.last_day) == (date(2025, 7, 1), date(2027, 6, 30))
    assert agreement.notice_due_on == date(2027, 4, 30), "60 days before is Saturday, 1 May"
    assert {party.notice_days for party in agreement.parties.all()} == {60}
    event = Event.objects.get(stream=agreement.pk, action="agreement.imported")
    assert event.private_to is None and "imported" in sentence(event) and "old mou.txt" in sentence(event)


def test_its_version_holds_every_word_and_its_dates_follow_from_it(made: World, root: Path) -> None:
    agreement = builders.again(builders.imported(made))
    version = agreement.frozen
    assert version is not None and version.reason == "import"
    text = " ".join(f"{row['heading']} {row['text']}" for row in version.content["provisions"])
    assert {"PURPOSE", "records.", "notice", "written"} <= set(text.split())
    fixed = term.fixed(version.content, term.Facts(date(2025, 6, 20)))
    assert (fixed.effective_on, fixed.last_day) == (agreement.effective_on, agreement.last_day)


def test_its_file_is_kept_byte_for_byte_and_taking_it_is_recorded(made: World, root: Path) -> None:
    agreement = builders.imported(made)
    source = agreement.sources.get()
    assert importing.take(source, root=root, actor=made.mesa_counsel, now=NOW) == OLD
    assert Event.objects.filter(stream=agreement.pk, action="source.downloaded").count() == 1
    with pytest.raises(PermissionDenied):
        importing.take(source, root=root, actor=made.outsider, now=NOW)
    path = root / source.sha256[:2] / source.sha256[2:4] / f"{source.sha256}.txt"
    path.chmod(0o600)
    path.write_bytes(b"another")
    with pytest.raises(pdf.DocumentMissing):
        importing.take(source, root=root, actor=made.mesa_counsel, now=NOW)


def test_every_party_sees_it_and_nobody_else(made: World, root: Path) -> None:
    address = builders.imported(made).get_absolute_url()
    for person, status in ((made.mesa_signatory, 200), (made.overseer, 200), (made.outsider, 404)):
        client = Client()
        client.force_login(person)
        for place in ("", "data/", "checks/", "versions/", "approvals/", "dates/", "files/", "history/"):
            assert client.get(f"{address}{place}").status_code == status, place


def test_people_are_reminded_of_its_last_day_as_of_any_other(made: World, root: Path) -> None:
    agreement = builders.imported(
        made, signed_on=date(2025, 6, 20), last_day=date(2026, 3, 20), notice_days=None
    )
    assert standing.of(builders.again(agreement), today=NOW.date()).key == "expiring"
    assert reminding.remind(now=NOW + timedelta(days=11)) > 0
    assert Reminder.objects.filter(agreement=agreement, deadline="last_day").exists()


def test_no_final_document_is_made_or_waited_for(made: World, root: Path) -> None:
    agreement = builders.imported(made)
    client = Client()
    client.force_login(made.mesa_counsel)
    page = client.get(f"{agreement.get_absolute_url()}files/").content.decode()
    assert "being prepared" not in page and "Signed outside" in page and "old mou.txt" in page
    assert not outbox.due(NOW + timedelta(days=400)).filter(kind="pdf").exists()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"signed_on": None, "effective_on": None}, "signed_on"),
        ({"signed_on": date(2027, 1, 1)}, "signed_on"),
        ({"last_day": date(2024, 1, 1)}, "last_day"),
        ({"months": 12}, "months"),
    ],
)
def test_terms_that_cannot_be_are_refused_and_nothing_is_made(
    made: World, root: Path, terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        builders.imported(made, **terms)
    assert field in refused.value.message_dict and not Agreement.objects.exists()


def test_confirming_twice_makes_one_agreement(made: World, root: Path) -> None:
    row = taken(made, root)
    first, second = confirmed(made, row), confirmed(made, row)
    assert first == second and Agreement.objects.count() == 1 and Source.objects.count() == 1


def test_only_who_put_a_file_in_sees_and_confirms_it(made: World, root: Path) -> None:
    row = taken(made, root)
    for person in (made.riverton_counsel, made.mesa_liaison, made.nobody):
        client = Client()
        client.force_login(person)
        assert client.get(row.get_absolute_url()).status_code == 404
        assert client.post(f"{row.get_absolute_url()}give-up/").status_code == 404
    with pytest.raises(PermissionDenied):
        intake.confirm(row, title="X", kind="MOU", lead=made.riverton, partners=[PartySpec(made.mesa)], terms=Terms(),
                       signed=False, actor=made.riverton_counsel, now=NOW)  # fmt: skip
    with pytest.raises(PermissionDenied):
        intake.take(OLD, "a.txt", root=root, actor=made.riverton_auditor, now=NOW)


def test_a_text_still_to_be_negotiated_becomes_a_draft_whose_file_stays_within_the_agency(
    made: World, root: Path
) -> None:
    agreement = confirmed(made, taken(made, root), signed=False)
    assert (agreement.stage, agreement.provenance) == (Stage.DRAFT, Provenance.HERE)
    assert agreement.term.last_day == date(2027, 6, 30)
    assert importing.source_for(agreement, made.riverton_liaison, today=NOW.date()) is not None
    assert importing.source_for(agreement, made.mesa_liaison, today=NOW.date()) is None
    assert Event.objects.get(stream=agreement.pk, action="source.kept").private_to == made.riverton.pk


def test_a_file_given_up_is_deleted_unless_an_agreement_came_from_the_same(
    made: World, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = taken(made, root), taken(made, root, name="again.txt")
    stored = root / first.sha256[:2] / first.sha256[2:4] / f"{first.sha256}.txt"
    with django_capture_on_commit_callbacks(execute=True):
        intake.drop(first, actor=made.riverton_liaison, now=NOW)
    assert stored.exists()
    with django_capture_on_commit_callbacks(execute=True):
        intake.clear({"intake": str(second.pk)}, now=NOW + timedelta(days=30))
    assert not stored.exists() and Intake.objects.get(pk=second.pk).content == {}


def test_a_pdf_with_a_text_layer_is_read_and_a_scan_is_kept_with_a_form(made: World, root: Path) -> None:
    read = taken(made, root, written(OLD.decode()), "old mou.pdf")
    assert read.readable and intake.findings(read).best("notice_days") is not None
    scan = taken(made, root, scanned(), "scan.pdf")
    assert not scan.readable and intake.findings(scan).proposals == ()
    agreement = confirmed(made, scan)
    assert "scan.pdf" in agreement.provisions.get().text and agreement.sources.get().suffix == ".pdf"


def test_the_page_shows_each_proposal_beside_its_words_and_keeps_what_was_typed(
    made: World, root: Path
) -> None:
    client = Client()
    client.force_login(made.riverton_liaison)
    sent = client.post("/agreements/import/", {"file": SimpleUploadedFile("old mou.txt", OLD)})
    assert sent.status_code == 302
    page = client.get(sent["Location"]).content.decode()
    assert "giving 60 days written notice" in page and "Read clearly" in page and 'value="2027-06-30"' in page
    assert (
        f'value="{made.mesa.pk}"' in page and page.count(" checked") == 2
    )  # signed, and the partner that was recognised
    bad = client.post(sent["Location"], {"state": "signed", "title": "Kept as typed", "kind": "MOU", "lead": made.riverton.pk,
                                         "partners": [made.mesa.pk], "renewal": "none", "last_day": "2027-06-30"})  # fmt: skip
    assert (
        bad.status_code == 400
        and "Kept as typed" in bad.content.decode()
        and "day it was signed" in bad.content.decode()
    )
    good = client.post(sent["Location"], {"state": "signed", "title": "Records", "kind": "MOU", "lead": made.riverton.pk,
                                          "partners": [made.mesa.pk], "renewal": "none", "last_day": "2027-06-30",
                                          "signed_on": "2025-06-20"})  # fmt: skip
    agreement = Agreement.objects.get()
    assert good["Location"] == agreement.get_absolute_url() and agreement.stage == Stage.EXECUTED
    assert client.get(sent["Location"])["Location"] == agreement.get_absolute_url()


def test_a_program_can_do_all_of_it(made: World, root: Path) -> None:
    program = Program(made.riverton_liaison)
    put = program.client.post("/api/v1/imports/", {"file": SimpleUploadedFile("old mou.txt", OLD)})
    assert put.status_code == 201, put.content
    said = {row["field"]: row for row in put.json()["proposals"]}
    assert said["notice_days"]["value"] == 60 and "60 days" in said["notice_days"]["words"]
    where = f"imports/{put.json()['id']}/"
    body = {"signed": True, "title": "Records", "kind": "MOU", "lead": str(made.riverton.pk), "signed_on": "2025-06-20",
            "partners": [{"agency": str(made.mesa.pk)}], "last_day": "2027-06-30", "notice_days": 60}  # fmt: skip
    assert program.call("post", f"{where}confirm/", body | {"last_day": "2020-01-01"}).status_code == 400
    made_now = program.call("post", f"{where}confirm/", body)
    assert made_now.status_code == 201 and made_now.json()["provenance"] == "imported", made_now.content
    taken_back = program.get(f"agreements/{made_now.json()['id']}/source/")
    assert taken_back.content == OLD
    assert program.get(where).json()["agreement"] == made_now.json()["id"]
    assert program.call("delete", where).status_code == 403
    assert Program(made.mesa_liaison).call("get", where).status_code == 404


def test_a_dossier_holds_the_file_of_what_was_signed_outside(made: World, root: Path) -> None:
    making.known_key()
    held = making.files(making.made(dossiers.ask(builders.imported(made), actor=made.mesa_counsel, now=NOW)))
    found = {name: content for name, content in held.items() if name.endswith("imported.txt")}
    assert list(found.values()) == [OLD]
    index = next(held[name] for name in held if name.startswith("documents/") and name.endswith("index.html"))
    assert b"imported.txt" in index


def test_the_portfolio_counts_it_as_executed(made: World, root: Path) -> None:
    agreement = builders.imported(made)
    assert (
        STAGE_AFTER[Event.objects.get(stream=agreement.pk, action="agreement.imported").action]
        == Stage.EXECUTED
    )
    assert "agreement.imported" in configured.AUDIT_URGENT


def test_a_wrong_import_can_be_withdrawn_and_done_again(made: World, root: Path) -> None:
    agreement = builders.imported(made)
    for person in (made.mesa_liaison, made.riverton_auditor):
        with pytest.raises(PermissionDenied):
            importing.unimport(agreement, reason="Not ours.", actor=person, now=NOW)
    with pytest.raises(ValidationError):
        importing.unimport(agreement, reason=" ", actor=made.riverton_liaison, now=NOW)
    importing.unimport(agreement, reason="The last day was wrong.", actor=made.riverton_liaison, now=NOW)
    gone = builders.again(agreement)
    assert (
        gone.stage == Stage.ABANDONED and importing.already(made.riverton, gone.sources.get().sha256) is None
    )
    assert reminding.remind(now=NOW + timedelta(days=500)) == 0
    assert builders.imported(made).last_day == date(2027, 6, 30)


def test_only_an_import_can_be_withdrawn(made: World, root: Path) -> None:
    with pytest.raises(StepNotOpen, match="imported"):
        importing.unimport(builders.executed(made), reason="Gone.", actor=made.riverton_liaison, now=NOW)


def test_the_other_parties_are_told_of_one_import(made: World, root: Path) -> None:
    agreement = builders.imported(made)
    told = Job.objects.filter(key__startswith=f"mail:state:{agreement.pk}")
    assert told.exists() and not told.filter(owner=made.riverton_liaison.pk).exists()


def test_giving_up_a_file_that_is_a_final_document_leaves_the_document(
    made: World, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    agreement, content = (
        builders.executed(made),
        written("The final document of an agreement made here. " * 3),
    )
    kept(agreement, content)
    row = taken(made, root, content, "downloaded.pdf")
    with django_capture_on_commit_callbacks(execute=True):
        intake.drop(row, actor=made.riverton_liaison, now=NOW)
    assert pdf.load(hashlib.sha256(content).hexdigest(), root) == content
