"""Copies of the final document: certified, conformed and the packet; each says what it is, and taking it is recorded."""

from __future__ import annotations

import hashlib
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pikepdf
import pytest

from agreements import codes, pdf, textlayer, verifying
from agreements.models import Agreement, CertifiedCopy, SealedDocument
from agreements.operations import inking, waiving
from audit.models import Event
from tests import builders
from tests.agreements.pages import browser, text, url
from tests.agreements.test_ink import SCAN
from tests.api.calling import Program
from tests.builders import NOW, World, again
from tests.kept import kept
from tests.notarising import sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def done(made: World) -> Agreement:
    """Executed: Riverton in ink, Mesa here; with a paper on file, and the final document made."""
    return kept("executed in ink and here", lambda: _done(made))


def _done(made: World) -> Agreement:
    agreement = builders.in_signing(made)
    row = inking.record(agreement, scan=SCAN, signed_on=NOW.date(), actor=made.riverton_liaison, now=NOW)
    inking.confirm(
        agreement,
        scan=row.file_sha256,
        prove=builders.proved(made.mesa_counsel),
        actor=made.mesa_counsel,
        now=NOW,
    )
    builders.sign(agreement, made.mesa_signatory)
    party = agreement.parties.get(agency=made.riverton)
    values = {"reference": "Resolution 7", "on": NOW.date(), "party": party, "note": ""}
    waiving.record_filing(agreement, kind="resolution", values=values, file=b"%PDF-1.4 a resolution",
                          actor=made.riverton_counsel, now=NOW)  # fmt: skip
    sealed(agreement)
    return again(agreement)


def said(agreement: Agreement, action: str) -> int:
    return Event.objects.filter(stream=agreement.pk, action=action).count()


def test_a_certified_copy_says_what_for_whom_and_when_and_is_known_again(
    made: World, done: Agreement, settings: Any, tmp_path: Path
) -> None:
    answer = browser(made.mesa_counsel).post(url(done, "files/certified-copy/"))
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="{done.reference}-certified-copy.pdf"'
    )
    copy, row = answer.content, CertifiedCopy.objects.get()
    final = pdf.load(SealedDocument.objects.get().sha256, Path(settings.DOCUMENTS))
    assert row.sha256 == hashlib.sha256(copy).hexdigest()
    words = " ".join(textlayer.read(copy).text.split())
    for part in ("Certified copy of", pdf.grouped(row.document.sha256), "Mesa Counsel, Counsel, Mesa County District Attorney",
                 "2026-03-02 15:00:00 UTC", f"{row.head} entries", codes.grouped(row.document.code)):  # fmt: skip
        assert part in words
    with pikepdf.open(BytesIO(copy)) as whole, pikepdf.open(BytesIO(final)) as original:
        assert len(whole.pages) == len(original.pages) + 1
        assert whole.attachments[f"{done.reference}.pdf"].get_file().read_bytes() == final
        tops = [str(each.S) for each in whole.Root.StructTreeRoot.K[0].K]
        assert "/Form" not in tops
    found = verifying.of_file(copy, now=NOW)
    assert (found.state, found.kind, found.reference) == (verifying.GENUINE, verifying.COPY, done.reference)
    assert verifying.of_file(copy + b" ", now=NOW).state != verifying.GENUINE
    assert said(done, "document.certified") == 1
    sound(copy, tmp_path)


def sound(copy: bytes, folder: Path) -> None:
    """Other programs find the copy whole, and the document in it with its seal."""
    (folder / "copy.pdf").write_bytes(copy)
    subprocess.run(
        ["pdfdetach", "-save", "1", "-o", "final.pdf", "copy.pdf"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    told = subprocess.run(
        ["pdfsig", "-nocert", str(folder / "final.pdf")], capture_output=True, text=True, check=False
    )
    assert "Signature is Valid" in told.stdout
    with pikepdf.open(BytesIO(copy)) as whole:
        assert whole.check_pdf_syntax() == []
        numbers = [int(each) for each in list(whole.Root.StructTreeRoot.ParentTree.Nums)[::2]]
        pages = [int(page.obj.StructParents) for page in whole.pages]
        assert len(numbers) == len(set(numbers))
        assert set(pages) <= set(numbers)


def test_a_conformed_copy_is_marked_on_every_page(made: World, done: Agreement) -> None:
    answer = browser(made.riverton_auditor).get(url(done, "files/conformed.pdf"))
    layer = textlayer.read(answer.content)
    assert layer.text.count("CONFORMED COPY, not the signed original") == layer.pages
    words = " ".join(layer.text.split())
    assert "/s/ Mesa Signatory" in words
    assert "Signed in ink, as another party confirmed, by Riverton Signatory" in words
    assert verifying.of_file(answer.content, now=NOW).state == verifying.UNKNOWN
    assert said(done, "document.conformed") == 1


def test_the_packet_holds_agreement_annexes_evidence_and_certificates(
    made: World, done: Agreement, tmp_path: Path
) -> None:
    answer = browser(made.mesa_liaison).get(url(done, "files/packet.zip"))
    content = b"".join(answer.streaming_content)
    with ZipFile(BytesIO(content)) as archive:
        archive.extractall(tmp_path)
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {f"{done.reference}.pdf", "README.txt", "SHA256SUMS", "certificates/seal.pem", "evidence/agreement.json",
            "evidence/signatures.json", "evidence/approvals.json", "evidence/head.txt",
            f"evidence/signed/ink-{made.riverton.slug}.pdf"} <= names  # fmt: skip
    assert any(name.startswith("annexes/01-") for name in names)
    (folder,) = tmp_path.iterdir()
    told = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
    assert (folder / f"evidence/signed/ink-{made.riverton.slug}.pdf").read_bytes() == SCAN
    assert said(done, "packet.downloaded") == 1


def test_what_was_signed_elsewhere_keeps_its_file_as_the_document_of_record(made: World) -> None:
    agreement = builders.imported(made)
    answer = browser(made.mesa_liaison).get(url(agreement, "files/packet.zip"))
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        name = next(name for name in archive.namelist() if name.endswith("-as-signed.txt"))
        assert archive.read(name) == builders.OLD
    refused = browser(made.mesa_liaison).post(url(agreement, "files/certified-copy/"), follow=True)
    assert "not there yet" in text(refused)


def test_before_it_is_signed_there_is_nothing_to_copy_and_strangers_get_nothing(
    made: World, done: Agreement
) -> None:
    waiting = builders.in_signing(made)
    client = browser(made.mesa_liaison)
    for path in ("files/conformed.pdf", "files/packet.zip"):
        assert "not there yet" in text(client.get(url(waiting, path), follow=True))
    stranger = Program(made.outsider)
    for method, path in (
        ("post", "document/certified/"),
        ("get", "document/conformed.pdf"),
        ("get", "packet.zip"),
    ):
        assert stranger.call(method, f"agreements/{done.pk}/{path}").status_code == 404
        answer = Program(made.mesa_liaison).call(method, f"agreements/{done.pk}/{path}")
        assert answer.status_code == 200
