"""Every mail about signing and each final document carries a signed head that covers what it tells of."""

from __future__ import annotations

import os
import re
import signal
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings as live
from django.core.mail import EmailMessage
from django.db import connection, transaction
from pypdf import PdfReader

from agencies.mailbox import letter
from agreements import pdf
from agreements.models import Agreement, SealedDocument
from agreements.operations import reminding, sealing
from agreements.pdf import keys
from audit import checkpoints, heads, log, merkle, witnessing
from audit.models import Entry, Event, OutsideHead
from audit.record import SYSTEM, record
from common import mail, outbox
from common.models import Job
from tests import builders, mailserver, notarising
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db
LATER = NOW + witnessing.PATIENCE


@pytest.fixture
def inbox(settings: Any) -> Iterator[mailserver.Inbox]:
    with mailserver.running() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def mails(prefix: str) -> list[Job]:
    return list(Job.objects.filter(kind="mail", key__startswith=f"mail:{prefix}:").order_by("pk"))


def put_off_others(*prefixes: str) -> None:
    """Only mails of these kinds are due."""
    others = Job.objects.all()
    for prefix in prefixes:
        others = others.exclude(key__startswith=f"mail:{prefix}:")
    others.update(done_at=NOW)
    Job.objects.filter(done_at=None).update(run_after=NOW)


def test_a_mail_waits_for_a_head_that_covers_its_event_and_then_carries_it(
    made: World, inbox: mailserver.Inbox
) -> None:
    early = notarising.sign()
    agreement = builders.in_signing(made, short=True)
    put_off_others("sign")
    assert outbox.work(now=NOW) == 0 and not inbox.taken
    for job in mails("sign"):
        assert (job.done_at, job.failures, job.started, job.run_after) == (None, 0, 0, NOW + witnessing.AGAIN)
    assert heads.status().asked == log.size() > early.size  # type: ignore[union-attr]
    covering = notarising.sign()
    assert outbox.work(now=NOW + witnessing.AGAIN) == 2
    frozen = Entry.objects.get(event=Event.objects.get(stream=agreement.pk, action="agreement.frozen").pk)
    for text, job in zip(inbox.texts(), mails("sign"), strict=True):
        note = witnessing.note_in(text)
        assert note == covering.note and covering.size >= frozen.seq
        assert f"\n\n{note}" in text and "/audit/heads/check/" in text
        assert letter(job).text.strip() == text.strip(), "What was sent is what the person reads here."


def test_the_signed_lines_survive_a_mail_server_byte_for_byte(made: World, inbox: mailserver.Inbox) -> None:
    builders.in_signing(made, short=True)
    head = notarising.sign()
    put_off_others("sign")
    outbox.work(now=NOW)
    for raw in inbox.taken:
        assert b"\r\n" + head.note.encode().replace(b"\n", b"\r\n") in raw, (
            "neither wrapped nor quoted nor recoded"
        )
        found = witnessing.note_in(raw.decode())
        assert found and checkpoints.verify(found, heads.vkey()).size == head.size


def test_a_mail_goes_with_the_newest_head_there_is_after_five_minutes(
    made: World, inbox: mailserver.Inbox
) -> None:
    early = notarising.sign()
    builders.in_signing(made, short=True)
    put_off_others("sign")
    assert outbox.work(now=LATER - timedelta(seconds=6)) == 0
    assert outbox.work(now=LATER) == 2
    for text in inbox.texts():
        assert witnessing.note_in(text) == early.note
        assert witnessing.BEHIND in text


def test_without_any_head_the_mail_says_so(made: World, inbox: mailserver.Inbox) -> None:
    builders.in_signing(made, short=True)
    put_off_others("sign")
    assert outbox.work(now=LATER) == 2
    for text in inbox.texts():
        assert "carries no signed head" in text and witnessing.note_in(text) is None
    assert not OutsideHead.objects.exists()


def test_receipts_and_completions_carry_heads_and_the_receipt_what_was_signed(made: World) -> None:
    agreement = builders.executed(made, short=True)
    head = notarising.sign()
    put_off_others("sign", "receipt", "executed")
    outbox.work(now=NOW)
    signatures = {row.signatory_id: row for row in agreement.signatures.select_related("last_event")}
    for kind in ("sign", "receipt", "executed"):
        assert mails(kind)
        for job in mails(kind):
            assert witnessing.note_in(job.payload["text"]) == head.note and job.done_at
    for job in mails("receipt"):
        assert job.owner
        signature = signatures[job.owner]
        assert signature.document_sha256 in job.payload["text"]
        assert f"event {signature.last_event.number} of" in job.payload["text"]


