"""A dossier holds what its asker may see and nothing else, proves itself, and is given to nobody else."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import unicodedata
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail as sent
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.models import Membership
from agencies.operations.roles import grant_membership, retire_membership
from agreements import policy
from agreements.models import Agreement, Dossier, DossierState, SealedDocument
from agreements.operations import assembling, dossiers, drafting, granting, negotiating, packing
from audit import checkpoints, heads
from audit.models import LOG_STREAM, Event
from audit.record import SYSTEM, record
from audit.sentences import body, sentence
from common import outbox
from common.models import Job
from tests import builders
from tests.agreements.dossiers import (
    LATER,
    files,
    foreign_head,
    forked_head,
    keyed,
    made,
    signed_head,
    turns,
    verified,
)
from tests.builders import NOW, World
from tests.notarising import sealed

pytestmark = pytest.mark.django_db

PEOPLE = (*(f"{agency}_{role}" for agency in ("riverton", "mesa") for role in builders.ROLES),
          "outsider", "harbor_administrator", "overseer", "board_liaison", "nobody")  # fmt: skip
CANARIES = ("cassowary-draft", "cassowary-remark")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(assembling, "LOOK_SECONDS", 0)  # whoever signs here is not a process of its own
    return keyed()


def secrets_of(world: World, key: str, agreement: Agreement, words: tuple[str, ...]) -> None:
    """An agency tries out a text it takes back again, and speaks of it among its own people."""
    draft, remark = words
    provision = agreement.provisions.filter(removed=False).order_by("position_in_order").first()
    assert provision is not None
    before, liaison = provision.text, world.people[f"{key}_liaison"]
    for text in (draft, before):
        drafting.edit(
            type(provision).objects.get(pk=provision.pk), values={"text": text}, actor=liaison, now=NOW
        )
    negotiating.comment(builders.again(agreement), text=remark, private=True, actor=liaison, now=NOW)


def made_event(row: Dossier) -> Event:
    """The record of the making."""
    assert row.made_event is not None
    return Event.objects.get(pk=row.made_event)


# What is in it ---------------------------------------------------------------------------------------------
def test_it_holds_every_version_to_the_byte_the_signed_pdf_the_answers_and_the_whole_history(
    world: World,
) -> None:
    agreement = builders.executed(world)
    sealed(agreement)
    negotiating.comment(agreement, text="Shared words.", actor=world.mesa_liaison, now=NOW)
    inside = files(made(dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)))
    at = f"documents/{agreement.reference}"
    for version in agreement.versions.all():
        exact = inside[f"{at}/versions/{version.number:03}.json"]
        assert hashlib.sha256(exact).hexdigest() == version.sha256
        assert version.sha256 in inside[f"{at}/versions/{version.number:03}.html"].decode()
    document = SealedDocument.objects.get(agreement=agreement)
    assert hashlib.sha256(inside[f"{at}/final.pdf"]).hexdigest() == document.sha256
    assert {row["name"] for row in json.loads(inside[f"{at}/signatures.json"])} == {
        "Mesa Signatory",
        "Riverton Signatory",
    }
    assert [row["decision"] for row in json.loads(inside[f"{at}/approvals.json"])] == ["approved", "approved"]
    assert [row["text"] for row in json.loads(inside[f"{at}/comments.json"])] == ["Shared words."]
    assert f"{at}/redlines/001-002.html" in inside
    assert inside[f"{at}/versions/002.docx"].startswith(b"PK")
    rows = list(csv.DictReader(inside[f"history/{agreement.reference}/events.csv"].decode().splitlines()))
    assert [int(row["number"]) for row in rows] == list(range(1, len(rows) + 1))
    said = [
        sentence(event)
        for event in Event.objects.filter(stream=agreement.pk, private_to=None).order_by("number")
    ]
    text = inside[f"history/{agreement.reference}/events.txt"].decode()
    assert all(" ".join(words.split()) in text for words in said[:-1])
    assert said[-1].startswith("Mesa Auditor, Auditor made a dossier")


def test_it_verifies_with_the_notarys_key_and_head_and_says_that_it_cannot_tell_without(
    world: World, tmp_path: Path
) -> None:
    agreement = builders.executed(world, short=True)
    early = signed_head(NOW)
    row = dossiers.ask(agreement, head=early.note, actor=world.mesa_auditor, now=NOW)
    path = made(row)
    held = tmp_path / "head.txt"
    held.write_text(early.note, encoding="utf-8")
    code, said = verified(path, tmp_path, "--key", heads.vkey(), "--head", str(held))
    assert code == 0, said
    code, said = verified(path, tmp_path)
    assert code == 2, said
    altered = tmp_path / "altered.zip"
    content = path.read_bytes()
    at = content.index(b"agreement.signed")
    altered.write_bytes(content[:at] + b"A" + content[at + 1 :])
    assert verified(altered, tmp_path, "--key", heads.vkey(), "--head", str(held))[0] == 1
    row.refresh_from_db()
    event = made_event(row)
    assert body(event)["facts"]["manifest"] == hashlib.sha256(files(path)["MANIFEST"]).hexdigest()
    assert body(event)["facts"]["streams"] == {str(agreement.pk): event.number - 1}
    assert row.sha256 == hashlib.sha256(content).hexdigest() and row.path.endswith(f"{row.sha256}.zip")


def test_a_history_that_moves_on_meanwhile_is_read_again_to_its_end(world: World, tmp_path: Path) -> None:
    agreement = builders.shared(world, short=True)
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    for at in turns(row):
        if at.state == DossierState.RECORDING:
            break
    negotiating.comment(agreement, text="A late word.", actor=world.mesa_liaison, now=NOW)
    path = made(row)
    row.refresh_from_db()
    event = made_event(row)
    assert body(event)["facts"]["streams"] == {str(agreement.pk): event.number - 1}
    assert b"A late word." in files(path)[f"history/{agreement.reference}/events.txt"]
    assert verified(path, tmp_path, "--key", heads.vkey())[0] == 2
    assert Event.objects.filter(action="dossier.made").count() == 1


def test_many_histories_are_named_by_the_hash_of_a_list(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "FEW", 1)
    first, second = builders.executed(world, short=True), builders.shared(world, short=True)
    row = dossiers.ask_for_many([first.pk, second.pk], actor=world.mesa_auditor, now=NOW)
    path = made(row)
    row.refresh_from_db()
    facts = body(made_event(row))["facts"]
    assert facts["streams"] == hashlib.sha256(files(path)[packing.LIST]).hexdigest()
    head = tmp_path / "head.txt"
    head.write_text(signed_head(LATER + timedelta(hours=1)).note, encoding="utf-8")
    assert verified(path, tmp_path, "--key", heads.vkey())[0] == 2


def test_every_declaration_of_an_epoch_goes_along(world: World) -> None:
    agreement = builders.shared(world, short=True)
    facts = {
        "old_epoch": 1,
        "old_size": 9,
        "old_root": "00",
        "kept": 5,
        "lost_first": 6,
        "lost_last": 9,
        "reason": "Disk.",
    }
    record("log.epoch_declared", stream=LOG_STREAM, actor=SYSTEM, now=NOW, facts=facts)
    inside = files(made(dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)))
    assert b"log.epoch_declared" in inside["log/entries"]


def test_pages_need_no_network_and_no_text_in_them_turns_around_or_runs(world: World) -> None:
    hostile = "=cmd()\n\u202egnp.exe\x1b[31m<script>alert(1)</script>"
    agreement = builders.shared(world, title="Records <img src=x onerror=y>")
    record("thing.noted", stream=agreement.pk, actor=SYSTEM, now=NOW, facts={"text": hostile})
    negotiating.comment(agreement, text="=1+1 \u2066<b>bold</b>", actor=world.mesa_liaison, now=NOW)
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    assert row.filename.isascii() and "/" not in row.filename and '"' not in row.filename
    for name, content in files(made(row)).items():
        assert name.isascii() and ".." not in name
        if not name.endswith((".html", ".txt", ".csv")) or name == "README.txt":
            continue
        text = content.decode()
        bad = {c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t\r"} | set(text) & {
            "\u202e",
            "\u2066",
        }
        assert not bad, (name, bad)
        if name.endswith(".html"):
            assert "<script" not in text and "<img" not in text and "<b>bold" not in text, name
            assert "default-src 'none'" in unescape(text)
            assert not any(word in text for word in ('src="', "@import", "url(", "<link", 'href="http')), name


# What is not in it -----------------------------------------------------------------------------------------
def test_what_an_agency_keeps_to_itself_is_in_no_dossier_of_another(world: World, tmp_path: Path) -> None:
    agreement = builders.shared(world, short=True)
    secrets_of(world, "mesa", agreement, CANARIES)
    own = made(dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)).read_bytes()
    assert all(word.encode() in own for word in CANARIES)
    for key in ("riverton_auditor", "riverton_counsel", "riverton_administrator", "overseer"):
        row = dossiers.ask(agreement, actor=world.people[key], now=NOW)
        path = made(row)
        other = path.read_bytes()
        assert not any(word.encode() in other for word in CANARIES), key
        row.refresh_from_db()
        assert row.withheld >= 3
        hidden = [line for line in files(path)["log/entries"].splitlines() if line.split(b" ")[1] == b"h"]
        assert len(hidden) == row.withheld
        assert verified(path, tmp_path, "--key", heads.vkey())[0] == 2


def test_a_dossier_for_one_agency_holds_nothing_of_another_that_its_asker_works_for(world: World) -> None:
    agreement = builders.shared(world, short=True)
    secrets_of(world, "mesa", agreement, CANARIES)
    grant_membership(world.mesa, world.riverton_auditor, role="auditor", actor=SYSTEM, now=NOW)
    own = made(dossiers.ask(agreement, actor=world.riverton_auditor, now=NOW)).read_bytes()
    assert CANARIES[1].encode() in own
    path = made(dossiers.ask_for_agency(world.riverton, actor=world.riverton_auditor, now=NOW))
    assert not any(word.encode() in path.read_bytes() for word in CANARIES)


def test_before_a_draft_is_shared_its_dossier_holds_no_version(world: World) -> None:
    agreement = builders.drafted(world, short=True)
    inside = files(made(dossiers.ask(agreement, actor=world.riverton_auditor, now=NOW)))
    assert not [name for name in inside if "/versions/" in name]
    assert agreement.title.encode() in inside["log/entries"]


# Who gets one ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", PEOPLE)
def test_who_may_ask_is_what_the_policy_says(world: World, key: str) -> None:
    first, second, hidden = (
        builders.shared(world, short=True),
        builders.executed(world, short=True),
        builders.drafted(world, short=True),
    )
    person, today = world.people[key], NOW.date()
    for chosen in ([first], [first, second], [hidden], [second, hidden]):
        keys = [agreement.pk for agreement in chosen]
        rows = Agreement.objects.filter(pk__in=keys)
        seen = policy.visible(person, today=today).filter(pk__in=keys).count() == len(keys)
        may = policy.permitted(person, "export", rows, today=today).count() == len(keys)
        refusal: Any = None if may else PermissionDenied if seen else Agreement.DoesNotExist
        if refusal is None:
            assert dossiers.ask_for_many(keys, actor=person, now=NOW).asked_by == person
            Dossier.objects.update(state=DossierState.READY)
        else:
            with pytest.raises(refusal):
                dossiers.ask_for_many(keys, actor=person, now=NOW)
        if len(chosen) == 1 and not may:
            with pytest.raises(PermissionDenied):
                dossiers.ask(chosen[0], actor=person, now=NOW)
    for agency in (world.riverton, world.mesa, world.harbor):
        if agency.pk in policy.seats(person, "export", today=today):
            streams = dossiers.ask_for_agency(agency, actor=person, now=NOW).streams
            assert streams[-1] == agency.pk
            allowed = policy.permitted(person, "export", Agreement.objects.all(), today=today)
            assert set(streams[:-1]) <= set(allowed.values_list("pk", flat=True))
        else:
            with pytest.raises(PermissionDenied):
                dossiers.ask_for_agency(agency, actor=person, now=NOW)


def test_a_grant_to_export_is_enough_while_it_lasts(world: World) -> None:
    agreement = builders.shared(world, short=True)
    granting.grant(agreement, person=world.outsider, conveys="export", until=(NOW + timedelta(days=9)).date(),
                   reason="Visiting auditor.", actor=world.riverton_counsel, now=NOW)  # fmt: skip
    secrets_of(world, "mesa", agreement, CANARIES)
    row = dossiers.ask(agreement, actor=world.outsider, now=NOW)
    path = made(row)
    assert not any(word.encode() in path.read_bytes() for word in CANARIES)
    row.refresh_from_db()
    assert dossiers.take(row, actor=world.outsider, now=LATER) == path
    with pytest.raises(PermissionDenied):
        dossiers.take(row, actor=world.outsider, now=NOW + timedelta(days=10))


@pytest.mark.parametrize("state", [s for s in DossierState if s not in ("ready", "refused", "expired")])
def test_access_taken_away_while_it_is_made_stops_it(world: World, state: DossierState) -> None:
    agreement = builders.shared(world, short=True)
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    for at in turns(row):
        if at.state == DossierState.SIGNING and state == DossierState.PACKING:
            signed_head(LATER)
        if at.state == state:
            break
    assert row.state == state
    member = Membership.objects.get(user=world.mesa_auditor)
    retire_membership(member, actor=world.mesa_administrator, now=NOW)
    for _ in turns(row, now=LATER + timedelta(days=1)):
        pass
    assert row.state == DossierState.REFUSED and "access changed" in row.note
    dossiers.clear({"dossier": str(row.pk)}, now=LATER)
    assert not dossiers.folder(row).exists() and not row.path


def test_a_person_without_access_any_more_cannot_take_what_was_made(world: World) -> None:
    agreement = builders.shared(world, short=True)
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    made(row)
    row.refresh_from_db()
    with pytest.raises(PermissionDenied):
        dossiers.take(row, actor=world.mesa_counsel, now=LATER)
    member = Membership.objects.get(user=world.mesa_auditor)
    retire_membership(member, actor=world.mesa_administrator, now=NOW)
    before = Event.objects.count()
    with pytest.raises(PermissionDenied):
        dossiers.take(row, actor=world.mesa_auditor, now=LATER + timedelta(days=1))
    assert Event.objects.count() == before


# How it is made --------------------------------------------------------------------------------------------
def test_the_outbox_makes_it_and_a_mail_says_so(world: World) -> None:
    agreement = builders.shared(world, short=True)
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    Job.objects.exclude(kind="dossier").delete()
    now = LATER
    for _ in range(12):
        now += timedelta(minutes=1)
        outbox.work(now=now)
        row.refresh_from_db()
        if row.state == DossierState.SIGNING:
            signed_head(now)
    assert row.state == DossierState.READY, row.state
    letter = Job.objects.get(kind="mail")
    assert letter.owner == world.mesa_auditor.pk and row.sha256 in letter.payload["text"]
    assert sent.outbox == []


@pytest.mark.parametrize("part", ["_collect", "_record", "_enter", "_await", "_pack"])
def test_a_worker_that_dies_in_any_part_loses_and_doubles_nothing(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The part is done, files and all, and the worker is gone before its transaction ends."""
    agreement = builders.executed(world, short=True)
    state = next(key for key, does in assembling.PARTS.items() if does.__name__ == part)
    does, died = assembling.PARTS[state], list[int]()

    def dying(row: Dossier, now: Any) -> None:
        does(row, now)
        if row.turns and not died:
            died.append(1)
            raise SystemError("The worker is gone.")

    monkeypatch.setitem(assembling.PARTS, state, dying)
    row = dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    Job.objects.exclude(kind="dossier").delete()
    now = LATER
    for _ in range(20):
        now += timedelta(minutes=2)
        outbox.work(now=now)
        row.refresh_from_db()
        if row.state == DossierState.SIGNING:
            signed_head(now)
    assert died and row.state == DossierState.READY
    assert Event.objects.filter(action="dossier.made").count() == 1
    assert Job.objects.filter(kind="mail").count() == 1
    path = Path(settings.DOCUMENTS) / row.path
    assert verified(path, tmp_path, "--key", heads.vkey())[0] == 2
    assert not list(Path(settings.DOCUMENTS).glob(".dossier-*")) and not dossiers.folder(row).exists()


