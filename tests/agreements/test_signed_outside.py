"""A PDF signed outside with a card: accepted from two tools, refused with the reason, recorded as the party's signature."""

from __future__ import annotations

import hashlib
import socket
import zlib
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pyhanko.pdf_utils.generic import NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from agreements import pdf
from agreements.models import Agreement, Means, Stage
from agreements.operations import outside
from agreements.pdf import outside as reasons
from agreements.pdf.examining import TOO_MUCH
from audit.models import Event
from common.models import Job
from tests import builders
from tests.agreements import cards
from tests.agreements.attacks.scene import deputy
from tests.agreements.pages import browser, filled, text, url
from tests.builders import NOW, PASSWORD, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


_printed: dict[int, bytes] = {}
WHOLE = 999


@pytest.fixture
def provisions() -> int:
    """So many are printed of an agreement; WHOLE where a test says so."""
    return 3


@pytest.fixture
def printed_once(monkeypatch: pytest.MonkeyPatch, provisions: int) -> None:
    """A text is printed once for all these tests: what is in it does not matter to the signature."""
    real = pdf.render

    def render(content: Any, **facts: Any) -> bytes:
        if provisions not in _printed:
            some = {**content, "provisions": content["provisions"][:provisions]}
            _printed[provisions] = real(some, **facts)
        return _printed[provisions]

    monkeypatch.setattr(pdf, "render", render)


@pytest.fixture
def believed(settings: Any, tmp_path: Path) -> cards.Believed:
    """The operator believes the test authority."""
    found = cards.believed(tmp_path)
    settings.SIGNER_ROOTS, settings.SIGNER_CRLS = found.roots, found.lists
    return found


@pytest.fixture
def asked(made: World, believed: cards.Believed, printed_once: None) -> Agreement:
    """An agreement that both signatories are asked to sign."""
    return builders.in_signing(made)


def field_of(made: World, agreement: Agreement) -> str:
    return pdf.name_of(str(agreement.parties.get(agency=made.mesa).pk))


def taken(made: World, agreement: Agreement) -> bytes:
    return outside.paper(agreement, actor=made.mesa_signatory, now=NOW)


def sent(made: World, agreement: Agreement, file: bytes, **changes: Any) -> Any:
    """The answer to the form with this file."""
    client = browser(made.mesa_signatory)
    page = client.get(url(agreement, "sign/outside/"))
    given = {"typed_name": made.mesa_signatory.name, "consent": "on", "password": PASSWORD,
             "file": SimpleUploadedFile("signed.pdf", file, "application/pdf")}  # fmt: skip
    return client.post(url(agreement, "sign/outside/"), filled(page, **(given | changes)))


@pytest.mark.parametrize("provisions", [WHOLE], ids=["whole"])
@pytest.mark.parametrize("tool", [cards.signed, cards.signed_by_openssl], ids=["pyhanko", "openssl"])
def test_a_card_signature_of_either_tool_is_recorded_as_the_partys(
    made: World, asked: Agreement, tool: Callable[..., bytes]
) -> None:
    file = tool(taken(made, asked), "good", field_of(made, asked))
    assert sent(made, asked, file).status_code == 302
    row = asked.signatures.get()
    assert (row.means, row.signatory, row.party.agency) == (Means.CERTIFICATE, made.mesa_signatory, made.mesa)
    assert row.file_sha256 == hashlib.sha256(file).hexdigest()
    assert row.document_sha256 == again(asked).frozen.sha256  # type: ignore[union-attr]
    assert "SIGNATORY.MESA.1234567890, issued by Common Name: Issuer of the Cards" in row.certificate
    assert row.authenticated_by == "password and certificate at the act"
    event = Event.objects.get(stream=asked.pk, action="agreement.signed")
    assert row.file_sha256.encode() in bytes(event.body)
    assert Job.objects.filter(key=f"mail:receipt:{row.pk}:{made.mesa_signatory.pk}").exists()
    builders.sign(asked, made.riverton_signatory)
    assert again(asked).stage == Stage.EXECUTED


def turned(file: bytes) -> bytes:
    """A page turned by an update that leaves every signed byte as it was."""
    writer = IncrementalPdfFileWriter(BytesIO(file))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page[pdf_name("/Rotate")] = NumberObject(180)
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def changed_before(prepared: bytes) -> bytes:
    """Another text, prepared as ours is."""
    with pikepdf.open(BytesIO(prepared)) as document:
        del document.pages[0]
        out = BytesIO()
        document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("expired", "it holds from 1 Jan 2020 to 1 Mar 2026"),
        ("revoked", "was revoked by its issuer on 1 Feb 2026"),
        ("foreign", "issued by Common Name: Another Root, which this site does not know"),
        ("web", reasons.PURPOSE),
        ("of_another", "STRANGER.SAM.1234567891, not Mesa Signatory"),
    ],
)
def test_a_card_that_does_not_hold_is_refused_with_the_reason(
    made: World, asked: Agreement, card: str, reason: str
) -> None:
    answer = sent(made, asked, cards.signed(taken(made, asked), card, field_of(made, asked)))
    assert answer.status_code == 400
    assert reason in text(answer)
    assert not asked.signatures.exists()