def test_reminders_carry_the_newest_head(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day
    at = NOW + (agreement.last_day - NOW.date()) - timedelta(days=89)
    assert reminding.remind(now=at)
    head = notarising.sign(at=at)
    put_off_others("reminder")
    outbox.work(now=at)
    assert mails("reminder")
    assert all(witnessing.note_in(job.payload["text"]) == head.note for job in mails("reminder"))


def test_other_mails_neither_wait_nor_carry_anything(made: World) -> None:
    builders.shared(made, short=True)
    put_off_others("turn")
    assert outbox.work(now=NOW) == len(mails("turn")) > 0
    assert all(witnessing.note_in(job.payload["text"]) is None for job in mails("turn"))


def test_a_head_counts_as_outside_once_a_mail_server_took_it(made: World, inbox: mailserver.Inbox) -> None:
    builders.in_signing(made, short=True)
    head = notarising.sign()
    put_off_others("sign")
    outbox.work(now=NOW)
    outside = OutsideHead.objects.get()
    assert (outside.epoch, outside.size, outside.how, outside.seen_at) == (1, head.size, "mail", NOW)
    with pytest.raises(Exception, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_outsidehead")


def test_what_is_only_read_in_the_application_is_not_outside(made: World) -> None:
    builders.in_signing(made, short=True)
    notarising.sign()
    put_off_others("sign")
    assert outbox.work(now=NOW) == 2
    assert not OutsideHead.objects.exists()


def test_an_older_head_shown_later_changes_nothing(made: World) -> None:
    witnessing.seen_outside(1, 50, how=OutsideHead.MAIL, now=NOW)
    witnessing.seen_outside(1, 50, how=OutsideHead.SHOWN, now=LATER)
    witnessing.seen_outside(1, 49, how=OutsideHead.SHOWN, now=LATER)
    assert OutsideHead.objects.count() == 1
    witnessing.seen_outside(2, 3, how=OutsideHead.SHOWN, now=LATER)
    newest = witnessing.newest_outside()
    assert newest and (newest.epoch, newest.size) == (2, 3)


def _child(work: Callable[[], object]) -> None:
    """Run `work` in a process of its own until it is done or kills itself."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _queued() -> Job:
    with transaction.atomic():
        event = record("thing.noted", stream=builders.world().riverton.pk, actor=SYSTEM, now=NOW)
        Job.objects.all().delete()
        mail.queue("k", to="a@agency.example", subject="S", text="Text.", closes={"event": event.pk})
    Job.objects.update(run_after=NOW)
    return Job.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_sending_leaves_one_mail_with_the_text_it_had_fixed(
    inbox: mailserver.Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _queued()
    first = notarising.sign()
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", lambda self: os.kill(os.getpid(), signal.SIGKILL))
        _child(lambda: outbox.work(now=NOW))
    job.refresh_from_db()
    assert job.done_at is None and witnessing.note_in(job.payload["text"]) == first.note and not inbox.taken
    record_more()
    notarising.sign()
    assert outbox.work(now=NOW + timedelta(hours=1)) == 1
    assert [witnessing.note_in(text) for text in inbox.texts()] == [first.note]
    assert outbox.work(now=NOW + timedelta(hours=2)) == 0 and len(inbox.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_server_took_the_mail_repeats_the_very_same_mail(
    inbox: mailserver.Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _queued()
    notarising.sign()
    send = EmailMessage.send

    def send_and_die(self: Any) -> None:
        send(self)
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", send_and_die)
        _child(lambda: outbox.work(now=NOW))
    record_more()
    notarising.sign()
    assert outbox.work(now=NOW + timedelta(hours=1)) == 1
    assert len(inbox.taken) == 2 and len(set(inbox.texts())) == 1
    assert len({found["Message-ID"] for found in inbox.mails}) == 1


def record_more() -> None:
    with transaction.atomic():
        record("thing.noted", stream=Event.objects.order_by("id")[0].stream, actor=SYSTEM, now=NOW)


# The final document ---------------------------------------------------------------------------------------
def final(agreement: Agreement) -> pikepdf.Pdf:
    row = SealedDocument.objects.get(agreement=agreement)
    return pikepdf.open(BytesIO(pdf.load(row.sha256, Path(live.DOCUMENTS))))


def shown(document: pikepdf.Pdf, name: str) -> bytes:
    return bytes(document.attachments[name].get_file().read_bytes())


def rooted(proof: str, leaf: bytes) -> bytes:
    """The root that an inclusion proof leads to, reckoned apart from the code under test (RFC 9162 2.1.3.2)."""
    begun, note = proof.split("\n\n", 1)
    head, _, place, *hashes = begun.split("\n")
    assert head == "c2sp.org/tlog-proof@v1" and place.startswith("index ")
    at, last, found = int(place[6:]), int(note.split("\n")[1]) - 1, leaf
    for digest in map(b64decode, hashes):
        assert last > 0
        if at & 1 or at == last:
            found = merkle.node(digest, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = merkle.node(found, digest)
        at, last = at >> 1, last >> 1
    assert last == 0
    return found


def test_the_final_document_waits_for_its_proof_and_carries_it(made: World) -> None:
    agreement = builders.executed(made, short=True)
    waits = sealing.seal({"agreement": str(agreement.pk)}, now=NOW)
    assert isinstance(waits, outbox.Later) and not SealedDocument.objects.exists()
    for _ in range(3):
        record("thing.noted", stream=agreement.pk, actor=SYSTEM, now=NOW)
    notarising.sealed(agreement)
    executed = Event.objects.get(stream=agreement.pk, action="agreement.executed")
    with final(agreement) as document:
        proof = shown(document, "history-proof.txt").decode()
        note = proof.split("\n\n", 1)[1]
        head = checkpoints.verify(note, heads.vkey())
        assert rooted(proof, bytes(executed.leaf)) == head.root == log.Reading().hashes(0, head.size)
        assert b64decode(proof.split("\n")[1][6:]) == bytes(executed.leaf)
        assert int(proof.split("\n")[2][6:]) + 1 == Entry.objects.get(event=executed.pk).seq
        assert agreement.frozen and shown(document, "agreement.json").decode() == agreement.frozen.canonical


def test_the_attached_files_keep_the_document_what_it_claims_to_be(made: World) -> None:
    agreement = builders.executed(made)
    notarising.sealed(agreement)
    with final(agreement) as document, document.open_metadata() as claims:
        assert (claims["pdfaid:part"], claims["pdfaid:conformance"]) == ("3", "A")
        named = {str(each.UF): each for each in document.Root.AF}
        assert set(named) == {"agreement.json", "history-proof.txt"}
        for name, kind, relation in (
            ("agreement.json", "/application/json", "/Data"), ("history-proof.txt", "/text/plain", "/Supplement"),
        ):  # fmt: skip
            assert named[name].AFRelationship == relation and named[name].EF.F.Subtype == kind
            assert "/ModDate" in named[name].EF.F.Params


def test_a_proof_is_the_same_whenever_it_is_made(made: World) -> None:
    agreement = builders.executed(made, short=True)
    executed = Event.objects.get(stream=agreement.pk, action="agreement.executed")
    notarising.sign()
    first = witnessing.proof_of(executed)
    _, chain = keys.installed(sealing.place(), now=NOW)
    pages = sealing._render(agreement, chain, first)
    record("thing.noted", stream=agreement.pk, actor=SYSTEM, now=NOW)
    notarising.sign(at=LATER)
    assert witnessing.proof_of(executed) == first
    assert sealing._render(agreement, chain, witnessing.proof_of(executed)) == pages


def test_without_a_notary_the_document_is_made_after_five_minutes_and_says_so(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert isinstance(
        sealing.seal({"agreement": str(agreement.pk)}, now=LATER - timedelta(seconds=1)), outbox.Later
    )
    assert sealing.seal({"agreement": str(agreement.pk)}, now=LATER) is None
    with final(agreement) as document:
        assert set(document.attachments) == {"agreement.json"}
    row = SealedDocument.objects.get(agreement=agreement)
    pages = pdf_words(pdf.load(row.sha256, Path(live.DOCUMENTS)))
    assert "Noprooffromthelogisattached" in pages


def pdf_words(content: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))


@pytest.mark.parametrize("size", [*range(1, 34), 255, 256, 257, 300])
def test_the_path_of_every_entry_leads_to_the_root(size: int) -> None:
    leaves = [merkle.leaf(str(place).encode()) for place in range(size)]

    def hashes(lo: int, hi: int) -> bytes:
        return merkle.root(leaves[lo:hi])

    root = hashes(0, size)
    note = checkpoints.sign(checkpoints.Head("a", 1, size, root, NOW), notarising.PRIVATE).text()
    for place in range(size):
        path = [witnessing._based(digest) for digest in merkle.path(place, size, hashes)]
        proof = "\n".join(["c2sp.org/tlog-proof@v1", "extra -", f"index {place}", *path]) + f"\n\n{note}"
        assert rooted(proof, leaves[place]) == root