def test_an_agencys_dossier_holds_its_own_history_and_every_agreement_and_each_says_so(
    world: World, tmp_path: Path
) -> None:
    agreements = [
        builders.executed(world, short=True),
        builders.shared(world, short=True),
        builders.drafted(world, short=True),
    ]
    row = dossiers.ask_for_agency(world.riverton, actor=world.riverton_auditor, now=NOW)
    path = made(row)
    inside = files(path)
    for agreement in agreements:
        assert f"history/{agreement.reference}/events.jsonl" in inside
        assert agreement.reference.encode() in inside["documents/index.html"]
        included = Event.objects.get(stream=agreement.pk, action="dossier.included")
        assert included.agency == world.riverton.pk
    assert f"history/agency-{world.riverton.slug}/events.txt" in inside
    assert Event.objects.get(action="dossier.made").stream == world.riverton.pk
    assert verified(path, tmp_path, "--key", heads.vkey())[0] == 2
    partner = made(dossiers.ask_for_agency(world.mesa, actor=world.mesa_auditor, now=NOW))
    assert agreements[2].reference.encode() not in partner.read_bytes()


def test_one_person_has_only_so_many_under_way(world: World) -> None:
    agreement = builders.shared(world, short=True)
    for _ in range(dossiers.AT_ONCE):
        dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    with pytest.raises(ValidationError, match="being made"):
        dossiers.ask(agreement, actor=world.mesa_auditor, now=NOW)
    dossiers.ask(agreement, actor=world.mesa_counsel, now=NOW)


