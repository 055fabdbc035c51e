"""A restore is declared in a new epoch that names what was lost, and mail of the restored database waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit import checkpoints, epochs, heads, log, merkle, notary
from audit.models import LOG_STREAM, Checkpoint, Event
from audit.notebook import Notebook
from audit.record import SYSTEM, record
from audit.sentences import body
from common import mail, outbox
from common.models import Job
from tests import builders
from tests.audit import dossiers
from tests.audit.notaries import FORGERY, MINUTE, did, published, refusal, restored, tamper
from tests.builders import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(tmp_path: Path, settings: Any) -> notary.Office:
    settings.NOTARY_DIR = tmp_path / "notary"
    return notary.Office(Notebook(settings.NOTARY_DIR), heads.host())


# Epochs -------------------------------------------------------------------------------------------------------
def queued(key: str) -> Job:
    mail.queue(key, to="a@agency.example", subject="x", text="x")
    return Job.objects.get(key=f"mail:{key}")


def test_a_restore_is_declared_and_names_what_was_lost(office: notary.Office) -> None:
    did(10)
    office.turn(now=NOW)
    did(2)
    office.turn(now=NOW)
    restored(6, 3)
    job = queued("old")
    assert refusal(office)
    made = epochs.declare(office, reason="The disk failed.", now=NOW + MINUTE)
    assert made.facts == {
        "old_epoch": 1, "old_size": 12, "old_root": made.facts["old_root"], "kept": 6, "lost_first": 7,
        "lost_last": 12, "reason": "The disk failed.",
    }  # fmt: skip
    last_of_old = checkpoints.verify(published(office)[-2], heads.vkey())
    assert (last_of_old.epoch, last_of_old.size, last_of_old.root.hex()) == (1, 12, made.facts["old_root"])
    said = Event.objects.get(stream=LOG_STREAM)
    assert said.action == "log.epoch_declared" and body(said)["facts"] == made.facts
    first = Checkpoint.objects.get(epoch=2)
    assert first.size == 10 == Event.objects.get(pk=said.pk).entry.seq
    head = checkpoints.verify(first.note, heads.vkey())
    assert head.origin == "localhost/audit/2" and head.root == merkle.root(log.leaves(0, 10))
    job.refresh_from_db()
    assert job.parked_at and job.last_error == epochs.HELD and made.held == 1
    did(1, "agreement.signed")
    state = office.turn(now=NOW + MINUTE, whole=True)
    assert state and not state.refused and state.epoch == 2 and heads.covering(11)
    with pytest.raises(epochs.NotNeeded):
        epochs.declare(office, reason="Again.", now=NOW + MINUTE)


def test_a_declaration_lost_in_a_second_restore_is_recorded_again(office: notary.Office) -> None:
    for times in (4, 4, 2):
        did(times)
        office.turn(now=NOW, ask=True)
    first = published(office)
    restored(8)
    epochs.declare(office, reason="First.", now=NOW)
    office.turn(now=NOW)
    restored(5)
    tamper("DELETE FROM audit_checkpoint WHERE epoch = 2", [])
    epochs.declare(office, reason="Second.", now=NOW)
    told = [body(event)["facts"] for event in Event.objects.filter(stream=LOG_STREAM).order_by("number")]
    assert [(one["old_epoch"], one["kept"], one["reason"]) for one in told] == [
        (1, 5, "First."),
        (2, 5, "Second."),
    ]
    state = office.turn(now=NOW, whole=True)
    assert state and state.epoch == 3 and not state.refused
    dossiers.concluded(at=NOW)
    office.turn(now=NOW, ask=True)
    checkpoint, known = Checkpoint.objects.order_by("-epoch", "-size")[0].note, heads.vkey()
    made = dossiers.dossier(dossiers.everything(), checkpoint=checkpoint, key=known, heads=[first[0]])
    for note, verdict in zip(first, (0, 2, 2), strict=True):
        code, said = dossiers.verdict(made, note, key=known)
        assert code == verdict and any("First." in words for words in said)


@pytest.mark.parametrize("place", ["keep_leaves", "save", "publish"])
def test_a_declaration_that_is_cut_short_is_taken_up_again(
    office: notary.Office, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(10)
    office.turn(now=NOW)
    did(1)
    office.turn(now=NOW)
    restored(8, 1)

    def dies(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Notebook, place, dies)
        epochs.declare(office, reason="Why.", now=NOW)
    epochs.declare(office, reason="Why.", now=NOW + MINUTE)
    assert Event.objects.filter(stream=LOG_STREAM).count() == 1
    state = office.turn(now=NOW + MINUTE, whole=True)
    assert state and state.epoch == 2 and not state.refused


def test_no_epoch_covers_a_body_that_was_changed(office: notary.Office) -> None:
    did(5)
    office.turn(now=NOW)
    tamper(FORGERY.format("body = replace(convert_from(body, 'UTF8'), 'done', 'gone')::bytea"), [2])
    with pytest.raises(notary.Broken, match="bytes of entry 2"):
        epochs.declare(office, reason="Why.", now=NOW)


# Mail ---------------------------------------------------------------------------------------------------------
def test_mail_waits_until_the_notary_has_looked_at_this_very_database(office: notary.Office) -> None:
    queued("one")
    assert outbox.waiting() == set()  # no notary has ever run here
    did()
    office.turn(now=NOW)
    assert outbox.waiting() == set()
    tamper("UPDATE audit_notary SET server = 'before the restore'", [])
    later = datetime.now(NOW.tzinfo) + timedelta(hours=1)
    assert outbox.waiting() == {"mail"} and outbox.work(now=later) == 0
    office.turn(now=NOW + MINUTE)
    assert outbox.work(now=later) == 1
    restored(0)
    queued("two")
    assert refusal(office)
    assert outbox.waiting() == {"mail"} and outbox.work(now=later) == 0


def test_held_mail_goes_when_it_is_released(office: notary.Office) -> None:
    did(5)
    office.turn(now=NOW)
    restored(4)
    first = queued("first")
    call_command("audit_epoch", reason="The disk failed.", verbosity=0)
    later = datetime.now(NOW.tzinfo) + timedelta(hours=1)
    second = queued("second")
    assert outbox.work(now=later) == 1
    second.refresh_from_db()
    assert second.done_at
    call_command("audit_epoch", release_mail=True, since=later)
    assert outbox.work(now=later) == 0
    call_command("audit_epoch", release_mail=True)
    assert outbox.work(now=later) == 1
    first.refresh_from_db()
    assert first.done_at and not first.parked_at


# Commands -----------------------------------------------------------------------------------------------------
def test_the_commands_say_what_they_did(office: notary.Office, capsys: pytest.CaptureFixture[str]) -> None:
    did(3)
    call_command("notary", once=True)
    assert "Epoch 1, 3 entries, head over 3." in capsys.readouterr().out
    call_command("notary", full=True)
    assert "Every entry is as it was followed." in capsys.readouterr().out
    for reason, words in (("", "Say why"), ("x", "Say why"), ("The disk failed.", "no restore to declare")):
        with pytest.raises(CommandError, match=words):
            call_command("audit_epoch", reason=reason)
    queued("held")
    restored(2)
    with pytest.raises(CommandError, match="Refused: The log has fewer entries"):
        call_command("notary", once=True)
    call_command("audit_epoch", reason="The disk  failed.")
    said = capsys.readouterr().out
    assert "entries up to 2 are kept; entries 3 to 3 are lost" in said
    assert "1 unsent mails are held" in said and "--release-mail --since 20" in said
    call_command("notary", once=True)
    assert "Epoch 2, 3 entries, head over 3." in capsys.readouterr().out


def test_a_private_event_and_a_stranger_stream_are_followed_alike(office: notary.Office) -> None:
    record("thing.done", stream=uuid4(), actor=SYSTEM, now=NOW, agency=uuid4(), private_to=uuid4())
    state = office.turn(now=NOW, whole=True)
    assert state and state.size == 1 and not state.refused


def test_auditors_and_administrators_read_of_a_declared_restore(
    office: notary.Office, client: Client
) -> None:
    made = builders.world()
    did()
    office.turn(now=NOW, ask=True)
    restored(log.size() - 1)
    epochs.declare(office, reason="The disk failed.", now=NOW)
    for name, reads in (("mesa_auditor", True), ("riverton_administrator", True), ("mesa_liaison", False)):
        client.force_login(made.people[name])
        assert ("A restore of the database was declared" in client.get("/audit/").content.decode()) == reads