def test_a_changed_page_is_refused_before_and_after_the_signature(made: World, asked: Agreement) -> None:
    prepared, field = taken(made, asked), field_of(made, asked)
    signed = cards.signed(prepared, "good", field)
    flipped = bytearray(signed)
    flipped[len(signed) - 12_000] ^= 1
    tried = {
        "another text": (cards.signed(changed_before(prepared), "good", field), reasons.ANOTHER),
        "a page turned": (turned(signed), reasons.CHANGED),
        "turned first": (cards.signed(turned(prepared), "good", field), reasons.CHANGED),
        "unsigned": (prepared, reasons.NOT_SIGNED),
        "two signatures": (cards.signed(cards.signed(prepared, "good", field), "good", "Another"), reasons.SEVERAL),
        "another field": (cards.signed(prepared, "good", "Another"), reasons.ELSEWHERE),
        "a byte of it": (bytes(flipped), ""),
        "no PDF": (b"hello", reasons.UNREADABLE),
    }  # fmt: skip
    for what, (file, reason) in tried.items():
        answer = sent(made, asked, file)
        assert (answer.status_code, what) == (400, what)
        assert reason in text(answer), what
    assert not asked.signatures.exists()
    assert sent(made, asked, signed).status_code == 302


def test_without_a_current_list_nobody_knows_whether_a_card_was_revoked(
    made: World, asked: Agreement, settings: Any, tmp_path: Path
) -> None:
    file = cards.signed(taken(made, asked), "good", field_of(made, asked))
    (tmp_path / "old").mkdir()
    old = cards.believed(tmp_path / "old", now=NOW - timedelta(days=200))
    settings.SIGNER_CRLS = old.lists
    answer = sent(made, asked, file)
    assert "there is no current revocation list of Common Name: Issuer of the Cards" in text(answer)


def test_an_older_list_in_the_file_does_not_hide_that_a_card_was_revoked(
    made: World, asked: Agreement, settings: Any, tmp_path: Path
) -> None:
    prepared, field = taken(made, asked), field_of(made, asked)
    answer = sent(made, asked, cards.with_older_list(cards.signed(prepared, "revoked", field)))
    assert "was revoked by its issuer on 1 Feb 2026" in text(answer)
    (tmp_path / "none").mkdir()
    settings.SIGNER_CRLS = cards.believed(tmp_path / "none", without="issuing").lists
    assert sent(made, asked, cards.with_older_list(cards.signed(prepared, "good", field))).status_code == 302


def test_s15_no_address_in_a_certificate_is_ever_asked(
    made: World, asked: Agreement, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not even where its answer is wanted: without the issuer's list the card is refused, and nobody was asked."""
    prepared, field = taken(made, asked), field_of(made, asked)
    assert cards.ASKED_NOWHERE.encode() in cards.authority().get_cert(cards.CertLabel("good")).dump()
    (tmp_path / "none").mkdir()
    some = cards.believed(tmp_path / "none", without="issuing")
    file, reached = cards.signed(prepared, "good", field), list[Any]()
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: reached.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **named: reached.append(asked) or [])
    with pytest.raises(pdf.NotAccepted, match="Whether the certificate still holds"):
        reasons.examined(
            file, prepared=prepared, field=field, name="Mesa Signatory", email="", now=NOW,
            trust=reasons.trust_of(some.roots, some.lists),
        )  # fmt: skip
    assert reached == []


def test_a_bomb_exhausts_the_process_that_reads_it_and_nothing_else(made: World, asked: Agreement) -> None:
    prepared = taken(made, asked)
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = b"\x78\x9c" + block * 1500
    head = f"9999 0 obj\n<</Type/XRef/Size 10000/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length {len(bomb)}>>\nstream\n"
    update = head.encode() + bomb + f"\nendstream\nendobj\nstartxref\n{len(prepared)}\n%%EOF\n".encode()
    answer = sent(made, asked, prepared + update)
    assert answer.status_code == 400
    assert any(words in text(answer) for words in (TOO_MUCH, reasons.UNREADABLE))


def test_order_time_and_hash_hold_for_what_was_signed_outside(made: World, asked: Agreement) -> None:
    prepared, field = taken(made, asked), field_of(made, asked)
    file = cards.signed(prepared, "good", field)
    assert sent(made, asked, file, seen_hash="0" * 64).status_code == 409
    assert sent(made, asked, file, typed_name="Somebody").status_code == 400
    assert sent(made, asked, file, consent=None).status_code == 400
    assert "not your password" in text(sent(made, asked, file, password="guess"))
    assert not asked.signatures.exists()
    client = browser(made.mesa_signatory)
    page = client.get(url(asked, "sign/outside/"))
    given = {"typed_name": made.mesa_signatory.name, "consent": "on", "password": PASSWORD}
    for status in (302, 302):  # the second press finds it done and leads to the receipt
        upload = SimpleUploadedFile("signed.pdf", file, "application/pdf")
        assert (
            client.post(url(asked, "sign/outside/"), filled(page, **given, file=upload)).status_code == status
        )
    assert asked.signatures.count() == 1


def test_the_document_is_made_once_for_who_is_asked_and_taking_it_is_recorded(
    made: World, asked: Agreement
) -> None:
    first = taken(made, asked)
    assert taken(made, asked) == first
    said = Event.objects.filter(stream=asked.pk, action="paper.prepared")
    assert said.count() == 2
    assert browser(made.mesa_counsel).get(url(asked, "sign/outside/paper.pdf")).status_code == 403
    other = browser(deputy(made))
    assert other.get(url(asked, "sign/outside/paper.pdf")).status_code == 403
    with pikepdf.open(BytesIO(first)) as document:
        field = document.Root.AcroForm.Fields[0]
        assert str(field.TU) == "Signature for Mesa County District Attorney"
        assert "StructParent" in repr(field)


def test_a_site_that_believes_nobody_offers_no_such_way(made: World) -> None:
    agreement = builders.in_signing(made)
    client = browser(made.mesa_signatory)
    assert "card or certificate" not in text(client.get(url(agreement, "sign/")))
    assert client.get(url(agreement, "sign/outside/")).status_code == 302
    answer = client.get(url(agreement, "sign/outside/paper.pdf"), follow=True)
    assert "This site accepts no certificates" in text(answer)