def test_a_file_is_deleted_when_its_days_are_over(world: World) -> None:
    row = dossiers.ask(builders.shared(world, short=True), actor=world.mesa_auditor, now=NOW)
    path = made(row)
    row.refresh_from_db()
    job = Job.objects.get(kind=dossiers.END)
    assert row.expires_at is not None
    assert job.run_after == row.expires_at == LATER + timedelta(days=settings.DOSSIER_DAYS)
    Job.objects.exclude(pk=job.pk).delete()
    outbox.work(now=row.expires_at - timedelta(seconds=1))
    assert path.is_file()
    outbox.work(now=row.expires_at)
    row.refresh_from_db()
    assert not path.exists() and row.state == DossierState.EXPIRED


# The head somebody holds ------------------------------------------------------------------------------------
def test_a_head_that_is_none_or_not_ours_is_refused_in_words(world: World) -> None:
    agreement = builders.shared(world, short=True)
    for head, words in (("rubbish", "not a signed head"), (foreign_head(), "another key")):
        with pytest.raises(ValidationError, match=words):
            dossiers.ask(agreement, head=head, actor=world.mesa_auditor, now=NOW)
    assert not Dossier.objects.exists()


def test_a_head_that_is_held_is_put_in_with_its_proof(world: World) -> None:
    agreement = builders.shared(world, short=True)
    early = signed_head(NOW)
    note = early.note.replace("\n", "\r\n") + "\r\n"
    negotiating.comment(agreement, text="After it.", actor=world.mesa_liaison, now=NOW)
    row = dossiers.ask(agreement, head=note, actor=world.mesa_auditor, now=NOW)
    inside = files(made(row))
    assert early.note in inside["log/heads"].decode()
    assert checkpoints.verify(inside["log/checkpoint"].decode(), heads.vkey()).size > early.size


