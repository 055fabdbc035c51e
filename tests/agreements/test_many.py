"""Many existing agreements at once: faults are named by row and reason, a kill loses and doubles nothing."""

from __future__ import annotations

import io
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from agencies.operations import roles
from agreements import keyterms, sheets
from agreements.models import Agreement, Batch, BatchState, Source, Stage
from agreements.operations import batches, importing, rowwise
from agreements.outline import UnreadableText
from common import outbox
from common.models import Job
from tests import builders
from tests.agreements.heap import PLANTED, Heap, heap
from tests.agreements.papers import table, zipped
from tests.api.calling import Program
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db
ROWS = 40
LATER = NOW + timedelta(days=2000)
"""After every job that is put: jobs bear the clock of the database."""


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    settings.DOCUMENTS = tmp_path
    return tmp_path


def begun(made: World, root: Path, given: Heap) -> Batch:
    return batches.begin(table=given.table, table_name="agreements.xlsx", archive=io.BytesIO(given.archive), lead=made.riverton,
                         root=root, actor=made.riverton_liaison, now=NOW)  # fmt: skip


def checked(made: World, root: Path, given: Heap) -> Batch:
    batch = begun(made, root, given)
    batches.check(batch, mapping=batch.mapping, actor=made.riverton_liaison, now=NOW)
    work()
    return Batch.objects.get(pk=batch.pk)


def work(limit: int = 5000) -> int:
    return outbox.work(now=LATER, limit=limit)


def run(made: World, batch: Batch) -> None:
    batches.run(batch, actor=made.riverton_liaison, now=NOW)


def test_the_dry_run_names_every_planted_fault_and_brings_nothing_in(made: World, root: Path) -> None:
    given = heap(ROWS, faults=len(PLANTED))
    batch = checked(made, root, given)
    assert batch.state == BatchState.CHECKED and not Agreement.objects.exists()
    faulty = {
        row.number: " ".join(said["says"] for said in row.problems)
        for row in batch.rows.filter(state="faulty")
    }
    assert faulty.keys() == given.faulty.keys()
    for number, word in given.faulty.items():
        assert word in faulty[number], (number, word, faulty[number])
    assert batches.tally(batch) == {
        "new": 0,
        "ready": ROWS - len(PLANTED),
        "faulty": len(PLANTED),
        "done": 0,
        "all": ROWS,
    }


def test_the_ready_rows_come_in_and_each_says_it_was_imported(made: World, root: Path) -> None:
    given = heap(ROWS, faults=len(PLANTED))
    batch = checked(made, root, given)
    run(made, batch)
    work()
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    rows = Agreement.objects.all()
    assert rows.count() == ROWS - len(PLANTED)
    assert {(row.stage, row.provenance) for row in rows} == {(Stage.EXECUTED, "imported")}
    assert Source.objects.filter(batch=batch.pk).count() == rows.count()
    one = batch.rows.filter(state="done").first()
    assert one is not None and one.agreement is not None and one.agreement.title == one.cells[0]


