"""The notary signs what it followed itself, saves before it publishes, and refuses what is not the log it saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.lifecycle import STEPS
from audit import checkpoints, heads, log, merkle, notary
from audit.models import Checkpoint, Event, Notary
from audit.notebook import Notebook
from tests.audit.notaries import FORGERY, MINUTE, STREAM, did, published, refusal, restored, tamper
from tests.builders import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(tmp_path: Path, settings: Any) -> notary.Office:
    settings.NOTARY_DIR = tmp_path / "notary"
    return notary.Office(Notebook(settings.NOTARY_DIR), heads.host())


# Signing ------------------------------------------------------------------------------------------------------
def test_a_head_every_ten_minutes_over_what_is_there(office: notary.Office) -> None:
    did(3)
    office.turn(now=NOW)
    did(2)
    office.turn(now=NOW + 9 * MINUTE)
    assert [row.size for row in Checkpoint.objects.all()] == [3]
    office.turn(now=NOW + 10 * MINUTE)
    office.turn(now=NOW + 30 * MINUTE)
    rows = list(Checkpoint.objects.order_by("size"))
    assert [row.size for row in rows] == [3, 5]
    events = [bytes(leaf) for leaf in Event.objects.order_by("id").values_list("leaf", flat=True)]
    for row in rows:
        head = checkpoints.verify(row.note, heads.vkey())
        assert (head.epoch, head.size, head.root) == (1, row.size, merkle.root(events[: row.size]))
        assert (head.host, head.root, head.at) == ("localhost", bytes(row.root), row.signed_at)
    assert published(office) == [row.note for row in rows]
    assert heads.newest() == rows[1]
    assert [heads.covering(seq) for seq in (1, 3, 4, 5, 6)] == [rows[0], rows[0], rows[1], rows[1], None]


def test_at_once_after_what_matters_and_when_asked(office: notary.Office) -> None:
    did()
    office.turn(now=NOW)
    did(1, "agreement.signed")
    office.turn(now=NOW)
    assert heads.covering(2)
    did()
    office.turn(now=NOW)
    assert heads.covering(3) is None
    assert heads.ask() == 3
    office.turn(now=NOW)
    assert heads.awaited(3, patience=0)


def test_every_change_of_stage_and_every_signature_is_urgent(settings: Any) -> None:
    for step in STEPS.values():
        if step.target is not None or step.name == "sign":
            assert step.event in settings.AUDIT_URGENT
    assert {"agreement.executed", "document.sealed"} <= set(settings.AUDIT_URGENT)


def test_many_entries_at_once_and_the_tree_above_them(office: notary.Office) -> None:
    did(600)
    state = office.turn(now=NOW, whole=True)
    assert state and not state.refused and heads.covering(600)
    did(7)
    assert office.turn(now=NOW + 11 * MINUTE)
    assert bytes(Checkpoint.objects.get(size=607).root) == merkle.root(log.leaves(0, 607))


def test_the_key_is_its_owners_alone_and_lasts(office: notary.Office) -> None:
    did()
    office.turn(now=NOW)
    key = office.book.directory / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    notary.Office(Notebook(office.book.directory), heads.host()).turn(now=NOW)
    assert key.read_bytes() == before


def test_the_time_of_a_head_never_goes_back(office: notary.Office) -> None:
    did()
    office.turn(now=NOW)
    did()
    office.turn(now=NOW - timedelta(days=1), ask=True)
    assert [row.signed_at for row in Checkpoint.objects.order_by("size")] == [NOW, NOW]


def test_an_erased_body_is_taken_by_its_hash(office: notary.Office) -> None:
    first, *_ = did(3)
    tamper("UPDATE audit_event SET body = '' WHERE id = %s", [first.pk])
    office.turn(now=NOW)
    assert bytes(Checkpoint.objects.get().root) == merkle.root(log.leaves(0, 3))


# Crashes ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("place", ["keep_leaves", "save", "publish"])
def test_a_crash_at_any_place_is_made_good(
    office: notary.Office, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(2)
    office.turn(now=NOW)
    did(1, "agreement.signed")
    kept: Callable[..., None] = getattr(Notebook, place)

    def dies(*args: Any) -> None:
        kept(*args)
        raise KeyboardInterrupt

    def dies_before(*args: Any) -> None:
        raise KeyboardInterrupt

    for death in (dies_before, dies):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(Notebook, place, death)
            office.turn(now=NOW)
        did(1, "agreement.signed")
    office.turn(now=NOW, whole=True)
    notes = published(office)
    assert heads.covering(5) and len(notes) == len(set(notes)) == Checkpoint.objects.count()
    sizes = [checkpoints.verify(note, heads.vkey()).size for note in notes]
    assert sizes == sorted(set(sizes)) and sizes[-1] == 5


def test_what_a_crash_left_half_written_is_cut_off(office: notary.Office) -> None:
    did()
    office.turn(now=NOW)
    path = next((office.book.directory / "heads").glob("*.txt"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100] + b"\xe2\x80")
    did()
    office.turn(now=NOW, ask=True)
    assert path.read_bytes().startswith(whole)
    assert [checkpoints.verify(note, heads.vkey()).size for note in published(office)] == [1, 2]


# Refusing -----------------------------------------------------------------------------------------------------
def test_a_database_that_is_behind_is_refused(office: notary.Office) -> None:
    did(10)
    office.turn(now=NOW)
    restored(8)
    assert "fewer entries than the 10" in refusal(office)


@pytest.mark.parametrize("after", [1, 2, 5, 300])
def test_a_restored_database_that_went_on_is_refused(office: notary.Office, after: int) -> None:
    did(10)
    office.turn(now=NOW)
    restored(9, after)
    assert "Entry 10 of the log is not the one" in refusal(office)


def test_what_was_seen_but_not_signed_yet_is_missed_too(office: notary.Office) -> None:
    did(3)
    office.turn(now=NOW)
    did(3)
    office.turn(now=NOW)
    restored(3, 20)
    assert "Entry 4" in refusal(office)


@pytest.mark.parametrize("seq", [2, 100])
def test_a_changed_body_is_found_the_newest_at_once_an_old_one_by_the_daily_look(
    office: notary.Office, seq: int
) -> None:
    did(100)
    office.turn(now=NOW)
    tamper(FORGERY.format("body = replace(convert_from(body, 'UTF8'), 'done', 'gone')::bytea"), [seq])
    assert f"bytes of entry {seq}" in refusal(office)


def test_an_entry_rewritten_with_every_hash_is_found(office: notary.Office) -> None:
    did(200)
    office.turn(now=NOW)
    new = Event.objects.get(entry__seq=5)
    forged = bytes(new.body).replace(b"thing.done", b"thing.gone")
    tamper(FORGERY.format("body = %s, leaf = %s, action = 'thing.gone'"), [forged, merkle.leaf(forged), 5])
    tamper("UPDATE audit_entry SET leaf = %s WHERE seq = 5", [merkle.leaf(forged)])
    assert "Entry 5 of the log is not the one" in refusal(office)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("action = 'other'", "action"), ("stream = gen_random_uuid()", "stream"), ("number = 77", "number"),
        ("actor = gen_random_uuid()", "person"), ("agency = gen_random_uuid()", "agency"),
        ("private_to = gen_random_uuid()", "owner"), ("at = at + interval '1 second'", "time"),
    ],
)  # fmt: skip
def test_a_new_entry_filed_under_something_else_is_refused_until_it_is_mended(
    office: notary.Office, column: str, name: str
) -> None:
    did(2)
    office.turn(now=NOW)
    event, *_ = did()
    tamper(f"UPDATE audit_event SET {column} WHERE id = %s", [event.pk])
    assert f"filed under another {name}" in refusal(office)
    tamper(
        "UPDATE audit_event SET action = %s, stream = %s, number = %s, actor = NULL, agency = NULL, private_to = NULL,"
        " at = %s WHERE id = %s",
        ["thing.done", STREAM, 3, NOW, event.pk],
    )
    state = office.turn(now=NOW + timedelta(days=2), ask=True, whole=True)
    assert state and not state.refused and heads.covering(3)
    assert Notary.objects.get().refused == ""


def test_a_missing_event_and_a_false_node_are_found(office: notary.Office) -> None:
    did(300)
    office.turn(now=NOW)
    tamper("UPDATE audit_node SET hash = sha256(hash)", [])
    assert "tree above entries 1 to 300" in refusal(office)
    tamper("DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_entry WHERE seq = 299)", [])
    assert "event of entry 299 is missing" in refusal(office)


def test_another_head_in_the_database_than_the_one_signed_is_refused(office: notary.Office) -> None:
    did(2)
    office.turn(now=NOW)
    tamper("UPDATE audit_checkpoint SET note = replace(note, 'at 2', 'at 3')", [])
    assert "another head of 2 entries" in refusal(office)


def test_a_refusal_lasts_until_the_right_database_is_back(office: notary.Office) -> None:
    did(10)
    office.turn(now=NOW)
    tamper("UPDATE audit_entry SET leaf = sha256(leaf) WHERE seq = 10", [])
    assert refusal(office)
    tamper("UPDATE audit_entry n SET leaf = e.leaf FROM audit_event e WHERE e.id = n.event_id", [])
    fresh = notary.Office(office.book, heads.host())
    state = fresh.turn(now=NOW)
    assert state and not state.refused


def test_a_lost_directory_is_not_made_anew(office: notary.Office, tmp_path: Path) -> None:
    did(2)
    office.turn(now=NOW)
    vkey = heads.vkey()
    other = notary.Office(Notebook(tmp_path / "other"), heads.host())
    assert "missing" in refusal(other) and not other.book.has_key()
    assert heads.vkey() == vkey
    (office.book.directory / "state.json").unlink()
    assert "directory is empty" in refusal(office)


def test_an_older_copy_of_the_directory_catches_up_but_only_with_the_same_log(
    office: notary.Office, tmp_path: Path
) -> None:
    did(2)
    office.turn(now=NOW)
    old = {path: path.read_bytes() for path in office.book.directory.iterdir() if path.is_file()}
    did(3)
    office.turn(now=NOW, ask=True)
    for path, content in old.items():
        path.write_bytes(content)
    did(2)
    state = office.turn(now=NOW, ask=True)
    assert state and not state.refused and heads.covering(7)
    for path, content in old.items():
        path.write_bytes(content)
    tamper("UPDATE audit_checkpoint SET root = sha256(root) WHERE size = 5", [])
    assert "head of 5 entries has another root" in refusal(office)


@pytest.mark.parametrize("name", ["state.json", "key", "leaves-1"])
def test_a_damaged_file_of_its_own_is_said(office: notary.Office, name: str) -> None:
    did(3)
    office.turn(now=NOW)
    path = office.book.directory / name
    path.write_bytes(path.read_bytes()[:-40])
    assert refusal(office)