def test_a_held_head_that_this_log_does_not_grow_from_is_named_as_evidence(world: World) -> None:
    agreement = builders.shared(world, short=True)
    row = dossiers.ask(agreement, head=forked_head(), actor=world.mesa_auditor, now=NOW)
    made(row)
    row.refresh_from_db()
    assert "evidence that this history was rewritten" in row.note


def test_without_a_notary_it_waits_and_asks_again(world: World) -> None:
    row = dossiers.ask(builders.shared(world, short=True), actor=world.mesa_auditor, now=NOW)
    waiting = 0
    for at in turns(row, most=9):
        waiting += at.state == DossierState.SIGNING
    assert waiting > 2 and row.state == DossierState.SIGNING
    status = heads.status()
    assert status is not None and status.asked >= (packing.seq(row) or 1)
    job = Job.objects.get(key=f"dossier:{row.pk}:{row.turns}")
    assert job.run_after > LATER


def test_the_python_of_the_machine_runs_the_program_alone(world: World, tmp_path: Path) -> None:
    """As README.txt tells a stranger: unpacked by unzip's like, sha256sum -c agrees with MANIFEST."""
    path = made(dossiers.ask(builders.executed(world, short=True), actor=world.mesa_auditor, now=NOW))
    for name, content in files(path).items():
        target = tmp_path / "out" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    done = subprocess.run(
        ["sha256sum", "-c", "MANIFEST"], cwd=tmp_path / "out", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