class Killed(BaseException):
    """As a worker's death: nothing catches it, and what was not committed is gone."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_in_the_middle_resumes_without_doubles(
    made: World, root: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    given = heap(12, faults=0)
    batch = checked(made, root, given)
    run(made, batch)
    real: Callable[..., Any] = importing.enter
    calls = Counter[str]()

    def dies(*args: Any, **said: Any) -> Any:
        calls["enter"] += 1
        if calls["enter"] == 5 and moment == "before":
            raise Killed
        made_now = real(*args, **said)
        if calls["enter"] == 5:
            raise Killed
        return made_now

    monkeypatch.setattr(rowwise.importing, "enter", dies)
    with pytest.raises(Killed):
        work()
    assert Agreement.objects.count() == 4
    work()
    assert Agreement.objects.count() == 4  # after a death the job is put off
    for days in range(1, 4):
        outbox.work(now=LATER + timedelta(days=days), limit=5000)
    assert Agreement.objects.count() == 12 and Source.objects.count() == 12
    assert sorted(Source.objects.values_list("row", flat=True)) == list(range(2, 14))
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE and batches.tally(batch)["done"] == 12


def test_doing_a_turn_again_brings_no_row_in_twice(made: World, root: Path) -> None:
    batch = checked(made, root, heap(5, faults=0))
    run(made, batch)
    work()
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.RUNNING, reached=0)
    batch.rows.update(state="ready")
    batch.refresh_from_db()
    with transaction.atomic():
        batches._next(batch)
    work()
    assert Agreement.objects.count() == 5 and batches.tally(batch)["done"] == 5


def test_the_database_itself_refuses_a_row_twice(made: World, root: Path) -> None:
    agreement, batch = builders.imported(made), checked(made, root, heap(3, faults=0))
    kept = importing.keep(builders.OLD, "a.txt", root=root)
    said = {"title": "A", "kind": "MOU", "lead": made.riverton, "partners": [importing.PartySpec(made.mesa)], "row": 2,
            "terms": keyterms.Terms(signed_on=agreement.effective_on), "actor": made.riverton_liaison, "now": NOW,
            "batch": batch.pk}  # fmt: skip
    importing.enter(kept, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        importing.enter(kept, **said)


def test_the_same_table_put_in_again_brings_in_only_what_is_new(made: World, root: Path) -> None:
    given = heap(6, faults=0)
    run(made, checked(made, root, given))
    work()
    again = checked(made, root, given)
    assert batches.tally(again)["faulty"] == 6
    assert all("brought in before" in row.problems[0]["says"] for row in again.rows.all())


def test_somebody_who_may_no_longer_draft_brings_nothing_in(made: World, root: Path) -> None:
    batch = checked(made, root, heap(3, faults=0))
    run(made, batch)
    membership = made.riverton_liaison.memberships.get()
    roles.retire_membership(membership, actor=made.riverton_administrator, now=NOW)
    work()
    assert not Agreement.objects.exists()
    assert batches.tally(Batch.objects.get(pk=batch.pk))["faulty"] == 3


def test_given_up_in_the_middle_what_came_in_stays_and_nothing_more_comes(made: World, root: Path) -> None:
    batch = checked(made, root, heap(6, faults=0))
    run(made, batch)
    work(limit=2)
    batches.drop(batch, actor=made.riverton_liaison, now=NOW)
    work()
    assert Agreement.objects.count() == 2
    with pytest.raises(ValidationError):
        batches.run(batch, actor=made.riverton_liaison, now=NOW)


def test_only_who_began_it_sees_and_goes_on_with_it(made: World, root: Path) -> None:
    batch = checked(made, root, heap(3, faults=0))
    for person in (made.riverton_counsel, made.mesa_liaison, made.outsider):
        client = Client()
        client.force_login(person)
        assert client.get(batch.get_absolute_url()).status_code == 404
        assert client.post(f"{batch.get_absolute_url()}run/").status_code == 404
        with pytest.raises(PermissionDenied):
            batches.run(batch, actor=person, now=NOW)
    with pytest.raises(PermissionDenied):
        batches.begin(table=b"", table_name="a.csv", archive=io.BytesIO(), lead=made.mesa, root=root,
                      actor=made.riverton_liaison, now=NOW)  # fmt: skip


def test_the_pages_lead_from_the_table_to_the_records(made: World, root: Path) -> None:
    given, client = heap(8, faults=2), Client()
    client.force_login(made.riverton_liaison)
    sent = client.post("/agreements/import/many/", {"lead": made.riverton.pk, "table": SimpleUploadedFile("t.xlsx", given.table),
                                                    "archive": SimpleUploadedFile("f.zip", given.archive)})  # fmt: skip
    assert sent.status_code == 302, sent.content
    batch = Batch.objects.get()
    page = client.get(sent["Location"]).content.decode()
    assert "Which column holds what" in page and "selected" in page
    lacking = client.post(sent["Location"], {"title": "0"})
    assert lacking.status_code == 400 and "Say which column holds this" in lacking.content.decode()
    assert (
        client.post(sent["Location"], {key: str(place) for key, place in batch.mapping.items()}).status_code
        == 302
    )
    work()
    page = client.get(sent["Location"]).content.decode()
    assert "Bring in the ready rows" in page and all(
        f">{number}<" in page.replace("\n", "") for number in given.faulty
    )
    assert client.post(f"{sent['Location']}run/").status_code == 302
    assert "to go" in client.get(sent["Location"]).content.decode()
    work()
    assert Agreement.objects.count() == 6 and "6 brought in" in client.get(sent["Location"]).content.decode()


def test_a_program_can_do_all_of_it(made: World, root: Path) -> None:
    given, program = heap(8, faults=2), Program(made.riverton_liaison)
    put = program.client.post("/api/v1/imports/many/", {
        "lead": str(made.riverton.pk), "table": SimpleUploadedFile("t.xlsx", given.table),
        "archive": SimpleUploadedFile("f.zip", given.archive)})  # fmt: skip
    assert put.status_code == 201, put.content
    where = f"imports/many/{put.json()['id']}/"
    assert program.call("post", f"{where}check/", {"mapping": {"nonsense": 1}}).status_code == 400
    assert program.call("post", f"{where}run/").status_code == 400
    assert program.call("post", f"{where}check/", {"mapping": put.json()["mapping"]}).status_code == 202
    work()
    faulty = program.rows(f"{where}rows/?state=faulty")
    assert {row["number"] for row in faulty} == given.faulty.keys() and all(row["problems"] for row in faulty)
    assert program.call("post", f"{where}run/").status_code == 202
    work()
    assert program.get(where).json()["rows"]["done"] == 6 and program.get(where).json()["state"] == "done"
    assert Program(made.mesa_liaison).call("get", f"{where}rows/").status_code == 404


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (["Title", "Partner", "File", "Expires"], {"title": 0, "partners": 1, "file": 2, "last_day": 3}),
        (["Agreement", "Counterparty", "Filename", "Effective Date", "Expiration Date", "Notice period"],
         {"title": 0, "partners": 1, "file": 2, "effective_on": 3, "last_day": 4, "notice_days": 5}),
        (["x", "y"], {}),
    ],
)  # fmt: skip
def test_columns_are_matched_by_their_usual_names(header: list[str], mapping: dict[str, int]) -> None:
    assert keyterms.guessed(header) == mapping


def test_tables_are_read_alike_from_csv_and_spreadsheets() -> None:
    rows = [["Title", "Ends"], ["Déjà vu", "2027-06-30"], [], ["Second", ""]]
    csv = "\r\n".join(",".join(row) for row in rows).encode("utf-8-sig")
    assert sheets.read(csv, "a.csv") == sheets.read(table(rows), "a.xlsx")
    assert sheets.read(csv, "a.csv").rows == ((2, ("Déjà vu", "2027-06-30")), (4, ("Second", "")))
    assert sheets.read(csv.replace(b",", b";"), "a.csv").rows[0] == (2, ("Déjà vu", "2027-06-30"))


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.csv", "column names"),
        (b"Title,Ends", "a.csv", "no rows"),
        (b"PK\x03\x04nonsense", "a.xlsx", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx", "password"),
        (zipped({"a.txt": b"no table"}), "a.xlsx", ".csv or .xlsx"),
        (zipped({"xl/workbook.xml": b"<!DOCTYPE x><x/>"}), "a.xlsx", "declarations"),
        (zipped({"xl/workbook.xml": b"<x/>"}), "a.xlsx", "damaged"),
        (zipped({"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"macro"}), "a.xlsx", "macros"),
        (b"a", "a.ods", ".csv or .xlsx"),
        (b"t\n" + b"x\n" * 5001, "a.csv", "5,000 rows"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_to_do(content: bytes, name: str, words: str) -> None:
    with pytest.raises(UnreadableText, match=words):
        sheets.read(content, name)


def test_a_row_claimed_far_down_ends_the_reading_soon() -> None:
    content = table([["Title"], ["A"]])
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = next(name for name in parts if name.startswith("xl/worksheets/"))
    parts[name] = parts[name].replace(b'r="2"', b'r="999999999"').replace(b'r="A2"', b'r="A999999999"')
    began = time.monotonic()
    with pytest.raises(UnreadableText, match="100,000 lines"):
        sheets.read(zipped(parts), "a.xlsx")
    assert time.monotonic() - began < 20


def test_two_files_of_one_name_and_broken_archives_are_refused(made: World, root: Path) -> None:
    said = {"table": b"Title,Partner,File\na,b,c\n", "table_name": "a.csv", "lead": made.riverton, "root": root,
            "actor": made.riverton_liaison, "now": NOW}  # fmt: skip
    for content, words in ((zipped({"a/x.txt": b"1", "b/X.TXT": b"2"}), "two files"), (b"no zip", "damaged")):
        with pytest.raises(UnreadableText, match=words):
            batches.begin(archive=io.BytesIO(content), **said)
    assert not Batch.objects.exists() and not Job.objects.filter(kind=batches.JOB).exists()
