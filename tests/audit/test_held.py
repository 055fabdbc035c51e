"""A head that somebody holds: consistent with a proof, rewritten, lost and declared, or not to be told; never an error."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from agencies.models import User
from audit import checkpoints, guards, heads, held, log, merkle, views_heads
from audit.models import LOG_STREAM, Checkpoint, Entry, Notary, OutsideHead
from audit.record import SYSTEM, record
from common import limits
from tests import builders, notarising
from tests.builders import NOW

pytestmark = pytest.mark.django_db
PAGE = "/audit/heads/check/"
ELSEWHERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def _begun() -> None:
    cache.delete_many([f"heads:{address}" for address in ("127.0.0.1", ELSEWHERE)])
    builders.world()


def more(many: int = 5) -> None:
    for _ in range(many):
        record("thing.noted", stream=LOG_STREAM, actor=SYSTEM, now=NOW)


def declare(kept: int, lost_last: int, *, epoch: int = 1) -> None:
    record("log.epoch_declared", stream=LOG_STREAM, actor=SYSTEM, now=NOW, facts={
        "old_epoch": epoch, "old_size": lost_last, "old_root": "00" * 32, "kept": kept, "lost_first": kept + 1,
        "lost_last": lost_last, "reason": "Restored after a disk failed <b>.",
    })  # fmt: skip


def asked(text: str, **more: str) -> str:
    answer = Client().post(PAGE, {"text": text, **more})
    assert answer.status_code == 200
    return answer.content.decode()


def proved(proof: str) -> tuple[checkpoints.Head, checkpoints.Head]:
    """Both heads of a proof file, checked as RFC 9162 section 2.1.4.2 says, apart from the code under test."""
    first, rest = proof.split("\n", 1)
    lines = rest.split("\n")
    old, new = ("\n".join(lines[at : at + 6]) + "\n" for at in (0, 6))
    number, *hashes = lines[12:-1]
    assert first == "concordat-consistency/1" and number == f"proof {len(hashes)}" and lines[-1] == ""
    before, after = (checkpoints.verify(note, heads.vkey()) for note in (old, new))
    path = [bytes.fromhex(each) for each in hashes]
    if before.size & (before.size - 1) == 0:
        path = [before.root, *path]
    at, last = before.size - 1, after.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    one = two = path[0]
    for digest in path[1:]:
        assert last
        if at & 1 or at == last:
            one, two = merkle.node(digest, one), merkle.node(digest, two)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            two = merkle.node(two, digest)
        at, last = at >> 1, last >> 1
    assert (one, two, last) == (before.root, after.root, 0)
    return before, after


@pytest.mark.parametrize("many", [1, 5, 300])
def test_an_old_head_is_consistent_and_the_proof_convinces_a_stranger(many: int) -> None:
    old = notarising.sign()
    more(many)
    new = notarising.sign()
    assert "Consistent: nothing up to this head" in asked(old.note)
    answer = Client().post(PAGE, {"text": old.note, "answer": "proof"})
    assert "attachment" in answer["Content-Disposition"]
    before, after = proved(answer.content.decode())
    assert (before.size, after.size) == (old.size, new.size)


def test_the_newest_head_itself_is_consistent_with_nothing_to_prove_yet() -> None:
    page = asked(notarising.sign().note)
    assert "Consistent" in page and "there is no later one yet" in page and "Download the proof" not in page


@pytest.mark.parametrize("how", ["mail", "windows", "quoted", "indented", "last line without end"])
def test_a_head_is_found_however_people_paste_it(how: str) -> None:
    note = notarising.sign().note
    shapes = {
        "mail": f"Dear you,\n\nKeep this mail.\n\n{note}\n-- \nConcordat\n",
        "windows": note.replace("\n", "\r\n"),
        "quoted": "".join(f"> {line}\n" for line in note.split("\n")),
        "indented": "".join(f"    {line}\n" for line in note.split("\n")),
        "last line without end": note.strip(),
    }
    assert held.verdict(shapes[how]).word == held.CONSISTENT


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_a_saved_mail_can_be_uploaded_as_it_is(encoding: str) -> None:
    saved = EmailMessage()
    saved.set_content(f"Words — before.\n\n{notarising.sign().note}", cte=encoding)
    file = SimpleUploadedFile("mail.eml", saved.as_bytes())
    assert "Consistent" in Client().post(PAGE, {"upload": file}).content.decode()


def test_a_truncated_log_is_named_as_rolled_back() -> None:
    older = notarising.sign()
    more()
    newest = notarising.sign()
    _cut_to(older.size + 1)
    said = held.verdict(newest.note)
    assert (said.word, said.why) == (held.REWRITTEN, "shorter")
    page = asked(newest.note)
    assert "rewritten or rolled back" in page and "keep the mail or file with your head" in page


def _cut_to(size: int) -> None:
    """As somebody with every right over the database would."""
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_checkpoint WHERE size > %s", [size])
        cursor.execute("DELETE FROM audit_entry WHERE seq > %s", [size])
        cursor.execute(
            "DELETE FROM audit_event e WHERE NOT EXISTS (SELECT FROM audit_entry WHERE event_id = e.id)"
        )
        cursor.execute("UPDATE audit_head SET size = %s", [size])


def test_a_changed_entry_is_named_as_rewritten_even_if_newer_heads_are_signed_over_it() -> None:
    more()
    old = notarising.sign()
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET leaf = sha256(leaf) WHERE seq = %s", [old.size - 2])
    more()
    notarising.sign()
    said = held.verdict(old.note)
    assert (said.word, said.why) == (held.REWRITTEN, "other")
    assert "were signed: at least one was changed" in asked(old.note)
    assert not OutsideHead.objects.exists()


def test_a_missing_entry_is_rewritten_not_an_error() -> None:
    more()
    old = notarising.sign()
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE seq = %s", [old.size])
    assert held.verdict(old.note).word == held.REWRITTEN
    assert "rewritten or rolled back" in asked(old.note)


def test_a_log_whose_heads_are_all_gone_is_rewritten() -> None:
    note = notarising.sign().note
    with guards.lifted():
        Checkpoint.objects.all()._raw_delete("default")
    assert held.verdict(note).why == "gone"
    assert "Not one signed head is left" in asked(note)


def test_a_declared_restore_names_what_was_lost_and_before_it_all_is_consistent() -> None:
    more()
    before = notarising.sign()
    more()
    after = notarising.sign()
    _cut_to(before.size + 1)
    declare(before.size + 1, after.size)
    assert held.verdict(after.note).word == held.LOST, "Even while no head of the new epoch is signed."
    more(20)
    new = notarising.sign(epoch=2)
    assert new.size > after.size
    page = asked(after.note)
    assert "Rolled back, and declared" in page and f"{before.size + 2} to {after.size}" in page
    assert "disk failed &lt;b&gt;" in page
    kept = held.verdict(before.note)
    assert kept.word == held.CONSISTENT and len(kept.declared) == 1
    assert proved(kept.proof)[1].epoch == 2
    assert "Since then the database was restored" in asked(before.note)


def test_a_new_epoch_that_nothing_declares_is_a_rewriting() -> None:
    old = notarising.sign()
    more()
    notarising.sign(epoch=2)
    assert held.verdict(old.note).why == "undeclared"
    assert "no entry says why" in asked(old.note)


def test_a_head_of_a_later_epoch_than_the_log_knows_is_a_rollback() -> None:
    notarising.sign()
    note = notarising.signed(epoch=2)
    assert held.verdict(note).why == "later epoch"
    assert "restart of the log" in asked(note)


def test_a_declaration_lost_in_a_second_restore_is_no_accusation() -> None:
    before = notarising.sign()
    declare(before.size, before.size + 3, epoch=2)
    notarising.sign(epoch=3)
    assert held.verdict(before.note).word == held.CONSISTENT


def test_what_is_not_our_head_is_told_apart() -> None:
    note = notarising.sign().note
    assert held.verdict("nothing of the kind").why == "malformed"
    assert held.verdict("").why == "malformed"
    assert held.verdict(notarising.signed(host="elsewhere.example")).why == "elsewhere"
    assert held.verdict(notarising.signed(key=notarising.STRANGER)).why == "unsigned"
    assert held.verdict(note.replace("\nat 2026", "\nat 2025")).why == "unsigned"
    for text in ("nothing of the kind", notarising.signed(key=notarising.STRANGER)):
        assert "Cannot be told" in asked(text)
    Notary.objects.update(vkey="")
    assert held.verdict(note).why == "keyless"


def test_no_altered_head_is_ever_called_ours() -> None:
    note = notarising.sign().note
    for at in range(len(note)):
        for changed in (note[:at] + note[at + 1 :], note[:at] + "7" + note[at + 1 :], note[:at]):
            if "".join(changed.split()) != "".join(note.split()):
                assert held.verdict(changed).word == held.UNKNOWN, repr(changed)


@pytest.mark.parametrize(
    "text",
    ["\x00", "x" * 200_000, "localhost/audit/999999999\n999999999999999999\n" + "A" * 43 + "=\nat 9999-99-99\n\n— localhost/audit A\n",
     "\u202e\ud83d\ude00" * 50, "localhost/audit/0\n0\n=\nat x\n\n— y\n", "— " * 5_000],
)  # fmt: skip
def test_no_paste_is_an_error_page(text: str) -> None:
    notarising.sign()
    safe = text.encode("utf-8", "replace").decode("utf-8", "replace")
    assert Client().post(PAGE, {"text": safe}).status_code in {200, 422}
    upload = SimpleUploadedFile("x", safe.encode())
    assert Client().post(PAGE, {"upload": upload}).status_code in {200, 422}


def test_nothing_given_is_asked_for_again() -> None:
    answer = Client().post(PAGE, {})
    assert answer.status_code == 422 and "Paste the head" in answer.content.decode()


def test_a_head_that_fits_counts_as_seen_outside() -> None:
    old = notarising.sign()
    more()
    new = notarising.sign()
    for note in (new.note, old.note, new.note):
        asked(note)
    seen = OutsideHead.objects.get()
    assert (seen.size, seen.how) == (new.size, OutsideHead.SHOWN)


def test_somebody_who_tries_without_end_is_asked_to_wait() -> None:
    client = Client()
    answers = {client.post(PAGE, {"text": "x"}).status_code for _ in range(limits.TRIES)}
    assert answers == {200}
    assert client.post(PAGE, {"text": "x"}).status_code == 429
    assert client.get(PAGE).status_code == 200
    assert Client(REMOTE_ADDR=ELSEWHERE).post(PAGE, {"text": "x"}).status_code == 200


def test_the_heads_of_each_day_are_there_for_everybody() -> None:
    first = notarising.sign(at=NOW - timedelta(days=1))
    more()
    second = notarising.sign()
    more()
    third = notarising.sign(at=NOW + timedelta(hours=1))
    client = Client()
    page = client.get("/audit/heads/").content.decode()
    assert third.note.split("\n")[2] in page and "heads-2026-03-02.txt" in page
    day = client.get("/audit/heads/2026-03-02.txt")
    assert day.content.decode() == f"{second.note}{third.note}" and day["Content-Type"].startswith(
        "text/plain"
    )
    assert "public" in day["Cache-Control"] and "private" not in day["Cache-Control"]
    assert client.get("/audit/heads/days.txt").content.decode() == f"{third.note}{first.note}"
    assert client.get("/audit/heads/newest.txt").content.decode() == third.note
    for absent in ("2026-03-05", "2026-13-45", "nonsense", "20260302"):
        assert client.get(f"/audit/heads/{absent}.txt").status_code == 404


def test_what_a_signed_in_person_gets_is_kept_by_nobody_between() -> None:
    notarising.sign()
    client = Client()
    client.force_login(User.objects.all()[0])
    assert "private" in client.get("/audit/heads/newest.txt")["Cache-Control"]
    assert "no-store" in client.get("/audit/heads/")["Cache-Control"]


def test_before_the_first_head_the_pages_say_so() -> None:
    client = Client()
    assert "No head is signed yet" in client.get("/audit/heads/").content.decode()
    for address in (
        "heads/newest.txt",
        "heads/days.txt",
        "verify/log-key.pem",
        "heads/stamps/1.txt",
        "heads/stamps/1.tsr",
    ):
        assert client.get(f"/audit/{address}").status_code == 404
    assert "No key yet" in client.get("/audit/verify/").content.decode()


def test_the_page_to_check_a_history_oneself_names_key_and_verifier() -> None:
    notarising.sign()
    client = Client()
    page = client.get("/audit/verify/").content.decode()
    taken = client.get("/audit/verify/verify.py").content
    digest = hashlib.sha256(taken).hexdigest()
    assert taken == views_heads.VERIFIER.read_bytes()
    assert "".join(page.split()).find(digest) > 0 or digest in page
    assert heads.vkey() in page.replace("&#x2B;", "+")
    assert client.get("/audit/verify/log-key.pem").content.decode() in page.replace("&#x2B;", "+")


def test_openssl_checks_a_head_with_the_key_and_the_commands_of_the_page(tmp_path: Any) -> None:
    (tmp_path / "head.txt").write_text(notarising.sign().note, encoding="utf-8")
    client = Client()
    (tmp_path / "log-key.pem").write_bytes(client.get("/audit/verify/log-key.pem").content)
    page = client.get("/audit/verify/").content.decode()
    commands = page.split("head -n 4")[1].split("</pre>")[0].replace("&gt;", ">").replace("&#x27;", "'")
    script = "set -e\nhead -n 4" + commands
    good = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in good.stdout, good
    (tmp_path / "head.txt").write_text(notarising.signed(key=notarising.STRANGER), encoding="utf-8")
    bad = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert bad.returncode != 0


def test_the_log_is_what_the_entries_say() -> None:
    assert notarising.sign().size == Entry.objects.count() == log.size()
